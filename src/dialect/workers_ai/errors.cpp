#include "dialect/error_reading.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/workers_ai/workers_ai.h"

namespace postern::dialect::workers_ai_wire {
namespace {

using Kind = chat::Error::Kind;

// Cloudflare's own codes, with the status that goes with each.
struct Code {
  std::string_view code;
  int status;
  Kind kind;
};
constexpr Code codes[] = {
    {"3003", 400, Kind::kInvalidRequest},
    {"3039", 400, Kind::kInvalidRequest},
    {"5004", 400, Kind::kInvalidRequest},
    {"5007", 400, Kind::kModelNotFound},
    {"3023", 403, Kind::kPermission},
    {"3041", 403, Kind::kPermission},
    {"5016", 403, Kind::kPermission},
    {"5018", 403, Kind::kPermission},
    {"3042", 404, Kind::kModelNotFound},
    {"5005", 405, Kind::kInvalidRequest},
    {"5019", 405, Kind::kInvalidRequest},
    {"3007", 408, Kind::kTimeout},
    {"3008", 408, Kind::kTimeout},
    {"3006", 413, Kind::kTooLarge},
    {"3036", 429, Kind::kQuotaExhausted},
    {"3040", 429, Kind::kOverloaded},
    {"10000", 401, Kind::kAuthentication},
    // The account in the address is wrong, which is the operator's to set right.
    {"7000", 404, Kind::kPermission},
    {"7003", 404, Kind::kPermission},
};

const Code* find(std::string_view code) {
  for (const Code& each : codes)
    if (each.code == code) return &each;
  return nullptr;
}

void judge(chat::Error& error) {
  if (const Code* const code = find(error.code)) {
    error.kind = code->kind;
    if (error.status == 0) error.status = code->status;
  }
  if ((error.kind == Kind::kInvalidRequest || error.kind == Kind::kServer) &&
      speaks_of_context_length(error.message, error.code))
    error.kind = Kind::kContextLength;
}

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// "3040: Capacity temporarily exceeded": takes the code off the message.
std::string_view take_code(std::string_view& message) {
  size_t at = 0;
  while (at < message.size() && is_digit(message[at])) ++at;
  if (at == 0 || at > 6 || at == message.size() || message[at] != ':') return {};
  const std::string_view code = message.substr(0, at);
  message.remove_prefix(at + 1);
  while (message.starts_with(' ')) message.remove_prefix(1);
  return code;
}

// "InferenceUpstreamError: ", "AiError: ": takes the name of the exception off.
void take_name(std::string_view& message) {
  constexpr std::string_view end = "Error: ";
  const size_t at = message.find(end);
  if (at == message.npos || message.substr(0, at).find(' ') != message.npos) return;
  message.remove_prefix(at + end.size());
}

struct First {
  bool found = false;
  chat::Text message;
  chat::Json code;  // a number, as a rule
};

// The first of `errors`.
First first_error(std::string_view body) {
  First first;
  codec::JsonReader in(body);
  if (!in.enter_object()) return first;
  while (in.next_member()) {
    if (!in.name_is("errors") || !in.enter_array()) {
      in.skip();
      continue;
    }
    while (in.next_element()) {
      if (first.found || !in.enter_object()) {
        in.skip();
        continue;
      }
      first.found = true;
      while (in.next_member()) {
        if (in.name_is("message")) {
          read_text(in, first.message);
        } else if (in.name_is("code")) {
          first.code = read_json(in, body);
        } else {
          in.skip();
        }
      }
    }
  }
  first.found &= in.finish();
  return first;
}

}  // namespace

chat::Error read_error(const ErrorHead& head, std::string_view body) {
  const First first = first_error(body);
  if (!first.found) {
    // The compatible door, and models that answer for themselves.
    chat::Error error = chat_completions::read_error(head, body);
    judge(error);
    return error;
  }
  chat::Error error = error_of_head(head);
  const std::string words = chat::plain(first.message);
  std::string_view message = words;
  take_name(message);
  const std::string_view code = take_code(message);
  error.code = code.empty() ? std::string(first.code) : std::string(code);
  error.message = message;
  judge(error);
  return error;
}

chat::Error error_of_binding(std::string_view message) {
  chat::Error error;
  take_name(message);
  error.code = take_code(message);
  take_name(message);
  error.message = message;
  judge(error);
  if (error.status == 0) error.status = error.kind == Kind::kContextLength ? 400 : 500;
  return error;
}

}  // namespace postern::dialect::workers_ai_wire
