// The heads of requests and of upstream replies as the shim hands them over, parsed.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace postern::exchange {

// The headers that the core wants to see, in the order of the arrays below. The shim asks for
// them through the module's description and passes no others.
enum class RequestHeader {
  kAuthorization,
  kXApiKey,
  kCfRay,
  kCfWorker,
  kOrigin,
  kSecFetchSite,
  kContentLength,
  kContentEncoding,
  kXRequestId,
  kTraceparent,
  kTracestate,
  // From here on: passed to the provider as they are. Nothing else of a client's headers is.
  kAccept,
  kUserAgent,
  kOpenaiBeta,
  kIdempotencyKey,
  kAnthropicVersion,
  kAnthropicBeta,
  kCount,
};
enum class ReplyHeader {
  kContentType,
  kRetryAfter,
  kRetryAfterMs,
  kXAmznErrortype,
  kXShouldRetry,
  kCount,
};

inline constexpr RequestHeader first_forwarded = RequestHeader::kAccept;

std::span<const std::string_view> request_header_names();
std::span<const std::string_view> reply_header_names();

template <typename Name>
using Headers = std::array<std::optional<std::string>, static_cast<size_t>(Name::kCount)>;

struct RequestHead {
  std::string method, hostname, path, query;  // of the URL as the runtime's URL parser wrote it
  Headers<RequestHeader> headers;

  std::optional<std::string_view> header(RequestHeader name) const {
    const auto& value = headers[static_cast<size_t>(name)];
    return value ? std::optional<std::string_view>(*value) : std::nullopt;
  }
  void drop(RequestHeader name) { headers[static_cast<size_t>(name)].reset(); }

  template <typename Visit>
  void each_forwarded(Visit visit) const {
    for (auto at = static_cast<size_t>(first_forwarded); at < headers.size(); ++at)
      if (headers[at])
        visit(static_cast<RequestHeader>(at), request_header_names()[at], *headers[at]);
  }
};

struct ReplyHead {
  int status = 0;
  Headers<ReplyHeader> headers;

  std::string_view header(ReplyHeader name) const {
    const auto& value = headers[static_cast<size_t>(name)];
    return value ? std::string_view(*value) : std::string_view();
  }
};

// Both come from the shim, so that a head that does not parse is a bug of ours, not an input.
RequestHead read_request_head(std::string_view json);
ReplyHead read_reply_head(std::string_view json);

}  // namespace postern::exchange
