#include "codec/base62.h"

#include <algorithm>

namespace postern::codec {
namespace {

constexpr std::string_view alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr uint8_t base = 62;
static_assert(alphabet.size() == base);

// The largest multiple of the base that a byte can count to.
constexpr uint8_t fair_bytes = 256 / base * base;
static_assert(fair_bytes == 248);

bool is_digit(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z');
}

}  // namespace

bool is_base62(std::string_view text) { return std::all_of(text.begin(), text.end(), is_digit); }

std::string base62_number(uint64_t value, size_t digits) {
  std::string text(digits, alphabet[0]);
  for (size_t index = digits; index > 0; --index, value /= base) {
    text[index - 1] = alphabet[value % base];
  }
  return text;
}

std::string base62_random(RandomBytes& random, size_t count) {
  std::string text;
  text.reserve(count);
  while (text.size() < count) {
    const uint8_t byte = random.next();
    if (byte < fair_bytes) text.push_back(alphabet[byte % base]);
  }
  return text;
}

}  // namespace postern::codec
