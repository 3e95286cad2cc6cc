#include "simulator/wire.h"

#include "codec/json_writer.h"

namespace postern::simulator {
namespace {

using codec::JsonWriter;

void string_or_null(JsonWriter& out, std::string_view text) {
  if (text.empty()) {
    out.null();
  } else {
    out.string(text);
  }
}

void begin(JsonWriter& out, const Call& call, std::string_view object) {
  out.begin_object().name("id").string("chatcmpl-sim-" + hex_of(call.seed));
  out.name("object").string(object).name("created").number(call.created_s);
  out.name("model").string(call.model);
  if (!call.live) out.name("metadata").begin_object().name("livemode").boolean(false).end_object();
}

void tier_and_fingerprint(JsonWriter& out) {
  out.name("service_tier").string("default").name("system_fingerprint").string("fp_simulator");
}

void usage(JsonWriter& out, const Call& call, int64_t completion_tokens) {
  out.name("usage").begin_object();
  out.name("prompt_tokens").number(call.prompt_tokens);
  out.name("completion_tokens").number(completion_tokens);
  out.name("total_tokens").number(call.prompt_tokens + completion_tokens);
  out.name("prompt_tokens_details").begin_object().name("cached_tokens").number(0).end_object();
  out.name("completion_tokens_details").begin_object();
  out.name("reasoning_tokens").number(0).end_object().end_object();
}

}  // namespace

std::string chunk(const Call& call, std::string_view delta, std::string_view finish_reason) {
  std::string json;
  JsonWriter out(json);
  begin(out, call, "chat.completion.chunk");
  tier_and_fingerprint(out);
  out.name("choices").begin_array().begin_object().name("index").number(0);
  out.name("delta").raw(delta).name("logprobs").null().name("finish_reason");
  string_or_null(out, finish_reason);
  out.end_object().end_array();
  if (call.includes_usage) out.name("usage").null();
  out.end_object();
  return event_of(json);
}

std::string usage_chunk(const Call& call, int64_t completion_tokens) {
  std::string json;
  JsonWriter out(json);
  begin(out, call, "chat.completion.chunk");
  tier_and_fingerprint(out);
  out.name("choices").begin_array().end_array();
  usage(out, call, completion_tokens);
  out.end_object();
  return event_of(json);
}

std::string completion(const Call& call, std::string_view message, std::string_view finish_reason,
                       int64_t completion_tokens) {
  std::string json;
  JsonWriter out(json);
  begin(out, call, "chat.completion");
  out.name("choices").begin_array().begin_object().name("index").number(0);
  out.name("message").raw(message).name("logprobs").null();
  out.name("finish_reason").string(finish_reason).end_object().end_array();
  usage(out, call, completion_tokens);
  tier_and_fingerprint(out);
  out.end_object();
  return json;
}

std::string error_body(std::string_view message, std::string_view type, std::string_view code) {
  std::string json;
  JsonWriter out(json);
  out.begin_object().name("error").begin_object().name("message").string(message);
  out.name("type").string(type).name("param").null().name("code");
  string_or_null(out, code);
  out.end_object().end_object();
  return json;
}

std::string event_of(std::string_view json) {
  std::string event = "data: ";
  event += json;
  event += "\n\n";
  return event;
}

}  // namespace postern::simulator
