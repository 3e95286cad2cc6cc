#include "codec/utc_time.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

namespace postern::codec {
namespace {

constexpr int64_t ms_per_day = int64_t{24} * 3600 * 1000;

TEST(UtcTime, known_moments_are_written) {
  EXPECT_EQ(utc_time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_time(951'827'696'789), "2000-02-29T12:34:56Z");
  EXPECT_EQ(utc_time(1'798'761'600'000), "2027-01-01T00:00:00Z");
  EXPECT_EQ(utc_time(2'147'483'648'000), "2038-01-19T03:14:08Z");
  EXPECT_EQ(utc_time(253'402'300'799'999), "9999-12-31T23:59:59Z");
}

TEST(UtcTime, times_beyond_the_years_that_it_writes_become_the_nearest_that_it_can) {
  EXPECT_EQ(utc_time(-1), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_time(INT64_MIN), "1970-01-01T00:00:00Z");
  EXPECT_EQ(utc_time(253'402'300'800'000), "9999-12-31T23:59:59Z");
  EXPECT_EQ(utc_time(INT64_MAX), "9999-12-31T23:59:59Z");
}

// Every day to beyond 2100, then every eleventh.
TEST(UtcTime, the_days_of_all_its_years_are_those_that_the_system_says) {
  for (int64_t day = 0; day <= 253'402'300'799'999 / ms_per_day; day += day < 50'000 ? 1 : 11) {
    const std::time_t seconds = day * 86'400 + day % 86'400;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char expected[64];
    std::snprintf(expected, sizeof expected, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
                  parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
    ASSERT_EQ(utc_time(seconds * 1000), expected);
  }
}

TEST(UtcTime, E2_what_is_written_from_2000_to_2099_is_read_as_the_same_second) {
  const int64_t begin = 946'684'800'000;
  const int64_t end = 4'102'444'800'000;
  EXPECT_EQ(read_utc_time("2000-01-01T00:00:00Z"), begin);
  EXPECT_EQ(read_utc_time("2099-12-31T23:59:59.999Z"), end - 1);
  EXPECT_FALSE(read_utc_time(utc_time(begin - 1000)));
  EXPECT_FALSE(read_utc_time(utc_time(end)));
  for (int64_t ms = begin; ms < end; ms += ms_per_day / 2 + 12'345'678)
    ASSERT_EQ(read_utc_time(utc_time(ms)), ms / 1000 * 1000);
}

TEST(UtcTime, E1_neighbouring_seconds_are_a_second_apart) {
  const auto before = read_utc_time("2026-12-31T23:59:59Z");
  const auto at = read_utc_time("2027-01-01T00:00:00Z");
  const auto after = read_utc_time("2027-01-01T00:00:01Z");
  ASSERT_TRUE(before && at && after);
  EXPECT_EQ(*at - *before, 1000);
  EXPECT_EQ(*after - *at, 1000);
  EXPECT_EQ(*at, 1'798'761'600'000);
}

TEST(UtcTime, fractions_of_one_to_nine_digits_are_read_and_cut_to_milliseconds) {
  const int64_t second = 1'798'761'600'000;
  EXPECT_EQ(read_utc_time("2027-01-01T00:00:00.5Z"), second + 500);
  EXPECT_EQ(read_utc_time("2027-01-01T00:00:00.05Z"), second + 50);
  EXPECT_EQ(read_utc_time("2027-01-01T00:00:00.123Z"), second + 123);
  EXPECT_EQ(read_utc_time("2027-01-01T00:00:00.9999Z"), second + 999);
  EXPECT_EQ(read_utc_time("2027-01-01T00:00:00.000999999Z"), second);
  EXPECT_FALSE(read_utc_time("2027-01-01T00:00:00.Z"));
  EXPECT_FALSE(read_utc_time("2027-01-01T00:00:00.1234567890Z"));
  EXPECT_FALSE(read_utc_time("2027-01-01T00:00:00,5Z"));
  EXPECT_FALSE(read_utc_time("2027-01-01T00:00:00.5"));
  EXPECT_FALSE(read_utc_time("2027-01-01T00:00:00.-5Z"));
  EXPECT_FALSE(read_utc_time("2027-01-01T00:00:00. 5Z"));
}

TEST(UtcTime, E2_what_is_no_time_of_this_century_in_utc_is_refused) {
  for (const std::string_view text : {"",
                                      "0",
                                      "-1",
                                      "1",
                                      "null",
                                      "NaN",
                                      "never",
                                      "2027-01-01",
                                      "1798761600",
                                      "1798761600000",
                                      "1798761600000000",
                                      "9007199254740993",
                                      "1e12",
                                      "9999-12-31T23:59:59Z",
                                      "2100-01-01T00:00:00Z",
                                      "1999-12-31T23:59:59Z",
                                      "1970-01-01T00:00:00Z",
                                      "0000-01-01T00:00:00Z",
                                      "58000-01-01T00:00:00Z",
                                      "+2027-01-01T00:00:00Z",
                                      "-2027-01-01T00:00:00Z",
                                      "27-01-01T00:00:00Z",
                                      "2027-1-1T00:00:00Z",
                                      "2027-01-01T0:00:00Z",
                                      "2027-01-01T00:00Z",
                                      "2027-01-01T00Z",
                                      "2027-01-01Z",
                                      "20270101T000000Z",
                                      "2027-001T00:00:00Z",
                                      "2027-W01-1T00:00:00Z",
                                      "2027-01-01T00:00:00",
                                      "2027-01-01 00:00:00Z",
                                      "2027-01-01t00:00:00Z",
                                      "2027-01-01T00:00:00z",
                                      " 2027-01-01T00:00:00Z",
                                      "2027-01-01T00:00:00Z ",
                                      "2027-01-01T00:00:00Z\n",
                                      "2027-01-01T00:00:00ZZ",
                                      "\"2027-01-01T00:00:00Z\"",
                                      "2027/01/01T00:00:00Z",
                                      "2027-01-01T00-00-00Z",
                                      "2027-01-01T-1:00:00Z",
                                      "2027-01-01T 1:00:00Z",
                                      "2027-01-0aT00:00:00Z",
                                      "Fri, 01 Jan 2027 00:00:00 GMT",
                                      "\xEF\xBC\x92\x30\x32\x37-01-01T00:00:00Z"}) {
    EXPECT_FALSE(read_utc_time(text)) << text;
  }
  EXPECT_FALSE(read_utc_time(std::string_view("2027-01-01T00:00:00\0Z", 21)));
  EXPECT_FALSE(read_utc_time(std::string_view("2027-01-01T00:00:00Z\0", 21)));
  EXPECT_FALSE(read_utc_time("2027-01-01T00:00:00." + std::string(100'000, '0') + "Z"));
}

TEST(UtcTime, E3_local_offsets_are_refused_also_that_of_zero) {
  for (const std::string_view text :
       {"2027-01-01T00:00:00+02:00", "2027-01-01T00:00:00-05:00", "2027-01-01T00:00:00+00:00",
        "2027-01-01T00:00:00-00:00", "2027-01-01T00:00:00+0200", "2027-01-01T00:00:00+02",
        "2027-01-01T00:00:00Z+02:00", "2027-01-01T00:00:00.5+02:00", "2027-01-01T00:00:00 UTC",
        "2027-01-01T00:00:00UTC", "2027-01-01T00:00:00GMT"}) {
    EXPECT_FALSE(read_utc_time(text)) << text;
  }
}

TEST(UtcTime, days_and_times_that_do_not_exist_are_refused) {
  for (const std::string_view text :
       {"2027-00-01T00:00:00Z", "2027-13-01T00:00:00Z", "2027-01-00T00:00:00Z",
        "2027-01-32T00:00:00Z", "2027-04-31T00:00:00Z", "2027-06-31T00:00:00Z",
        "2027-09-31T00:00:00Z", "2027-11-31T00:00:00Z", "2027-02-30T00:00:00Z",
        "2027-99-99T00:00:00Z", "2027-01-01T24:00:00Z", "2027-01-01T25:00:00Z",
        "2027-01-01T00:60:00Z", "2027-01-01T00:00:61Z", "2027-01-01T99:99:99Z"}) {
    EXPECT_FALSE(read_utc_time(text)) << text;
  }
}

TEST(UtcTime, leap_days_exist_in_leap_years_only) {
  EXPECT_EQ(read_utc_time("2000-02-29T00:00:00Z"), 951'782'400'000);
  EXPECT_EQ(read_utc_time("2028-02-29T00:00:00Z"), 1'835'395'200'000);
  EXPECT_EQ(read_utc_time("2028-03-01T00:00:00Z"), 1'835'395'200'000 + ms_per_day);
  EXPECT_FALSE(read_utc_time("2027-02-29T00:00:00Z"));
  EXPECT_FALSE(read_utc_time("2026-02-29T00:00:00Z"));
  EXPECT_FALSE(read_utc_time("2028-02-30T00:00:00Z"));
  EXPECT_EQ(utc_time(4'107'542'400'000 - 1000), "2100-02-28T23:59:59Z");
  EXPECT_EQ(utc_time(4'107'542'400'000), "2100-03-01T00:00:00Z");
}

TEST(UtcTime, a_leap_second_is_refused) {
  EXPECT_FALSE(read_utc_time("2016-12-31T23:59:60Z"));
  EXPECT_FALSE(read_utc_time("2027-01-01T00:00:60Z"));
  EXPECT_TRUE(read_utc_time("2016-12-31T23:59:59Z"));
}

}  // namespace
}  // namespace postern::codec
