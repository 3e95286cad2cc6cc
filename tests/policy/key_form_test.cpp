#include "policy/key_form.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "codec/base62.h"
#include "codec/crc32.h"

namespace postern::policy {
namespace {

constexpr std::string_view seed = "0123456789abcdef0123456789abcdef";
constexpr std::string_view zeros = "00000000000000000000000000000000";

std::string with_checksum(std::string_view body) {
  return std::string(body) + codec::base62_number(codec::crc32(body), 6);
}

TEST(KeyForm, the_published_checksums_are_met) {
  EXPECT_EQ(with_checksum("gw_live_" + std::string(zeros)),
            "gw_live_" + std::string(zeros) + "1tVawj");
  EXPECT_EQ(with_checksum("gw_test_" + std::string(zeros)),
            "gw_test_" + std::string(zeros) + "3wH9eO");
  for (const std::string& key :
       {"gw_live_" + std::string(zeros) + "1tVawj", "gw_test_" + std::string(zeros) + "3wH9eO"}) {
    EXPECT_EQ(shape_of(key).form, KeyForm::kWellFormed);
  }
  EXPECT_EQ(shape_of("gw_live_" + std::string(zeros) + "1tVawj").key_class, KeyClass::kLive);
  EXPECT_EQ(shape_of("gw_test_" + std::string(zeros) + "3wH9eO").key_class, KeyClass::kTest);
}

TEST(KeyForm, keys_that_are_made_are_well_formed_and_all_different) {
  codec::RandomBytes random(seed, "keys");
  std::set<std::string> keys;
  for (int round = 0; round < 1000; ++round) {
    for (const KeyClass key_class : {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev}) {
      const std::string key = make_key(key_class, random);
      const KeyShape shape = shape_of(key);
      EXPECT_EQ(shape.form, KeyForm::kWellFormed) << key;
      EXPECT_EQ(shape.key_class, key_class) << key;
      EXPECT_EQ(key.size(), key_class == KeyClass::kDev ? 45u : 46u);
      EXPECT_FALSE(looks_like_provider_key(key));
      keys.insert(key);
    }
  }
  EXPECT_EQ(keys.size(), 3000u);
}

TEST(KeyForm, T15_any_other_character_behind_the_prefix_is_a_wrong_checksum) {
  codec::RandomBytes random(seed, "keys");
  const std::string key = make_key(KeyClass::kLive, random);
  for (size_t at = 8; at < key.size(); ++at) {
    for (const char other : {'0', '9', 'A', 'Z', 'a', 'z'}) {
      if (key[at] == other) continue;
      std::string wrong = key;
      wrong[at] = other;
      EXPECT_EQ(shape_of(wrong).form, KeyForm::kMistyped) << wrong;
      EXPECT_EQ(shape_of(wrong).key_class, KeyClass::kLive);
    }
  }
}

TEST(KeyForm, T15_neighbours_that_change_places_are_a_wrong_checksum) {
  codec::RandomBytes random(seed, "keys");
  const std::string key = make_key(KeyClass::kTest, random);
  for (size_t at = 8; at + 1 < key.size(); ++at) {
    if (key[at] == key[at + 1]) continue;
    std::string wrong = key;
    std::swap(wrong[at], wrong[at + 1]);
    EXPECT_EQ(shape_of(wrong).form, KeyForm::kMistyped) << wrong;
  }
}

TEST(KeyForm, T16_a_right_checksum_makes_a_key_of_nobody_well_formed) {
  EXPECT_EQ(shape_of(with_checksum("gw_live_" + std::string(32, 'x'))).form, KeyForm::kWellFormed);
}

TEST(KeyForm, T17_another_class_is_a_wrong_checksum_until_it_is_computed_anew) {
  codec::RandomBytes random(seed, "keys");
  const std::string key = make_key(KeyClass::kLive, random);
  const std::string edited = "gw_test_" + key.substr(8);
  EXPECT_EQ(shape_of(edited).form, KeyForm::kMistyped);
  const std::string recomputed = with_checksum(edited.substr(0, edited.size() - 6));
  EXPECT_EQ(shape_of(recomputed).form, KeyForm::kWellFormed);
  EXPECT_EQ(shape_of(recomputed).key_class, KeyClass::kTest);
  EXPECT_NE(recomputed, key);
}

TEST(KeyForm, T18_a_character_more_or_less_is_not_our_form) {
  codec::RandomBytes random(seed, "keys");
  for (const KeyClass key_class : {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev}) {
    const std::string key = make_key(key_class, random);
    EXPECT_EQ(shape_of(key.substr(0, key.size() - 1)).form, KeyForm::kForeign);
    EXPECT_EQ(shape_of(key.substr(1)).form, KeyForm::kForeign);
    EXPECT_EQ(shape_of(key + "0").form, KeyForm::kForeign);
    EXPECT_EQ(shape_of("0" + key).form, KeyForm::kForeign);
    EXPECT_EQ(shape_of(with_checksum(key)).form, KeyForm::kForeign);
  }
}

TEST(KeyForm, other_prefixes_and_alphabets_are_not_our_form) {
  const std::string behind = std::string(zeros) + "1tVawj";
  for (const std::string_view prefix : {"gw_prod_", "gw_LIVE_", "GW_live_", "gw-live-", "gw_live",
                                        "gw_", "gw__", "", "gx_live_", " gw_live_"}) {
    EXPECT_EQ(shape_of(std::string(prefix) + behind).form, KeyForm::kForeign) << prefix;
  }
  for (const char byte : {'_', '-', '.', '/', '+', ' ', '\0', '\xE9', ':', '@', '[', '`', '{'}) {
    std::string key = "gw_live_" + behind;
    key[20] = byte;
    EXPECT_EQ(shape_of(key).form, KeyForm::kForeign);
    key = "gw_live_" + behind;
    key.back() = byte;
    EXPECT_EQ(shape_of(key).form, KeyForm::kForeign);
  }
  EXPECT_EQ(shape_of("").form, KeyForm::kForeign);
  EXPECT_EQ(shape_of("gw_live_").form, KeyForm::kForeign);
  EXPECT_EQ(shape_of("gw_live_" + std::string(100'000, '0')).form, KeyForm::kForeign);
}

TEST(KeyForm, T19_keys_of_providers_and_code_hosts_are_known_by_how_they_begin) {
  for (const std::string_view key :
       {"sk-proj-EXAMPLE", "sk-ant-EXAMPLE", "sk-or-v1-EXAMPLE", "sk-...", "AIzaEXAMPLE",
        "ghp_EXAMPLE", "gho_EXAMPLE", "github_pat_EXAMPLE", "gsk_EXAMPLE", "xai-EXAMPLE",
        "hf_EXAMPLE", "r8_EXAMPLE", "pplx-EXAMPLE", "nvapi-EXAMPLE", "glpat-EXAMPLE"}) {
    EXPECT_TRUE(looks_like_provider_key(key)) << key;
    EXPECT_EQ(shape_of(key).form, KeyForm::kForeign) << key;
  }
  for (const std::string_view key :
       {"", "sk", "SK-proj", "aiza", "gw_live_x", "gws_x", "my-sk-key", "ghx_", "changeme"}) {
    EXPECT_FALSE(looks_like_provider_key(key)) << key;
  }
}

TEST(KeyForm, O7_a_key_is_shown_as_its_prefix_and_its_last_four_characters) {
  const std::string behind = std::string(zeros) + "1tVawj";
  EXPECT_EQ(masked_key("gw_live_" + behind), "gw_live_...Vawj");
  EXPECT_EQ(masked_key(with_checksum("gw_dev_" + std::string(zeros))).substr(0, 10), "gw_dev_...");
  codec::RandomBytes random(seed, "keys");
  for (const KeyClass key_class : {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev}) {
    const std::string key = make_key(key_class, random);
    const std::string masked = masked_key(key);
    const size_t prefix_bytes = key.size() - 38;
    EXPECT_EQ(masked, key.substr(0, prefix_bytes) + "..." + key.substr(key.size() - 4));
  }
}

TEST(KeyForm, O7_of_a_key_of_another_form_at_most_four_characters_are_shown) {
  EXPECT_EQ(masked_key("an-old-key-of-ours-1234"), "...1234");
  EXPECT_EQ(masked_key("short-key"), "...");
  EXPECT_EQ(masked_key("abcd"), "...");
  EXPECT_EQ(masked_key(""), "...");
}

}  // namespace
}  // namespace postern::policy
