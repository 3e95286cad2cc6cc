#include <array>
#include <utility>

#include "codec/json_writer.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::Finish;
using codec::JsonReader;

uint64_t sum(uint64_t left, uint64_t right) {
  return left > UINT64_MAX - right ? UINT64_MAX : left + right;
}

// A count as a number that every JSON reader takes.
int64_t bounded(uint64_t count) {
  return count > uint64_t{INT64_MAX} ? INT64_MAX : static_cast<int64_t>(count);
}

// The counts as they come, before their overlaps are taken out.
struct Counts {
  std::optional<uint64_t> prompt, completion, reasoning, cache_read, cache_write;
  std::optional<uint64_t> flat_cached, flat_reasoning;  // beside the prompt, not in its details
};

void read_prompt_details(JsonReader& in, Counts& counts) {
  while (in.next_member()) {
    if (in.name_is("cached_tokens")) {
      read_count(in, counts.cache_read);
    } else if (in.name_is("cache_write_tokens")) {
      read_count(in, counts.cache_write);
    } else {
      in.skip();
    }
  }
}

void read_completion_details(JsonReader& in, Counts& counts) {
  while (in.next_member()) {
    if (in.name_is("reasoning_tokens")) {
      read_count(in, counts.reasoning);
    } else {
      in.skip();
    }
  }
}

void read_counts(JsonReader& in, Counts& counts) {
  while (in.next_member()) {
    if (in.name_is("prompt_tokens")) {
      read_count(in, counts.prompt);
    } else if (in.name_is("completion_tokens")) {
      read_count(in, counts.completion);
    } else if (in.name_is("prompt_tokens_details") && in.enter_object()) {
      read_prompt_details(in, counts);
    } else if (in.name_is("completion_tokens_details") && in.enter_object()) {
      read_completion_details(in, counts);
    } else if (in.name_is("prompt_cache_hit_tokens") || in.name_is("cached_tokens") ||
               in.name_is("num_cached_tokens")) {
      read_count(in, counts.flat_cached);  // DeepSeek, Together and Moonshot, Mistral
    } else if (in.name_is("reasoning_tokens")) {
      read_count(in, counts.flat_reasoning);  // Perplexity
    } else {
      in.skip();
    }
  }
}

}  // namespace

Finish read_finish(const chat::Text& word) {
  // The words of Hugging Face, vLLM and others beside OpenAI's; model_length is Mistral's.
  constexpr std::array<std::pair<std::string_view, Finish>, 14> words = {{
      {"stop", Finish::kStop},
      {"tool_calls", Finish::kToolCalls},
      {"length", Finish::kLength},
      {"content_filter", Finish::kContentFilter},
      {"function_call", Finish::kToolCalls},
      {"tool_use", Finish::kToolCalls},
      {"model_length", Finish::kLength},
      {"max_tokens", Finish::kLength},
      {"eos", Finish::kStop},
      {"eos_token", Finish::kStop},
      {"end_turn", Finish::kStop},
      {"stop_sequence", Finish::kStop},
      {"STOP", Finish::kStop},
      {"MAX_TOKENS", Finish::kLength},
  }};
  if (word.raw.empty()) return Finish::kNone;
  for (const auto& [known, finish] : words)
    if (word.raw == known) return finish;
  return Finish::kError;
}

std::string_view finish_word(Finish finish) {
  switch (finish) {
    case Finish::kNone:
      return {};
    case Finish::kStop:
    case Finish::kStopSequence:
    case Finish::kPaused:
      return "stop";
    case Finish::kLength:
      return "length";
    case Finish::kToolCalls:
      return "tool_calls";
    case Finish::kContentFilter:
      return "content_filter";
    case Finish::kError:
      return "error";
  }
  return {};
}

bool read_usage(JsonReader& in, const Quirks& quirks, chat::Usage& usage) {
  if (!in.enter_object()) {
    in.skip();
    return false;
  }
  Counts counts;
  read_counts(in, counts);
  if (!counts.cache_read) counts.cache_read = counts.flat_cached;
  if (!counts.reasoning) counts.reasoning = counts.flat_reasoning;
  if (quirks.reasoning_beside_output && counts.completion)
    counts.completion = sum(*counts.completion, counts.reasoning.value_or(0));
  const chat::Usage read = chat::disjoint(counts.prompt, counts.cache_read, counts.cache_write,
                                          counts.completion, counts.reasoning);
  if (!read.reported()) return false;
  usage = read;
  return true;
}

void write_usage(const chat::Usage& usage, std::string& out) {
  const uint64_t writes = sum(usage.cache_write.value_or(0), usage.cache_write_hour.value_or(0));
  const uint64_t prompt = sum(sum(usage.input.value_or(0), usage.cache_read.value_or(0)), writes);
  const uint64_t completion = sum(usage.output.value_or(0), usage.reasoning.value_or(0));
  codec::JsonWriter json(out);
  json.begin_object().name("prompt_tokens").number(bounded(prompt));
  json.name("completion_tokens").number(bounded(completion));
  json.name("total_tokens").number(bounded(sum(prompt, completion)));
  json.name("prompt_tokens_details").begin_object();
  json.name("cached_tokens").number(bounded(usage.cache_read.value_or(0)));
  if (usage.cache_write || usage.cache_write_hour)
    json.name("cache_write_tokens").number(bounded(writes));
  json.end_object();
  json.name("completion_tokens_details").begin_object();
  json.name("reasoning_tokens").number(bounded(usage.reasoning.value_or(0)));
  json.end_object().end_object();
}

std::string made_call_id(std::string_view request_id, uint64_t n) {
  std::string id = "call_";
  id += request_id;
  id += '_';
  return id += std::to_string(n);
}

}  // namespace postern::dialect::chat_completions
