#include "codec/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "codec/hmac.h"

namespace postern::codec {
namespace {

constexpr std::string_view seed = "0123456789abcdef0123456789abcdef";

std::string take(RandomBytes random, size_t count) {
  std::string bytes;
  while (bytes.size() < count) bytes.push_back(static_cast<char>(random.next()));
  return bytes;
}

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

TEST(RandomBytes, one_seed_and_purpose_always_give_the_same_bytes) {
  EXPECT_EQ(take(RandomBytes(seed, "key"), 100), take(RandomBytes(seed, "key"), 100));
}

TEST(RandomBytes, blocks_are_the_hmac_of_a_little_endian_counter_under_the_key_of_the_purpose) {
  const Digest key = hmac_sha256(seed, "key");
  const std::string bytes = take(RandomBytes(seed, "key"), 300 * 32);
  for (const unsigned block : {0u, 1u, 255u, 256u, 299u}) {
    const char counter[] = {static_cast<char>(block & 0xFF), static_cast<char>(block >> 8), 0, 0};
    EXPECT_EQ(bytes.substr(size_t{32} * block, 32),
              bytes_of(hmac_sha256(bytes_of(key), {counter, sizeof counter})));
  }
}

TEST(RandomBytes, no_two_purposes_of_a_seed_share_a_block) {
  std::set<std::string> blocks;
  const std::string_view purposes[] = {"",
                                       "key",
                                       "ke",
                                       "key ",
                                       std::string_view("key\0", 4),
                                       std::string_view("key\0\0\0\0\0", 8),
                                       "session"};
  for (const std::string_view purpose : purposes) {
    const std::string bytes = take(RandomBytes(seed, purpose), 100 * 32);
    for (size_t at = 0; at < bytes.size(); at += 32) blocks.insert(bytes.substr(at, 32));
  }
  EXPECT_EQ(blocks.size(), 100 * std::size(purposes));
}

TEST(RandomBytes, every_bit_of_the_seed_matters) {
  const std::string usual = take(RandomBytes(seed, "key"), 32);
  for (size_t bit = 0; bit < seed.size() * 8; ++bit) {
    std::string other(seed);
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
    EXPECT_NE(take(RandomBytes(other, "key"), 32), usual) << bit;
  }
}

TEST(RandomBytes, a_copy_goes_on_where_the_original_was) {
  RandomBytes random(seed, "key");
  for (int index = 0; index < 40; ++index) random.next();
  RandomBytes copy = random;
  for (int index = 0; index < 100; ++index) EXPECT_EQ(copy.next(), random.next());
}

}  // namespace
}  // namespace postern::codec
