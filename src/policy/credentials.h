// The key a request presents, if any: `Authorization: Bearer` (RFC 6750, scheme without regard
// to case, RFC 9110 section 11.1) or `x-api-key`. One grammar a header, nothing is decoded,
// stripped or guessed, and no byte of it is ever repeated to anyone.
#pragma once

#include <optional>
#include <string_view>

namespace postern::policy {

enum class Presented {
  kNothing,    // no credential of a kind that we know
  kMalformed,  // one that can match no key; never hashed
  kAmbiguous,  // more than one, or a header sent twice
  kToken,
};

// A remark that helps an honest caller and tells an attacker nothing.
enum class TokenHint { kNone, kQuotes, kInvisible, kMistyped, kProviderKey };

struct Credentials {
  Presented presented = Presented::kNothing;
  std::string_view token;  // a view into the header; only with kToken
  TokenHint hint = TokenHint::kNone;
  bool in_authorization = false;  // which places held one, for the ambiguous answer
  bool in_x_api_key = false;
};

// Without the spaces, tabs and line ends around it. Configured keys are trimmed by this same rule,
// so that a key read from a secret and the same key read from a header are the same bytes.
std::string_view trim_white_space(std::string_view text);

// Absent headers are nullopt; repeated ones arrive joined with ", " as the Fetch standard does.
Credentials read_credentials(std::optional<std::string_view> authorization,
                             std::optional<std::string_view> x_api_key);

}  // namespace postern::policy
