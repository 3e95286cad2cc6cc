// A whole answer as Converse gives it. Nobody reads it from the gateway; it closes the loop in
// tests.
#include "codec/json_writer.h"
#include "dialect/bedrock/bedrock.h"

namespace postern::dialect::bedrock_wire {
namespace {

using codec::JsonWriter;
using Kind = chat::Part::Kind;

void write_reasoning(const chat::Part& part, JsonWriter& to) {
  to.name("reasoningContent").begin_object();
  if (part.kind == Kind::kSealedReasoning) {
    to.name("redactedContent").text(part.signature);
  } else {
    to.name("reasoningText").begin_object().name("text").text(part.text);
    if (!part.signature.raw.empty()) to.name("signature").text(part.signature);
    to.end_object();
  }
  to.end_object();
}

void write_block(const chat::Part& part, JsonWriter& to) {
  to.begin_object();
  switch (part.kind) {
    case Kind::kReasoning:
    case Kind::kSealedReasoning:
      write_reasoning(part, to);
      break;
    case Kind::kToolCall:
      to.name("toolUse").begin_object().name("toolUseId").text(part.id).name("name");
      to.text(part.name).name("input");
      if (part.arguments_cut) {
        to.text(part.text);
      } else {
        to.raw(part.arguments.empty() ? "{}" : part.arguments);
      }
      to.end_object();
      break;
    case Kind::kImage: {
      const std::string media_type = chat::plain(part.media_type);
      to.name("image").begin_object().name("format");
      to.string(std::string_view(media_type).substr(media_type.find('/') + 1));
      to.name("source").begin_object().name("bytes").text(part.data).end_object().end_object();
      break;
    }
    default:
      to.name("text").text(part.text);
  }
  to.end_object();
}

std::string_view stop_reason(chat::Finish finish) {
  switch (finish) {
    case chat::Finish::kStopSequence:
      return "stop_sequence";
    case chat::Finish::kLength:
      return "max_tokens";
    case chat::Finish::kToolCalls:
      return "tool_use";
    case chat::Finish::kContentFilter:
      return "content_filtered";
    case chat::Finish::kError:
      return "malformed_model_output";
    default:
      return "end_turn";
  }
}

void write_usage(const chat::Usage& usage, JsonWriter& to) {
  const auto count = [&](std::string_view name, uint64_t value) {
    to.name(name).number(static_cast<int64_t>(value));
  };
  to.name("usage").begin_object();
  count("inputTokens", usage.input.value_or(0));
  count("outputTokens", usage.completion());
  count("totalTokens", usage.total());
  if (usage.cache_read) count("cacheReadInputTokens", *usage.cache_read);
  if (usage.cache_write || usage.cache_write_hour)
    count("cacheWriteInputTokens", usage.cached_writes());
  if (usage.cache_write_hour) {
    to.name("cacheDetails").begin_array().begin_object().name("ttl").string("1h");
    count("inputTokens", *usage.cache_write_hour);
    to.end_object().end_array();
  }
  to.end_object();
}

}  // namespace

void write_reply(const chat::Reply& reply, const ReplyContext&, std::string& out) {
  JsonWriter to(out);
  to.begin_object().name("output").begin_object().name("message").begin_object();
  to.name("role").string("assistant").name("content").begin_array();
  chat::Finish finish = chat::Finish::kNone;
  if (!reply.choices.empty()) {
    for (const chat::Part& part : reply.choices.front().parts) write_block(part, to);
    finish = reply.choices.front().finish;
  }
  to.end_array().end_object().end_object().name("stopReason").string(stop_reason(finish));
  write_usage(reply.usage, to);
  to.name("metrics").begin_object().name("latencyMs").number(0).end_object();
  if (!reply.service_tier.raw.empty())
    to.name("serviceTier").begin_object().name("type").text(reply.service_tier).end_object();
  to.end_object();
}

}  // namespace postern::dialect::bedrock_wire
