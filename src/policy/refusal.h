// Why a request, or what is left of a stream, is refused: one table from the reason to the status,
// the code and the public words. Clients program against the code; people read the message.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::policy {

enum class Reason : uint8_t {
  kMissingKey,
  kInvalidKey,
  kExpiredKey,
  kAmbiguousCredentials,
  kCrossSiteRefused,
  kMissingScope,
  kKeyClassNotAllowed,
  kModelNotAllowed,
  kSupersededKey,
  kOriginNotAllowed,
  kAccountNotConfigured,
  kExceedsCreator,
  kOwnKey,
  kTooManyFailures,
  kKeyStoreUnavailable,
  kKeyNotFound,
  kKeyNotActive,
  kIdempotencyKeyReused,
  kTooManyRequests,
  kRequestNotFound,
  kRequestDecided,
  kClaimGone,
  kStoreFull,
  kGatewayNotConfigured,
  kInvalidJson,
  kInvalidRequest,
  kUnsupported,
  kNotFound,
  kMethodNotAllowed,
  kBodyTooLarge,
  kUnsupportedEncoding,
  kRateLimited,
  kInternalError,
  kUpstreamUnreachable,
  kUpstreamAuthError,
  kUpstreamBadResponse,
  kProviderNotConfigured,
  kOverloaded,
  kUpstreamTimeout,
  // Only inside a stream whose head has been sent already.
  kIdleTimeout,
  kStreamTruncated,
  kUpstreamError,
};

struct Refusal {
  int status;
  std::string_view code;
  std::string_view message;             // what to say when nothing more precise is known
  std::string_view challenge;           // WWW-Authenticate (RFC 6750, section 3), or empty
  std::string_view retry_after_s = {};  // Retry-After, or empty: not known, or not worth it
};

const Refusal& refusal(Reason reason);

// The words that go with a status (RFC 9110, section 15), of those in the table.
std::string_view status_phrase(int status);

}  // namespace postern::policy
