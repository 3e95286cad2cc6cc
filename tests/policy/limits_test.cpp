#include "policy/limits.h"

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

constexpr size_t count = static_cast<size_t>(Limit::kCount);

Limits with(Limit limit, std::optional<int64_t> value) {
  Limits limits;
  limits[limit] = value;
  return limits;
}

TEST(Limits, every_limit_has_a_name_of_its_own_and_is_found_by_it) {
  for (size_t i = 0; i < count; ++i) {
    const Limit limit = static_cast<Limit>(i);
    EXPECT_EQ(limit_named(limit_name(limit)), limit);
  }
  EXPECT_EQ(limit_name(Limit::kRequestsPerMinute), "requests_per_minute");
  EXPECT_EQ(limit_name(Limit::kTokensPerDay), "tokens_per_day");
  EXPECT_EQ(limit_name(Limit::kConcurrentRequests), "concurrent_requests");
  EXPECT_EQ(limit_name(Limit::kBudgetPerMonth), "budget_nano_usd_per_month");
  for (const char* name : {"", "requests", "Requests_per_minute", "budget"})
    EXPECT_EQ(limit_named(name), std::nullopt) << name;
}

TEST(Limits, the_tightest_of_two_is_taken_limit_by_limit) {
  for (size_t i = 0; i < count; ++i) {
    const Limit limit = static_cast<Limit>(i);
    EXPECT_EQ(tightest(with(limit, 5), with(limit, 7))[limit], 5);
    EXPECT_EQ(tightest(with(limit, 7), with(limit, 5))[limit], 5);
    EXPECT_EQ(tightest(with(limit, 0), with(limit, 5))[limit], 0);
    EXPECT_EQ(tightest(with(limit, 5), Limits())[limit], 5);
    EXPECT_EQ(tightest(Limits(), with(limit, 5))[limit], 5);
  }
  EXPECT_EQ(tightest(Limits(), Limits()), Limits());
}

TEST(Limits, S5_no_limit_is_wider_than_any_number) {
  for (size_t i = 0; i < count; ++i) {
    const Limit limit = static_cast<Limit>(i);
    EXPECT_TRUE(within(with(limit, 5), with(limit, 5)));
    EXPECT_TRUE(within(with(limit, 4), with(limit, 5)));
    EXPECT_FALSE(within(with(limit, 6), with(limit, 5)));
    EXPECT_FALSE(within(Limits(), with(limit, 5)));
    EXPECT_FALSE(within(Limits(), with(limit, int64_t{1} << 53)));
    EXPECT_TRUE(within(with(limit, 5), Limits()));
  }
  EXPECT_TRUE(within(Limits(), Limits()));
}

TEST(Limits, what_is_tightest_is_within_both) {
  const std::optional<int64_t> values[] = {std::nullopt, 0, 1, 2};
  for (const auto& a : values)
    for (const auto& b : values) {
      Limits left = with(Limit::kRequestsPerDay, a), right = with(Limit::kRequestsPerDay, b);
      right[Limit::kBudgetPerDay] = a;
      const Limits both = tightest(left, right);
      EXPECT_TRUE(within(both, left));
      EXPECT_TRUE(within(both, right));
      EXPECT_EQ(within(left, right), both == left);
    }
}

}  // namespace
}  // namespace postern::policy
