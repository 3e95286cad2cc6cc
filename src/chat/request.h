// What a client asks of a model. A reader of a dialect fills it with views into the request's
// body; both must stay together. The normal form, which every reader establishes and every writer
// may rely on:
//
// - System and developer messages stand where the client put them, in `messages`.
// - Tool results stand in messages of role kTool, which hold nothing else: all results that follow
//   one assistant turn are parts of one such message. Every result knows the name of its tool,
//   where a call with that id was seen before.
// - Tool calls are parts of assistant messages, in their order among text and reasoning.
// - A part without anything in it (empty text) is left out; a message that is left with no part
//   stays, empty.
// - Absent is empty, or nullopt. A member given as null counts as absent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/dropped.h"
#include "chat/message.h"

namespace postern::chat {

struct Tool {
  enum class Kind : uint8_t {
    kFunction,
    kCustom,  // OpenAI's: free text in. `definition` is the tool as the client wrote it
    kHosted,  // run by the provider (web search, code). Likewise
  };
  Kind kind = Kind::kFunction;
  Text name;
  Text description;
  Json parameters;  // JSON Schema; empty: none given
  std::optional<bool> strict;
  Json cache_control;
  Json definition;
  uint32_t place = 0;  // in the client's list
};

struct ToolChoice {
  enum class Kind : uint8_t { kUnset, kAuto, kNone, kRequired, kNamed, kOther };
  Kind kind = Kind::kUnset;
  Text name;        // of kNamed
  Json definition;  // of kOther: as the client wrote it
};

struct ResponseFormat {
  enum class Kind : uint8_t { kUnset, kText, kJsonObject, kJsonSchema };
  Kind kind = Kind::kUnset;
  Text name;
  Text description;
  Json schema;
  std::optional<bool> strict;
};

struct Reasoning {
  Text effort;                           // none, minimal, low, medium, high, xhigh, max
  std::optional<int64_t> budget_tokens;  // where a number was given instead
  std::optional<bool> enabled;           // where only on or off was said
  bool adaptive = false;                 // Anthropic: the model decides
  std::optional<bool> include_thoughts;  // may the thoughts be shown?
  Text summary;                          // Responses: auto, concise, detailed
  bool sealed_wanted = false;  // Responses: answer with what brings the thoughts back (include)
};

// Members that only some dialects have. Their names are a dialect's business (Dialect::field_name).
enum class Field : uint8_t {
  kModel,
  kMessages,  // Place says which part
  kTools,     // Place::message says which tool
  kToolChoice,
  kParallelToolCalls,
  kMaxTokens,
  kTemperature,
  kTopP,
  kTopK,
  kPresencePenalty,
  kFrequencyPenalty,
  kLogitBias,
  kSeed,
  kStop,
  kChoices,  // n
  kLogprobs,
  kTopLogprobs,
  kResponseFormat,
  kReasoning,
  kUser,
  kMetadata,
  kServiceTier,
  kVerbosity,
  kImageDetail,   // Place says which part
  kCacheControl,  // Place says which part
  kToolStrict,    // Place::message says which tool
  kSpeakerName,   // Place says which message
  kResultError,   // Place says which part
  kSignature,     // Place says which part
};

// A member of the client's body that no field here stands for: its name and its value.
struct Extra {
  Text name;
  Json value;
};

struct Request {
  std::string model;  // as the provider knows it
  std::vector<Message> messages;

  std::vector<Tool> tools;
  ToolChoice tool_choice;
  std::optional<bool> parallel_tool_calls;

  std::optional<int64_t> max_tokens;  // of the answer, reasoning included
  // Numbers keep the text in which they came; JSON, empty when absent.
  Json temperature, top_p, top_k, presence_penalty, frequency_penalty, seed;
  Json logit_bias;  // an object
  std::vector<Text> stop;
  int64_t choices = 1;
  bool logprobs = false;
  Json top_logprobs;
  ResponseFormat response_format;
  Reasoning reasoning;
  Text user;
  Json metadata;  // an object
  Text service_tier;
  Text verbosity;

  bool stream = false;
  bool include_usage = false;  // OpenAI: stream_options.include_usage, as the client asked

  std::vector<Extra> extras;
  Arena arena;

  Request() = default;
  Request(Request&&) = default;
  Request& operator=(Request&&) = default;
};

// Why a request cannot be carried to a provider, or cannot be read at all.
struct Refused {
  enum class Kind : uint8_t { kJson, kShape, kUnsupported };
  Kind kind = Kind::kShape;
  std::string message;  // says what to do
  std::string param;    // the member at fault, in the client's words; empty: no single one
};

}  // namespace postern::chat
