// The words and numbers that whole answers and streams share.
#include "dialect/bedrock/content.h"
#include "dialect/bedrock/walk.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

void read_cache_details(codec::JsonReader& in, chat::Usage& usage) {
  each_element(in, [&] {
    chat::Text ttl;
    std::optional<uint64_t> tokens;
    each_member(in, [&] {
      if (in.name_is("ttl")) {
        read_text(in, ttl);
      } else if (in.name_is("inputTokens")) {
        read_count(in, tokens);
      } else {
        in.skip();
      }
    });
    if (ttl.raw == "1h" && tokens) usage.cache_write_hour = tokens;
  });
}

}  // namespace

chat::Finish finish_of(const chat::Text& stop_reason) {
  const std::string_view word = stop_reason.raw;
  if (word.empty()) return chat::Finish::kNone;
  if (word == "end_turn") return chat::Finish::kStop;
  if (word == "stop_sequence") return chat::Finish::kStopSequence;
  if (word == "tool_use") return chat::Finish::kToolCalls;
  if (word == "max_tokens" || word == "model_context_window_exceeded") return chat::Finish::kLength;
  if (word == "guardrail_intervened" || word == "content_filtered")
    return chat::Finish::kContentFilter;
  return chat::Finish::kError;  // malformed_model_output, malformed_tool_use, unknown words
}

chat::Finish finish_with_calls(chat::Finish finish, int64_t calls) {
  if (calls != 0 && finish == chat::Finish::kStop) return chat::Finish::kToolCalls;
  if (calls == 0 && finish == chat::Finish::kToolCalls) return chat::Finish::kStop;
  return finish;
}

void read_usage(codec::JsonReader& in, chat::Usage& usage) {
  each_member(in, [&] {
    if (in.name_is("inputTokens")) {
      read_count(in, usage.input);
    } else if (in.name_is("outputTokens")) {
      read_count(in, usage.output);
    } else if (in.name_is("cacheReadInputTokens") || in.name_is("cacheReadInputTokenCount")) {
      read_count(in, usage.cache_read);
    } else if (in.name_is("cacheWriteInputTokens") || in.name_is("cacheWriteInputTokenCount")) {
      read_count(in, usage.cache_write);
    } else if (in.name_is("cacheDetails")) {
      read_cache_details(in, usage);
    } else {
      in.skip();
    }
  });
  // The details are parts of the sum of all writes.
  if (usage.cache_write && usage.cache_write_hour) {
    if (*usage.cache_write_hour > *usage.cache_write) usage.cache_write_hour = usage.cache_write;
    *usage.cache_write -= *usage.cache_write_hour;
  }
}

std::string made_tool_id(std::string_view request_id, int64_t tool) {
  return "call_" + std::string(request_id) + "_" + std::to_string(tool);
}

}  // namespace postern::dialect::bedrock_wire
