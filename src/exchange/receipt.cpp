#include "exchange/receipt.h"

#include "codec/json_writer.h"

namespace postern::exchange {
namespace {

using codec::JsonWriter;

void write_text(JsonWriter& json, std::string_view name, std::string_view text) {
  if (!text.empty()) json.name(name).string(text);
}

void write_span(JsonWriter& json, std::string_view name, int64_t from_ms, int64_t to_ms) {
  if (from_ms && to_ms) json.name(name).number(to_ms - from_ms);
}

void write_tokens(JsonWriter& json, std::string_view name, uint64_t tokens) {
  json.name(name).number(static_cast<int64_t>(tokens));
}

// Sums in the field's customary words, then the classes that the provider told apart.
void write_usage(JsonWriter& json, const chat::Usage& usage) {
  json.begin_object();
  if (usage.input || usage.cache_read) write_tokens(json, "prompt_tokens", usage.prompt());
  if (usage.output || usage.reasoning) write_tokens(json, "completion_tokens", usage.completion());
  write_tokens(json, "total_tokens", usage.total());
  if (usage.cache_read) write_tokens(json, "cached_tokens", *usage.cache_read);
  if (usage.cached_writes()) write_tokens(json, "cache_write_tokens", usage.cached_writes());
  if (usage.reasoning) write_tokens(json, "reasoning_tokens", *usage.reasoning);
  json.end_object();
}

void write_fault(JsonWriter& json, const UpstreamFault& fault) {
  json.name("upstream_fault").begin_object().name("kind").string(kind_name(fault.kind));
  if (fault.status) json.name("status").number(fault.status);
  json.name("retryable").boolean(fault.retryable).name("sent").boolean(fault.sent);
  if (fault.retry_after_ms) json.name("retry_after_ms").number(*fault.retry_after_ms);
  json.end_object();
}

}  // namespace

void tell_of_caller(const policy::Caller& caller, Receipt& receipt) {
  receipt.label = caller.name;
  // The name of a ring key says it all; managed keys and sessions may share theirs.
  if (caller.source == policy::Source::kManaged || caller.source == policy::Source::kSession)
    receipt.key_id = caller.key_id;
  receipt.account = caller.grant.account;
  receipt.count_scope = policy::count_scope(caller);
  if (caller.standing == policy::Standing::kSuperseded) receipt.key_status = "superseded";
  receipt.live = caller.grant.key_class != policy::KeyClass::kTest;
}

void write_log_line(const Receipt& receipt, std::string_view end, int64_t now_ms,
                    std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("event").string("exchange").name("id").string(receipt.request_id);
  write_text(json, "client_id", receipt.client_request_id);
  json.name("trace_id").string(receipt.trace_id).name("span_id").string(receipt.span_id);
  write_text(json, "method", receipt.method);
  json.name("route").string(receipt.route).name("status").number(receipt.status);
  write_text(json, "code", receipt.code);
  write_text(json, "label", receipt.label);
  write_text(json, "key_id", receipt.key_id);
  write_text(json, "account", receipt.account);
  write_text(json, "key_status", receipt.key_status);
  if (!receipt.live) json.name("livemode").boolean(false);
  write_text(json, "project_id", receipt.project_id);
  if (receipt.counted) {
    json.name("provider").string(receipt.provider);
    write_text(json, "model", receipt.model);
    json.name("stream").boolean(receipt.stream).name("usage");
    if (receipt.usage.reported()) {
      write_usage(json, receipt.usage);
    } else {
      json.null();
    }
    if (receipt.stream)
      json.name("content_events").number(static_cast<int64_t>(receipt.content_events));
    if (receipt.fault) write_fault(json, *receipt.fault);
    if (!receipt.metered) json.name("metered").boolean(false);
    write_span(json, "head_ms", receipt.started_ms, receipt.head_ms);
    write_span(json, "first_byte_ms", receipt.started_ms, receipt.first_byte_ms);
  }
  write_span(json, "total_ms", receipt.started_ms, now_ms);
  json.name("end").string(end).end_object();
}

Served served(const Receipt& receipt, std::string_view end, int64_t now_ms) {
  Served share;
  share.scope = receipt.count_scope;
  share.provider = receipt.provider;
  share.model = receipt.model;
  share.project_id = receipt.project_id;
  share.status = receipt.status;
  share.error = receipt.status >= 400 || receipt.status == 0 ||
                (end != ending::complete && end != ending::client_left);
  share.throttled = receipt.status == 429;
  share.stream = receipt.stream;
  share.truncated = end == ending::truncated || end == ending::idle_timeout;
  share.usage_absent = receipt.status == 200 && !receipt.usage.reported();
  share.usage = receipt.usage;
  share.content_events = receipt.content_events;
  share.latency_ms = now_ms - receipt.started_ms;
  if (receipt.first_byte_ms) share.first_byte_ms = receipt.first_byte_ms - receipt.started_ms;
  return share;
}

}  // namespace postern::exchange
