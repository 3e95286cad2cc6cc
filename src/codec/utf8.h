// UTF-8 (RFC 3629), as much of it as JSON text needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::codec {

inline constexpr uint32_t replacement_character = 0xFFFD;

// Writes a code point up to U+10FFFF, no surrogate, as 1 to 4 bytes and returns how many.
size_t encode_utf8(uint32_t code_point, char (&out)[4]);

// Appends `bytes`, with U+FFFD for each ill-formed part, cut as the WHATWG decoder cuts them.
void append_repaired_utf8(std::string_view bytes, std::string& out);

}  // namespace postern::codec
