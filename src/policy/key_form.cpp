#include "policy/key_form.h"

#include <cstddef>
#include <optional>

#include "bounds.h"
#include "codec/base62.h"
#include "codec/crc32.h"

namespace postern::policy {
namespace {

constexpr size_t random_characters = 32;
constexpr size_t checksum_characters = 6;  // 62^6 > 2^32
constexpr size_t shown_characters = 4;

std::string prefix_of(KeyClass key_class) {
  return "gw_" + std::string(class_name(key_class)) + "_";
}

std::string checksum_of(std::string_view body) {
  return codec::base62_number(codec::crc32(body), checksum_characters);
}

std::optional<KeyClass> class_by_prefix(std::string_view token) {
  for (const KeyClass key_class : {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev}) {
    if (token.starts_with(prefix_of(key_class))) return key_class;
  }
  return std::nullopt;
}

}  // namespace

KeyShape shape_of(std::string_view token) {
  const std::optional<KeyClass> key_class = class_by_prefix(token);
  if (!key_class) return {};
  const std::string_view behind = token.substr(prefix_of(*key_class).size());
  if (behind.size() != random_characters + checksum_characters || !codec::is_base62(behind)) {
    return {};
  }
  const size_t body_bytes = token.size() - checksum_characters;
  const bool right = checksum_of(token.substr(0, body_bytes)) == token.substr(body_bytes);
  return {right ? KeyForm::kWellFormed : KeyForm::kMistyped, *key_class};
}

bool looks_like_provider_key(std::string_view token) {
  constexpr std::string_view prefixes[] = {
      "sk-",                                 // OpenAI, Anthropic, OpenRouter, DeepSeek
      "AIza", "ya29.",                       // Google
      "AKIA", "ASIA",                        // Amazon
      "gsk_", "xai-",  "pplx-",  "csk-",     // Groq, xAI, Perplexity, Cerebras
      "hf_",  "r8_",   "nvapi-", "tgp_v1_",  // Hugging Face, Replicate, NVIDIA, Together
      "ghp_", "gho_",  "ghu_",   "ghs_",    "ghr_", "github_pat_", "glpat-",  // GitHub, GitLab
  };
  for (const std::string_view prefix : prefixes) {
    if (token.starts_with(prefix)) return true;
  }
  return false;
}

std::string make_key(KeyClass key_class, codec::RandomBytes& random) {
  std::string key = prefix_of(key_class) + codec::base62_random(random, random_characters);
  key += checksum_of(key);
  return key;
}

std::string masked_key(std::string_view key) {
  const KeyShape shape = shape_of(key);
  std::string masked;
  if (shape.form != KeyForm::kForeign) masked = prefix_of(shape.key_class);
  masked += "...";
  // Of a shorter key four characters would be a good part.
  if (key.size() >= bounds::legacy_key_bytes_min) {
    masked += key.substr(key.size() - shown_characters);
  }
  return masked;
}

}  // namespace postern::policy
