#include <array>

#include "bounds.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/request_reader.h"

namespace postern::dialect::chat_completions {
namespace {

using codec::JsonKind;

enum Member : size_t {
  kModel,
  kMessages,
  kStream,
  kStreamOptions,
  kTools,
  kToolChoice,
  kParallelToolCalls,
  kMaxTokens,
  kMaxCompletionTokens,
  kTemperature,
  kTopP,
  kTopK,
  kPresencePenalty,
  kFrequencyPenalty,
  kSeed,
  kLogitBias,
  kStop,
  kN,
  kLogprobs,
  kTopLogprobs,
  kResponseFormat,
  kReasoningEffort,
  kReasoning,
  kUser,
  kMetadata,
  kServiceTier,
  kVerbosity,
  kProjectId,
  kFunctions,
  kFunctionCall,
};

constexpr std::array<std::string_view, 30> member_names = {
    "model",
    "messages",
    "stream",
    "stream_options",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_k",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "logit_bias",
    "stop",
    "n",
    "logprobs",
    "top_logprobs",
    "response_format",
    "reasoning_effort",
    "reasoning",
    "user",
    "metadata",
    "service_tier",
    "verbosity",
    "project_id",
    "functions",
    "function_call",
};

// As many as OpenAI takes.
constexpr int64_t choices_max = 128;

bool is_model_name(std::string_view name) {
  if (name.empty() || name.size() > bounds::model_bytes_max) return false;
  for (const char c : name)
    if (c < 0x21 || c > 0x7e) return false;
  return true;
}

}  // namespace

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request) {
  return RequestReader(body, request).read();
}

std::optional<chat::Refused> RequestReader::read() {
  const Path root;
  if (!in().enter_object()) {
    in().skip();
    if (auto refused = refusal()) return refused;
    return chat::Refused{chat::Refused::Kind::kShape, "the request body must be a JSON object", {}};
  }
  for (Members members(*this, root, member_names); members.next();)
    if (!read_member(members.which(), root)) break;
  if (auto refused = refusal()) return refused;
  if (request_.model.empty()) {
    refuse({&root, "model"}, "is required: a string, for example \"gpt-4o-mini\" or \"auto\"");
  } else if (!has_messages_) {
    refuse({&root, "messages"}, "is required: a list with at least one message");
  }
  request_.max_tokens = max_completion_tokens_ ? max_completion_tokens_ : max_tokens_;
  return refusal();
}

bool RequestReader::read_member(size_t which, const Path& root) {
  if (which == member_names.size()) {
    keep_extra();
    return true;
  }
  const Path path{&root, member_names[which]};
  std::optional<bool> flag;
  std::optional<int64_t> whole;
  switch (static_cast<Member>(which)) {
    case kModel:
      return read_model(path);
    case kMessages:
      return read_messages(path);
    case kStream:
      if (!this->flag(path, flag)) return false;
      request_.stream = flag.value_or(false);
      return true;
    case kStreamOptions:
      return read_stream_options(path);
    case kTools:
      return read_tools(path);
    case kToolChoice:
      return read_tool_choice(path);
    case kParallelToolCalls:
      return this->flag(path, request_.parallel_tool_calls);
    case kMaxTokens:
      return this->whole(path, 0, max_tokens_);
    case kMaxCompletionTokens:
      return this->whole(path, 0, max_completion_tokens_);
    case kTemperature:
      return number(path, request_.temperature);
    case kTopP:
      return number(path, request_.top_p);
    case kTopK:
      return number(path, request_.top_k);
    case kPresencePenalty:
      return number(path, request_.presence_penalty);
    case kFrequencyPenalty:
      return number(path, request_.frequency_penalty);
    case kSeed:
      return number(path, request_.seed);
    case kLogitBias:
      return object(path, request_.logit_bias);
    case kStop:
      return read_stop(path);
    case kN:
      if (!this->whole(path, 1, whole)) return false;
      request_.choices = whole.value_or(1);
      return request_.choices <= choices_max || refuse(path, "must be at most 128");
    case kLogprobs:
      if (!this->flag(path, flag)) return false;
      request_.logprobs = flag.value_or(false);
      return true;
    case kTopLogprobs:
      return number(path, request_.top_logprobs);
    case kResponseFormat:
      return read_response_format(path);
    case kReasoningEffort:
      return text(path, request_.reasoning.effort);
    case kReasoning:
      return read_reasoning(path);
    case kUser:
      return text(path, request_.user);
    case kMetadata:
      return object(path, request_.metadata);
    case kServiceTier:
      return text(path, request_.service_tier);
    case kVerbosity:
      return text(path, request_.verbosity);
    case kProjectId:  // the gateway's own, read where the request is admitted
      return in().skip();
    case kFunctions:
      return refuse_functions(path, "send tools instead");
    case kFunctionCall:
      return refuse_functions(path, "send tool_choice instead");
  }
  return false;
}

bool RequestReader::read_model(const Path& path) {
  chat::Text name;
  if (!text(path, name)) return false;
  request_.model = chat::plain(name);
  return is_model_name(request_.model) ||
         refuse(path, "must be 1 to 256 printable ASCII characters without spaces");
}

bool RequestReader::read_stop(const Path& path) {
  chat::Text stop;
  if (in().kind() != JsonKind::kArray) {
    if (!in().read_string(stop))
      return take_null() || refuse_value(path, "must be a string or a list of strings");
    if (!stop.raw.empty()) request_.stop.push_back(stop);
    return true;
  }
  in().enter_array();
  for (size_t index = 0; in().next_element(); ++index) {
    stop = {};
    if (!text({&path, {}, index}, stop)) return false;
    if (!stop.raw.empty()) request_.stop.push_back(stop);
  }
  return true;
}

bool RequestReader::read_stream_options(const Path& path) {
  constexpr std::array<std::string_view, 1> names = {"include_usage"};
  if (take_null()) return true;
  if (!enter_object(path)) return false;
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      in().skip();  // include_obfuscation: there is none in what we write
      continue;
    }
    std::optional<bool> include_usage;
    if (!flag({&path, names[0]}, include_usage)) return false;
    request_.include_usage = include_usage.value_or(false);
  }
  return !faulty();
}

// OpenRouter's way to say it.
bool RequestReader::read_reasoning(const Path& path) {
  constexpr std::array<std::string_view, 5> names = {"effort", "max_tokens", "enabled", "exclude",
                                                     "summary"};
  chat::Reasoning& reasoning = request_.reasoning;
  if (take_null()) return true;
  if (!enter_object(path)) return false;
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, names[members.which()]};
    std::optional<bool> exclude;
    const bool read = members.which() == 0   ? text(member, reasoning.effort)
                      : members.which() == 1 ? whole(member, 0, reasoning.budget_tokens)
                      : members.which() == 2 ? flag(member, reasoning.enabled)
                      : members.which() == 3 ? flag(member, exclude)
                                             : text(member, reasoning.summary);
    if (!read) return false;
    if (exclude) reasoning.include_thoughts = !*exclude;
  }
  return !faulty();
}

// Their answers would have to be written in their own words, which no client of today reads.
bool RequestReader::refuse_functions(const Path& path, std::string_view instead) {
  const chat::Json value = any();
  if (value.empty() || value == "[]") return true;
  return refuse(path,
                "was replaced by OpenAI in 2023 and is not taken here: " + std::string(instead),
                chat::Refused::Kind::kUnsupported);
}

void RequestReader::keep_extra() {
  const chat::Text name = in().name();
  const chat::Json value = any();
  if (!value.empty()) request_.extras.push_back({name, value});
}

bool RequestReader::keep_unknown(const Path& object) {
  const std::string name = chat::plain(in().name());
  const chat::Json value = any();
  if (faulty()) return false;
  if (value.empty() || value == "[]" || value == "{}" || value == "\"\"") return true;
  const Path path{&object, name.empty() ? std::string_view("\"\"") : std::string_view(name)};
  request_.extras.push_back({request_.arena.escape(path.words()), value});
  return true;
}

}  // namespace postern::dialect::chat_completions
