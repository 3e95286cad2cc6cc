#include "policy/refusal.h"

namespace postern::policy {

const Refusal& refusal(Reason reason) {
  // In the order of the enumeration. The challenges hold fixed words only: no input may reach a
  // quoted string of a header.
  static constexpr Refusal table[] = {
      {401, "missing_key", "missing Authorization: Bearer <key>", "Bearer realm=\"gateway\""},
      {401, "invalid_key", "invalid api key", "Bearer realm=\"gateway\", error=\"invalid_token\""},
      {400, "ambiguous_credentials", "more than one credential was sent; send exactly one",
       "Bearer realm=\"gateway\", error=\"invalid_request\""},
      {403, "cross_site_refused",
       "requests from pages of other sites are refused in dev mode; list the origin in "
       "ALLOWED_ORIGINS to permit it",
       ""},
      {503, "gateway_not_configured", "the gateway is not configured", ""},
      {400, "invalid_json", "the request body is not valid JSON", ""},
      {400, "invalid_request", "the request is not valid", ""},
      {404, "not_found", "there is no such route; see /docs", ""},
      {405, "method_not_allowed", "this route does not take this method; see the Allow header", ""},
      {413, "body_too_large", "the request body is too large", ""},
      {415, "unsupported_encoding",
       "compressed request bodies are not supported; send the body without Content-Encoding", ""},
      {429, "rate_limited", "the provider is limiting requests; retry later", ""},
      {500, "internal_error", "the gateway failed while it served this request", ""},
      {502, "upstream_unreachable", "the provider could not be reached", ""},
      {502, "upstream_auth_error",
       "the provider refused the gateway's own credentials; your gateway key is fine, tell the "
       "operator",
       ""},
      {502, "upstream_bad_response", "the provider sent an answer that the gateway cannot pass on",
       ""},
      {503, "provider_not_configured",
       "no provider is configured; the operator sets OPENAI_API_KEY or OPENAI_BASE_URL", ""},
      {503, "overloaded", "the gateway has too many open requests; retry shortly", ""},
      {504, "upstream_timeout", "the provider did not answer in time", ""},
      {504, "idle_timeout", "the provider stopped sending in the middle of the stream", ""},
      {502, "stream_truncated", "the provider ended the stream before it was complete", ""},
      {502, "upstream_error", "the provider reported an error in the middle of the stream", ""},
  };
  return table[static_cast<uint8_t>(reason)];
}

std::string_view error_type(int status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 429:
      return "rate_limit_error";
    default:
      return status >= 500 ? "api_error" : "invalid_request_error";
  }
}

}  // namespace postern::policy
