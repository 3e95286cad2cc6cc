#include "codec/crc32.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::codec {
namespace {

TEST(Crc32, the_check_value_is_met) { EXPECT_EQ(crc32("123456789"), 0xCBF43926u); }

TEST(Crc32, published_values_are_met) {
  EXPECT_EQ(crc32(""), 0u);
  EXPECT_EQ(crc32("a"), 0xE8B7BE43u);
  EXPECT_EQ(crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339u);
  EXPECT_EQ(crc32(std::string(32, '\0')), 0x190A55ADu);
  EXPECT_EQ(crc32(std::string(32, '\xFF')), 0xFF6CAB0Bu);
}

TEST(Crc32, every_single_wrong_bit_is_found) {
  const std::string text = "gw_live_00000000000000000000000000000000";
  const uint32_t right = crc32(text);
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string wrong = text;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(crc32(wrong), right) << bit;
  }
}

}  // namespace
}  // namespace postern::codec
