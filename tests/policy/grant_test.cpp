#include "policy/grant.h"

#include <gtest/gtest.h>

#include "bounds.h"

namespace postern::policy {
namespace {

constexpr int64_t t0 = 1'800'000'000'000;
constexpr int64_t second = 1000;
constexpr int64_t hour = 3600 * second;

Grant expiring(int64_t expires_ms) {
  Grant grant;
  grant.expires_ms = expires_ms;
  return grant;
}

Grant superseded(int64_t superseded_ms) {
  Grant grant;
  grant.superseded_ms = superseded_ms;
  return grant;
}

TEST(Grant, E1_a_key_is_valid_until_just_before_its_expiry) {
  const Grant grant = expiring(t0);
  EXPECT_EQ(standing(grant, t0 - second), Standing::kActive);
  EXPECT_EQ(standing(grant, t0 - 1), Standing::kActive);
  EXPECT_EQ(standing(grant, t0), Standing::kExpired);
  EXPECT_EQ(standing(grant, t0 + 1), Standing::kExpired);
  EXPECT_EQ(standing(grant, t0 + second), Standing::kExpired);
  EXPECT_EQ(ends_ms(grant), t0);
}

TEST(Grant, E2_no_expiry_is_none_and_an_unreadable_one_has_passed) {
  EXPECT_EQ(standing(Grant(), t0), Standing::kActive);
  EXPECT_EQ(standing(Grant(), INT64_MAX), Standing::kActive);
  EXPECT_EQ(ends_ms(Grant()), std::nullopt);
  for (const int64_t stored : {int64_t{0}, int64_t{-1}, INT64_MIN})
    for (const int64_t now : {int64_t{0}, int64_t{-1}, INT64_MIN, t0, INT64_MAX}) {
      EXPECT_EQ(standing(expiring(stored), now), Standing::kExpired) << stored << " at " << now;
      EXPECT_EQ(standing(superseded(stored), now), Standing::kExpired) << stored << " at " << now;
      EXPECT_EQ(ends_ms(superseded(stored)), 0);
    }
}

TEST(Grant, E5_a_superseded_key_has_a_day_of_grace) {
  const Grant grant = superseded(t0);
  EXPECT_EQ(standing(grant, t0), Standing::kSuperseded);
  EXPECT_EQ(standing(grant, t0 + 24 * hour - second), Standing::kSuperseded);
  EXPECT_EQ(standing(grant, t0 + 24 * hour - 1), Standing::kSuperseded);
  EXPECT_EQ(standing(grant, t0 + 24 * hour), Standing::kExpired);
  EXPECT_EQ(ends_ms(grant), t0 + bounds::grace_ms);
}

TEST(Grant, E5_a_key_that_is_superseded_later_is_active_until_then) {
  EXPECT_EQ(standing(superseded(t0), t0 - 1), Standing::kActive);
}

TEST(Grant, E8_grace_never_reaches_beyond_the_expiry) {
  Grant grant = superseded(t0);
  grant.expires_ms = t0 + 2 * hour;
  EXPECT_EQ(standing(grant, t0 + 2 * hour - 1), Standing::kSuperseded);
  EXPECT_EQ(standing(grant, t0 + 2 * hour), Standing::kExpired);
  EXPECT_EQ(ends_ms(grant), t0 + 2 * hour);

  grant.expires_ms = t0 + 48 * hour;
  EXPECT_EQ(standing(grant, t0 + 24 * hour), Standing::kExpired);
  EXPECT_EQ(ends_ms(grant), t0 + 24 * hour);
}

TEST(Grant, E11_an_expiry_at_the_time_of_superseding_leaves_no_grace) {
  Grant grant = superseded(t0);
  grant.expires_ms = t0;
  EXPECT_EQ(standing(grant, t0 - 1), Standing::kActive);
  EXPECT_EQ(standing(grant, t0), Standing::kExpired);
}

TEST(Grant, E16_a_key_superseded_long_ago_is_dead) {
  EXPECT_EQ(standing(superseded(t0), t0 + 365 * 24 * hour), Standing::kExpired);
}

TEST(Grant, the_end_of_grace_does_not_overflow) {
  EXPECT_EQ(ends_ms(superseded(INT64_MAX)), INT64_MAX);
  EXPECT_EQ(standing(superseded(INT64_MAX), t0), Standing::kActive);
}

TEST(Grant, a_model_has_to_be_in_both_lists) {
  Grant grant;
  EXPECT_TRUE(grant_allows_model(grant, "gpt-4o"));
  grant.models = {"openai/*", "anthropic/claude"};
  EXPECT_TRUE(grant_allows_model(grant, "gpt-4o"));
  grant.account_models = {"anthropic/*"};
  EXPECT_FALSE(grant_allows_model(grant, "gpt-4o"));
  EXPECT_TRUE(grant_allows_model(grant, "anthropic/claude"));
  EXPECT_FALSE(grant_allows_model(grant, "anthropic/other"));
  grant.models = {};
  EXPECT_TRUE(grant_allows_model(grant, "anthropic/other"));
}

TEST(Grant, lists_with_nothing_in_common_allow_nothing) {
  Grant grant;
  grant.models = {"openai/*"};
  grant.account_models = {"anthropic/*"};
  for (const char* model : {"gpt-4o", "openai/x", "anthropic/claude", "a/b", "*", ""})
    EXPECT_FALSE(grant_allows_model(grant, model)) << model;
}

}  // namespace
}  // namespace postern::policy
