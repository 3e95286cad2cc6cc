#include "dialect/cohere/cohere.h"
#include "dialect/error_reading.h"
#include "dialect/json_members.h"

namespace postern::dialect::cohere_wire {

chat::Error read_error(const ErrorHead& head, std::string_view body) {
  using Kind = chat::Error::Kind;
  chat::Error error = error_of_head(head);
  chat::Text message, code;
  codec::JsonReader in(body);
  if (in.enter_object()) {
    while (in.next_member()) {
      if (in.name_is("message")) {
        read_text(in, message);
      } else if (in.name_is("error_type")) {
        read_text(in, code);
      } else {
        in.skip();
      }
    }
  }
  if (in.finish()) {
    error.message = chat::plain(message);
    error.code = chat::plain(code);
  }
  if (head.status == 498) error.kind = Kind::kAuthentication;  // "invalid token", a word of theirs
  // Trial keys have so many calls a month; the limit of a minute is a 429 as well.
  if (head.status == 429 && error.message.find("month") != error.message.npos)
    error.kind = Kind::kQuotaExhausted;
  if (error.kind == Kind::kInvalidRequest &&
      (error.code == "TOO_MANY_TOKENS" || speaks_of_context_length(error.message, error.code)))
    error.kind = Kind::kContextLength;
  return error;
}

}  // namespace postern::dialect::cohere_wire
