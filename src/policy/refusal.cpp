#include "policy/refusal.h"

namespace postern::policy {

const Refusal& refusal(Reason reason) {
  // In the order of the enumeration. The challenges hold fixed words only: no input may reach a
  // quoted string of a header.
  static constexpr Refusal table[] = {
      {401, "missing_key", "missing Authorization: Bearer <key>", "Bearer realm=\"gateway\""},
      {401, "invalid_key", "invalid api key", "Bearer realm=\"gateway\", error=\"invalid_token\""},
      {401, "expired_key",
       "this key has expired or was replaced by another; ask the operator for the new one",
       "Bearer realm=\"gateway\", error=\"invalid_token\", error_description=\"expired\""},
      {400, "ambiguous_credentials", "more than one credential was sent; send exactly one",
       "Bearer realm=\"gateway\", error=\"invalid_request\""},
      {403, "cross_site_refused",
       "requests from pages of other sites are refused here; list the origin in ALLOWED_ORIGINS "
       "to permit it",
       ""},
      // The scope that is needed joins the challenge of this one where the route is known.
      {403, "missing_scope", "this key lacks the scope that the route needs",
       "Bearer realm=\"gateway\", error=\"insufficient_scope\""},
      {403, "key_class_not_allowed", "keys of this class may not do this",
       "Bearer realm=\"gateway\", error=\"insufficient_scope\""},
      {403, "model_not_allowed", "this key may not use this model", ""},
      {403, "superseded_key",
       "this key was replaced by another and manages nothing any more; use the new one", ""},
      {403, "origin_not_allowed", "this session token belongs to pages of another origin", ""},
      {403, "account_not_configured",
       "the account of this key cannot be used; tell the operator to look at ACCOUNTS", ""},
      {403, "exceeds_creator", "a key cannot give more than it holds", ""},
      {403, "own_key", "a key cannot change itself; use another management key", ""},
      {429, "rate_limited",
       "too many failed authentications from this address; wait, and send a valid key", ""},
      {503, "key_store_unavailable",
       "the key cannot be checked right now because the key store does not answer; retry shortly",
       "", "1"},
      {404, "key_not_found", "there is no such key", ""},
      {409, "key_not_active", "this key is not active any more", ""},
      {409, "idempotency_key_reused",
       "this Idempotency-Key was used for another request; use a fresh one", ""},
      {429, "rate_limited", "too many requests for keys wait for a decision; try again later", "",
       "3600"},
      {404, "request_not_found", "there is no such request", ""},
      {409, "request_decided", "this request has been decided already", ""},
      {410, "claim_gone",
       "this claim code is of no use any more: claimed, denied, expired or never issued", ""},
      {507, "store_full", "the key store is full; revoke keys that nobody uses", ""},
      {503, "gateway_not_configured", "the gateway is not configured", ""},
      {400, "invalid_json", "the request body is not valid JSON", ""},
      {400, "invalid_request", "the request is not valid", ""},
      {400, "unsupported_parameter", "the provider of this model does not take this", ""},
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
       "no provider is configured; the operator sets the key of one, such as OPENAI_API_KEY", ""},
      {503, "overloaded", "the gateway has too many open requests; retry shortly", "", "1"},
      {504, "upstream_timeout", "the provider did not answer in time", ""},
      {504, "idle_timeout", "the provider stopped sending in the middle of the stream", ""},
      {502, "stream_truncated", "the provider ended the stream before it was complete", ""},
      {502, "upstream_error", "the provider reported an error in the middle of the stream", ""},
  };
  return table[static_cast<uint8_t>(reason)];
}

std::string_view status_phrase(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

}  // namespace postern::policy
