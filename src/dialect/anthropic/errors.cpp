#include "dialect/anthropic/anthropic.h"
#include "dialect/envelope.h"
#include "dialect/error_reading.h"
#include "dialect/error_words.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

using codec::JsonReader;
using Kind = chat::Error::Kind;

struct Row {
  std::string_view type;
  Kind kind;
};
constexpr Row types[] = {
    {"invalid_request_error", Kind::kInvalidRequest},
    {"authentication_error", Kind::kAuthentication},
    {"permission_error", Kind::kPermission},
    {"billing_error", Kind::kQuotaExhausted},
    {"not_found_error", Kind::kModelNotFound},
    {"request_too_large", Kind::kTooLarge},
    {"rate_limit_error", Kind::kRateLimited},
    {"timeout_error", Kind::kTimeout},
    {"api_error", Kind::kServer},
    {"overloaded_error", Kind::kOverloaded},
};

// "messages.1.content.0.type: Expected ...": what stands before the colon, when it is a name.
std::string_view param_in(std::string_view message) {
  const size_t end = message.find(": ");
  if (end == message.npos || end > 200) return {};
  const std::string_view name = message.substr(0, end);
  for (const char byte : name) {
    const bool letter =
        (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_' || byte == '.';
    if (!letter) return {};
  }
  return name;
}

bool holds(std::string_view message, std::string_view words) {
  return message.find(words) != message.npos;
}

// Several things are an invalid_request_error.
void look_closer(chat::Error& error) {
  if (error.kind != Kind::kInvalidRequest) return;
  const std::string_view message = error.message;
  if (speaks_of_context_length(message, {}) || holds(message, "exceed context limit")) {
    error.kind = Kind::kContextLength;
  } else if (holds(message, "credit balance")) {
    error.kind = Kind::kQuotaExhausted;
  } else if (holds(message, "content filtering policy")) {
    error.kind = Kind::kContentFilter;
  } else {
    error.param = param_in(message);
  }
}

}  // namespace

void read_error_object(JsonReader& in, chat::Error& error) {
  chat::Text type, message;
  if (!in.enter_object()) {
    read_text(in, message);
  } else {
    while (in.next_member()) {
      if (in.name_is("type")) {
        read_text(in, type);
      } else if (in.name_is("message")) {
        read_text(in, message);
      } else {
        in.skip();
      }
    }
  }
  error.message = chat::plain(message);
  error.code = chat::plain(type);
  for (const auto& [word, kind] : types)
    if (error.code == word) error.kind = kind;
  look_closer(error);
}

chat::Error read_error(const ErrorHead& head, std::string_view body) {
  chat::Error error = error_of_head(head);
  JsonReader in(body);
  if (in.enter_object()) {
    while (in.next_member()) {
      if (in.name_is("error")) {
        read_error_object(in, error);
      } else {
        in.skip();
      }
    }
  }
  // x-should-retry knows better than the type: a limit that waiting does not lift, or a fault that
  // is gone the next time.
  if (head.should_retry == "false" && error.kind == Kind::kRateLimited)
    error.kind = Kind::kQuotaExhausted;
  if (head.should_retry == "true" && !error.retryable()) error.kind = Kind::kOverloaded;
  return error;
}

void write_error(const chat::Error& error, std::string_view request_id, std::string& out) {
  dialect::write_error(Envelope::kAnthropic, error_text(error, Envelope::kAnthropic, request_id),
                       out);
}

void write_error_event(const chat::Error& error, std::string_view request_id, std::string& out) {
  dialect::write_error_event(Envelope::kAnthropic,
                             error_text(error, Envelope::kAnthropic, request_id), 0, out);
}

}  // namespace postern::dialect::messages
