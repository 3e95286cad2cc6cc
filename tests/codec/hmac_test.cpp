#include "codec/hmac.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace postern::codec {
namespace {

std::string hex_of(const Digest& digest) {
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

TEST(Hmac, the_vectors_of_rfc_4231_are_met) {
  EXPECT_EQ(hex_of(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex_of(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex_of(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  std::string counting;
  for (char byte = 1; byte <= 25; ++byte) counting.push_back(byte);
  EXPECT_EQ(hex_of(hmac_sha256(counting, std::string(50, '\xcd'))),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
  // Of the fifth only the first half is published.
  EXPECT_EQ(hex_of(hmac_sha256(std::string(20, '\x0c'), "Test With Truncation")).substr(0, 32),
            "a3b6167473100ee06e0c796c2955552b");
}

TEST(Hmac, the_vectors_of_rfc_4231_with_keys_longer_than_a_block_are_met) {
  const std::string key(131, '\xaa');
  EXPECT_EQ(hex_of(hmac_sha256(key, "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex_of(hmac_sha256(key,
                               "This is a test using a larger than block-size key and a larger "
                               "than block-size data. The key needs to be hashed before being used "
                               "by the HMAC algorithm.")),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST(Hmac, empty_keys_and_messages_are_met) {
  EXPECT_EQ(hex_of(hmac_sha256("", "")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(hmac_sha256({}, {}), hmac_sha256("", ""));
}

TEST(Hmac, a_key_of_a_whole_block_is_used_as_it_is_and_one_byte_more_is_hashed) {
  const std::string block(64, 'k');
  const std::string longer(65, 'k');
  const Digest hashed = sha256(longer);
  const std::string_view hashed_key(reinterpret_cast<const char*>(hashed.data()), hashed.size());
  EXPECT_EQ(hmac_sha256(longer, "message"), hmac_sha256(hashed_key, "message"));
  const Digest block_hashed = sha256(block);
  const std::string_view block_key(reinterpret_cast<const char*>(block_hashed.data()),
                                   block_hashed.size());
  EXPECT_NE(hmac_sha256(block, "message"), hmac_sha256(block_key, "message"));
}

}  // namespace
}  // namespace postern::codec
