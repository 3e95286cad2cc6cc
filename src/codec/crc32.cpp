#include "codec/crc32.h"

#include <array>

namespace postern::codec {
namespace {

constexpr uint32_t polynomial = 0xEDB88320;

// What one byte does to the remainder.
constexpr std::array<uint32_t, 256> make_steps() {
  std::array<uint32_t, 256> steps{};
  for (uint32_t byte = 0; byte < steps.size(); ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = remainder & 1 ? remainder >> 1 ^ polynomial : remainder >> 1;
    }
    steps[byte] = remainder;
  }
  return steps;
}

constexpr std::array<uint32_t, 256> steps = make_steps();

}  // namespace

uint32_t crc32(std::string_view bytes) {
  uint32_t remainder = 0xFFFFFFFF;
  for (const char byte : bytes) {
    const uint32_t index = (remainder ^ static_cast<unsigned char>(byte)) & 0xFF;
    remainder = remainder >> 8 ^ steps[index];
  }
  return ~remainder;
}

}  // namespace postern::codec
