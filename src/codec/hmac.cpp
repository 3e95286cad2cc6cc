#include "codec/hmac.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <string>

namespace postern::codec {
namespace {

constexpr size_t block_bytes = 64;

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The key as one block, zeros behind it. A longer key counts as its digest.
std::array<char, block_bytes> key_block(std::string_view key) {
  std::array<char, block_bytes> block{};
  Digest digest;
  if (key.size() > block_bytes) {
    digest = sha256(key);
    key = bytes_of(digest);
  }
  if (!key.empty()) std::memcpy(block.data(), key.data(), key.size());
  return block;
}

Digest padded_sha256(std::array<char, block_bytes> block, char pad, std::string_view message) {
  for (char& byte : block) byte = static_cast<char>(byte ^ pad);
  std::string text;
  text.reserve(block.size() + message.size());
  text.append(block.data(), block.size());
  text.append(message);
  return sha256(text);
}

}  // namespace

// The pads are those of FIPS 198-1, section 4.
Digest hmac_sha256(std::string_view key, std::string_view message) {
  const std::array<char, block_bytes> block = key_block(key);
  const Digest inner = padded_sha256(block, 0x36, message);
  return padded_sha256(block, 0x5C, bytes_of(inner));
}

}  // namespace postern::codec
