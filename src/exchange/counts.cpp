#include "exchange/counts.h"

#include <algorithm>

#include "bounds.h"
#include "codec/json_writer.h"

namespace postern::exchange {
namespace {

using codec::JsonWriter;

void measure(Latency& latency, int64_t ms) {
  if (ms < 0) return;
  size_t bucket = 0;
  while (bucket + 1 < latency_buckets && ms > latency_bounds_ms[bucket]) ++bucket;
  ++latency.counts[bucket];
  latency.max_ms = std::max(latency.max_ms, static_cast<uint64_t>(ms));
}

void add_to(Counters& counters, const Served& served) {
  counters.requests += 1;
  counters.errors += served.error;
  counters.throttled += served.throttled;
  counters.streams += served.stream;
  counters.truncated += served.truncated;
  counters.usage_absent += served.usage_absent;
  counters.prompt_tokens += served.usage.prompt();
  counters.completion_tokens += served.usage.completion();
  counters.total_tokens += served.usage.total();
  counters.content_events += served.content_events;
  measure(counters.latency_ms, served.latency_ms);
  measure(counters.first_byte_ms, served.first_byte_ms);
}

void write_latency(JsonWriter& json, std::string_view name, const Latency& latency) {
  for (size_t bucket = 0; bucket < latency_buckets; ++bucket) {
    if (!latency.counts[bucket]) continue;
    const std::string counter = std::string(name) + "." + std::to_string(bucket);
    json.name(counter).number(static_cast<int64_t>(latency.counts[bucket]));
  }
}

void write_words(JsonWriter& json, std::string_view key) {
  for (size_t cut; (cut = key.find('\0')) != std::string_view::npos; key.remove_prefix(cut + 1))
    json.string(key.substr(0, cut));
  json.string(key);
}

}  // namespace

void Counts::add(const Served& served) {
  add_to(row("public", "provider", served.provider), served);
  add_to(row("public", "status", std::to_string(served.status)), served);
  add_to(row(served.scope, "total", ""), served);
  add_to(row(served.scope, "model", served.model.empty() ? "none" : served.model), served);
  if (!served.project_id.empty()) add_to(row(served.scope, "project", served.project_id), served);
}

Counters& Counts::row(std::string_view scope, std::string_view dimension, std::string_view name) {
  key_.assign(scope).append(1, '\0').append(dimension).append(1, '\0').append(name);
  auto found = rows_.find(key_);
  if (found == rows_.end() && rows_.size() >= bounds::pending_rows_max) {
    key_.resize(key_.size() - name.size());
    key_ += "other";
  }
  return found != rows_.end() ? found->second : rows_[key_];
}

const std::string& Counts::write_batch(std::string_view new_id, std::string& out) {
  if (flying_.empty()) {
    flying_.swap(rows_);
    flying_id_ = new_id;
  }
  JsonWriter json(out);
  json.begin_object().name("batch").string(flying_id_);
  // Names kept apart in a dimension, over the whole store; later ones are counted as `other`.
  json.name("limits").begin_object().name("project").number(bounds::projects_max);
  json.name("model").number(bounds::models_max).end_object();
  json.name("rows").begin_array();
  for (const auto& [key, counters] : flying_) {
    json.begin_array();
    write_words(json, key);
    json.begin_object();  // counters that add up
    Counters::each(counters, [&](std::string_view name, uint64_t value) {
      if (value) json.name(name).number(static_cast<int64_t>(value));
    });
    write_latency(json, "latency_ms", counters.latency_ms);
    write_latency(json, "first_byte_ms", counters.first_byte_ms);
    json.end_object().begin_object();  // counters of which the largest stays
    json.name("latency_ms.max").number(static_cast<int64_t>(counters.latency_ms.max_ms));
    json.name("first_byte_ms.max").number(static_cast<int64_t>(counters.first_byte_ms.max_ms));
    json.end_object().end_array();
  }
  json.end_array().end_object();
  return flying_id_;
}

void Counts::batch_stored(std::string_view id) {
  if (id != flying_id_) return;
  flying_.clear();
  flying_id_.clear();
}

}  // namespace postern::exchange
