#include "codec/base64url.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace postern::codec {
namespace {

struct Pair {
  std::string_view bytes;
  std::string_view text;
};

// RFC 4648, section 10, without the padding; then the two digits that the URL alphabet changes.
constexpr Pair pairs[] = {
    {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
    {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xFB\xFF\xBF", "-_-_"},
    {"\xFF", "_w"},
};

TEST(Base64url, the_vectors_of_rfc_4648_are_met_in_both_directions) {
  for (const Pair& pair : pairs) {
    EXPECT_EQ(to_base64url(pair.bytes), pair.text);
    EXPECT_EQ(from_base64url(pair.text), pair.bytes);
  }
}

TEST(Base64url, bytes_of_every_value_and_number_come_back) {
  std::string bytes;
  for (int value = 0; value < 300; ++value) {
    const std::string text = to_base64url(bytes);
    EXPECT_EQ(text.size(), (bytes.size() * 4 + 2) / 3);
    EXPECT_EQ(from_base64url(text), bytes);
    bytes.push_back(static_cast<char>(value * 7));
  }
}

TEST(Base64url, padding_is_refused) {
  for (const std::string_view text : {"Zg==", "Zg=", "Zm8=", "=", "==", "====", "Zm9v===="})
    EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Base64url, lengths_that_nothing_has_are_refused) {
  for (const std::string_view text : {"Z", "Zm9vY", "A", "AAAAA"})
    EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Base64url, every_byte_outside_the_alphabet_is_refused_in_every_place) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int value = 0; value < 256; ++value) {
    const char byte = static_cast<char>(value);
    if (alphabet.find(byte) != std::string_view::npos) continue;
    for (size_t at = 0; at < 8; ++at) {
      std::string text = "Zm9vYmFy";
      text[at] = byte;
      EXPECT_FALSE(from_base64url(text)) << value;
    }
    EXPECT_FALSE(from_base64url("Zm9vYmFy" + std::string(4, byte))) << value;
  }
}

TEST(Base64url, no_two_texts_decode_to_the_same_bytes) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int two_read = 0;
  int three_read = 0;
  for (const char last : alphabet) {
    const std::string two = std::string("Z") + last;
    if (const auto bytes = from_base64url(two)) {
      ++two_read;
      EXPECT_EQ(to_base64url(*bytes), two);
    }
    const std::string three = std::string("Zm") + last;
    if (const auto bytes = from_base64url(three)) {
      ++three_read;
      EXPECT_EQ(to_base64url(*bytes), three);
    }
  }
  EXPECT_EQ(two_read, 4);     // two of the last digit's bits count
  EXPECT_EQ(three_read, 16);  // four do
}

}  // namespace
}  // namespace postern::codec
