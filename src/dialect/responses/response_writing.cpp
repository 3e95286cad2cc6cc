#include "dialect/responses/response_writing.h"

#include "codec/json_writer.h"

namespace postern::dialect::responses_wire {
namespace {

using codec::JsonWriter;

chat::Text text_of(std::string_view raw) { return {raw, true}; }

int64_t count_of(uint64_t tokens) {
  return tokens > INT64_MAX ? INT64_MAX : static_cast<int64_t>(tokens);
}

uint64_t sum(uint64_t one, uint64_t other) {
  return one > UINT64_MAX - other ? UINT64_MAX : one + other;
}

void write_usage(JsonWriter& json, const chat::Usage* usage) {
  json.name("usage");
  if (usage == nullptr || !usage->reported()) {
    json.null();
    return;
  }
  const uint64_t written = sum(usage->cache_write.value_or(0), usage->cache_write_hour.value_or(0));
  const uint64_t prompt =
      sum(sum(usage->input.value_or(0), usage->cache_read.value_or(0)), written);
  const uint64_t completion = sum(usage->output.value_or(0), usage->reasoning.value_or(0));
  json.begin_object().name("input_tokens").number(count_of(prompt));
  json.name("input_tokens_details").begin_object();
  json.name("cached_tokens").number(count_of(usage->cache_read.value_or(0)));
  json.name("cache_write_tokens").number(count_of(written)).end_object();
  json.name("output_tokens").number(count_of(completion));
  json.name("output_tokens_details").begin_object();
  json.name("reasoning_tokens").number(count_of(usage->reasoning.value_or(0))).end_object();
  json.name("total_tokens").number(count_of(sum(prompt, completion))).end_object();
}

void write_ending(JsonWriter& json, const Ending& ending) {
  json.name("status").string(ending.status).name("background").boolean(false).name("error");
  if (ending.error_code.empty()) {
    json.null();
  } else {
    json.begin_object().name("code").string(ending.error_code);
    json.name("message").string(ending.error_message).end_object();
  }
  json.name("incomplete_details");
  if (ending.incomplete_reason.empty()) {
    json.null();
  } else {
    json.begin_object().name("reason").string(ending.incomplete_reason).end_object();
  }
}

constexpr std::string_view settings =
    R"("instructions":null,"max_output_tokens":null,"max_tool_calls":null,)"
    R"("parallel_tool_calls":true,"previous_response_id":null,)"
    R"("reasoning":{"effort":null,"summary":null},"store":false,"temperature":null,)"
    R"("text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":null,)"
    R"("truncation":"disabled","metadata":{})";

}  // namespace

ResponseHead head_of(const chat::Text& id, const chat::Text& model, const chat::Text& service_tier,
                     std::optional<int64_t> created_s, std::string_view request_id,
                     std::string_view asked_model, int64_t now_s) {
  ResponseHead head;
  if (!id.raw.starts_with("resp_")) head.id = "resp_";
  head.id += id.raw.empty() ? request_id : id.raw;
  head.model = model.raw;
  if (model.raw.empty()) {
    codec::append_json_string(asked_model, head.model);
    head.model = head.model.substr(1, head.model.size() - 2);
  }
  head.service_tier = service_tier.raw;
  head.created_s = created_s.value_or(now_s);
  return head;
}

Ending ending_of(chat::Finish finish) {
  Ending ending;
  ending.status = "completed";
  switch (finish) {
    case chat::Finish::kLength:
      ending.status = "incomplete";
      ending.incomplete_reason = "max_output_tokens";
      break;
    case chat::Finish::kContentFilter:
      ending.status = "incomplete";
      ending.incomplete_reason = "content_filter";
      break;
    case chat::Finish::kError:
      ending.status = "failed";
      ending.error_code = "server_error";
      ending.error_message = "the provider gave up on the answer";
      break;
    default:
      break;
  }
  return ending;
}

void append_response(const ResponseHead& head, const Ending& ending, std::string_view output,
                     std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("id").text(text_of(head.id)).name("object").string("response");
  json.name("created_at").number(head.created_s);
  write_ending(json, ending);
  json.name("model").text(text_of(head.model));
  json.name("output").begin_array();
  if (!output.empty()) json.raw(output);
  json.end_array();
  json.name("service_tier");
  if (head.service_tier.empty()) {
    json.null();
  } else {
    json.text(text_of(head.service_tier));
  }
  write_usage(json, ending.usage);
  out += ',';
  out += settings;
  json.end_object();
}

std::string item_id(std::string_view prefix, std::string_view request_id, int64_t output_index) {
  std::string id(prefix);
  id += request_id;
  id += '_';
  return id + std::to_string(output_index);
}

void append_text_part(std::string_view text, std::string_view annotations,
                      std::string_view logprobs, std::string& out) {
  out += R"({"type":"output_text","text":")";
  out += text;
  out += R"(","annotations":[)";
  out += annotations;
  out += R"(],"logprobs":[)";
  out += logprobs;
  out += "]}";
}

void append_refusal_part(std::string_view text, std::string& out) {
  out += R"({"type":"refusal","refusal":")";
  out += text;
  out += "\"}";
}

void append_summary_part(std::string_view text, std::string& out) {
  out += R"({"type":"summary_text","text":")";
  out += text;
  out += "\"}";
}

void append_message_item(std::string_view id, std::string_view status, std::string_view content,
                         std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("type").string("message").name("id").string(id);
  json.name("status").string(status).name("role").string("assistant");
  json.name("content").begin_array();
  if (!content.empty()) json.raw(content);
  json.end_array().end_object();
}

void append_call_item(const CallItem& call, std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("type");
  json.string(call.custom ? "custom_tool_call" : "function_call").name("id").string(call.id);
  json.name("status").string(call.status).name("call_id").text(text_of(call.call_id));
  json.name("name").text(text_of(call.name));
  json.name(call.custom ? "input" : "arguments").text(text_of(call.arguments)).end_object();
}

void append_reasoning_item(std::string_view id, std::string_view status, std::string_view summary,
                           const Sealed* sealed, std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("type").string("reasoning").name("id").string(id);
  json.name("status").string(status).name("summary").begin_array();
  if (!summary.empty()) {
    json.raw("");
    append_summary_part(summary, out);
  }
  json.end_array();
  if (sealed != nullptr) {
    json.name("encrypted_content").raw("\"");
    append_sealed(*sealed, out);
    out += '"';
  }
  json.end_object();
}

void append_image_item(std::string_view id, std::string_view status, const chat::Text& media_type,
                       const chat::Text& data, std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("type").string("image_generation_call").name("id").string(id);
  json.name("status").string(status).name("result");
  if (data.raw.empty()) {
    json.null();
  } else {
    json.text(data);
    const bool known = media_type.raw == "image/jpeg" || media_type.raw == "image/webp";
    json.name("output_format").string(known ? media_type.raw.substr(6) : "png");
  }
  json.end_object();
}

}  // namespace postern::dialect::responses_wire
