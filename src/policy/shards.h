// Managed keys live in sixteen places, by the first four bits of their digest. Ids and codes name
// the place as a hexadecimal digit behind their prefix.
#pragma once

#include <string_view>

#include "codec/sha256.h"

namespace postern::policy {

inline constexpr int shards = 16;

inline int shard_of(const codec::Digest& digest) { return digest[0] >> 4; }

inline char shard_digit(int shard) { return "0123456789abcdef"[shard % shards]; }

// -1 when the text does not begin with the prefix and a digit.
inline int shard_of_id(std::string_view id, std::string_view prefix) {
  if (!id.starts_with(prefix) || id.size() == prefix.size()) return -1;
  const char digit = id[prefix.size()];
  if (digit >= '0' && digit <= '9') return digit - '0';
  return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

}  // namespace postern::policy
