#include "policy/ring.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "bounds.h"
#include "codec/utc_time.h"

namespace postern::policy {
namespace {

const std::string key_1 = "gw_live_FAKE000000000000000000000000000104zxfT";
const std::string key_2 = "gw_live_FAKE00000000000000000000000000022skRmv";

std::string hash(std::string_view key) {
  const codec::Digest digest = codec::sha256(key);
  return codec::to_hex(digest);
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

RingEntry entry_of(const std::string& attributes) {
  const Ring ring = parse_ring("a:" + hash(key_1) + attributes);
  EXPECT_EQ(ring.entries.size(), 1u) << attributes;
  EXPECT_EQ(ring.bad_entries, 0u) << attributes;
  return ring.entries.empty() ? RingEntry() : ring.entries[0];
}

void expect_remark(const std::string& entry, RingFault fault) {
  const Ring ring = parse_ring(hash(key_2) + "\n# a comment, here\n\n" + entry);
  ASSERT_EQ(ring.remarks.size(), 1u) << entry;
  EXPECT_EQ(ring.remarks[0].fault, fault) << entry;
  EXPECT_EQ(ring.remarks[0].line, 4u) << entry;
  EXPECT_EQ(ring.remarks[0].entry, 2u) << entry;
}

int64_t time_of(std::string_view text) { return *codec::read_utc_time(text); }

TEST(RingAttributes, S3_an_entry_without_any_reads_and_generates_with_no_end) {
  const RingEntry entry = entry_of("");
  EXPECT_EQ(entry.grant.scopes, (Scopes{Scope::kRead, Scope::kGenerate}));
  EXPECT_EQ(entry.grant.key_class, KeyClass::kLive);
  EXPECT_FALSE(entry.class_stated);
  EXPECT_EQ(entry.grant.account, "");
  EXPECT_TRUE(entry.grant.models.empty());
  EXPECT_EQ(entry.grant.limits, Limits());
  EXPECT_EQ(entry.grant.expires_ms, std::nullopt);
  EXPECT_EQ(entry.grant.superseded_ms, std::nullopt);
}

TEST(RingAttributes, are_read_in_any_order) {
  const std::string parts[] = {";scope=generate+read",
                               ";class=test",
                               ";expires=2027-01-01T00:00:00Z",
                               ";superseded=2026-11-21T12:00:00Z",
                               ";account=acme",
                               ";models=openai/*+gpt-4o"};
  std::string forward, backward;
  for (const std::string& part : parts) {
    forward += part;
    backward = part + backward;
  }
  for (const std::string& text : {forward, backward}) {
    const RingEntry entry = entry_of(text);
    EXPECT_EQ(entry.label, "a");
    EXPECT_EQ(entry.grant.scopes, default_scopes);
    EXPECT_EQ(entry.grant.key_class, KeyClass::kTest);
    EXPECT_TRUE(entry.class_stated);
    EXPECT_EQ(entry.grant.expires_ms, time_of("2027-01-01T00:00:00Z"));
    EXPECT_EQ(entry.grant.superseded_ms, time_of("2026-11-21T12:00:00Z"));
    EXPECT_EQ(entry.grant.account, "acme");
    EXPECT_EQ(entry.grant.models, (std::vector<std::string>{"openai/*", "gpt-4o"}));
  }
}

TEST(RingAttributes, a_bare_digest_may_have_them) {
  const Ring ring = parse_ring(hash(key_1) + ";class=live," + hash(key_2));
  ASSERT_EQ(ring.entries.size(), 2u);
  EXPECT_TRUE(ring.entries[0].class_stated);
  EXPECT_EQ(display_name(ring.entries[0]), hash(key_1).substr(0, 8));
  EXPECT_FALSE(ring.entries[1].class_stated);
}

TEST(RingAttributes, what_may_have_been_a_restriction_makes_an_entry_bad) {
  for (const std::string& attributes :
       {std::string(";"),
        std::string(";scope=read;"),
        std::string(";;scope=read"),
        std::string(";scope"),
        std::string(";=read"),
        std::string(";scope="),
        std::string(";scope=+"),
        std::string(";scope=read+"),
        std::string(";scope=+read"),
        std::string(";scope=read++admin"),
        std::string(";scope=read;scope=read"),
        std::string(";Scope=read"),
        std::string(";SCOPE=read"),
        std::string(";scopes=read"),
        std::string("; scope=read"),
        std::string(";scope =read"),
        std::string(";scope= read"),
        std::string(";scope=re\tad"),
        std::string(";ip=127.0.0.1"),
        std::string(";budget=5"),
        std::string(";class="),
        std::string(";class=Live"),
        std::string(";class=prod"),
        std::string(";class=live;class=test"),
        std::string(";account="),
        std::string(";account=-a"),
        std::string(";account=a/b"),
        std::string(";account=" + std::string(65, 'a')),
        std::string(";models="),
        std::string(";models=a+"),
        std::string(";models=+a"),
        std::string(";models=a++b"),
        std::string(";models=gpt-*"),
        std::string(";models=/a"),
        std::string(";models=" + std::string(257, 'a')),
        std::string(";expires=2027-01-01T00:00 00Z"),
        std::string(";expires=2027-01-01T00:00:00Z;expires=2028-01-01T00:00:00Z"),
        std::string(";scope=m\xC3\xB6"),
        std::string(";#"),
        std::string(";scope=read # note")}) {
    expect_bad("a:" + hash(key_1) + attributes);
    expect_remark("a:" + hash(key_1) + attributes, RingFault::kBadAttribute);
  }
  expect_bad("a:" + hash(key_1) + " ;scope=read");
}

TEST(RingAttributes, S4_an_unknown_scope_grants_nothing_and_is_counted) {
  Ring ring = parse_ring(hash(key_1) + ";scope=read+billing+Generate," + hash(key_2) + ";scope=*");
  ASSERT_EQ(ring.entries.size(), 2u);
  EXPECT_EQ(ring.entries[0].grant.scopes, Scopes{Scope::kRead});
  EXPECT_TRUE(ring.entries[1].grant.scopes.empty());
  EXPECT_EQ(ring.unknown_scopes, 2u);
  EXPECT_EQ(ring.bad_entries, 0u);
  ASSERT_EQ(ring.remarks.size(), 2u);
  EXPECT_EQ(ring.remarks[1].fault, RingFault::kUnknownScope);
  EXPECT_EQ(ring.remarks[1].entry, 2u);
}

TEST(RingAttributes, S2_admin_never_comes_with_generate) {
  const Ring ring = parse_ring(hash(key_1) + ";scope=read+generate+admin");
  ASSERT_EQ(ring.entries.size(), 1u);
  EXPECT_EQ(ring.entries[0].grant.scopes, (Scopes{Scope::kAdmin, Scope::kRead}));
  EXPECT_EQ(ring.mixed_scopes, 1u);
  EXPECT_EQ(ring.bad_entries, 0u);
  ASSERT_EQ(ring.remarks.size(), 1u);
  EXPECT_EQ(ring.remarks[0].fault, RingFault::kMixedScopes);
  EXPECT_EQ(entry_of(";scope=admin+read").grant.scopes, (Scopes{Scope::kAdmin, Scope::kRead}));
  EXPECT_EQ(entry_of(";scope=webhook:write").grant.scopes, Scopes{Scope::kWebhookWrite});
}

TEST(RingAttributes, E2_E3_a_time_that_cannot_be_read_has_passed) {
  for (const char* time :
       {"", "0", "-1", "null", "NaN", "never", "2027-01-01", "1798761600", "1798761600000",
        "9999-01-01T00:00:00Z", "9007199254740993", "2027-01-01T00:00:00", "2027-01-01T00:00:00z",
        "2027-01-01T00:00:00+02:00", "2027-01-01T00:00:00+00:00", "2027-02-29T00:00:00Z",
        "2027-01-01T00:00:60Z", "1970-01-01T00:00:00Z"}) {
    for (const char* name : {"expires", "superseded"}) {
      const std::string text = hash(key_1) + ";" + name + "=" + time;
      const Ring ring = parse_ring(text);
      ASSERT_EQ(ring.entries.size(), 1u) << text;
      EXPECT_EQ(ring.unreadable_times, 1u) << text;
      EXPECT_EQ(standing(ring.entries[0].grant, 0), Standing::kExpired) << text;
      EXPECT_EQ(standing(ring.entries[0].grant, INT64_MAX), Standing::kExpired) << text;
    }
  }
  const Ring both = parse_ring(hash(key_1) + ";expires=x;superseded=y");
  EXPECT_EQ(both.unreadable_times, 1u);
  EXPECT_EQ(both.remarks.size(), 1u);
}

TEST(RingAttributes, E1_an_entry_is_valid_until_just_before_its_expiry) {
  const Grant grant = entry_of(";expires=2027-01-01T00:00:00Z").grant;
  const int64_t expires_ms = time_of("2027-01-01T00:00:00Z");
  EXPECT_EQ(standing(grant, expires_ms - 1000), Standing::kActive);
  EXPECT_EQ(standing(grant, expires_ms), Standing::kExpired);
  EXPECT_EQ(standing(grant, expires_ms + 1000), Standing::kExpired);
}

TEST(RingAttributes, E5_E8_E16_a_superseded_entry_dies_by_itself) {
  const int64_t at_ms = time_of("2026-11-21T12:00:00Z"), hour_ms = 3'600'000;
  const Grant grant = entry_of(";superseded=2026-11-21T12:00:00Z").grant;
  EXPECT_EQ(standing(grant, at_ms - 1), Standing::kActive);
  EXPECT_EQ(standing(grant, at_ms + 24 * hour_ms - 1000), Standing::kSuperseded);
  EXPECT_EQ(standing(grant, at_ms + 24 * hour_ms), Standing::kExpired);
  EXPECT_EQ(standing(grant, at_ms + 10'000 * hour_ms), Standing::kExpired);
  const Grant sooner =
      entry_of(";superseded=2026-11-21T12:00:00Z;expires=2026-11-21T14:00:00Z").grant;
  EXPECT_EQ(standing(sooner, at_ms + 2 * hour_ms), Standing::kExpired);
}

TEST(RingAttributes, S7_models_are_patterns_up_to_a_number) {
  std::string models = ";models=m";
  for (size_t i = 1; i < bounds::model_patterns_max; ++i) models += "+m" + std::to_string(i);
  EXPECT_EQ(entry_of(models).grant.models.size(), bounds::model_patterns_max);
  expect_bad(hash(key_1) + models + "+one-more");
}

TEST(RingRemarks, R20_a_key_in_the_place_of_its_digest_is_recognised) {
  for (const std::string& entry :
       {key_1, "a:" + key_1, key_1 + ";scope=read", std::string("gw_test_") + key_1.substr(8),
        std::string("sk-proj-FAKE0abcdef"), std::string("a:sk-ant-FAKE"),
        std::string("ghp_FAKE0abcdef"), std::string("AIzaFAKE"),
        std::string("my-own-legacy-key-with-words"), std::string("a:my-own-legacy-key-with-words"),
        key_1 + ":a"})
    expect_remark(entry, RingFault::kPlainKey);
}

TEST(RingRemarks, R8_R9_R29_what_is_nearly_a_digest_is_no_key) {
  const std::string hex = hash(key_1);
  for (const std::string& entry :
       {hex.substr(1), hex + "0", hex + hex, "a:" + hex.substr(0, 40), "g" + hex.substr(1),
        "0x" + hex, "\"" + hex + "\"", "[\"" + hex + "\"]", std::string("nonsense"),
        std::string("a:b"), std::string("a b c d e f g h i j k l m n o p"), hex + " # note"})
    expect_remark(entry, RingFault::kNotADigest);
}

TEST(RingRemarks, R11_label_and_digest_swapped_are_recognised) {
  expect_remark(hash(key_1) + ":label", RingFault::kSwapped);
  expect_remark(hash(key_1) + ":label;scope=read", RingFault::kSwapped);
}

TEST(RingRemarks, R12_R13_R14_a_bad_label_before_a_digest_is_recognised) {
  for (const std::string& label : {std::string(), std::string("a:b"), std::string(33, 'a'),
                                   std::string("a b"), std::string("../a"), std::string("$a")})
    expect_remark(label + ":" + hash(key_1), RingFault::kBadLabel);
}

TEST(RingRemarks, R16_R18_say_where_and_what) {
  expect_remark(hash(key_2), RingFault::kRepeated);
  expect_remark("other:" + upper(hash(key_2)) + ";scope=read", RingFault::kRepeated);
  expect_remark(hash("\n"), RingFault::kAccident);
  expect_remark(hash("changeme"), RingFault::kWeak);
}

TEST(RingRemarks, count_lines_and_entries_whatever_ends_a_line) {
  const Ring ring = parse_ring("x\r\ny,z\n#,,\n\n , w");
  ASSERT_EQ(ring.remarks.size(), 4u);
  const size_t lines[] = {1, 2, 2, 5};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(ring.remarks[i].line, lines[i]);
    EXPECT_EQ(ring.remarks[i].entry, i + 1);
  }
}

TEST(RingRemarks, R24_are_bounded) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "x,";
  const Ring ring = parse_ring(text);
  EXPECT_EQ(ring.remarks.size(), bounds::ring_faults_max);
  EXPECT_EQ(ring.bad_entries, 100'000u);
}

void expect_same(const RingEntry& left, const RingEntry& right) {
  EXPECT_EQ(left.digest, right.digest);
  EXPECT_EQ(left.label, right.label);
  EXPECT_EQ(left.class_stated, right.class_stated);
  EXPECT_EQ(left.grant.scopes, right.grant.scopes);
  EXPECT_EQ(left.grant.key_class, right.grant.key_class);
  EXPECT_EQ(left.grant.account, right.grant.account);
  EXPECT_EQ(left.grant.models, right.grant.models);
  EXPECT_EQ(left.grant.expires_ms, right.grant.expires_ms);
  EXPECT_EQ(left.grant.superseded_ms, right.grant.superseded_ms);
}

TEST(RingFormat, writes_attributes_in_the_order_of_the_grammar_and_no_defaults) {
  const std::string hex = hash(key_1);
  EXPECT_EQ(format_entry(entry_of("")), "a:" + hex);
  EXPECT_EQ(format_entry(entry_of(";scope=generate+read")), "a:" + hex);
  EXPECT_EQ(format_entry(entry_of(";class=live")), "a:" + hex + ";class=live");
  EXPECT_EQ(format_entry(parse_ring(upper(hex)).entries[0]), hex);
  const std::string full = "a:" + hex +
                           ";scope=read+admin+webhook:write;class=dev;expires=2027-01-01T00:00:00Z;"
                           "superseded=2026-11-21T12:00:00Z;account=acme;models=openai/*+gpt-4o";
  EXPECT_EQ(format_entry(parse_ring(full).entries.at(0)), full);
}

TEST(RingFormat, every_entry_is_read_back_as_it_was) {
  const char* const scopes[] = {"", ";scope=read", ";scope=generate", ";scope=admin+webhook:write",
                                ";scope=unknown"};
  const char* const classes[] = {"", ";class=live", ";class=test", ";class=dev"};
  const char* const times[] = {"",
                               "=2027-01-01T00:00:00Z",
                               "=2027-01-01T00:00:00.5Z",
                               "=2099-12-31T23:59:59.999Z",
                               "=2000-01-01T00:00:00.001Z",
                               "=never"};
  const char* const rests[] = {"", ";account=a.b-c_D", ";models=*", ";account=x;models=a/*+b+c/d"};
  for (const char* scope : scopes)
    for (const char* one_class : classes)
      for (const char* expires : times)
        for (const char* superseded : times)
          for (const char* rest : rests) {
            std::string text = std::string(scope) + one_class + rest;
            if (*expires != '\0') text += std::string(";expires") + expires;
            if (*superseded != '\0') text += std::string(";superseded") + superseded;
            const RingEntry entry = entry_of(text);
            const Ring again = parse_ring(format_entry(entry));
            ASSERT_EQ(again.entries.size(), 1u) << format_entry(entry);
            expect_same(again.entries[0], entry);
            EXPECT_EQ(format_entry(again.entries[0]), format_entry(entry));
          }
}

TEST(Ring, an_empty_ring_matches_nothing) {
  EXPECT_EQ(match(Ring(), codec::Digest{}).entry, nullptr);
}

}  // namespace
}  // namespace postern::policy
