#include "policy/session.h"

#include <algorithm>
#include <cstddef>

#include "bounds.h"
#include "codec/base62.h"
#include "codec/base64url.h"
#include "codec/hmac.h"
#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "policy/models.h"

namespace postern::policy {
namespace {

// The payload, with names of one letter because a token has 512 bytes for all of it:
//
//   {"i": "ses_...", "p": "ring:...", "t": 1790000000000, "e": 1790000900000,
//    "c": "dev", "s": "read+generate", "m": ["openai/*"], "o": "https://app.example.com",
//    "b": 5000000000}
//
// i id, p parent, t issued_ms, e expires_ms, c class, s scopes, m models, o origin,
// b budget_nano_usd. c (live), m (all) and b may be absent, and m is never empty. A scope that is
// not known grants nothing. A member that is not known makes the token unreadable: it may be a
// restriction, made by a newer version of the gateway, that this one cannot keep.

constexpr std::string_view prefix = "gws_";
constexpr std::string_view id_prefix = "ses_";
constexpr std::string_view ring_prefix = "ring:";
constexpr std::string_view managed_prefix = "key_";
constexpr size_t id_bytes_max = 64;
constexpr size_t reference_bytes = 16;
constexpr int64_t time_ms_max = 253'402'300'799'999;  // the end of the year 9999
constexpr int64_t budget_max = (int64_t{1} << 53) - 1;

// Each use of a hash has a tag of its own, so that a value made for one is worth nothing elsewhere.
constexpr std::string_view signing_tag = "postern session token, signing key, 1";
constexpr std::string_view reference_tag = "postern session token, parent reference, 1";

std::string_view bytes_of(const codec::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string joined_names(Scopes scopes) {
  std::string text;
  for (const std::string_view name : names_of(scopes)) {
    if (!text.empty()) text += '+';
    text += name;
  }
  return text;
}

Scopes scopes_in(std::string_view text) {
  Scopes scopes;
  while (!text.empty()) {
    const size_t end = std::min(text.find('+'), text.size());
    if (const std::optional<Scope> scope = scope_named(text.substr(0, end))) scopes.add(*scope);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return scopes;
}

std::string write_payload(const SessionToken& token) {
  std::string payload;
  codec::JsonWriter out(payload);
  out.begin_object();
  out.name("i").string(token.id).name("p").string(token.parent);
  out.name("t").number(token.issued_ms).name("e").number(token.expires_ms);
  if (token.key_class != KeyClass::kLive) out.name("c").string(class_name(token.key_class));
  out.name("s").string(joined_names(token.scopes));
  if (!token.models.empty()) {
    out.name("m").begin_array();
    for (const std::string& model : token.models) out.string(model);
    out.end_array();
  }
  out.name("o").string(token.origin);
  if (token.budget_nano_usd) out.name("b").number(*token.budget_nano_usd);
  out.end_object();
  return payload;
}

bool is_prefixed_base62(std::string_view text, std::string_view expected_prefix) {
  return text.size() > expected_prefix.size() && text.size() <= id_bytes_max &&
         text.starts_with(expected_prefix) && codec::is_base62(text.substr(expected_prefix.size()));
}

bool is_ring_reference(std::string_view text) {
  if (!text.starts_with(ring_prefix)) return false;
  const std::string_view hex = text.substr(ring_prefix.size());
  return hex.size() == 2 * reference_bytes &&
         hex.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// An empty one would be equal to the missing header of a caller that is no page.
bool is_origin(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char byte) { return byte > 0x20 && byte < 0x7F; });
}

bool is_sound(const SessionToken& token) {
  return is_prefixed_base62(token.id, id_prefix) &&
         (is_ring_reference(token.parent) || is_prefixed_base62(token.parent, managed_prefix)) &&
         token.issued_ms >= 0 && token.issued_ms <= time_ms_max && token.expires_ms >= 0 &&
         token.expires_ms <= time_ms_max && is_origin(token.origin) &&
         token.models.size() <= bounds::model_patterns_max &&
         std::all_of(token.models.begin(), token.models.end(),
                     [](const std::string& model) { return is_model_pattern(model); }) &&
         (!token.budget_nano_usd ||
          (*token.budget_nano_usd >= 0 && *token.budget_nano_usd <= budget_max));
}

bool read_text(codec::JsonReader& in, std::string& out) {
  codec::JsonString text;
  if (!in.read_string(text)) return false;
  codec::append_unescaped(text, out);
  return true;
}

bool read_models(codec::JsonReader& in, std::vector<std::string>& models) {
  if (!in.enter_array()) return false;
  while (in.next_element()) {
    if (models.size() == bounds::model_patterns_max || !read_text(in, models.emplace_back())) {
      return false;
    }
  }
  return !models.empty();
}

bool read_member(codec::JsonReader& in, char letter, SessionToken& token) {
  switch (letter) {
    case 'i':
      return read_text(in, token.id);
    case 'p':
      return read_text(in, token.parent);
    case 't':
      return in.read_integer(token.issued_ms);
    case 'e':
      return in.read_integer(token.expires_ms);
    case 'c': {
      std::string name;
      if (!read_text(in, name)) return false;
      const std::optional<KeyClass> key_class = class_named(name);
      if (key_class) token.key_class = *key_class;
      return key_class.has_value();
    }
    case 's': {
      std::string names;
      if (!read_text(in, names)) return false;
      token.scopes = scopes_in(names);
      return true;
    }
    case 'm':
      return read_models(in, token.models);
    case 'o':
      return read_text(in, token.origin);
    case 'b':
      return in.read_integer(token.budget_nano_usd.emplace());
    default:
      return false;
  }
}

std::optional<SessionToken> read_payload(std::string_view payload) {
  constexpr std::string_view required = "ipteso";
  SessionToken token;
  std::string seen;
  codec::JsonReader in(payload, 2);
  if (!in.enter_object()) return std::nullopt;
  while (in.next_member()) {
    const codec::JsonString& name = in.name();
    if (name.escaped || name.raw.size() != 1) return std::nullopt;
    const char letter = name.raw.front();
    if (seen.find(letter) != std::string::npos) return std::nullopt;
    seen.push_back(letter);
    if (!read_member(in, letter, token)) return std::nullopt;
  }
  if (!in.finish()) return std::nullopt;
  for (const char letter : required) {
    if (seen.find(letter) == std::string::npos) return std::nullopt;
  }
  if (!is_sound(token)) return std::nullopt;
  return token;
}

}  // namespace

std::string write_session_token(const SessionToken& token, const codec::Digest& signing_key) {
  if (!is_sound(token)) return {};
  std::string text(prefix);
  text += codec::to_base64url(write_payload(token));
  const codec::Digest signature = codec::hmac_sha256(bytes_of(signing_key), text);
  text += '.';
  text += codec::to_base64url(bytes_of(signature));
  if (text.size() > bounds::token_bytes_max) return {};
  return text;
}

bool is_session_token(std::string_view token) { return token.starts_with(prefix); }

std::optional<SessionToken> read_session_token(std::string_view token,
                                               const codec::Digest& signing_key) {
  if (!is_session_token(token) || token.size() > bounds::token_bytes_max) return std::nullopt;
  const size_t dot = token.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view signed_text = token.substr(0, dot);

  const std::optional<std::string> bytes = codec::from_base64url(token.substr(dot + 1));
  codec::Digest presented;
  if (!bytes || bytes->size() != presented.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), presented.begin());
  const codec::Digest expected = codec::hmac_sha256(bytes_of(signing_key), signed_text);
  if (!codec::equal_constant_time(presented, expected)) return std::nullopt;

  const std::optional<std::string> payload =
      codec::from_base64url(signed_text.substr(prefix.size()));
  if (!payload) return std::nullopt;
  return read_payload(*payload);
}

codec::Digest session_signing_key(std::string_view secret) {
  return codec::hmac_sha256(secret, signing_tag);
}

std::string key_reference(const codec::Digest& digest) {
  const codec::Digest tagged = codec::hmac_sha256(reference_tag, bytes_of(digest));
  return std::string(ring_prefix) + codec::to_hex(bytes_of(tagged).substr(0, reference_bytes));
}

}  // namespace postern::policy
