#include "codec/utf8.h"

#include <cstring>

namespace postern::codec {
namespace {

// What stands at the beginning of some bytes: one character, or one part that is none.
struct Part {
  size_t bytes;
  bool well_formed;
};

const char* skip_ascii(const char* at, const char* end) {
  for (; end - at >= 8; at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (at != end && static_cast<unsigned char>(*at) < 0x80) ++at;
  return at;
}

// Unicode 15, table 3-7: after some lead bytes the second byte has a narrower range.
Part part_at(const char* at, const char* end) {
  const auto lead = static_cast<unsigned char>(*at);
  size_t bytes = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead < 0x80) return {1, true};
  if (lead >= 0xC2 && lead <= 0xDF) {
    bytes = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    bytes = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    bytes = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  for (size_t index = 1; index < bytes; ++index) {
    if (at + index == end) return {index, false};
    const auto byte = static_cast<unsigned char>(at[index]);
    if (byte < low || byte > high) return {index, false};
    low = 0x80;
    high = 0xBF;
  }
  return {bytes, true};
}

}  // namespace

size_t encode_utf8(uint32_t code_point, char (&out)[4]) {
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xC0 | code_point >> 6);
    out[1] = static_cast<char>(0x80 | (code_point & 0x3F));
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xE0 | code_point >> 12);
    out[1] = static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    out[2] = static_cast<char>(0x80 | (code_point & 0x3F));
    return 3;
  }
  out[0] = static_cast<char>(0xF0 | code_point >> 18);
  out[1] = static_cast<char>(0x80 | (code_point >> 12 & 0x3F));
  out[2] = static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
  out[3] = static_cast<char>(0x80 | (code_point & 0x3F));
  return 4;
}

void append_repaired_utf8(std::string_view bytes, std::string& out) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  const char* kept = at;  // everything before it has been appended
  while ((at = skip_ascii(at, end)) != end) {
    const Part part = part_at(at, end);
    if (!part.well_formed) {
      out.append(kept, at);
      out.append("\xEF\xBF\xBD");
      kept = at + part.bytes;
    }
    at += part.bytes;
  }
  out.append(kept, end);
}

}  // namespace postern::codec
