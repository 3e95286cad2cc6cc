// What Bedrock says when something went wrong: a name in a header or beside the message, or as the
// type of a frame.
#include <algorithm>
#include <iterator>

#include "dialect/bedrock/bedrock.h"
#include "dialect/bedrock/content.h"
#include "dialect/error_reading.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using Kind = chat::Error::Kind;

struct ExceptionRow {
  std::string_view name;  // lower case, without "exception" at its end
  Kind kind;
};

constexpr ExceptionRow exceptions[] = {
    {"validation", Kind::kInvalidRequest},
    {"accessdenied", Kind::kPermission},
    {"notauthorized", Kind::kPermission},
    {"optinrequired", Kind::kPermission},
    {"unrecognizedclient", Kind::kAuthentication},
    {"expiredtoken", Kind::kAuthentication},
    {"expired", Kind::kAuthentication},
    {"invalidsignature", Kind::kAuthentication},
    {"incompletesignature", Kind::kAuthentication},
    {"invalidclienttokenid", Kind::kAuthentication},
    {"missingauthenticationtoken", Kind::kAuthentication},
    {"missingauthentication", Kind::kAuthentication},
    {"requestexpired", Kind::kAuthentication},
    {"resourcenotfound", Kind::kModelNotFound},
    {"throttling", Kind::kRateLimited},
    {"toomanyrequests", Kind::kRateLimited},
    {"servicequotaexceeded", Kind::kQuotaExhausted},
    {"modelnotready", Kind::kOverloaded},
    {"serviceunavailable", Kind::kOverloaded},
    {"modeltimeout", Kind::kTimeout},
    {"requesttimeout", Kind::kTimeout},
    {"modelerror", Kind::kServer},
    {"modelstreamerror", Kind::kServer},
    {"internalserver", Kind::kServer},
    {"internalfailure", Kind::kServer},
    {"requestentitytoolarge", Kind::kTooLarge},
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& byte : result)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  return result;
}

bool says_one_of(const std::string& words, std::initializer_list<std::string_view> signs) {
  return std::any_of(std::begin(signs), std::end(signs),
                     [&](auto sign) { return words.find(sign) != words.npos; });
}

// `ValidationException:http://internal.amazon.com/...`, `com.amazon.coral.service#Name`: the name.
std::string_view name_in(std::string_view type) {
  type = type.substr(0, type.find(':'));
  return type.substr(type.find('#') + 1);
}

}  // namespace

Kind kind_of_exception(std::string_view name, Kind otherwise) {
  std::string word = lower(name);
  if (word.ends_with("exception")) word.resize(word.size() - 9);
  const auto* const found = std::find_if(std::begin(exceptions), std::end(exceptions),
                                         [&](const ExceptionRow& row) { return row.name == word; });
  return found == std::end(exceptions) ? otherwise : found->kind;
}

void take_message(std::string message, chat::Error& error) {
  error.message = std::move(message);
  const std::string words = lower(error.message);
  if (error.kind == Kind::kInvalidRequest) {
    if (speaks_of_context_length(words, {}) ||
        says_one_of(words, {"input tokens exceeded", "number of input tokens exceeds",
                            "too many input tokens", "input length and `max_tokens` exceed"})) {
      error.kind = Kind::kContextLength;
    } else if (says_one_of(words, {"model identifier is invalid", "model id is invalid"})) {
      error.kind = Kind::kModelNotFound;
    }
  } else if (error.kind == Kind::kRateLimited && says_one_of(words, {"per day"})) {
    error.kind = Kind::kQuotaExhausted;
  }
}

chat::Error read_error(const ErrorHead& head, std::string_view body) {
  chat::Error error = error_of_head(head);
  if (head.status == 424) error.kind = Kind::kServer;  // The model failed, not the request.
  chat::Text message, type;
  codec::JsonReader in(body);
  if (in.enter_object()) {
    while (in.next_member()) {
      if (in.name_is("message") || in.name_is("Message")) {
        read_text(in, message);
      } else if (in.name_is("__type")) {
        read_text(in, type);
      } else {
        in.skip();
      }
    }
  }
  const std::string body_type = chat::plain(type);
  error.code = name_in(head.error_type.empty() ? std::string_view(body_type) : head.error_type);
  error.kind = kind_of_exception(error.code, error.kind);
  take_message(chat::plain(message), error);
  return error;
}

}  // namespace postern::dialect::bedrock_wire
