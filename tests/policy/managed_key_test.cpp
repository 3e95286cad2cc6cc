#include "policy/managed_key.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "bounds.h"

namespace postern::policy {
namespace {

constexpr int64_t hour_ms = 3'600'000;
constexpr int64_t day_ms = 24 * hour_ms;
constexpr int64_t start_ms = 1'795'000'000'000;  // in November 2026

KeyGeneration generation_named(const std::string& id, int64_t created_ms = start_ms) {
  KeyGeneration generation;
  generation.id = id;
  generation.display = "gw_live_..." + id;
  generation.created_ms = created_ms;
  return generation;
}

ManagedKey key_named(const std::string& id) {
  ManagedKey key;
  key.label = "app";
  key.created_by = "operator";
  key.generations.push_back(generation_named(id));
  return key;
}

KeyState state(const ManagedKey& key, std::string_view id, int64_t now_ms) {
  return state_of(key, *key.generation(id), now_ms);
}

// Through the record, as every change goes.
ManagedKey stored(const ManagedKey& key) {
  const std::optional<ManagedKey> read = read_managed_key(write_managed_key(key));
  EXPECT_TRUE(read.has_value());
  return read.value_or(ManagedKey());
}

constexpr std::string_view one_generation =
    R"("generations":[{"id":"key_a","display":"gw_live_...aaaa","created_ms":1795000000000}])";

std::string record_with(const std::string& members) {
  return R"({"v":1,"class":"live",)" + members + (members.empty() ? "" : ",") +
         std::string(one_generation) + "}";
}

std::string record_of(const std::string& generations) {
  return R"({"v":1,"class":"live","generations":[)" + generations + "]}";
}

// --- The record ------------------------------------------------------------------------------

TEST(ManagedKey, a_record_is_read_as_it_was_written) {
  ManagedKey key = key_named("key_a");
  key.label = "quotes \" and \xC3\xA4";
  key.grant.scopes = {Scope::kRead, Scope::kWebhookWrite};
  key.grant.key_class = KeyClass::kTest;
  key.grant.account = "acme";
  key.grant.models = {"openai/*", "anthropic/claude"};
  key.grant.limits[Limit::kRequestsPerMinute] = 0;
  key.grant.limits[Limit::kBudgetPerMonth] = (int64_t{1} << 53) - 1;
  key.grant.expires_ms = start_ms + 30 * day_ms;
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), hour_ms, start_ms),
            KeyChange::kDone);
  ASSERT_EQ(revoke(key, "key_b", start_ms + 1), KeyChange::kDone);
  key.disabled = true;

  const ManagedKey read = stored(key);
  EXPECT_EQ(read.label, key.label);
  EXPECT_EQ(read.created_by, "operator");
  EXPECT_TRUE(read.disabled);
  EXPECT_EQ(read.grant.scopes, key.grant.scopes);
  EXPECT_EQ(read.grant.key_class, KeyClass::kTest);
  EXPECT_EQ(read.grant.account, "acme");
  EXPECT_EQ(read.grant.models, key.grant.models);
  EXPECT_EQ(read.grant.limits, key.grant.limits);
  EXPECT_EQ(read.grant.expires_ms, key.grant.expires_ms);
  ASSERT_EQ(read.generations.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(read.generations[i].id, key.generations[i].id);
    EXPECT_EQ(read.generations[i].display, key.generations[i].display);
    EXPECT_EQ(read.generations[i].created_ms, key.generations[i].created_ms);
    EXPECT_EQ(read.generations[i].superseded_ms, key.generations[i].superseded_ms);
    EXPECT_EQ(read.generations[i].grace_ends_ms, key.generations[i].grace_ends_ms);
    EXPECT_EQ(read.generations[i].revoked_ms, key.generations[i].revoked_ms);
  }
  EXPECT_EQ(write_managed_key(read), write_managed_key(key));
}

TEST(ManagedKey, members_of_a_newer_version_are_passed_over) {
  const auto key = read_managed_key(
      R"({"new":{"deep":[[{}]]},"v":1,"class":"live","limits":{"later":{"a":1},)"
      R"("requests_per_day":5},"generations":[{"id":"key_a","created_ms":1795000000000,"x":null}]})");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->grant.limits[Limit::kRequestsPerDay], 5);
  EXPECT_EQ(state(*key, "key_a", start_ms), KeyState::kActive);
}

TEST(ManagedKey, a_record_that_is_not_as_we_write_it_is_no_key) {
  EXPECT_TRUE(read_managed_key(record_with("")));
  const std::string generations(one_generation);
  for (const std::string& json : {
           std::string(),
           std::string("null"),
           std::string("[]"),
           std::string("{}"),
           record_with("") + "x",
           record_with("").substr(1),
           R"({"class":"live",)" + generations + "}",
           R"({"v":2,"class":"live",)" + generations + "}",
           R"({"v":"1","class":"live",)" + generations + "}",
           R"({"v":1,)" + generations + "}",
           R"({"v":1,"class":"life",)" + generations + "}",
           std::string(R"({"v":1,"class":"live"})"),
           std::string(R"({"v":1,"class":"live","generations":[]})"),
           std::string(R"({"v":1,"class":"live","generations":null})"),
           record_with(R"("class":"test")"),
           record_with(R"("label":1)"),
           record_with(R"("label":null)"),
           record_with(R"("scopes":"read")"),
           record_with(R"("scopes":[1])"),
           record_with(R"("scopes":["read"],"scopes":["admin"])"),
           record_with(R"("account":"")"),
           record_with(R"("account":null)"),
           record_with(R"("models":[])"),
           record_with(R"("models":null)"),
           record_with(R"("models":["*/a"])"),
           record_with(R"("models":["openai/*",1])"),
           record_with(R"("limits":[])"),
           record_with(R"("limits":{"requests_per_day":-1})"),
           record_with(R"("limits":{"requests_per_day":1.5})"),
           record_with(R"("limits":{"requests_per_day":null})"),
           record_with(R"("limits":{"requests_per_day":9007199254740992})"),
           record_with(R"("limits":{"requests_per_day":1,"requests_per_day":2})"),
           record_with(R"("disabled":"no")"),
           record_with(R"("disabled":null)"),
           record_of("null"),
           record_of("{}"),
           record_of(R"({"id":""})"),
           record_of(R"({"id":"key_a","id":"key_b"})"),
           record_of(R"({"id":"key_a"},{"id":"key_a"})"),
           record_of(R"({"id":"key_a","superseded_ms":1795000000000})"),
           record_of(R"({"id":"key_a","grace_ends_ms":1795000000000})"),
       })
    EXPECT_FALSE(read_managed_key(json)) << json;
}

TEST(ManagedKey, a_record_with_more_generations_than_the_bound_is_no_key) {
  std::string generations;
  for (size_t i = 0; i < bounds::key_generations_max; ++i)
    generations += std::string(i == 0 ? "" : ",") + R"({"id":"key_)" + std::to_string(i) + "\"}";
  EXPECT_TRUE(read_managed_key(record_of(generations)));
  EXPECT_FALSE(read_managed_key(record_of(generations + R"(,{"id":"key_x"})")));
}

TEST(ManagedKey, a_list_of_models_over_the_bound_makes_no_key) {
  std::string models = "\"a\"";
  for (size_t i = 1; i < bounds::model_patterns_max; ++i) models += ",\"a\"";
  EXPECT_TRUE(read_managed_key(record_with("\"models\":[" + models + "]")));
  EXPECT_FALSE(read_managed_key(record_with("\"models\":[" + models + ",\"a\"]")));
}

TEST(ManagedKey, nesting_without_end_is_no_key_and_exhausts_nothing) {
  constexpr size_t depth = 1'000'000;
  for (const std::string& open : {std::string("["), std::string("{\"x\":")}) {
    std::string nested;
    for (size_t i = 0; i < depth; ++i) nested += open;
    EXPECT_FALSE(read_managed_key(nested));
    EXPECT_FALSE(read_managed_key(record_with("\"x\":" + nested)));
    EXPECT_FALSE(read_managed_key(record_with("\"scopes\":" + nested)));
    EXPECT_FALSE(read_managed_key(record_with("\"expires_ms\":" + nested)));
  }
}

TEST(ManagedKey, S3_a_record_without_scopes_may_read_and_generate_and_one_with_none_nothing) {
  EXPECT_EQ(read_managed_key(record_with(""))->grant.scopes, default_scopes);
  EXPECT_TRUE(read_managed_key(record_with(R"("scopes":[])"))->grant.scopes.empty());
}

TEST(ManagedKey, S4_an_unknown_scope_grants_nothing) {
  const auto key = read_managed_key(record_with(R"("scopes":["everything","read","READ","*",""])"));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->grant.scopes, Scopes{Scope::kRead});
  EXPECT_TRUE(read_managed_key(record_with(R"("scopes":["all"])"))->grant.scopes.empty());
}

TEST(ManagedKey, S2_a_record_that_manages_and_generates_is_no_key) {
  EXPECT_FALSE(read_managed_key(record_with(R"("scopes":["admin","generate"])")));
  EXPECT_FALSE(read_managed_key(record_with(R"("scopes":["generate","read","x","admin"])")));
  EXPECT_TRUE(read_managed_key(record_with(R"("scopes":["admin","read"])")));
}

TEST(ManagedKey, E2_a_stored_expiry_that_cannot_be_read_is_one_that_is_over) {
  for (const char* time : {"0", "-1", "null", "\"2027-01-01\"", "\"2027-01-01T00:00:00Z\"",
                           "1798761600", "4102444800000", "1798761600000000", "9007199254740993",
                           "1e400", "1798761600000.5", "1.7987616e12", "true", "{}",
                           "[1798761600000]", "253402300799000", "99999999999999999999999", "-0"}) {
    const auto key = read_managed_key(record_with(std::string("\"expires_ms\":") + time));
    ASSERT_TRUE(key) << time;
    EXPECT_EQ(key->grant.expires_ms, 0) << time;
    EXPECT_EQ(state(*key, "key_a", start_ms), KeyState::kExpired) << time;
    EXPECT_EQ(stored(*key).grant.expires_ms, 0) << time;
  }
  const auto without = read_managed_key(record_with(""));
  EXPECT_FALSE(without->grant.expires_ms);
  EXPECT_EQ(state(*without, "key_a", start_ms + 10'000 * day_ms), KeyState::kActive);
  const auto with = read_managed_key(record_with(R"("expires_ms":1798761600000)"));
  EXPECT_EQ(with->grant.expires_ms, 1'798'761'600'000);
  EXPECT_FALSE(read_managed_key(record_with(R"("expires_ms":NaN)")));
}

TEST(ManagedKey, E2_times_of_a_generation_that_cannot_be_read_are_over_too) {
  for (const char* time : {"0", "null", "\"never\"", "9007199254740991", "1798761600"}) {
    const std::string ms = time;
    const auto grace = read_managed_key(
        record_of(R"({"id":"key_a","superseded_ms":1795000000000,"grace_ends_ms":)" + ms +
                  R"(},{"id":"key_b"})"));
    ASSERT_TRUE(grace);
    EXPECT_EQ(state(*grace, "key_a", start_ms), KeyState::kExpired) << ms;
    EXPECT_EQ(state(*grace, "key_b", start_ms), KeyState::kActive) << ms;
    const auto revoked = read_managed_key(record_of(R"({"id":"key_a","revoked_ms":)" + ms + "}"));
    ASSERT_TRUE(revoked);
    EXPECT_EQ(state(*revoked, "key_a", start_ms), KeyState::kRevoked) << ms;
  }
}

TEST(ManagedKey, a_record_cannot_hold_two_current_keys_nor_three_that_work) {
  const auto two = read_managed_key(record_of(R"({"id":"key_a"},{"id":"key_b"})"));
  ASSERT_TRUE(two);
  EXPECT_EQ(state(*two, "key_a", start_ms), KeyState::kExpired);
  EXPECT_EQ(state(*two, "key_b", start_ms), KeyState::kActive);

  const std::string grace = R"(,"superseded_ms":1795000000000,"grace_ends_ms":1795080000000})";
  const auto three = read_managed_key(
      record_of(R"({"id":"key_a")" + grace + R"(,{"id":"key_b")" + grace + R"(,{"id":"key_c"})"));
  ASSERT_TRUE(three);
  EXPECT_EQ(state(*three, "key_a", start_ms), KeyState::kExpired);
  EXPECT_EQ(three->generations[0].grace_ends_ms, start_ms);
  EXPECT_EQ(state(*three, "key_b", start_ms), KeyState::kSuperseded);
  EXPECT_EQ(state(*three, "key_c", start_ms), KeyState::kActive);
}

// --- The rules -------------------------------------------------------------------------------

TEST(ManagedKey, E1_a_key_is_valid_until_its_expiry_and_not_at_it) {
  ManagedKey key = key_named("key_a");
  key.grant.expires_ms = start_ms + hour_ms;
  EXPECT_EQ(state(key, "key_a", start_ms + hour_ms - 1'000), KeyState::kActive);
  EXPECT_EQ(state(key, "key_a", start_ms + hour_ms - 1), KeyState::kActive);
  EXPECT_EQ(state(key, "key_a", start_ms + hour_ms), KeyState::kExpired);
  EXPECT_EQ(state(key, "key_a", start_ms + hour_ms + 1'000), KeyState::kExpired);
}

TEST(ManagedKey, E5_a_superseded_key_works_for_its_grace_and_not_at_the_end_of_it) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms), KeyChange::kDone);
  EXPECT_EQ(key.current().id, "key_b");
  EXPECT_EQ(state(key, "key_b", start_ms), KeyState::kActive);
  EXPECT_EQ(state(key, "key_a", start_ms), KeyState::kSuperseded);
  EXPECT_EQ(state(key, "key_a", start_ms + day_ms - 1'000), KeyState::kSuperseded);
  EXPECT_EQ(state(key, "key_a", start_ms + day_ms), KeyState::kExpired);

  const std::optional<Grant> grant = grant_of(key, key.generations[0], start_ms + hour_ms);
  ASSERT_TRUE(grant);
  EXPECT_EQ(grant->superseded_ms, start_ms);
  EXPECT_EQ(ends_ms(*grant), start_ms + day_ms);
  EXPECT_EQ(standing(*grant, start_ms + day_ms - 1), Standing::kSuperseded);
  EXPECT_EQ(standing(*grant, start_ms + day_ms), Standing::kExpired);
  const std::optional<Grant> current = grant_of(key, key.current(), start_ms + hour_ms);
  EXPECT_FALSE(ends_ms(*current));
}

TEST(ManagedKey, E5_a_grace_is_never_longer_than_a_day) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), 30 * day_ms, start_ms),
            KeyChange::kDone);
  EXPECT_EQ(key.generations[0].grace_ends_ms, start_ms + bounds::grace_ms);
}

TEST(ManagedKey, E8_grace_never_extends_the_expiry) {
  ManagedKey key = key_named("key_a");
  key.grant.expires_ms = start_ms + 2 * hour_ms;
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms), KeyChange::kDone);
  EXPECT_EQ(key.generations[0].grace_ends_ms, start_ms + 2 * hour_ms);
  EXPECT_EQ(state(key, "key_a", start_ms + 2 * hour_ms - 1), KeyState::kSuperseded);
  EXPECT_EQ(state(key, "key_a", start_ms + 2 * hour_ms), KeyState::kExpired);
  EXPECT_EQ(state(key, "key_b", start_ms + 2 * hour_ms), KeyState::kExpired);
}

TEST(ManagedKey, E8_an_expiry_that_is_brought_forward_during_grace_ends_both) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms), KeyChange::kDone);
  key.grant.expires_ms = start_ms + hour_ms;
  EXPECT_EQ(state(key, "key_a", start_ms + hour_ms), KeyState::kExpired);
  EXPECT_EQ(state(key, "key_b", start_ms + hour_ms), KeyState::kExpired);
  EXPECT_EQ(ends_ms(*grant_of(key, key.generations[0], start_ms)), start_ms + hour_ms);
}

TEST(ManagedKey, E9_superseding_twice_ends_the_oldest_at_once) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms), KeyChange::kDone);
  ASSERT_EQ(supersede(key, "key_b", generation_named("key_c"), day_ms, start_ms + hour_ms),
            KeyChange::kDone);
  EXPECT_EQ(key.generations[0].grace_ends_ms, start_ms + hour_ms);
  key = stored(key);
  EXPECT_EQ(state(key, "key_a", start_ms + hour_ms), KeyState::kExpired);
  EXPECT_EQ(state(key, "key_b", start_ms + hour_ms), KeyState::kSuperseded);
  EXPECT_EQ(state(key, "key_c", start_ms + hour_ms), KeyState::kActive);
  EXPECT_EQ(key.generations[0].grace_ends_ms, start_ms + hour_ms);
}

TEST(ManagedKey, E9_the_oldest_stays_ended_on_a_clock_that_is_behind) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), hour_ms, start_ms),
            KeyChange::kDone);
  ASSERT_EQ(supersede(key, "key_b", generation_named("key_c"), hour_ms, start_ms + 2 * hour_ms),
            KeyChange::kDone);
  for (const ManagedKey& each : {key, stored(key)}) {
    EXPECT_EQ(state(each, "key_a", start_ms + 1), KeyState::kExpired);
    EXPECT_EQ(standing(*grant_of(each, each.generations[0], start_ms + 1), start_ms + 1),
              Standing::kExpired);
    EXPECT_EQ(state(each, "key_b", start_ms + 1), KeyState::kSuperseded);
    EXPECT_EQ(standing(*grant_of(each, each.generations[1], start_ms + 1), start_ms + 1),
              Standing::kSuperseded);
  }
}

TEST(ManagedKey, E10_a_revoked_expired_or_disabled_key_is_not_superseded) {
  ManagedKey revoked = key_named("key_a");
  ASSERT_EQ(revoke(revoked, "key_a", start_ms), KeyChange::kDone);
  ManagedKey expired = key_named("key_a");
  expired.grant.expires_ms = start_ms;
  ManagedKey disabled = key_named("key_a");
  disabled.disabled = true;
  for (ManagedKey* key : {&revoked, &expired, &disabled}) {
    const std::string before = write_managed_key(*key);
    EXPECT_EQ(supersede(*key, "key_a", generation_named("key_b"), day_ms, start_ms),
              KeyChange::kEnded);
    EXPECT_EQ(write_managed_key(*key), before);
  }
}

TEST(ManagedKey, E11_a_grace_of_zero_revokes_the_old_key_at_once) {
  for (const int64_t grace_ms : {int64_t{0}, int64_t{-1}, INT64_MIN}) {
    ManagedKey key = key_named("key_a");
    ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), grace_ms, start_ms),
              KeyChange::kDone);
    EXPECT_EQ(state(key, "key_a", start_ms), KeyState::kRevoked);
    EXPECT_FALSE(grant_of(key, key.generations[0], start_ms));
    EXPECT_EQ(state(key, "key_b", start_ms), KeyState::kActive);
  }
}

TEST(ManagedKey, E13_revoking_during_grace_ends_both_whichever_is_named) {
  for (const char* named : {"key_a", "key_b"}) {
    ManagedKey key = key_named("key_a");
    ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms),
              KeyChange::kDone);
    EXPECT_EQ(revoke(key, named, start_ms + hour_ms), KeyChange::kDone);
    EXPECT_EQ(state(key, "key_a", start_ms + hour_ms), KeyState::kRevoked);
    EXPECT_EQ(state(key, "key_b", start_ms + hour_ms), KeyState::kRevoked);
    EXPECT_EQ(revoke(key, "key_a", start_ms + 2 * hour_ms), KeyChange::kNothing);
    EXPECT_EQ(revoke(key, "key_b", start_ms + 2 * hour_ms), KeyChange::kNothing);
    EXPECT_EQ(key.generations[0].revoked_ms, start_ms + hour_ms);
  }
}

TEST(ManagedKey, E13_a_key_that_is_disabled_during_grace_is_revoked_as_a_whole_too) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms), KeyChange::kDone);
  key.disabled = true;
  EXPECT_EQ(revoke(key, "key_a", start_ms), KeyChange::kDone);
  EXPECT_EQ(state(key, "key_b", start_ms), KeyState::kRevoked);
}

TEST(ManagedKey, E13_after_grace_the_older_key_is_revoked_alone) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms), KeyChange::kDone);
  EXPECT_EQ(revoke(key, "key_a", start_ms + day_ms), KeyChange::kDone);
  EXPECT_EQ(state(key, "key_a", start_ms + day_ms), KeyState::kRevoked);
  EXPECT_EQ(state(key, "key_b", start_ms + day_ms), KeyState::kActive);
}

TEST(ManagedKey, E14_a_superseded_key_is_not_superseded_again) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms), KeyChange::kDone);
  const std::string before = write_managed_key(key);
  EXPECT_EQ(supersede(key, "key_a", generation_named("key_c"), day_ms, start_ms),
            KeyChange::kNotCurrent);
  EXPECT_EQ(supersede(key, "key_x", generation_named("key_c"), day_ms, start_ms),
            KeyChange::kNotCurrent);
  EXPECT_EQ(revoke(key, "key_x", start_ms), KeyChange::kNotCurrent);
  EXPECT_EQ(write_managed_key(key), before);
}

TEST(ManagedKey, E14_a_key_that_was_superseded_by_a_clock_ahead_of_ours_counts_as_superseded) {
  ManagedKey key = key_named("key_a");
  ASSERT_EQ(supersede(key, "key_a", generation_named("key_b"), day_ms, start_ms), KeyChange::kDone);
  EXPECT_EQ(state(key, "key_a", start_ms - 5'000), KeyState::kSuperseded);
  EXPECT_EQ(standing(*grant_of(key, key.generations[0], start_ms - 5'000), start_ms - 5'000),
            Standing::kSuperseded);
}

TEST(ManagedKey, E16_no_record_makes_grace_longer_than_its_bound) {
  const auto key = read_managed_key(record_of(
      R"({"id":"key_a","superseded_ms":1795000000000,"grace_ends_ms":4000000000000},{"id":"key_b"})"));
  ASSERT_TRUE(key);
  EXPECT_EQ(state(*key, "key_a", start_ms + day_ms - 1), KeyState::kSuperseded);
  EXPECT_EQ(state(*key, "key_a", start_ms + day_ms), KeyState::kExpired);
  EXPECT_EQ(state(*key, "key_a", start_ms + 365 * day_ms), KeyState::kExpired);
}

TEST(ManagedKey, revoked_wins_over_disabled_and_disabled_over_expired) {
  ManagedKey key = key_named("key_a");
  key.grant.expires_ms = start_ms;
  EXPECT_EQ(state(key, "key_a", start_ms), KeyState::kExpired);
  EXPECT_TRUE(grant_of(key, key.current(), start_ms));
  key.disabled = true;
  EXPECT_EQ(state(key, "key_a", start_ms), KeyState::kDisabled);
  EXPECT_FALSE(grant_of(key, key.current(), start_ms));
  ASSERT_EQ(revoke(key, "key_a", start_ms), KeyChange::kDone);
  EXPECT_EQ(state(key, "key_a", start_ms), KeyState::kRevoked);
  EXPECT_FALSE(grant_of(key, key.current(), start_ms));
}

TEST(ManagedKey, a_lineage_remembers_its_first_key_and_its_last_ones) {
  ManagedKey key = key_named("key_0");
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(supersede(key, "key_" + std::to_string(i),
                        generation_named("key_" + std::to_string(i + 1)), day_ms, start_ms + i),
              KeyChange::kDone);
    ASSERT_LE(key.generations.size(), bounds::key_generations_max);
  }
  EXPECT_EQ(key.generations.front().id, "key_0");
  EXPECT_EQ(key.generations[1].id, "key_14");
  EXPECT_EQ(key.current().id, "key_20");
  EXPECT_EQ(key.generation("key_13"), nullptr);
  EXPECT_EQ(state(key, "key_19", start_ms + 20), KeyState::kSuperseded);
  EXPECT_EQ(state(key, "key_18", start_ms + 20), KeyState::kExpired);
  EXPECT_TRUE(read_managed_key(write_managed_key(key)));
}

TEST(ManagedKey, a_successor_brings_no_end_of_its_own) {
  ManagedKey key = key_named("key_a");
  KeyGeneration successor = generation_named("key_b");
  successor.superseded_ms = successor.grace_ends_ms = successor.revoked_ms = start_ms;
  ASSERT_EQ(supersede(key, "key_a", successor, day_ms, start_ms), KeyChange::kDone);
  EXPECT_EQ(state(key, "key_b", start_ms), KeyState::kActive);
}

TEST(ManagedKey, every_state_has_a_name) {
  EXPECT_EQ(state_name(KeyState::kActive), "active");
  EXPECT_EQ(state_name(KeyState::kSuperseded), "superseded");
  EXPECT_EQ(state_name(KeyState::kExpired), "expired");
  EXPECT_EQ(state_name(KeyState::kDisabled), "disabled");
  EXPECT_EQ(state_name(KeyState::kRevoked), "revoked");
}

// --- Rights ----------------------------------------------------------------------------------

Grant wide_grant() {
  Grant grant;
  grant.scopes = {Scope::kRead, Scope::kGenerate, Scope::kWebhookWrite};
  grant.account = "acme";
  grant.models = {"openai/*", "anthropic/claude"};
  grant.limits[Limit::kRequestsPerDay] = 100;
  grant.limits[Limit::kBudgetPerDay] = 5'000;
  grant.expires_ms = start_ms + day_ms;
  return grant;
}

TEST(ManagedKey, S5_as_much_as_the_creator_holds_may_be_given) {
  EXPECT_EQ(exceeded_member(wide_grant(), wide_grant()), "");
  EXPECT_EQ(exceeded_member(Grant(), Grant()), "");
  EXPECT_EQ(exceeded_member(wide_grant(),
                            [] {
                              Grant creator;
                              creator.scopes = {Scope::kAdmin, Scope::kWebhookWrite};
                              return creator;
                            }()),
            "");
}

TEST(ManagedKey, S5_less_than_the_creator_holds_may_be_given) {
  Grant wanted = wide_grant();
  wanted.scopes = {Scope::kRead};
  wanted.key_class = KeyClass::kTest;
  wanted.models = {"openai/gpt-4o"};
  wanted.limits[Limit::kRequestsPerDay] = 99;
  wanted.limits[Limit::kBudgetPerDay] = 0;
  wanted.limits[Limit::kTokensPerDay] = 1'000'000;
  wanted.expires_ms = start_ms + day_ms - 1;
  EXPECT_EQ(exceeded_member(wanted, wide_grant()), "");
  wanted.scopes = {};
  EXPECT_EQ(exceeded_member(wanted, wide_grant()), "");
}

TEST(ManagedKey, S5_scopes_that_the_creator_does_not_hold_are_named) {
  Grant wanted = wide_grant(), creator = wide_grant();
  creator.scopes = {Scope::kRead, Scope::kGenerate};
  EXPECT_EQ(exceeded_member(wanted, creator), "scopes");
  wanted.scopes = {Scope::kAdmin};
  EXPECT_EQ(exceeded_member(wanted, creator), "scopes");
}

TEST(ManagedKey, S5_a_creator_that_manages_may_give_read_and_generate_and_nothing_else_it_lacks) {
  Grant wanted, creator;
  creator.scopes = {Scope::kAdmin};
  EXPECT_EQ(exceeded_member(wanted, creator), "");
  wanted.scopes = {Scope::kAdmin, Scope::kRead};
  EXPECT_EQ(exceeded_member(wanted, creator), "");
  wanted.scopes = {Scope::kWebhookWrite};
  EXPECT_EQ(exceeded_member(wanted, creator), "scopes");
}

TEST(ManagedKey, S5_a_class_that_may_do_more_is_named) {
  const auto exceeded = [](KeyClass wanted_class, KeyClass creator_class) {
    Grant wanted, creator;
    wanted.key_class = wanted_class;
    creator.key_class = creator_class;
    return exceeded_member(wanted, creator);
  };
  EXPECT_EQ(exceeded(KeyClass::kLive, KeyClass::kTest), "class");
  EXPECT_EQ(exceeded(KeyClass::kDev, KeyClass::kTest), "class");
  EXPECT_EQ(exceeded(KeyClass::kTest, KeyClass::kTest), "");
  EXPECT_EQ(exceeded(KeyClass::kLive, KeyClass::kDev), "class");
  EXPECT_EQ(exceeded(KeyClass::kDev, KeyClass::kDev), "");
  EXPECT_EQ(exceeded(KeyClass::kTest, KeyClass::kDev), "");
  EXPECT_EQ(exceeded(KeyClass::kLive, KeyClass::kLive), "");
  EXPECT_EQ(exceeded(KeyClass::kDev, KeyClass::kLive), "");
  EXPECT_EQ(exceeded(KeyClass::kTest, KeyClass::kLive), "");
}

TEST(ManagedKey, S5_models_beyond_the_creators_are_named) {
  Grant wanted = wide_grant();
  for (const std::vector<std::string>& models : std::vector<std::vector<std::string>>{
           {}, {"*"}, {"anthropic/*"}, {"openai/gpt-4o", "google/gemini"}}) {
    wanted.models = models;
    EXPECT_EQ(exceeded_member(wanted, wide_grant()), "models");
  }
}

TEST(ManagedKey, S5_models_are_held_to_the_list_of_the_creators_account_as_well) {
  Grant creator, wanted;
  creator.models = {"openai/*", "anthropic/*"};
  creator.account_models = {"openai/*"};
  wanted.models = {"openai/gpt-4o"};
  EXPECT_EQ(exceeded_member(wanted, creator), "");
  wanted.models = {"anthropic/claude"};
  EXPECT_EQ(exceeded_member(wanted, creator), "models");
  wanted.account_models = {"openai/*"};
  EXPECT_EQ(exceeded_member(wanted, creator), "") << "it is held to that list itself";
  creator.models = {};
  wanted.models = {};
  EXPECT_EQ(exceeded_member(wanted, creator), "");
  wanted.account_models = {};
  EXPECT_EQ(exceeded_member(wanted, creator), "models");
}

TEST(ManagedKey, S5_another_account_is_named_unless_the_creator_has_none) {
  Grant wanted = wide_grant(), creator = wide_grant();
  wanted.account = "other";
  EXPECT_EQ(exceeded_member(wanted, creator), "account");
  wanted.account = "";
  EXPECT_EQ(exceeded_member(wanted, creator), "account");
  creator.account = "";
  EXPECT_EQ(exceeded_member(wanted, creator), "");
  wanted.account = "any";
  EXPECT_EQ(exceeded_member(wanted, creator), "");
}

TEST(ManagedKey, S5_an_end_after_the_creators_is_named) {
  Grant wanted = wide_grant(), creator = wide_grant();
  wanted.expires_ms = start_ms + day_ms + 1;
  EXPECT_EQ(exceeded_member(wanted, creator), "expires_at");
  wanted.expires_ms.reset();
  EXPECT_EQ(exceeded_member(wanted, creator), "expires_at");

  creator.expires_ms.reset();
  EXPECT_EQ(exceeded_member(wanted, creator), "");
  creator.superseded_ms = start_ms;
  EXPECT_EQ(exceeded_member(wanted, creator), "expires_at");
  wanted.expires_ms = start_ms + bounds::grace_ms;
  EXPECT_EQ(exceeded_member(wanted, creator), "");
}

TEST(ManagedKey, S5_limits_above_the_creators_are_named) {
  Grant wanted = wide_grant();
  wanted.limits[Limit::kRequestsPerDay] = 101;
  EXPECT_EQ(exceeded_member(wanted, wide_grant()), "limits");
  wanted.limits[Limit::kRequestsPerDay].reset();
  EXPECT_EQ(exceeded_member(wanted, wide_grant()), "limits");
}

// --- The rules against a model ---------------------------------------------------------------

// The rules told once more, as facts: a secret works from its making until some moment, and if it
// was taken back, it never works again. Nothing here knows how a record is kept.
class Model {
 public:
  explicit Model(const std::string& first, std::optional<int64_t> expires_ms)
      : expires_ms_(expires_ms), facts_{{first}} {}

  KeyChange supersede(const std::string& id, const std::string& successor, int64_t grace_ms,
                      int64_t now_ms) {
    Fact& last = facts_.back();
    if (last.id != id) return KeyChange::kNotCurrent;
    if (last.taken_back || disabled || expired(now_ms)) return KeyChange::kEnded;
    for (Fact& fact : facts_)
      if (fact.replaced && fact.until_ms > now_ms) fact.until_ms = now_ms;
    last.replaced = true;
    last.until_ms = now_ms + grace_ms;
    if (grace_ms == 0) last.taken_back = true;
    facts_.push_back({successor});
    return KeyChange::kDone;
  }

  KeyChange revoke(const std::string& id, int64_t now_ms) {
    Fact& named = fact(id);
    if (named.taken_back) return KeyChange::kNothing;
    const bool alone = over(named, now_ms);
    int working = 0;
    for (const Fact& each : facts_) working += !each.taken_back && !over(each, now_ms);
    if (!alone && working == 2)
      for (Fact& each : facts_) each.taken_back |= !over(each, now_ms);
    named.taken_back = true;
    return KeyChange::kDone;
  }

  KeyState state(const std::string& id, int64_t now_ms) {
    const Fact& each = fact(id);
    if (each.taken_back) return KeyState::kRevoked;
    if (disabled) return KeyState::kDisabled;
    if (over(each, now_ms)) return KeyState::kExpired;
    return each.replaced ? KeyState::kSuperseded : KeyState::kActive;
  }

  bool disabled = false;

 private:
  struct Fact {
    std::string id;
    bool replaced = false;
    int64_t until_ms = INT64_MAX;
    bool taken_back = false;
  };

  bool expired(int64_t now_ms) const { return expires_ms_ && now_ms >= *expires_ms_; }
  bool over(const Fact& fact, int64_t now_ms) const {
    return expired(now_ms) || now_ms >= fact.until_ms;
  }
  Fact& fact(const std::string& id) {
    for (Fact& each : facts_)
      if (each.id == id) return each;
    return facts_.front();
  }

  std::optional<int64_t> expires_ms_;
  std::vector<Fact> facts_;
};

// What must hold in every state that is ever seen, on whatever clock.
class Invariants {
 public:
  void check(const ManagedKey& key, const std::vector<std::string>& ids, int64_t now_ms) {
    int usable = 0;
    for (const std::string& id : ids) {
      const KeyGeneration* generation = key.generation(id);
      if (generation == nullptr) continue;
      const KeyState now = state_of(key, *generation, now_ms);
      const std::optional<Grant> grant = grant_of(key, *generation, now_ms);
      const bool works = now == KeyState::kActive || now == KeyState::kSuperseded;
      usable += works;

      if (now == KeyState::kRevoked) revoked_.push_back(id);
      const bool was_revoked = std::find(revoked_.begin(), revoked_.end(), id) != revoked_.end();
      EXPECT_TRUE(!was_revoked || now == KeyState::kRevoked) << id << " came back";
      EXPECT_EQ(grant.has_value(), now != KeyState::kRevoked && now != KeyState::kDisabled);
      EXPECT_TRUE(!works || generation == &key.current() || now == KeyState::kSuperseded);
      if (generation->grace_ends_ms && key.grant.expires_ms) {
        EXPECT_LE(*generation->grace_ends_ms, *key.grant.expires_ms) << id;
      }
      if (!grant) continue;
      const Standing expected = now == KeyState::kActive       ? Standing::kActive
                                : now == KeyState::kSuperseded ? Standing::kSuperseded
                                                               : Standing::kExpired;
      EXPECT_EQ(standing(*grant, now_ms), expected) << id;
    }
    EXPECT_LE(usable, 2);
  }

 private:
  std::vector<std::string> revoked_;
};

void play(unsigned seed) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&random](int64_t end) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(end));
  };

  ManagedKey key = key_named("key_0");
  if (below(2) == 0) key.grant.expires_ms = start_ms + below(10 * day_ms);
  Model model("key_0", key.grant.expires_ms);
  Invariants invariants;
  std::vector<std::string> ids = {"key_0"};
  int64_t now_ms = start_ms;

  for (int step = 0; step < 100; ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    // Often no time at all, sometimes exactly to an end.
    switch (below(4)) {
      case 0:
        now_ms += below(day_ms);
        break;
      case 1:
        now_ms += below(1'000);
        break;
      case 2:
        if (const std::optional<int64_t> end =
                key.generations[below(key.generations.size())].grace_ends_ms)
          now_ms = std::max(now_ms, *end - below(2));
        break;
      default:
        break;
    }
    // Whoever acts may know an old state: any id that ever was, most often a late one.
    const size_t back =
        static_cast<size_t>(below(below(3) == 0 ? static_cast<int64_t>(ids.size()) : 2));
    const std::string id = ids[back < ids.size() ? ids.size() - 1 - back : 0];
    const bool remembered = key.generation(id) != nullptr;

    switch (below(8)) {
      case 0:
      case 1:
      case 2: {
        const std::string successor = "key_" + std::to_string(ids.size());
        const int64_t grace_ms = below(4) == 0 ? 0 : below(day_ms) + 1;
        const KeyChange expected = model.supersede(id, successor, grace_ms, now_ms);
        EXPECT_EQ(supersede(key, id, generation_named(successor, now_ms), grace_ms, now_ms),
                  expected);
        if (expected == KeyChange::kDone) ids.push_back(successor);
        break;
      }
      case 3:
        // Lives end soon when they are revoked often.
        if (below(4) != 0) break;
        EXPECT_EQ(revoke(key, id, now_ms),
                  remembered ? model.revoke(id, now_ms) : KeyChange::kNotCurrent);
        break;
      case 4:
        key.disabled = model.disabled = below(2) == 0;
        break;
      default:
        break;  // a use: only the states are looked at
    }
    if (below(2) == 0) key = stored(key);

    for (const std::string& each : ids)
      if (const KeyGeneration* generation = key.generation(each)) {
        EXPECT_EQ(state_name(state_of(key, *generation, now_ms)),
                  state_name(model.state(each, now_ms)))
            << each;
      }
    invariants.check(key, ids, now_ms);
    // An isolate with a clock that is behind or ahead sees nothing that is not allowed either.
    invariants.check(key, ids, now_ms - below(2 * day_ms));
    invariants.check(key, ids, now_ms + below(2 * day_ms));
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(ManagedKey, a_hundred_mixed_changes_and_uses_never_show_a_state_that_the_rules_do_not_allow) {
  for (unsigned seed = 1; seed <= 500 && !HasFailure(); ++seed) play(seed);
}

}  // namespace
}  // namespace postern::policy
