// Nobody without the signing key makes a token; any payload behind a right signature is refused or
// is a token that is written and read again as itself, and what is written passes as a credential.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "bounds.h"
#include "codec/base64url.h"
#include "codec/hmac.h"
#include "policy/failures.h"
#include "policy/key_form.h"
#include "policy/session.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

const codec::Digest& signing_key() {
  static const codec::Digest key = policy::session_signing_key("a plainly fake secret of 32 bytes");
  return key;
}

std::string_view bytes_of(const codec::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string signed_payload(std::string_view payload) {
  const std::string text = "gws_" + codec::to_base64url(payload);
  const codec::Digest signature = codec::hmac_sha256(bytes_of(signing_key()), text);
  return text + "." + codec::to_base64url(bytes_of(signature));
}

void require_credential(std::string_view text) {
  require(text.size() <= bounds::token_bytes_max);
  for (const char byte : text) require(byte >= 0x21 && byte <= 0x7E && byte != ',');
}

bool same(const policy::SessionToken& left, const policy::SessionToken& right) {
  return left.id == right.id && left.parent == right.parent && left.issued_ms == right.issued_ms &&
         left.expires_ms == right.expires_ms && left.scopes == right.scopes &&
         left.models == right.models && left.origin == right.origin &&
         left.budget_nano_usd == right.budget_nano_usd;
}

void check_payload(std::string_view payload) {
  const auto token = policy::read_session_token(signed_payload(payload), signing_key());
  if (!token) return;
  require(!token->origin.empty());
  const std::string text = policy::write_session_token(*token, signing_key());
  require_credential(text);
  // Only a payload that was written shorter than we write it may be too long by now.
  if (text.empty()) return;
  const auto again = policy::read_session_token(text, signing_key());
  require(again && same(*token, *again));
}

void check_fields(std::string_view input) {
  policy::SessionToken token;
  token.id = "ses_" + std::string(input.substr(0, 8));
  token.parent = "key_" + std::string(input.substr(0, 16));
  token.origin = input;
  token.models = {std::string(input)};
  const std::string text = policy::write_session_token(token, signing_key());
  require_credential(text);
  if (text.empty()) return;
  const auto again = policy::read_session_token(text, signing_key());
  require(again && same(token, *again));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  require(!policy::read_session_token(input, signing_key()));
  require(!policy::read_session_token("gws_" + std::string(input), signing_key()));
  check_payload(input);
  check_fields(input);

  const std::string masked = policy::masked_key(input);
  require(masked.size() <= 15);
  policy::shape_of(input);
  policy::looks_like_provider_key(input);
  require(policy::address_group(input).size() <= 24);
  return 0;
}
