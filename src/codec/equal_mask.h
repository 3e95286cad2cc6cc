// The comparison of secrets without a branch on them.
#pragma once

#include <cstdint>
#include <cstring>

#include "codec/sha256.h"

namespace postern::codec {

// The compiler must not learn what a value is made of, or a zero becomes a reason to stop early.
inline uint64_t hide_from_compiler(uint64_t value) {
  asm volatile("" : "+r"(value));
  return value;
}

// All ones where the digests are equal, otherwise zero. Touches all 32 bytes of both.
inline uint64_t equal_mask(const Digest& left, const Digest& right) {
  constexpr size_t words = sizeof(Digest) / sizeof(uint64_t);
  uint64_t left_words[words], right_words[words];
  static_assert(sizeof(left_words) == sizeof(Digest));
  std::memcpy(left_words, left.data(), sizeof(left_words));
  std::memcpy(right_words, right.data(), sizeof(right_words));
  uint64_t difference = 0;
  for (size_t word = 0; word < words; ++word) difference |= left_words[word] ^ right_words[word];
  difference = hide_from_compiler(difference);
  return ((difference | (0 - difference)) >> 63) - 1;
}

}  // namespace postern::codec
