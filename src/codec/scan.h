// Looking for a few bytes in many, sixteen at a time where the machine can: Wasm SIMD, SSE2, or
// one byte after another.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__wasm_simd128__)
#include <wasm_simd128.h>
#define POSTERN_SCAN_BLOCKS 1
#elif defined(__SSE2__)
#include <emmintrin.h>
#define POSTERN_SCAN_BLOCKS 1
#endif

namespace postern::codec {

// A quote, a backslash or a control character: what a JSON string cannot simply contain.
inline bool is_string_stop(char byte) {
  return byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20;
}

inline bool is_line_stop(char byte) { return byte == '\n' || byte == '\r'; }

inline constexpr ptrdiff_t scan_block_bytes = 16;

#if defined(POSTERN_SCAN_BLOCKS)

namespace scan {

#if defined(__wasm_simd128__)

using Block = v128_t;
inline Block load(const char* at) { return wasm_v128_load(at); }
inline Block either(Block left, Block right) { return wasm_v128_or(left, right); }
inline Block equal(Block block, char byte) {
  return wasm_i8x16_eq(block, wasm_i8x16_splat(static_cast<int8_t>(byte)));
}
inline Block flip(Block block, char bits) {
  return wasm_v128_xor(block, wasm_i8x16_splat(static_cast<int8_t>(bits)));
}
inline Block at_most(Block block, char byte) {
  return wasm_u8x16_le(block, wasm_i8x16_splat(static_cast<int8_t>(byte)));
}
inline bool any(Block block) { return wasm_v128_any_true(block); }
inline uint32_t mask(Block block) { return static_cast<uint32_t>(wasm_i8x16_bitmask(block)); }

#else

using Block = __m128i;
inline Block load(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }
inline Block either(Block left, Block right) { return _mm_or_si128(left, right); }
inline Block equal(Block block, char byte) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(byte)); }
inline Block flip(Block block, char bits) { return _mm_xor_si128(block, _mm_set1_epi8(bits)); }
inline Block at_most(Block block, char byte) {
  return _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(byte)), block);
}
inline uint32_t mask(Block block) { return static_cast<uint32_t>(_mm_movemask_epi8(block)); }
inline bool any(Block block) { return mask(block) != 0; }

#endif

struct StringStops {
  // Flipping bit 1 moves the quote (0x22) next to the control characters, to 0x20, and puts
  // nothing else there: one comparison finds both.
  static Block of(Block block) { return either(at_most(flip(block, 2), 0x20), equal(block, '\\')); }
  static bool is(char byte) { return is_string_stop(byte); }
};

struct LineStops {
  static Block of(Block block) { return either(equal(block, '\n'), equal(block, '\r')); }
  static bool is(char byte) { return is_line_stop(byte); }
};

template <typename Stops>
inline const char* find(const char* begin, const char* end) {
  const char* at = begin;
  for (; end - at >= 4 * scan_block_bytes; at += 4 * scan_block_bytes) {
    const Block first = either(Stops::of(load(at)), Stops::of(load(at + 16)));
    const Block second = either(Stops::of(load(at + 32)), Stops::of(load(at + 48)));
    if (any(either(first, second))) break;
  }
  for (; end - at >= scan_block_bytes; at += scan_block_bytes) {
    const uint32_t stops = mask(Stops::of(load(at)));
    if (stops != 0) return at + __builtin_ctz(stops);
  }
  while (at != end && !Stops::is(*at)) ++at;
  return at;
}

}  // namespace scan

// Bit i: `at[i]` is a string stop. Reads 16 bytes.
inline uint32_t string_stops(const char* at) {
  return scan::mask(scan::StringStops::of(scan::load(at)));
}

// The first string stop in [begin, end), or `end`.
inline const char* find_string_stop(const char* begin, const char* end) {
  return scan::find<scan::StringStops>(begin, end);
}

// The first CR or LF in [begin, end), or `end`.
inline const char* find_line_stop(const char* begin, const char* end) {
  return scan::find<scan::LineStops>(begin, end);
}

#else

inline uint32_t string_stops(const char* at) {
  uint32_t stops = 0;
  for (int index = 0; index < scan_block_bytes; ++index) {
    stops |= static_cast<uint32_t>(is_string_stop(at[index])) << index;
  }
  return stops;
}

inline const char* find_string_stop(const char* begin, const char* end) {
  while (begin != end && !is_string_stop(*begin)) ++begin;
  return begin;
}

inline const char* find_line_stop(const char* begin, const char* end) {
  while (begin != end && !is_line_stop(*begin)) ++begin;
  return begin;
}

#endif

}  // namespace postern::codec
