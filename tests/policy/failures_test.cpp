#include "policy/failures.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#define POSTERN_ALLOCATED_BYTES __sanitizer_get_current_allocated_bytes()
#endif
#endif
#ifndef POSTERN_ALLOCATED_BYTES
#include <malloc.h>
#define POSTERN_ALLOCATED_BYTES mallinfo2().uordblks
#endif

#include <array>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "bounds.h"

namespace postern::policy {
namespace {

constexpr int64_t minute_ms = 60'000;
constexpr int64_t start_ms = 1'790'000'040'000;  // a whole minute
static_assert(start_ms % minute_ms == 0);
constexpr uint32_t limit = bounds::failures_per_minute_max;

uint32_t count_many(Failures& failures, std::string_view group, uint32_t times, int64_t now_ms) {
  uint32_t last = 0;
  for (uint32_t index = 0; index < times; ++index) last = failures.count(group, now_ms);
  return last;
}

TEST(AddressGroup, an_ipv4_address_is_its_own_group) {
  for (const std::string_view address : {"0.0.0.0", "1.2.3.4", "192.0.2.1", "255.255.255.255"})
    EXPECT_EQ(address_group(address), address);
}

TEST(AddressGroup, ipv6_addresses_are_grouped_by_their_first_64_bits) {
  EXPECT_EQ(address_group("2001:db8:1:2:3:4:5:6"), "2001:0db8:0001:0002::/64");
  EXPECT_EQ(address_group("2001:db8:1:2::"), address_group("2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_NE(address_group("2001:db8:1:2::1"), address_group("2001:db8:1:3::1"));
  EXPECT_NE(address_group("2001:db8::1"), address_group("2001:db9::1"));
}

TEST(AddressGroup, every_spelling_of_an_ipv6_address_is_in_the_same_group) {
  const std::string group = "2001:0db8:0000:0001::/64";
  for (const std::string_view spelling :
       {"2001:db8:0:1:0:0:0:1", "2001:0db8:0000:0001:0000:0000:0000:0001", "2001:DB8:0:1::1",
        "2001:dB8:0:1::1", "2001:db8::1:0:0:0:1", "[2001:db8:0:1::1]", "2001:db8:0:1::1%eth0",
        "[2001:db8:0:1::1%25eth0]", "2001:db8:0:1::192.0.2.1", "2001:db8:0:1:0:0:192.0.2.1",
        "2001:db8:0:1::"}) {
    EXPECT_EQ(address_group(spelling), group) << spelling;
  }
  EXPECT_EQ(address_group("::1"), "0000:0000:0000:0000::/64");
  EXPECT_EQ(address_group("::"), address_group("::1"));
  EXPECT_EQ(address_group("fe80::1%1"), address_group("fe80::2"));
}

TEST(AddressGroup, a_mapped_ipv4_address_is_that_ipv4_address) {
  for (const std::string_view spelling :
       {"::ffff:1.2.3.4", "::FFFF:1.2.3.4", "::ffff:102:304", "::ffff:0102:0304",
        "0:0:0:0:0:ffff:1.2.3.4", "0:0:0:0:0:ffff:102:304", "[::ffff:1.2.3.4]", "::ffff:1.2.3.4%lo",
        "0000:0000:0000:0000:0000:ffff:0102:0304"}) {
    EXPECT_EQ(address_group(spelling), "1.2.3.4") << spelling;
  }
  EXPECT_EQ(address_group("::fffe:1.2.3.4"), "0000:0000:0000:0000::/64");
  EXPECT_EQ(address_group("::1.2.3.4"), "0000:0000:0000:0000::/64");
  EXPECT_EQ(address_group("1::ffff:1.2.3.4"), "0001:0000:0000:0000::/64");
}

TEST(AddressGroup, anything_else_is_unknown) {
  for (const std::string_view text : {"",
                                      " ",
                                      "localhost",
                                      "unknown",
                                      "1.2.3",
                                      "1.2.3.4.5",
                                      "1.2.3.256",
                                      "01.2.3.4",
                                      "1.2.3.04",
                                      "1.2.3.4 ",
                                      " 1.2.3.4",
                                      "1.2.3.4:80",
                                      "1.2.3.4%eth0",
                                      "[1.2.3.4]",
                                      "1..2.3",
                                      ".1.2.3.4",
                                      "1.2.3.4.",
                                      "0x1.2.3.4",
                                      "1.2.3.1000",
                                      "-1.2.3.4",
                                      "16909060",
                                      "1.2.3.4, 5.6.7.8",
                                      ":",
                                      ":::",
                                      "::1::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8::",
                                      "::1:2:3:4:5:6:7:8",
                                      "1:2:3:4::5:6:7:8",
                                      "12345::",
                                      "g::",
                                      ":1::",
                                      "::1:",
                                      "1:::2",
                                      "::1.2.3",
                                      "::1.2.3.256",
                                      "1.2.3.4::",
                                      "::1.2.3.4:5",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "[::1",
                                      "::1]",
                                      "[]",
                                      "[[::1]]",
                                      "[::1]:443",
                                      "::1%",
                                      "%eth0",
                                      "%",
                                      "' OR 1=1 --",
                                      "../../x"}) {
    EXPECT_EQ(address_group(text), "unknown") << text;
  }
  EXPECT_EQ(address_group(std::string_view("1.2.3.4\0", 8)), "unknown");
  EXPECT_EQ(address_group(std::string_view("::1\0", 4)), "unknown");
  EXPECT_EQ(address_group("\xFF\xFE"), "unknown");
  EXPECT_EQ(address_group(std::string(1'000'000, ':')), "unknown");
  EXPECT_EQ(address_group(std::string(1'000'000, '1')), "unknown");
  EXPECT_EQ(address_group("::1%" + std::string(1'000'000, 'x')), address_group("::1"));
}

// What the system's own parser says of the same text; no zones and no brackets in it.
std::string group_by_system(const std::string& text) {
  std::array<uint8_t, 16> bytes{};
  char shown[64];
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1)
    return inet_ntop(AF_INET, bytes.data(), shown, sizeof shown);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return "unknown";
  constexpr std::array<uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::equal(mapped.begin(), mapped.end(), bytes.begin()))
    return inet_ntop(AF_INET, bytes.data() + 12, shown, sizeof shown);
  std::snprintf(shown, sizeof shown, "%02x%02x:%02x%02x:%02x%02x:%02x%02x::/64", bytes[0], bytes[1],
                bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
  return shown;
}

TEST(AddressGroup, texts_that_are_nearly_addresses_are_judged_as_the_system_does) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces = {":",  "::",    ".",       "0",        "1", "ffff",
                                           "10", "255",   "256",     "0a",       "A", "f",
                                           "00", "12345", "1.2.3.4", "0:0:0:0:0"};
  int addresses = 0;
  for (int round = 0; round < 300'000; ++round) {
    std::string text;
    const bool regular = round % 2 == 0;
    const int count = static_cast<int>(random() % 18);
    for (int index = 0; index < count; ++index) {
      if (regular && index % 2 == 1) {
        text += random() % 6 == 0 ? "::" : ":";
      } else {
        text += pieces[random() % pieces.size()];
      }
    }
    const std::string expected = group_by_system(text);
    if (expected != "unknown") ++addresses;
    ASSERT_EQ(address_group(text), expected) << text;
  }
  EXPECT_GT(addresses, 2'000);
}

TEST(Failures, Q13_an_address_is_told_to_wait_after_the_limit_until_the_minute_is_over) {
  Failures failures;
  EXPECT_EQ(count_many(failures, "1.2.3.4", limit, start_ms), 0u);
  EXPECT_EQ(failures.count("1.2.3.4", start_ms), 60u);
  EXPECT_EQ(failures.count("1.2.3.4", start_ms + 1), 60u);
  EXPECT_EQ(failures.count("1.2.3.4", start_ms + 30'000), 30u);
  EXPECT_EQ(failures.count("1.2.3.4", start_ms + minute_ms - 1), 1u);
  EXPECT_EQ(failures.count("1.2.3.4", start_ms + minute_ms), 0u);
}

TEST(Failures, the_next_minute_has_the_whole_limit_again) {
  Failures failures;
  count_many(failures, "1.2.3.4", 10 * limit, start_ms);
  EXPECT_EQ(count_many(failures, "1.2.3.4", limit, start_ms + minute_ms), 0u);
  EXPECT_GT(failures.count("1.2.3.4", start_ms + minute_ms), 0u);
  EXPECT_EQ(count_many(failures, "1.2.3.4", limit, start_ms + 100 * minute_ms), 0u);
}

TEST(Failures, Q13_a_flood_is_one_flood_across_the_turn_of_the_clock) {
  Failures failures;
  const int64_t before_turn = start_ms - start_ms % minute_ms + minute_ms - 100;
  EXPECT_EQ(count_many(failures, "1.2.3.4", limit / 2, before_turn), 0u);
  EXPECT_GT(count_many(failures, "1.2.3.4", limit, before_turn + 200), 0u);
}

TEST(Failures, Q14_the_failures_of_one_address_are_not_those_of_another) {
  Failures failures;
  EXPECT_GT(count_many(failures, "1.2.3.4", limit + 1, start_ms), 0u);
  EXPECT_EQ(failures.count("1.2.3.5", start_ms), 0u);
  EXPECT_EQ(failures.count("", start_ms), 0u);
  EXPECT_EQ(failures.count("unknown", start_ms), 0u);
  EXPECT_EQ(count_many(failures, "1.2.3.5", limit - 1, start_ms), 0u);
  EXPECT_GT(failures.count("1.2.3.4", start_ms), 0u);
}

TEST(Failures, a_failure_that_comes_a_little_late_begins_no_new_count) {
  Failures failures;
  EXPECT_GT(count_many(failures, "1.2.3.4", limit + 1, start_ms), 0u);
  EXPECT_EQ(failures.count("1.2.3.4", start_ms - 1), 61u);
  EXPECT_GT(failures.count("1.2.3.4", start_ms), 0u);
}

TEST(Failures, a_clock_that_is_set_back_locks_nobody_out) {
  Failures failures;
  count_many(failures, "1.2.3.4", 2 * limit, start_ms + 3600'000);
  EXPECT_EQ(failures.count("1.2.3.4", start_ms), 0u);
}

TEST(Failures, numbers_of_failures_never_come_round_to_zero) {
  Failures failures;
  count_many(failures, "1.2.3.4", limit + 1, start_ms);
  for (int index = 0; index < 100'000; ++index) ASSERT_GT(failures.count("1.2.3.4", start_ms), 0u);
}

TEST(Failures, a_flood_of_addresses_cannot_push_out_one_that_is_over_its_limit) {
  Failures failures;
  count_many(failures, "1.2.3.4", limit + 1, start_ms);
  for (int index = 0; index < 100'000; ++index) failures.count(std::to_string(index), start_ms);
  EXPECT_GT(failures.count("1.2.3.4", start_ms), 0u);
}

TEST(Failures, T20_a_million_addresses_take_no_more_memory_than_one) {
  Failures failures;
  failures.count("1.2.3.4", start_ms);
  const size_t before = POSTERN_ALLOCATED_BYTES;
  EXPECT_GT(before, 0u);
  for (int index = 0; index < 1'000'000; ++index) {
    const uint32_t wait = failures.count("address " + std::to_string(index), start_ms + index / 10);
    ASSERT_EQ(wait, 0u);
  }
  EXPECT_EQ(POSTERN_ALLOCATED_BYTES, before);
}

// Four a set: of half as many addresses as there are places, hardly a set has more than it holds.
TEST(Failures, half_as_many_addresses_as_places_are_counted_nearly_all) {
  Failures failures;
  constexpr size_t addresses = bounds::failing_addresses_max / 2;
  for (uint32_t round = 0; round < limit; ++round)
    for (size_t index = 0; index < addresses; ++index)
      failures.count(std::to_string(index), start_ms);
  size_t limited = 0;
  for (size_t index = 0; index < addresses; ++index)
    if (failures.count(std::to_string(index), start_ms) > 0) ++limited;
  EXPECT_GT(limited, addresses * 9 / 10);
}

TEST(SpikeAlarm, it_tells_when_a_minute_reaches_the_number_and_only_then) {
  SpikeAlarm alarm;
  for (uint64_t index = 1; index < bounds::invalid_key_spike; ++index)
    EXPECT_FALSE(alarm.count(start_ms));
  const auto spike = alarm.count(start_ms + minute_ms - 1);
  ASSERT_TRUE(spike);
  EXPECT_EQ(spike->count, bounds::invalid_key_spike);
  EXPECT_EQ(spike->minute_before, 0u);
  for (int index = 0; index < 100'000; ++index) EXPECT_FALSE(alarm.count(start_ms + minute_ms - 1));
}

TEST(SpikeAlarm, a_spike_that_lasts_is_told_once_a_minute_with_the_whole_minute_before) {
  SpikeAlarm alarm;
  for (int minute = 0; minute < 5; ++minute) {
    int told = 0;
    for (int index = 0; index < 6'000; ++index) {
      const auto spike = alarm.count(start_ms + minute * minute_ms + index * 10);
      if (!spike) continue;
      ++told;
      EXPECT_EQ(spike->minute_before, minute == 0 ? 0u : 6'000u);
    }
    EXPECT_EQ(told, 1) << minute;
  }
}

TEST(SpikeAlarm, few_unknown_keys_are_never_told) {
  SpikeAlarm alarm;
  for (int minute = 0; minute < 100; ++minute)
    for (uint64_t index = 1; index < bounds::invalid_key_spike; ++index)
      EXPECT_FALSE(alarm.count(start_ms + minute * minute_ms));
}

TEST(SpikeAlarm, after_a_quiet_minute_the_minute_before_had_none) {
  SpikeAlarm alarm;
  for (int index = 0; index < 500; ++index) alarm.count(start_ms);
  std::optional<SpikeAlarm::Spike> spike;
  for (uint64_t index = 0; index < bounds::invalid_key_spike; ++index)
    spike = alarm.count(start_ms + 2 * minute_ms);
  ASSERT_TRUE(spike);
  EXPECT_EQ(spike->minute_before, 0u);
}

TEST(SpikeAlarm, events_that_cross_at_the_turn_of_a_minute_do_not_tell_it_twice) {
  SpikeAlarm alarm;
  int told = 0;
  for (int index = 0; index < 10'000; ++index)
    if (alarm.count(start_ms + (index % 2 ? 0 : -1))) ++told;
  EXPECT_EQ(told, 1);
}

TEST(SpikeAlarm, a_clock_that_is_set_back_begins_anew) {
  SpikeAlarm alarm;
  for (int index = 0; index < 500; ++index) alarm.count(start_ms + 3600'000);
  std::optional<SpikeAlarm::Spike> spike;
  for (uint64_t index = 0; index < bounds::invalid_key_spike; ++index)
    spike = alarm.count(start_ms);
  ASSERT_TRUE(spike);
  EXPECT_EQ(spike->minute_before, 0u);
}

}  // namespace
}  // namespace postern::policy
