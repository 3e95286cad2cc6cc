#include "exchange/answers.h"

#include <algorithm>
#include <map>
#include <vector>

#include "codec/document.h"
#include "codec/utc_time.h"
#include "exchange/counts.h"
#include "policy/models.h"
#include "provider/target.h"
#include "simulator/simulator.h"
#include "version.h"

namespace postern::exchange {
namespace {

using codec::Document;
using codec::dump_text;

// The store's answer: {"since": ms or null, "rows": [[dimension, name, counter, value], ...]}.
struct Report {
  std::map<std::string, std::map<std::string, Counters>> dimensions;
  int64_t since_ms = 0;  // 0: nothing was ever counted
  bool known = false;    // the store answered
};

int64_t integer(const Document* value) {
  const auto* number = value ? value->get_ptr<const Document::number_integer_t*>() : nullptr;
  return number ? *number : 0;
}

void set_counter(Counters& counters, std::string_view name, int64_t value) {
  const auto amount = static_cast<uint64_t>(value < 0 ? 0 : value);
  Counters::each(counters, [&](std::string_view known, uint64_t& slot) {
    if (known == name) slot = amount;
  });
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return;
  Latency& latency = name.starts_with("latency") ? counters.latency_ms : counters.first_byte_ms;
  const std::string_view part = name.substr(dot + 1);
  size_t bucket = 0;
  for (const char digit : part) bucket = bucket * 10 + static_cast<size_t>(digit - '0');
  if (part == "max") {
    latency.max_ms = amount;
  } else if (bucket < latency_buckets) {
    latency.counts[bucket] = amount;
  }
}

Report read_report(std::string_view record) {
  Report report;
  const Document json = Document::parse(record, nullptr, false);
  if (!json.is_object()) return report;
  report.known = true;
  const auto since = json.find("since");
  if (since != json.end()) report.since_ms = integer(&*since);
  const auto rows = json.find("rows");
  if (rows == json.end() || !rows->is_array()) return report;
  for (const Document& row : *rows) {
    if (!row.is_array() || row.size() != 4) continue;
    const auto* dimension = row[0].get_ptr<const std::string*>();
    const auto* name = row[1].get_ptr<const std::string*>();
    const auto* counter = row[2].get_ptr<const std::string*>();
    if (dimension && name && counter)
      set_counter(report.dimensions[*dimension][*name], *counter, integer(&row[3]));
  }
  return report;
}

Document since_or_null(int64_t ms) {
  if (ms <= 0) return nullptr;
  return codec::utc_time(ms);
}

// The upper bound of the bucket that holds the quantile, so an answer errs on the slow side.
uint64_t quantile(const Latency& latency, uint64_t count, uint64_t percent) {
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket + 1 < latency_buckets; ++bucket) {
    seen += latency.counts[bucket];
    if (seen * 100 >= count * percent)
      return std::min<uint64_t>(latency_bounds_ms[bucket], latency.max_ms);
  }
  return latency.max_ms;
}

Document latency_document(const Latency& latency) {
  uint64_t count = 0;
  for (const uint64_t in_bucket : latency.counts) count += in_bucket;
  Document json = {{"count", count}, {"p50", nullptr}, {"p95", nullptr}, {"max", nullptr}};
  if (!count) return json;
  json["p50"] = quantile(latency, count, 50);
  json["p95"] = quantile(latency, count, 95);
  json["max"] = latency.max_ms;
  return json;
}

void write_counters(const Counters& counters, Document& json) {
  Counters::each(counters,
                 [&](std::string_view name, uint64_t value) { json[std::string(name)] = value; });
  json["latency_ms"] = latency_document(counters.latency_ms);
  json["first_byte_ms"] = latency_document(counters.first_byte_ms);
}

Document counters_document(const Counters& counters) {
  Document json = Document::object();
  write_counters(counters, json);
  return json;
}

void merge(Counters& into, const Counters& from) {
  std::vector<uint64_t> values;
  Counters::each(from, [&](std::string_view, uint64_t value) { values.push_back(value); });
  size_t at = 0;
  Counters::each(into, [&](std::string_view, uint64_t& slot) { slot += values[at++]; });
  for (auto member : {&Counters::latency_ms, &Counters::first_byte_ms}) {
    for (size_t bucket = 0; bucket < latency_buckets; ++bucket)
      (into.*member).counts[bucket] += (from.*member).counts[bucket];
    (into.*member).max_ms = std::max((into.*member).max_ms, (from.*member).max_ms);
  }
}

Counters sum_of(Report& report, const std::string& dimension) {
  Counters sum;
  for (const auto& [name, counters] : report.dimensions[dimension]) merge(sum, counters);
  return sum;
}

Document list_of(Report& report, const std::string& dimension, const char* name_member) {
  Document list = Document::array();
  for (const auto& [name, counters] : report.dimensions[dimension]) {
    Document row = {{name_member, name}};
    write_counters(counters, row);
    list.push_back(std::move(row));
  }
  return list;
}

Document text_or_null(std::string_view text) { return text.empty() ? Document() : Document(text); }

Document number_or_null(const std::optional<int64_t>& number) {
  return number ? Document(*number) : Document();
}

Document time_or_null(const std::optional<int64_t>& ms) {
  return ms ? Document(codec::utc_time(*ms)) : Document();
}

std::string_view source_name(policy::Source source) {
  switch (source) {
    case policy::Source::kRing:
      return "ring";
    case policy::Source::kLegacy:
      return "legacy";
    case policy::Source::kManaged:
      return "managed";
    case policy::Source::kSession:
      return "session";
    case policy::Source::kNone:
    case policy::Source::kDev:
      break;
  }
  return "dev";
}

// What the session token names stands for itself: it is within what its key may use.
Document models_document(const policy::Caller& caller) {
  const bool narrower = caller.session && !caller.session->models.empty();
  const auto& own = narrower ? caller.session->models : caller.grant.models;
  const auto& account = caller.grant.account_models;
  if (own.empty()) return account.empty() ? Document() : Document(account);
  // Both lists must allow a model: of each, what is within the other.
  Document both = Document::array();
  for (const std::string& pattern : own)
    if (policy::models_within({pattern}, account)) both.push_back(pattern);
  for (const std::string& pattern : account)
    if (policy::models_within({pattern}, own) &&
        std::find(both.begin(), both.end(), pattern) == both.end())
      both.push_back(pattern);
  return both;
}

Document limits_document(const policy::Limits& limits) {
  Document json = Document::object();
  for (size_t at = 0; at < limits.values.size(); ++at)
    if (limits.values[at])
      json[std::string(policy::limit_name(static_cast<policy::Limit>(at)))] = *limits.values[at];
  return json;
}

// A name without a provider's prefix is the default provider's.
std::string_view owner_of(std::string_view model) {
  const provider::Row* row = provider::find_row(model.substr(0, model.find('/')));
  return row && model.find('/') != model.npos ? row->prefix : provider::default_provider;
}

Document model_entry(std::string_view id, std::string_view owner) {
  return {{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", owner}};
}

}  // namespace

std::string health_answer(Configured configured, std::string_view record) {
  if (configured == Configured::kNo) return R"({"configured":false})";
  Report report = read_report(record);
  Document json = {{"configured", true}, {"status", "ok"}, {"version", version}};
  json["requests"] = nullptr;
  if (report.known) {
    const Counters sum = sum_of(report, "status");
    json["requests"] = {
        {"total", sum.requests}, {"errors", sum.errors}, {"throttled", sum.throttled}};
  }
  return dump_text(json);
}

std::string analytics_answer(std::string_view record) {
  Report report = read_report(record);
  Document json = {{"object", "analytics"}, {"since", since_or_null(report.since_ms)}};
  json["totals"] = counters_document(sum_of(report, "status"));
  json["by_provider"] = list_of(report, "provider", "provider");
  json["by_status"] = list_of(report, "status", "status");
  for (Document& row : json["by_status"]) {
    int status = 0;
    for (const char digit : *row["status"].get_ptr<const std::string*>())
      status = status * 10 + (digit - '0');
    row["status"] = status;
  }
  return dump_text(json);
}

std::string provider_stats_answer(const provider::Settings& settings, SimulatorDoor simulator,
                                  std::string_view record) {
  Report report = read_report(record);
  Document json = {{"object", "list"}, {"data", Document::array()}};
  const auto add = [&](const std::string& name, bool configured) {
    Document row = {{"provider", name}, {"configured", configured}};
    write_counters(report.dimensions["provider"][name], row);
    json["data"].push_back(std::move(row));
  };
  add(std::string(provider::default_provider),
      settings.find(provider::default_provider) != nullptr);
  for (const provider::Setting& setting : settings.providers)
    if (setting.name != provider::default_provider) add(setting.name, true);
  add("simulator", simulator == SimulatorDoor::kOpen);
  return dump_text(json);
}

std::string usage_answer(const policy::Caller& caller, std::string_view record) {
  Report report = read_report(record);
  Document json = {{"object", "usage"}, {"label", caller.name}};
  json["since"] = since_or_null(report.since_ms);
  json["totals"] = counters_document(report.dimensions["total"][""]);
  json["by_model"] = list_of(report, "model", "model");
  json["by_project"] = list_of(report, "project", "project_id");
  return dump_text(json);
}

std::string models_answer(const policy::Config& config, SimulatorDoor simulator) {
  Document data = Document::array();
  if (!config.default_model.empty()) {
    data.push_back(model_entry("auto", "postern"));
    data.push_back(model_entry(config.default_model, owner_of(config.default_model)));
  }
  if (simulator == SimulatorDoor::kOpen)
    for (const std::string_view model : simulator::models())
      data.push_back(model_entry(model, "simulator"));
  return dump_text({{"object", "list"}, {"data", std::move(data)}});
}

std::string whoami_answer(const policy::Caller& caller, const policy::Config& config,
                          std::string_view mode, std::string_view request_id) {
  const policy::Grant& grant = caller.grant;
  const bool superseded = caller.standing == policy::Standing::kSuperseded;
  const auto account = config.accounts.usable.find(grant.account);
  Document json = {{"object", "key"}, {"label", caller.label}, {"key_id", caller.key_id}};
  json["source"] = source_name(caller.source);
  json["account"] = text_or_null(grant.account);
  json["tier"] =
      account == config.accounts.usable.end() ? Document() : text_or_null(account->second.tier);
  json["class"] = policy::class_name(grant.key_class);
  json["livemode"] = grant.key_class != policy::KeyClass::kTest;
  json["scopes"] = policy::names_of(grant.scopes);
  json["models"] = models_document(caller);
  json["status"] = superseded ? "superseded" : "active";
  json["expires_at"] = time_or_null(grant.expires_ms);
  json["grace_ends_at"] = superseded ? time_or_null(policy::ends_ms(grant)) : Document();
  json["limits"] = limits_document(grant.limits);
  if (caller.session) {
    json["session"] = {{"id", caller.session->id}, {"origin", caller.session->origin}};
    json["session"]["budget_nano_usd"] = number_or_null(caller.session->budget_nano_usd);
  }
  json["mode"] = mode;
  json["request_id"] = request_id;
  return dump_text(json);
}

}  // namespace postern::exchange
