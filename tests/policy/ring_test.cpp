#include "policy/ring.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "bounds.h"

namespace postern::policy {
namespace {

const std::string key_1 = "gw_live_FAKE0000000000000000000000000000000001";
const std::string key_2 = "gw_live_FAKE0000000000000000000000000000000002";

std::string hash(std::string_view key) {
  const codec::Digest digest = codec::sha256(key);
  return codec::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string upper(std::string text) {
  for (char& byte : text)
    if (byte >= 'a' && byte <= 'f') byte = static_cast<char>(byte - 'a' + 'A');
  return text;
}

bool opens(const Ring& ring, std::string_view key) {
  return match(ring, codec::sha256(key)).entry != nullptr;
}

std::string label_of(const Ring& ring, std::string_view key) {
  const RingEntry* entry = match(ring, codec::sha256(key)).entry;
  return entry != nullptr ? entry->label : "(no match)";
}

Ring ring_of(size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += hash("key number " + std::to_string(i)) + ",";
  return parse_ring(text);
}

void expect_bad(const std::string& entry) {
  const Ring ring = parse_ring(entry + "," + hash(key_2));
  EXPECT_EQ(ring.bad_entries, 1u) << entry;
  EXPECT_EQ(ring.entries.size(), 1u) << entry;
  EXPECT_TRUE(opens(ring, key_2)) << entry;
  EXPECT_FALSE(opens(ring, key_1)) << entry;
}

TEST(Ring, R1_a_bare_digest_is_shown_by_its_first_eight_digits) {
  const Ring ring = parse_ring(hash(key_1));
  ASSERT_TRUE(opens(ring, key_1));
  EXPECT_EQ(ring.entries[0].label, "");
  EXPECT_EQ(display_name(ring.entries[0]), hash(key_1).substr(0, 8));
}

TEST(Ring, R2_a_label_names_its_entry) {
  const Ring ring = parse_ring("a:" + hash(key_1));
  EXPECT_EQ(label_of(ring, key_1), "a");
  EXPECT_EQ(display_name(ring.entries[0]), "a");
}

TEST(Ring, R3_commas_and_line_ends_separate) {
  for (const char* separator : {",", "\n", "\r\n", " ,\t", ",\r\n", "\n,"}) {
    const Ring ring = parse_ring("a:" + hash(key_1) + separator + "b:" + hash(key_2));
    EXPECT_EQ(label_of(ring, key_1), "a");
    EXPECT_EQ(label_of(ring, key_2), "b");
    EXPECT_EQ(ring.bad_entries, 0u);
  }
}

TEST(Ring, R4_empty_entries_and_blanks_change_nothing) {
  const Ring ring =
      parse_ring(",,\n\n \t," + hash(key_1) + " \t,,\r\n\r\n\n\t a:" + hash(key_2) + " ,\r\n,");
  EXPECT_EQ(ring.entries.size(), 2u);
  EXPECT_EQ(ring.bad_entries, 0u);
  EXPECT_TRUE(opens(ring, key_1));
  EXPECT_TRUE(opens(ring, key_2));
  EXPECT_FALSE(opens(ring, ""));
}

TEST(Ring, R5_separators_alone_make_no_entry) {
  for (const char* text : {"", ",", " ", ",,\n\n", "\r\n", "\t , \n"}) {
    EXPECT_TRUE(parse_ring(text).entries.empty());
    EXPECT_EQ(parse_ring(text).bad_entries, 0u);
  }
}

TEST(Ring, R6_a_byte_order_mark_at_the_start_is_skipped) {
  const Ring ring = parse_ring(
      "\xEF\xBB\xBF"
      "a:" +
      hash(key_1));
  EXPECT_EQ(label_of(ring, key_1), "a");
  EXPECT_EQ(ring.bad_entries, 0u);
}

TEST(Ring, R7_hex_digits_of_either_case_are_the_same) {
  std::string mixed = hash(key_1);
  for (size_t i = 0; i < mixed.size(); i += 2) mixed[i] = upper(mixed)[i];
  EXPECT_TRUE(opens(parse_ring(upper(hash(key_1))), key_1));
  EXPECT_TRUE(opens(parse_ring(mixed), key_1));
}

TEST(Ring, R8_digests_of_another_length_are_bad) {
  const std::string hex = hash(key_1);
  for (const std::string& entry :
       {hex.substr(1), hex.substr(0, 63), hex + "0", hex + hex, hex.substr(0, 40)}) {
    expect_bad(entry);
    expect_bad("a:" + entry);
  }
}

TEST(Ring, R9_digits_that_are_not_hex_are_bad) {
  const std::string hex = hash(key_1);
  expect_bad("g" + hex.substr(1));
  expect_bad("\xEF\xBC\x90" + hex.substr(1));
  expect_bad("\xEF\xBC\x90" + hex.substr(3));
  expect_bad("0x" + hex);
  expect_bad("0x" + hex.substr(2));
}

TEST(Ring, R10_a_name_of_the_algorithm_is_a_label) {
  EXPECT_EQ(label_of(parse_ring("sha256:" + hash(key_1)), key_1), "sha256");
}

TEST(Ring, R11_label_and_digest_swapped_are_bad) { expect_bad(hash(key_1) + ":label"); }

TEST(Ring, R12_two_labels_are_bad) { expect_bad("a:b:" + hash(key_1)); }

TEST(Ring, R13_an_empty_label_is_bad) { expect_bad(":" + hash(key_1)); }

TEST(Ring, R14_labels_outside_the_grammar_are_bad) {
  for (const std::string& label :
       {std::string(33, 'a'), std::string("a b"), std::string("a\"b"), std::string("a\\nb"),
        std::string("<a"), std::string("\xF0\x9F\x98\x80"), std::string("../a"), std::string("-a"),
        std::string("_a"), std::string("a\rb"), std::string("a\0b", 3), std::string("$a")})
    expect_bad(label + ":" + hash(key_1));
  for (const std::string& label : {std::string(32, 'a'), std::string("0.a_b-C")})
    EXPECT_EQ(label_of(parse_ring(label + ":" + hash(key_1)), key_1), label);
}

TEST(Ring, R15_one_label_may_name_several_digests) {
  const Ring ring = parse_ring("a:" + hash(key_1) + ",a:" + hash(key_2));
  EXPECT_EQ(label_of(ring, key_1), "a");
  EXPECT_EQ(label_of(ring, key_2), "a");
  EXPECT_EQ(ring.bad_entries, 0u);
}

TEST(Ring, R16_of_equal_digests_the_first_wins) {
  const Ring ring = parse_ring("a:" + hash(key_1) + ",b:" + upper(hash(key_1)));
  EXPECT_EQ(label_of(ring, key_1), "a");
  EXPECT_EQ(ring.entries.size(), 1u);
  EXPECT_EQ(ring.bad_entries, 1u);
}

TEST(Ring, R18_digests_of_accidents_are_bad) {
  expect_bad("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect_bad("01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b");
  expect_bad("36a9e7f1c95b82ffb99743e0c5c4ce95d83c9a430aac59f84ef3cbfab6145068");
  expect_bad("eb045d78d273107348b0300c01d29b7552d622abbc6faf81b3ec55359aa9950c");
  expect_bad("a:74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b");
}

TEST(Ring, R18_digests_of_guessable_words_open_and_are_counted_as_weak) {
  const Ring ring =
      parse_ring("testing:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08,a:" +
                 hash("changeme") + ",b:" + hash(key_1));
  EXPECT_EQ(label_of(ring, "test"), "testing");
  EXPECT_EQ(label_of(ring, "changeme"), "a");
  EXPECT_EQ(ring.weak_entries, 2u);
  EXPECT_EQ(ring.bad_entries, 0u);
}

TEST(Ring, T14_the_empty_token_opens_nothing) {
  EXPECT_FALSE(opens(parse_ring(hash("")), ""));
  EXPECT_FALSE(opens(parse_ring(","), ""));
  EXPECT_FALSE(opens(parse_ring(hash(key_1)), ""));
}

TEST(Ring, R19_the_digest_of_a_key_and_a_line_end_is_not_that_of_the_key) {
  EXPECT_FALSE(opens(parse_ring(hash(key_1 + "\n")), key_1));
}

TEST(Ring, R20_a_plaintext_key_is_bad) {
  expect_bad(key_1);
  expect_bad("a:" + key_1);
}

TEST(Ring, R21_a_comment_reaches_to_the_end_of_its_line) {
  const Ring ring = parse_ring("# a comment\r\n  # a, " + hash(key_1) + ", b\n\t" + hash(key_2) +
                               "\n# the last line, " + hash(key_1));
  EXPECT_FALSE(opens(ring, key_1));
  EXPECT_TRUE(opens(ring, key_2));
  EXPECT_EQ(ring.bad_entries, 0u);
}

TEST(Ring, R21_a_comment_behind_an_entry_makes_it_bad) {
  expect_bad("a:" + hash(key_1) + " # note");
}

TEST(Ring, R23_a_key_at_position_76_opens) {
  const Ring ring = ring_of(76);
  EXPECT_EQ(ring.entries.size(), 76u);
  EXPECT_EQ(match(ring, codec::sha256("key number 75")).entry, &ring.entries[75]);
}

TEST(Ring, R24_ten_megabytes_are_bounded_in_time_and_entries) {
  const auto start = std::chrono::steady_clock::now();
  for (const std::string& entry :
       {hash(key_1) + ",", std::string(","), std::string("a"), std::string("a:"),
        std::string("# comment, "), std::string(" "), std::string("\r"), std::string("#\n")}) {
    std::string text = hash(key_2) + "\n";
    while (text.size() < 10u << 20) text += entry;
    const Ring ring = parse_ring(text);
    EXPECT_TRUE(opens(ring, key_2));
    EXPECT_LE(ring.entries.size(), 2u);
    EXPECT_GE(ring.bad_entries, 1u);
  }
  const Ring full = ring_of(20'000);
  EXPECT_EQ(full.entries.size(), bounds::ring_entries_max);
  EXPECT_TRUE(opens(full, "key number 4095"));
  EXPECT_FALSE(opens(full, "key number 4096"));
  EXPECT_GT(full.bad_entries, 10'000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(Ring, R24_an_entry_across_the_bound_is_dropped_whole) {
  std::string text(bounds::ring_bytes_max - 65, '\n');
  text += "," + hash(key_1) + hash(key_1);
  EXPECT_TRUE(parse_ring(text).entries.empty());
  EXPECT_EQ(parse_ring(text).bad_entries, 1u);
  text.resize(bounds::ring_bytes_max);
  EXPECT_TRUE(opens(parse_ring(text), key_1));
}

TEST(Ring, R27_one_bad_entry_among_twenty_stops_no_other) {
  std::string text;
  for (int i = 0; i < 20; ++i)
    text += i == 7 ? "not a digest\n" : hash("key number " + std::to_string(i)) + "\n";
  const Ring ring = parse_ring(text);
  EXPECT_EQ(ring.entries.size(), 19u);
  EXPECT_EQ(ring.bad_entries, 1u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(opens(ring, "key number " + std::to_string(i)), i != 7);
}

TEST(Ring, R28_a_ring_of_bad_entries_holds_none) {
  const Ring ring = parse_ring("nonsense,a:b\n" + key_1);
  EXPECT_TRUE(ring.entries.empty());
  EXPECT_EQ(ring.bad_entries, 3u);
}

TEST(Ring, T1_the_digest_itself_opens_nothing) {
  EXPECT_FALSE(opens(parse_ring("a:" + hash(key_1)), hash(key_1)));
}

TEST(Ring, T2_a_ring_entry_opens_nothing) {
  EXPECT_FALSE(opens(parse_ring("a:" + hash(key_1)), "a:" + hash(key_1)));
}

TEST(Ring, T12_names_of_object_members_are_plain_labels) {
  for (const char* name : {"constructor", "toString", "hasOwnProperty"}) {
    const Ring ring = parse_ring(std::string(name) + ":" + hash(key_1));
    EXPECT_EQ(label_of(ring, key_1), name);
    EXPECT_FALSE(opens(ring, name));
  }
  expect_bad("__proto__:" + hash(key_1));
}

TEST(Ring, T20_ten_thousand_wrong_tokens_change_nothing) {
  const Ring ring = ring_of(76);
  const size_t capacity = ring.entries.capacity();
  for (int i = 0; i < 10'000; ++i) EXPECT_FALSE(opens(ring, "wrong " + std::to_string(i)));
  EXPECT_TRUE(opens(ring, "key number 40"));
  EXPECT_EQ(ring.entries.size(), 76u);
  EXPECT_EQ(ring.entries.capacity(), capacity);
}

TEST(Ring, T22_the_work_is_the_same_wherever_the_match_is) {
  const Ring ring = ring_of(76);
  for (const char* key : {"key number 0", "key number 37", "key number 75", "no such key"}) {
    const RingMatch result = match(ring, codec::sha256(key));
    EXPECT_EQ(result.digests_compared, 76u);
    EXPECT_EQ(result.bytes_touched, 76u * 32u);
  }
}

TEST(Ring, T23_a_difference_in_any_one_byte_is_a_miss) {
  const Ring ring = parse_ring(hash(key_1));
  for (size_t byte = 0; byte < 32; ++byte) {
    for (const int bit : {0, 7}) {
      codec::Digest digest = codec::sha256(key_1);
      digest[byte] = static_cast<uint8_t>(digest[byte] ^ (1 << bit));
      EXPECT_EQ(match(ring, digest).entry, nullptr) << "byte " << byte << " bit " << bit;
    }
  }
}

TEST(Ring, an_empty_ring_matches_nothing) {
  EXPECT_EQ(match(Ring(), codec::Digest{}).entry, nullptr);
}

}  // namespace
}  // namespace postern::policy
