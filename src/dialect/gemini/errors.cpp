// Google's errors: {"error":{"code":..,"message":..,"status":..,"details":[..]}}, also as the only
// element of a list, and between the events of a stream.
#include "codec/json_reader.h"
#include "dialect/error_reading.h"
#include "dialect/gemini/gemini.h"
#include "dialect/json_members.h"

namespace postern::dialect::gemini_wire {
namespace {

using codec::JsonKind;
using codec::JsonReader;
using Kind = chat::Error::Kind;

struct WireError {
  bool found = false;
  int64_t code = 0;
  std::string status, message, reason, field;
  std::optional<int64_t> retry_ms;
  bool daily = false;  // a quota of the day is used up
};

std::string read_plain(JsonReader& in) {
  chat::Text text;
  read_text(in, text);
  return chat::plain(text);
}

// The values of one name in the objects of a list.
template <typename Take>
void for_each_member(JsonReader& in, std::string_view name, Take take) {
  if (!in.enter_array()) {
    in.skip();
    return;
  }
  while (in.next_element()) {
    if (!in.enter_object()) {
      in.skip();
      continue;
    }
    while (in.next_member()) {
      if (in.name_is(name)) {
        take(read_plain(in));
      } else {
        in.skip();
      }
    }
  }
}

void read_detail(JsonReader& in, WireError& error) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("reason")) {
      error.reason = read_plain(in);
    } else if (in.name_is("retryDelay")) {
      if (const auto wait = duration_ms(read_plain(in))) error.retry_ms = wait;
    } else if (in.name_is("fieldViolations")) {
      for_each_member(in, "field", [&](std::string field) {
        if (error.field.empty()) error.field = std::move(field);
      });
    } else if (in.name_is("violations")) {
      for_each_member(in, "quotaId", [&](const std::string& quota) {
        error.daily |= quota.find("PerDay") != quota.npos;
      });
    } else {
      in.skip();
    }
  }
}

void read_members(JsonReader& in, WireError& error) {
  error.found = true;
  while (in.next_member()) {
    if (in.name_is("code")) {
      if (!in.read_integer(error.code)) in.skip();
    } else if (in.name_is("message")) {
      error.message = read_plain(in);
    } else if (in.name_is("status")) {
      error.status = read_plain(in);
    } else if (in.name_is("details") && in.enter_array()) {
      while (in.next_element()) read_detail(in, error);
    } else {
      in.skip();
    }
  }
}

WireError read_body(std::string_view body) {
  WireError error;
  const size_t begin = body.find_first_not_of(" \t\r\n,[");
  if (begin == body.npos) return error;
  JsonReader in(body.substr(begin));
  if (!in.enter_object()) return error;
  while (in.next_member()) {
    if (in.name_is("error") && in.enter_object()) {
      read_members(in, error);
    } else if (in.name_is("error") && in.kind() == JsonKind::kString) {
      error.found = true;  // of the token service: {"error":"invalid_grant",...}
      error.status = read_plain(in);
    } else if (in.name_is("error_description")) {
      error.message = read_plain(in);
    } else {
      in.skip();
    }
  }
  return error;
}

// "... Please retry in 7.36s."
std::optional<int64_t> retry_in_text(std::string_view message) {
  constexpr std::string_view words = "retry in ";
  const size_t found = message.find(words);
  if (found == message.npos) return std::nullopt;
  std::string_view rest = message.substr(found + words.size());
  rest = rest.substr(0, rest.find_first_not_of("0123456789.hms"));
  while (rest.ends_with('.')) rest.remove_suffix(1);
  return duration_ms(rest);
}

bool speaks_of(std::string_view message, std::string_view words) {
  return message.find(words) != message.npos;
}

Kind kind_of_argument(const WireError& error) {
  if (speaks_of_context_length(error.message, {})) return Kind::kContextLength;
  if (speaks_of(error.message, "payload size exceeds")) return Kind::kTooLarge;
  return Kind::kInvalidRequest;
}

Kind kind_of_quota(const WireError& error) {
  const bool spent = error.daily || speaks_of(error.message, "credits are depleted");
  return spent ? Kind::kQuotaExhausted : Kind::kRateLimited;
}

// The words of google.rpc.Code.
std::optional<Kind> kind_of_word(const WireError& error) {
  const std::string_view word = error.status;
  if (error.reason == "API_KEY_INVALID" || word == "UNAUTHENTICATED") return Kind::kAuthentication;
  if (word == "INVALID_ARGUMENT" || word == "OUT_OF_RANGE") return kind_of_argument(error);
  if (word == "RESOURCE_EXHAUSTED") return kind_of_quota(error);
  // A precondition that failed is the account's: a country that is not served, no billing.
  if (word == "PERMISSION_DENIED" || word == "FAILED_PRECONDITION") return Kind::kPermission;
  if (word == "NOT_FOUND")
    return speaks_of(error.message, "odel") ? Kind::kModelNotFound : Kind::kInvalidRequest;
  if (word == "UNIMPLEMENTED" || word == "ALREADY_EXISTS") return Kind::kInvalidRequest;
  if (word == "DEADLINE_EXCEEDED") return Kind::kTimeout;
  if (word == "UNAVAILABLE" || word == "ABORTED") return Kind::kOverloaded;
  if (word == "INTERNAL" || word == "UNKNOWN" || word == "CANCELLED" || word == "DATA_LOSS")
    return Kind::kServer;
  if (word == "invalid_grant" || word == "invalid_client") return Kind::kAuthentication;
  return std::nullopt;
}

}  // namespace

chat::Error read_error(const ErrorHead& head, std::string_view body) {
  chat::Error error = error_of_head(head);
  WireError wire = read_body(body);
  if (!wire.found) return error;
  const bool code_is_status = wire.code >= 400 && wire.code < 600;
  if (head.status < 400 && code_is_status) error.kind = kind_of_status(static_cast<int>(wire.code));
  if (const auto kind = kind_of_word(wire)) error.kind = *kind;
  if (wire.retry_ms) error.retry_after_ms = wire.retry_ms;
  if (!error.retry_after_ms) error.retry_after_ms = retry_in_text(wire.message);
  error.message = std::move(wire.message);
  error.code = std::move(wire.status);
  error.param = std::move(wire.field);
  return error;
}

bool is_bare_error(std::string_view raw) {
  const size_t begin = raw.find_first_not_of(" \t\r\n,[");
  return begin != raw.npos && raw[begin] == '{' && read_body(raw.substr(begin)).found;
}

}  // namespace postern::dialect::gemini_wire
