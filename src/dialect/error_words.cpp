#include "dialect/error_words.h"

namespace postern::dialect {
namespace {

using Kind = chat::Error::Kind;

int status_of_kind(Kind kind) {
  switch (kind) {
    case Kind::kInvalidRequest:
    case Kind::kContextLength:
    case Kind::kContentFilter:
      return 400;
    case Kind::kModelNotFound:
      return 404;
    case Kind::kTooLarge:
      return 413;
    case Kind::kRateLimited:
    case Kind::kQuotaExhausted:
      return 429;
    case Kind::kOverloaded:
      return 503;
    case Kind::kTimeout:
      return 504;
    case Kind::kAuthentication:
    case Kind::kPermission:
    case Kind::kServer:
    case Kind::kBadResponse:
    case Kind::kTruncated:
      return 502;
  }
  return 502;
}

std::string_view code_of_kind(Kind kind) {
  switch (kind) {
    case Kind::kInvalidRequest:
      return "invalid_request";
    case Kind::kAuthentication:
    case Kind::kPermission:
      return "upstream_auth_error";
    case Kind::kModelNotFound:
      return "model_not_found";
    case Kind::kContextLength:
      return "context_length_exceeded";
    case Kind::kTooLarge:
      return "request_too_large";
    case Kind::kContentFilter:
      return "content_filter";
    case Kind::kRateLimited:
      return "rate_limited";
    case Kind::kQuotaExhausted:
      return "insufficient_quota";
    case Kind::kOverloaded:
      return "overloaded";
    case Kind::kTimeout:
      return "upstream_timeout";
    case Kind::kServer:
      return "upstream_error";
    case Kind::kBadResponse:
      return "upstream_bad_response";
    case Kind::kTruncated:
      return "stream_truncated";
  }
  return "upstream_error";
}

std::string_view message_of_kind(Kind kind) {
  switch (kind) {
    case Kind::kInvalidRequest:
      return "the provider refused the request as invalid";
    case Kind::kAuthentication:
    case Kind::kPermission:
      return "the provider refused the gateway's own credentials; your gateway key is fine, tell "
             "the operator";
    case Kind::kModelNotFound:
      return "the provider does not have this model";
    case Kind::kContextLength:
      return "the messages are longer than the model's context; send less";
    case Kind::kTooLarge:
      return "the request is too large for the provider; send less";
    case Kind::kContentFilter:
      return "the provider's content filter stopped the request";
    case Kind::kRateLimited:
      return "the provider is limiting requests; retry later";
    case Kind::kQuotaExhausted:
      return "the quota at the provider is used up; tell the operator";
    case Kind::kOverloaded:
      return "the provider is overloaded; retry shortly";
    case Kind::kTimeout:
      return "the provider did not answer in time";
    case Kind::kServer:
      return "the provider reported an error";
    case Kind::kBadResponse:
      return "the provider sent an answer that the gateway cannot pass on";
    case Kind::kTruncated:
      return "the provider ended the stream before it was complete";
  }
  return "the provider reported an error";
}

}  // namespace

int status_of(Kind kind, Envelope envelope) {
  // 529 is a word of Anthropic's alone.
  if (kind == Kind::kOverloaded && envelope == Envelope::kAnthropic) return 529;
  return status_of_kind(kind);
}

ErrorText error_text(const chat::Error& error, Envelope envelope, std::string_view request_id) {
  const bool secret = error.kind == Kind::kAuthentication || error.kind == Kind::kPermission;
  ErrorText text;
  text.status = status_of(error.kind, envelope);
  text.code = error.word.empty() ? code_of_kind(error.kind) : error.word;
  text.message = error.message.empty() || secret ? message_of_kind(error.kind)
                                                 : std::string_view(error.message);
  text.param = secret ? std::string_view() : std::string_view(error.param);
  text.request_id = request_id;
  return text;
}

}  // namespace postern::dialect
