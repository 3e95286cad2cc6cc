// Session tokens: short-lived credentials for browsers, signed by the gateway and kept nowhere.
//
//   gws_<payload, base64url>.<HMAC-SHA256, base64url>
//
// The key of the HMAC is derived from GATEWAY_SESSION_SECRET under a tag of its own. The payload is
// JSON; it names its parent key by a reference that is neither key nor digest, so that the token
// dies with the parent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sha256.h"
#include "policy/scopes.h"

namespace postern::policy {

struct SessionToken {
  std::string id;      // `ses_` and 16 of base62; for logs
  std::string parent;  // `ring:` and 32 hex digits (key_reference), or the id of a managed key
  int64_t issued_ms = 0, expires_ms = 0;
  // Of the parent when the token was made: a ring key without a stated class has that of its form,
  // which nobody can tell any more when the token comes.
  KeyClass key_class = KeyClass::kLive;
  Scopes scopes;
  std::vector<std::string> models;  // patterns; empty: all that the parent may use
  std::string origin;               // the only one whose pages may use it
  std::optional<int64_t> budget_nano_usd;
};

// Empty when the token would be longer than a credential may be (bounds::token_bytes_max), or when
// a field does not have the form that reading insists on.
std::string write_session_token(const SessionToken& token, const codec::Digest& signing_key);

bool is_session_token(std::string_view token);  // by its prefix

// Nothing when the signature, compared in constant time, or the payload is not right. What comes
// has an id and a parent of the forms above, times that can be added to, and an origin that is not
// empty; whether it is the time, the origin and a valid parent is for the caller to find out.
std::optional<SessionToken> read_session_token(std::string_view token,
                                               const codec::Digest& signing_key);

codec::Digest session_signing_key(std::string_view secret);

// By which a token refers to a ring key or the legacy key: half of a tagged hash of its digest.
std::string key_reference(const codec::Digest& digest);

}  // namespace postern::policy
