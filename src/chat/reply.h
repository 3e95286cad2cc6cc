// What a model answers, whole or piece by piece.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/message.h"
#include "chat/usage.h"

namespace postern::chat {

enum class Finish : uint8_t {
  kNone,  // not said
  kStop,
  kStopSequence,
  kLength,
  kToolCalls,
  kContentFilter,
  kPaused,  // Anthropic: send the turn back to go on
  kError,   // the provider gave up, with a reason that is none of these
};

struct Choice {
  int64_t index = 0;
  std::vector<Part> parts;  // text, refusal, reasoning, tool calls; images where a model draws
  Finish finish = Finish::kNone;
  Text stop_sequence;   // that was hit, where the provider says which
  Text finish_message;  // the provider's explanation, where it gives one
  Json logprobs;        // in OpenAI's words
  Json annotations;     // citations of the whole answer, in OpenAI's words
};

struct Reply {
  Text id;     // the provider's; empty: none
  Text model;  // that answered
  std::optional<int64_t> created_s;
  std::vector<Choice> choices;
  Usage usage;
  Text service_tier;
  Text system_fingerprint;
  Arena arena;

  Reply() = default;
  Reply(Reply&&) = default;
  Reply& operator=(Reply&&) = default;
};

// What went wrong at the provider: a fact, to which routing reacts, and from which the front door
// makes an envelope of its own.
struct Error {
  enum class Kind : uint8_t {
    kInvalidRequest,
    kAuthentication,  // the gateway's key there is wrong: the operator's business
    kPermission,      // likewise
    kModelNotFound,
    kContextLength,
    kTooLarge,
    kContentFilter,
    kRateLimited,
    kQuotaExhausted,  // waiting does not help
    kOverloaded,
    kTimeout,
    kServer,
    kBadResponse,  // not to be understood
    kTruncated,    // a stream without its end
  };
  Kind kind = Kind::kServer;
  int status = 0;       // of the provider's answer; 0: inside a stream
  std::string message;  // plain characters
  std::string code;     // the provider's own word or number; empty: none
  std::string param;    // the member at fault, where the provider names one
  // The gateway's stable code for it, where that is not the kind's own; clients branch on it.
  std::string_view word;
  std::optional<int64_t> retry_after_ms;  // where the provider says how long

  // May the same request succeed when it is sent again, here or elsewhere?
  bool retryable() const {
    return kind == Kind::kRateLimited || kind == Kind::kOverloaded || kind == Kind::kTimeout ||
           kind == Kind::kServer || kind == Kind::kBadResponse || kind == Kind::kTruncated;
  }
};

// One step of a streamed answer. Views are valid until the reader's next call.
//
// A reader gives them in this order: kStart once; then, of each choice, text, refusal, reasoning
// and tool calls as they come; kFinish of each choice (again, if the provider changes its mind: the
// last one counts); kUsage whenever the provider reports (cumulative: the last one counts).
struct Delta {
  enum class Kind : uint8_t {
    kStart,            // id, model, created_s, service_tier, system_fingerprint; usage, where the
                       // provider knows it already
    kText,             // text; with json and signer, a citation of it in that dialect's own words
    kRefusal,          // text
    kReasoning,        // text
    kSignature,        // text: the signature of the part before it, all of it or a piece
    kSealedReasoning,  // text
    kToolCall,         // a call begins: tool, id, name; signature, where the provider signs calls
    kArguments,        // tool, text: a piece of the arguments' JSON text. A call whose arguments
                       // are never said has none: the writer says "{}"
    kLogprobs,         // json, in OpenAI's words
    kAnnotations,      // json: citations, a list in OpenAI's words
    kImage,            // media_type, text: base64, whole
    kFinish,           // finish; text: the stop sequence
    kUsage,            // usage
    kError,            // error; nothing comes after it
  };
  Kind kind = Kind::kText;
  int64_t choice = 0;
  int64_t tool = 0;  // which call of its choice, counted from 0 without gaps
  Text text;
  Text id, name, media_type;
  Text signature;
  std::string_view signer;
  bool custom = false;
  Json json;
  Finish finish = Finish::kNone;
  Usage usage;
  Error error;

  Text model, service_tier, system_fingerprint;
  std::optional<int64_t> created_s;
};

}  // namespace postern::chat
