#include "dialect/embeddings/base64.h"

#include <array>
#include <cstdint>

namespace postern::dialect {
namespace {

constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t no_letter = 64;

constexpr std::array<uint8_t, 256> values = [] {
  std::array<uint8_t, 256> by_byte{};
  for (uint8_t& value : by_byte) value = no_letter;
  for (uint8_t at = 0; at < 64; ++at) by_byte[static_cast<unsigned char>(letters[at])] = at;
  return by_byte;
}();

uint32_t byte_at(std::string_view bytes, size_t at) {
  return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
}

}  // namespace

void append_base64(std::string_view bytes, std::string& out) {
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const uint32_t three =
        byte_at(bytes, at) << 16 | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2);
    const char four[] = {letters[three >> 18], letters[three >> 12 & 63],
                         at + 1 < bytes.size() ? letters[three >> 6 & 63] : '=',
                         at + 2 < bytes.size() ? letters[three & 63] : '='};
    out.append(four, 4);
  }
}

bool append_from_base64(std::string_view text, std::string& out) {
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  if (text.size() % 4 == 1) return false;
  out.reserve(out.size() + text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int held = 0;
  for (const char letter : text) {
    const uint8_t value = values[static_cast<unsigned char>(letter)];
    if (value == no_letter) return false;
    bits = bits << 6 | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<char>(bits >> held & 0xFF));
  }
  return true;
}

}  // namespace postern::dialect
