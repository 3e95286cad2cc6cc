// Writes what read_reply reads.
#include "codec/json_writer.h"
#include "codec/utc_time.h"
#include "dialect/gemini/gemini.h"

namespace postern::dialect::gemini_wire {
namespace {

using chat::Part;
using codec::JsonWriter;

std::string_view word_of(chat::Finish finish) {
  switch (finish) {
    case chat::Finish::kNone:
      return {};
    case chat::Finish::kLength:
      return "MAX_TOKENS";
    case chat::Finish::kContentFilter:
      return "SAFETY";
    case chat::Finish::kError:
      return "OTHER";
    default:
      return "STOP";
  }
}

void write_media(const Part& part, JsonWriter& json) {
  const bool inside = !part.data.raw.empty();
  json.name(inside ? "inlineData" : "fileData").begin_object();
  json.name("mimeType").text(part.media_type);
  json.name(inside ? "data" : "fileUri").text(inside ? part.data : part.url).end_object();
}

void write_part(const Part& part, JsonWriter& json) {
  json.begin_object();
  if (part.kind == Part::Kind::kToolCall) {
    json.name("functionCall").begin_object().name("name").text(part.name);
    json.name("args").raw(part.arguments.empty() ? "{}" : part.arguments);
    if (!is_made_id(chat::plain(part.id))) json.name("id").text(part.id);
    json.end_object();
  } else if (!part.data.raw.empty() || !part.url.raw.empty()) {
    write_media(part, json);
  } else {
    json.name("text").text(part.text);
    if (part.kind == Part::Kind::kReasoning) json.name("thought").boolean(true);
  }
  if (!part.signature.raw.empty()) json.name("thoughtSignature").text(part.signature);
  json.end_object();
}

void write_choice(const chat::Choice& choice, JsonWriter& json) {
  json.begin_object().name("content").begin_object().name("role").string("model");
  json.name("parts").begin_array();
  for (const Part& part : choice.parts)
    if (part.kind != Part::Kind::kSealedReasoning) write_part(part, json);
  json.end_array().end_object();
  const std::string_view finish = word_of(choice.finish);
  if (!finish.empty()) json.name("finishReason").string(finish);
  if (!choice.finish_message.raw.empty()) json.name("finishMessage").text(choice.finish_message);
  json.name("index").number(choice.index).end_object();
}

void write_count(JsonWriter& json, std::string_view name, uint64_t count) {
  if (count > 0) json.name(name).number(static_cast<int64_t>(count));
}

void write_usage(const chat::Usage& usage, JsonWriter& json) {
  json.name("usageMetadata").begin_object();
  json.name("promptTokenCount").number(static_cast<int64_t>(usage.prompt()));
  write_count(json, "candidatesTokenCount", usage.output.value_or(0));
  if (usage.reasoning)
    json.name("thoughtsTokenCount").number(static_cast<int64_t>(*usage.reasoning));
  if (usage.cache_read)
    json.name("cachedContentTokenCount").number(static_cast<int64_t>(*usage.cache_read));
  json.name("totalTokenCount").number(static_cast<int64_t>(usage.total())).end_object();
}

}  // namespace

void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("candidates").begin_array();
  for (const chat::Choice& choice : reply.choices) write_choice(choice, json);
  json.end_array();
  if (reply.usage.reported()) write_usage(reply.usage, json);
  json.name("modelVersion");
  if (reply.model.raw.empty()) {
    json.string(context.model);
  } else {
    json.text(reply.model);
  }
  if (reply.created_s) json.name("createTime").string(codec::utc_time(*reply.created_s * 1000));
  json.name("responseId").text(reply.id).end_object();
}

}  // namespace postern::dialect::gemini_wire
