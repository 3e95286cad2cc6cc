#include "exchange/upstream_fault.h"

#include "dialect/error_words.h"

namespace postern::exchange {

using Kind = chat::Error::Kind;

UpstreamFault fault_of(const chat::Error& error) {
  return {.kind = error.kind,
          .status = error.status,
          .retryable = error.retryable(),
          .sent = true,
          .retry_after_ms = error.retry_after_ms};
}

chat::Error error_of(policy::Reason reason) {
  const policy::Refusal& refusal = policy::refusal(reason);
  chat::Error error;
  error.kind = refusal.status == 504                            ? Kind::kTimeout
               : reason == policy::Reason::kRateLimited         ? Kind::kRateLimited
               : reason == policy::Reason::kStreamTruncated     ? Kind::kTruncated
               : reason == policy::Reason::kUpstreamBadResponse ? Kind::kBadResponse
                                                                : Kind::kServer;
  error.message = refusal.message;
  error.word = refusal.code;
  return error;
}

UpstreamFault fault_of(policy::Reason reason) {
  UpstreamFault fault = fault_of(error_of(reason));
  fault.sent = reason != policy::Reason::kUpstreamUnreachable;
  return fault;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::kInvalidRequest:
      return "invalid_request";
    case Kind::kAuthentication:
      return "authentication";
    case Kind::kPermission:
      return "permission";
    case Kind::kModelNotFound:
      return "model_not_found";
    case Kind::kContextLength:
      return "context_length";
    case Kind::kTooLarge:
      return "too_large";
    case Kind::kContentFilter:
      return "content_filter";
    case Kind::kRateLimited:
      return "rate_limited";
    case Kind::kQuotaExhausted:
      return "quota_exhausted";
    case Kind::kOverloaded:
      return "overloaded";
    case Kind::kTimeout:
      return "timeout";
    case Kind::kServer:
      return "server";
    case Kind::kBadResponse:
      return "bad_response";
    case Kind::kTruncated:
      return "truncated";
  }
  return "server";
}

bool is_operators_fault(const chat::Error& error) {
  return error.kind == Kind::kAuthentication || error.kind == Kind::kPermission;
}

int status_for_client(const chat::Error& error, dialect::Envelope envelope) {
  switch (error.kind) {
    case Kind::kAuthentication:
    case Kind::kPermission:
    case Kind::kRateLimited:
    case Kind::kQuotaExhausted:
    case Kind::kOverloaded:
    case Kind::kTimeout:
      return dialect::status_of(error.kind, envelope);
    default:
      // The provider's own status means the same to the client.
      if (error.status >= 400 && error.status < 600) return error.status;
      return dialect::status_of(error.kind, envelope);
  }
}

}  // namespace postern::exchange
