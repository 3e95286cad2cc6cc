#include <algorithm>
#include <array>

#include "dialect/error_reading.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/said.h"

namespace postern::dialect::chat_completions {
namespace {

using Kind = chat::Error::Kind;
using codec::JsonKind;
using codec::JsonReader;

// Some servers send the whole request back in their message.
constexpr size_t message_bytes_max = 2000;

// What a body says, wherever it says it.
struct Complaint {
  std::string message, type, code, param;
  std::string inner_code;  // Azure: innererror.code
  std::string raw;         // OpenRouter: what its provider said
  bool flagged = false;    // OpenRouter: by moderation
};

void set(std::string& to, std::string value) {
  if (to.empty()) to = std::move(value);
}

// A string's characters, a number's digits; nothing for the rest.
std::string word(JsonReader& in, std::string_view document) {
  chat::Text text;
  if (in.read_string(text)) return chat::plain(text);
  const bool number = in.kind() == JsonKind::kNumber;
  const chat::Json value = read_json(in, document);
  return number ? std::string(value) : std::string();
}

void read_inner_code(JsonReader& in, std::string_view document, std::string& code) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("code")) {
      set(code, word(in, document));
    } else {
      in.skip();
    }
  }
}

void read_metadata(JsonReader& in, std::string_view document, Complaint& complaint) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("raw")) {
      set(complaint.raw, word(in, document));
    } else if (in.name_is("flagged_input")) {
      complaint.flagged = true;
      in.skip();
    } else {
      in.skip();
    }
  }
}

// FastAPI: a string, or a list of {"loc", "msg", "type"}; Mistral wraps that list once more.
void read_detail(JsonReader& in, std::string_view document, Complaint& complaint) {
  if (in.enter_object()) {
    while (in.next_member()) {
      if (in.name_is("detail")) {
        read_detail(in, document, complaint);
      } else {
        in.skip();
      }
    }
    return;
  }
  if (!in.enter_array()) {
    set(complaint.message, word(in, document));
    return;
  }
  while (in.next_element()) {
    if (!in.enter_object()) {
      in.skip();
      continue;
    }
    std::string message, place;
    while (in.next_member()) {
      if (in.name_is("msg")) {
        message = word(in, document);
      } else if (in.name_is("loc") && in.enter_array()) {
        while (in.next_element()) {
          if (!place.empty()) place += '.';
          place += word(in, document);
        }
      } else {
        in.skip();
      }
    }
    set(complaint.param, place);
    if (!message.empty() && !place.empty()) message.insert(0, ": ").insert(0, place);
    set(complaint.message, message);
  }
}

void read_complaint(JsonReader& in, std::string_view document, Complaint& complaint);

// `error` is an object, or a string (xAI, Ollama).
void read_error_member(JsonReader& in, std::string_view document, Complaint& complaint) {
  if (in.kind() == JsonKind::kObject) {
    read_complaint(in, document, complaint);
  } else {
    set(complaint.message, word(in, document));
  }
}

void read_complaint(JsonReader& in, std::string_view document, Complaint& complaint) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("error")) {
      read_error_member(in, document, complaint);
    } else if (in.name_is("message") || in.name_is("detail")) {
      read_detail(in, document, complaint);
    } else if (in.name_is("type")) {
      set(complaint.type, word(in, document));
    } else if (in.name_is("code") || in.name_is("status_code")) {
      set(complaint.code, word(in, document));
    } else if (in.name_is("param")) {
      set(complaint.param, word(in, document));
    } else if (in.name_is("innererror")) {
      read_inner_code(in, document, complaint.inner_code);
    } else if (in.name_is("metadata")) {
      read_metadata(in, document, complaint);
    } else if (in.name_is("errors") && in.enter_array()) {
      while (in.next_element()) read_error_member(in, document, complaint);
    } else {
      in.skip();
    }
  }
}

// Answers of proxies: text is worth passing on, a page is not.
std::string text_of_page(std::string_view body) {
  const size_t begin = body.find_first_not_of(" \t\r\n");
  if (begin == body.npos || body[begin] == '<' || body[begin] == '{' || body[begin] == '[')
    return {};
  body.remove_prefix(begin);
  body = body.substr(0, std::min(body.find_first_of("\r\n"), size_t{300}));
  return std::string(body);
}

void shorten(std::string& message) {
  if (message.size() <= message_bytes_max) return;
  size_t end = message_bytes_max;
  while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;
  message.resize(end);
  message += "...";
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return !word.empty() && std::find(words.begin(), words.end(), word) != words.end();
}

int status_in(std::string_view code) {
  if (code.size() != 3 || (code[0] != '4' && code[0] != '5')) return 0;
  int status = 0;
  for (const char digit : code) {
    if (digit < '0' || digit > '9') return 0;
    status = status * 10 + (digit - '0');
  }
  return status;
}

// The words come before the status: providers use a few statuses for many things.
std::optional<Kind> kind_of_words(const Complaint& said, int status) {
  const auto says = [&](std::initializer_list<std::string_view> words) {
    return is_one_of(said.code, words) || is_one_of(said.type, words);
  };
  if (says({"insufficient_quota", "billing_hard_limit_reached", "exceeded_current_quota_error",
            "billing_not_active", "insufficient_balance", "insufficient_credits"}))
    return Kind::kQuotaExhausted;
  if (says({"content_filter", "content_policy_violation", "moderation_blocked"}) ||
      said.inner_code == "ResponsibleAIPolicyViolation" || said.flagged)
    return Kind::kContentFilter;
  if (says({"invalid_api_key", "authentication_error", "invalid_authentication_error"}) ||
      said.message.starts_with("Incorrect API key provided"))
    return Kind::kAuthentication;
  if (says({"model_not_found", "DeploymentNotFound", "invalid_model", "model_decommissioned",
            "unknown_model"}) ||
      said.message.ends_with(" is not a valid model ID"))
    return Kind::kModelNotFound;
  // Below 500, and not a limit of the rate, which some count in tokens too.
  const bool of_request = status == 0 || (status >= 400 && status < 500 && status != 429);
  if (of_request &&
      (speaks_of_context_length(said.message, said.code) ||
       says({"too_many_prompt_tokens", "string_above_max_length", "exceed_context_size_error"})))
    return Kind::kContextLength;
  if (says({"rate_limit_exceeded", "rate_limit_error", "rate_limit_reached_error",
            "RateLimitReached", "rate_limited"}))
    return Kind::kRateLimited;
  // Groq: its model wrote a call, or JSON, that nobody can read.
  if (says({"tool_use_failed", "json_validate_failed"})) return Kind::kBadResponse;
  if (says({"overloaded_error", "engine_overloaded_error", "model_overloaded"}))
    return Kind::kOverloaded;
  if (says({"timeout", "timeout_error"})) return Kind::kTimeout;
  if (status == 0 && says({"invalid_request_error"})) return Kind::kInvalidRequest;
  return std::nullopt;
}

}  // namespace

chat::Error read_error(const ErrorHead& head, std::string_view body) {
  chat::Error error = error_of_head(head);
  Complaint said;
  JsonReader in(body);
  if (in.kind() == JsonKind::kObject) {
    read_complaint(in, body, said);
  } else if (in.enter_array()) {  // Google's endpoint of this form
    while (in.next_element()) read_complaint(in, body, said);
  } else {
    said.message = text_of_page(body);
  }
  if (!said.raw.empty()) {
    if (!said.message.empty()) said.message += ": ";
    said.message += said.raw;
  }
  // Inside of a stream there is no status but the one that the provider may tell.
  const int status = head.status ? head.status : status_in(said.code);
  if (!head.status) error.kind = kind_of_status(status);
  if (const auto kind = kind_of_words(said, status)) error.kind = *kind;
  shorten(said.message);
  error.message = std::move(said.message);
  error.code = said.code.empty() ? std::move(said.type) : std::move(said.code);
  error.param = std::move(said.param);
  return error;
}

}  // namespace postern::dialect::chat_completions
