#include "codec/sha256.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace postern::codec {
namespace {

std::string hex_of(const Digest& digest) {
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

TEST(Sha256, T21_the_published_vectors_are_met) {
  EXPECT_EQ(hex_of(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex_of(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex_of(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex_of(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, T21_lengths_around_the_edges_of_blocks_are_met) {
  struct Case {
    size_t size;
    std::string_view digest;
  };
  // SHA-256 of so many letters a, by another implementation.
  const Case cases[] = {
      {1, "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
      {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
      {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
      {57, "f13b2d724659eb3bf47f2dd6af1accc87b81f09f59f2b75e5c0bed6589dfe8c6"},
      {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
      {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
      {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
      {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
      {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
      {127, "c57e9278af78fa3cab38667bef4ce29d783787a2f731d4e12200270f0c32320a"},
      {128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"},
      {129, "c12cb024a2e5551cca0e08fce8f1c5e314555cc3fef6329ee994a3db752166ae"},
      {1000, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(hex_of(sha256(std::string(test.size, 'a'))), test.digest) << test.size;
  }
}

TEST(Sha256, T21_bytes_of_every_value_are_met) {
  std::string bytes;
  for (int value = 0; value < 256; ++value) bytes.push_back(static_cast<char>(value));
  EXPECT_EQ(hex_of(sha256(bytes)),
            "40aff2e9d2d8922e47afd4648e6967497158785fbd1da870e7110266bf944880");
}

TEST(Sha256, T23_digests_that_differ_only_in_the_first_or_the_last_byte_are_unequal) {
  const Digest digest = sha256("abc");
  Digest first = digest;
  first.front() ^= 1;
  Digest last = digest;
  last.back() ^= 0x80;
  EXPECT_TRUE(equal_constant_time(digest, Digest(digest)));
  EXPECT_FALSE(equal_constant_time(digest, first));
  EXPECT_FALSE(equal_constant_time(digest, last));
  EXPECT_FALSE(equal_constant_time(first, digest));
  EXPECT_FALSE(equal_constant_time(last, digest));
}

TEST(Sha256, T23_one_bit_anywhere_makes_digests_unequal) {
  const Digest digest = sha256("");
  for (size_t bit = 0; bit < 256; ++bit) {
    Digest other = digest;
    other[bit / 8] = static_cast<uint8_t>(other[bit / 8] ^ 1u << bit % 8);
    EXPECT_FALSE(equal_constant_time(digest, other)) << bit;
  }
}

TEST(Sha256, hex_is_written_in_lower_case_and_read_in_either) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex(std::string_view("\x00\x0F\xF0\xAb", 4)), "000ff0ab");
  const Digest digest = sha256("abc");
  std::string hex = hex_of(digest);
  EXPECT_EQ(digest_from_hex(hex), digest);
  for (char& digit : hex) {
    if (digit >= 'a') digit = static_cast<char>(digit - 'a' + 'A');
  }
  EXPECT_EQ(digest_from_hex(hex), digest);
}

TEST(Sha256, what_is_not_exactly_64_hex_digits_is_no_digest) {
  const std::string hex = hex_of(sha256("abc"));
  EXPECT_FALSE(digest_from_hex(""));
  EXPECT_FALSE(digest_from_hex(hex.substr(1)));
  EXPECT_FALSE(digest_from_hex(hex + "0"));
  EXPECT_FALSE(digest_from_hex(" " + hex.substr(1)));
  for (const char byte : {'g', 'G', '/', ':', '@', '`', ' ', '\0', '\xFF'}) {
    for (const size_t at : {0, 1, 31, 63}) {
      std::string bad = hex;
      bad[at] = byte;
      EXPECT_FALSE(digest_from_hex(bad)) << bad;
    }
  }
}

}  // namespace
}  // namespace postern::codec
