// The form of our keys: `gw_<live|test|dev>_`, 32 characters of base62 (190 bits), and the CRC-32
// of all that in 6 digits of base62. The checksum lets a typing error be named, and a scanner be
// sure, without asking anybody; it authenticates nothing.
#pragma once

#include <string>
#include <string_view>

#include "codec/random.h"
#include "policy/scopes.h"

namespace postern::policy {

enum class KeyForm {
  kForeign,   // any other text: an older key, or none of ours. Judged by its digest alone.
  kMistyped,  // prefix, length and alphabet of ours, and a wrong checksum: not a key
  kWellFormed,
};

struct KeyShape {
  KeyForm form = KeyForm::kForeign;
  KeyClass key_class = KeyClass::kLive;  // that the key names; only when it is not foreign
};

KeyShape shape_of(std::string_view token);

// Does it begin as the keys of model providers and code hosts do (sk-, AIza, ghp_, gsk_, xai-, hf_,
// and the like)?
bool looks_like_provider_key(std::string_view token);

std::string make_key(KeyClass key_class, codec::RandomBytes& random);

// How a key is shown to people: prefix and last four characters, `gw_live_...aB3x`. A key of
// another form shows no prefix, and nothing at all when it is short.
std::string masked_key(std::string_view key);

}  // namespace postern::policy
