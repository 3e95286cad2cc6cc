#include "policy/credentials.h"

#include <cstddef>

#include "bounds.h"

namespace postern::policy {
namespace {

constexpr std::string_view bearer = "bearer";

// A header value that is longer than this with its scheme holds no token of legal size, whatever
// its white space; it is refused before anything in it is looked for.
constexpr size_t header_bytes_max = 4 * bounds::token_bytes_max;

// What one header holds, seen alone.
struct Part {
  Presented presented = Presented::kNothing;
  std::string_view token;
  TokenHint hint = TokenHint::kNone;
};

bool is_white_space(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

bool contains(std::string_view text, char byte) { return text.find(byte) != text.npos; }

char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

bool starts_with_bearer(std::string_view text) {
  if (text.size() < bearer.size()) return false;
  for (size_t i = 0; i < bearer.size(); ++i)
    if (lower(text[i]) != bearer[i]) return false;
  return true;
}

// A `bearer` that begins a list element: a second header line, joined to the first.
bool contains_joined_bearer(std::string_view text) {
  for (size_t comma = text.find(','); comma != text.npos; comma = text.find(',', comma + 1)) {
    size_t next = comma + 1;
    while (next < text.size() && (text[next] == ' ' || text[next] == '\t')) ++next;
    if (starts_with_bearer(text.substr(next))) return true;
  }
  return false;
}

// The characters of an authentication scheme (RFC 9110, section 5.6.2).
bool is_scheme(std::string_view word) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  for (const char byte : word) {
    const char letter = lower(byte);
    if (!((letter >= 'a' && letter <= 'z') || (byte >= '0' && byte <= '9') ||
          contains(marks, byte)))
      return false;
  }
  return !word.empty();
}

// Straight quotes, or the curly ones of U+2018 to U+201D that chat programs make of them.
bool is_quoted(std::string_view text) {
  constexpr std::string_view straight = "\"'`";
  constexpr std::string_view curly_start = "\xE2\x80";
  const auto is_curly = [=](std::string_view mark) {
    return mark.size() == 3 && mark.starts_with(curly_start) && mark[2] >= '\x98' &&
           mark[2] <= '\x9D';
  };
  if (text.empty()) return false;
  if (contains(straight, text.front()) || contains(straight, text.back())) return true;
  if (text.front() == '<' && text.back() == '>') return true;
  return is_curly(text.substr(0, 3)) ||
         (text.size() >= 3 && is_curly(text.substr(text.size() - 3)));
}

TokenHint hint_for(std::string_view token) {
  if (token.size() > bounds::token_bytes_max) return TokenHint::kNone;
  if (is_quoted(token)) return TokenHint::kQuotes;
  for (const char byte : token)
    if (static_cast<unsigned char>(byte) >= 0x80) return TokenHint::kInvisible;
  return TokenHint::kNone;
}

Part malformed(std::string_view token) { return {Presented::kMalformed, {}, hint_for(token)}; }

Part read_token(std::string_view token) {
  if (token.empty() || token.size() > bounds::token_bytes_max) return malformed(token);
  for (const char byte : token)
    if (byte < 0x21 || byte > 0x7E) return malformed(token);
  return {Presented::kToken, token, hint_for(token)};
}

Part read_bearer(std::string_view value) {
  std::string_view rest = value.substr(bearer.size());
  if (value.size() > header_bytes_max) return malformed(rest);
  if (contains(rest, ',')) return {Presented::kAmbiguous, {}, TokenHint::kNone};
  if (rest.empty() || rest.front() != ' ') return malformed(rest);
  rest.remove_prefix(rest.find_first_not_of(' '));  // The value is trimmed: something follows.
  return read_token(rest);
}

Part read_authorization(std::string_view header) {
  const std::string_view value = trim_white_space(header);
  if (value.empty()) return {};
  if (starts_with_bearer(value)) return read_bearer(value);
  if (contains_joined_bearer(value)) return {Presented::kAmbiguous, {}, TokenHint::kNone};

  const size_t space = value.find(' ');
  if (space == value.npos) return malformed(value);  // A key without a scheme, most likely.
  const std::string_view scheme = value.substr(0, space);
  if (is_scheme(scheme)) return {};
  if (contains(scheme, ',')) return {Presented::kAmbiguous, {}, TokenHint::kNone};
  return malformed(value);
}

Part read_x_api_key(std::string_view header) {
  const std::string_view value = trim_white_space(header);
  if (value.empty()) return {};
  if (value.size() > header_bytes_max) return malformed(value);
  if (contains(value, ',')) return {Presented::kAmbiguous, {}, TokenHint::kNone};
  return read_token(value);
}

// Two places may agree on one token. Any other pair is ambiguous, also when one of the two could
// match no key: the caller meant something by it that we would be guessing at.
Part combine(const Part& left, const Part& right) {
  if (right.presented == Presented::kNothing) return left;
  if (left.presented == Presented::kNothing) return right;
  const bool same = left.presented == Presented::kToken && right.presented == Presented::kToken &&
                    left.token == right.token;
  return same ? left : Part{Presented::kAmbiguous, {}, TokenHint::kNone};
}

}  // namespace

std::string_view trim_white_space(std::string_view text) {
  while (!text.empty() && is_white_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_white_space(text.back())) text.remove_suffix(1);
  return text;
}

Credentials read_credentials(std::optional<std::string_view> authorization,
                             std::optional<std::string_view> x_api_key) {
  const Part first = authorization ? read_authorization(*authorization) : Part{};
  const Part second = x_api_key ? read_x_api_key(*x_api_key) : Part{};
  const Part both = combine(first, second);

  Credentials credentials;
  credentials.presented = both.presented;
  credentials.token = both.token;
  credentials.hint = both.hint;
  credentials.in_authorization = first.presented != Presented::kNothing;
  credentials.in_x_api_key = second.presented != Presented::kNothing;
  return credentials;
}

}  // namespace postern::policy
