#include "codec/base62.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace postern::codec {
namespace {

constexpr std::string_view alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view seed = "0123456789abcdef0123456789abcdef";

TEST(Base62, digits_and_ascii_letters_alone_belong_to_it) {
  EXPECT_TRUE(is_base62(""));
  EXPECT_TRUE(is_base62(alphabet));
  for (int value = 0; value < 256; ++value) {
    const char byte = static_cast<char>(value);
    const bool belongs = alphabet.find(byte) != std::string_view::npos;
    EXPECT_EQ(is_base62(std::string(1, byte)), belongs) << value;
    EXPECT_EQ(is_base62("a" + std::string(1, byte) + "Z"), belongs) << value;
  }
}

TEST(Base62, numbers_have_exactly_the_digits_that_were_asked_for) {
  EXPECT_EQ(base62_number(0, 6), "000000");
  EXPECT_EQ(base62_number(61, 1), "z");
  EXPECT_EQ(base62_number(62, 6), "000010");
  EXPECT_EQ(base62_number(0xFFFFFFFF, 6), "4gfFC3");
  EXPECT_EQ(base62_number(UINT64_MAX, 11), "LygHa16AHYF");
  EXPECT_EQ(base62_number(UINT64_MAX, 14), "000LygHa16AHYF");
  EXPECT_EQ(base62_number(5, 0), "");
}

TEST(Base62, what_does_not_fit_is_cut_from_the_front) {
  EXPECT_EQ(base62_number(62 * 62 + 1, 2), "01");
}

TEST(Base62, random_text_has_the_length_and_the_alphabet) {
  RandomBytes random(seed, "test");
  for (const size_t count : {0, 1, 31, 32, 33, 1000}) {
    const std::string text = base62_random(random, count);
    EXPECT_EQ(text.size(), count);
    EXPECT_TRUE(is_base62(text));
  }
}

TEST(Base62, bytes_of_248_and_more_are_thrown_away) {
  RandomBytes bytes(seed, "test");
  std::string expected;
  int thrown_away = 0;
  while (expected.size() < 10'000) {
    const uint8_t byte = bytes.next();
    if (byte >= 248) {
      ++thrown_away;
    } else {
      expected.push_back(alphabet[byte % 62]);
    }
  }
  EXPECT_GT(thrown_away, 200);
  RandomBytes same(seed, "test");
  EXPECT_EQ(base62_random(same, expected.size()), expected);
  EXPECT_EQ(same.next(), bytes.next());
}

// 61 degrees of freedom: 99.9 of 100 fair sources stay between 32 and 100. A source that took bytes
// modulo 62 would be near 13,000.
TEST(Base62, a_million_random_characters_are_fair_by_chi_squared) {
  constexpr size_t count = 1'000'000;
  RandomBytes random(seed, "fairness");
  std::array<size_t, 256> seen{};
  for (const char byte : base62_random(random, count)) ++seen[static_cast<unsigned char>(byte)];
  const double expected = static_cast<double>(count) / 62;
  double chi_squared = 0;
  for (const char byte : alphabet) {
    const double off = static_cast<double>(seen[static_cast<unsigned char>(byte)]) - expected;
    chi_squared += off * off / expected;
  }
  EXPECT_GT(chi_squared, 32);
  EXPECT_LT(chi_squared, 100);
}

}  // namespace
}  // namespace postern::codec
