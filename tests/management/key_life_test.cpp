#include <gtest/gtest.h>

#include "bench.h"
#include "bounds.h"
#include "management/keys.h"

namespace postern::testing {
namespace {

TEST(KeyLife, E5_a_superseded_key_works_until_its_grace_ends) {
  Bench bench;
  const Answer old = bench.create(R"({"label":"a"})");
  const Answer fresh = bench.supersede(old.at("id"));
  ASSERT_EQ(fresh.status, 201);
  EXPECT_EQ(fresh.at("predecessor"), old.at("id"));
  ASSERT_TRUE(bench.use(fresh.at("key")));
  bench.now_ms = start_ms + day_ms - 1;
  ASSERT_TRUE(bench.use(old.at("key")));
  EXPECT_TRUE(bench.use(old.at("key"))->superseded_ms);
  EXPECT_EQ(bench.read(old.at("id")).at("status"), "superseded");
  bench.now_ms = start_ms + day_ms;
  EXPECT_FALSE(bench.use(old.at("key")));
  EXPECT_EQ(bench.read(old.at("id")).at("status"), "expired");
  EXPECT_TRUE(bench.use(fresh.at("key")));
}

TEST(KeyLife, E6_E7_a_superseding_key_keeps_lineage_limits_and_rights) {
  Bench bench;
  const Answer old =
      bench.create(R"({"label":"a","models":["openai/*"],"limits":{"budget_nano_usd_per_day":7}})");
  const Answer fresh = bench.supersede(old.at("id"));
  for (const char* const name : {"label", "class", "scopes", "models", "limits", "created_by"})
    EXPECT_EQ(fresh.body[name], old.body[name]) << name;
  EXPECT_EQ(old.at("id")[4], fresh.at("id")[4]);  // one shard, so one record
  EXPECT_EQ(bench.records(), 1u);
}

TEST(KeyLife, E8_grace_never_outlives_the_expiry) {
  Bench bench;
  const Answer old = bench.create(R"({"label":"a","expires_at":"2027-01-15T10:00:00Z"})");
  bench.supersede(old.at("id"));
  EXPECT_EQ(bench.read(old.at("id")).at("grace_ends_at"), "2027-01-15T10:00:00Z");
}

TEST(KeyLife, E9_superseding_twice_ends_the_oldest_at_once) {
  Bench bench;
  const Answer first = bench.create(R"({"label":"a"})");
  const Answer second = bench.supersede(first.at("id"));
  const Answer third = bench.supersede(second.at("id"));
  EXPECT_FALSE(bench.use(first.at("key")));
  EXPECT_TRUE(bench.use(second.at("key")));
  EXPECT_TRUE(bench.use(third.at("key")));
}

TEST(KeyLife, E10_a_key_that_is_not_current_or_has_ended_cannot_be_superseded) {
  Bench bench;
  const std::string old = bench.create(R"({"label":"a"})").at("id");
  const std::string fresh = bench.supersede(old).at("id");
  const Answer refused = bench.supersede(old);
  EXPECT_EQ(refused.reason, Reason::kKeyNotActive);
  EXPECT_NE(refused.message.find("superseded"), std::string::npos);
  EXPECT_NE(refused.message.find(fresh), std::string::npos);

  bench.change(fresh, R"({"disabled":true})");
  EXPECT_NE(bench.supersede(fresh).message.find("disabled"), std::string::npos);
  bench.revoke(fresh);
  EXPECT_NE(bench.supersede(fresh).message.find("revoked"), std::string::npos);

  const std::string short_lived =
      bench.create(R"({"label":"b","expires_at":"2027-01-15T10:00:00Z"})").at("id");
  bench.now_ms += day_ms;
  EXPECT_NE(bench.supersede(short_lived).message.find("expired"), std::string::npos);
}

TEST(KeyLife, E11_a_grace_of_zero_ends_the_old_key_at_once) {
  Bench bench;
  const Answer old = bench.create(R"({"label":"a"})");
  const Answer fresh = bench.supersede(old.at("id"), R"({"grace_seconds":0})");
  EXPECT_FALSE(bench.use(old.at("key")));
  EXPECT_TRUE(bench.use(fresh.at("key")));
  for (const char* const bad : {"-1", "86401", "1.0", "\"0\"", "null", "1e3"})
    EXPECT_EQ(
        bench.supersede(fresh.at("id"), R"({"grace_seconds":)" + std::string(bad) + "}").param,
        "grace_seconds");
  bench.supersede(fresh.at("id"), R"({"grace_seconds":60})");
  bench.now_ms += 59'999;
  EXPECT_TRUE(bench.use(fresh.at("key")));
  bench.now_ms += 1;
  EXPECT_FALSE(bench.use(fresh.at("key")));
}

TEST(KeyLife, E12_a_supersede_that_is_retried_gives_the_same_key_without_its_secret) {
  Bench bench;
  const Answer old = bench.create(R"({"label":"a"})");
  const Answer lost = bench.supersede(old.at("id"), "", "rotation-1");
  const Answer again = bench.supersede(old.at("id"), "", "rotation-1");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.at("id"), lost.at("id"));
  EXPECT_TRUE(again.body["key"].is_null());
  EXPECT_TRUE(bench.use(old.at("key")));
  const Answer fresh = bench.supersede(again.at("id"));
  EXPECT_EQ(fresh.status, 201);
  EXPECT_EQ(bench.supersede(old.at("id"), R"({"grace_seconds":5})", "rotation-1").reason,
            Reason::kIdempotencyKeyReused);
}

TEST(KeyLife, E13_revoking_during_grace_ends_both_keys_whichever_is_named) {
  for (const bool name_the_old : {true, false}) {
    Bench bench;
    const Answer old = bench.create(R"({"label":"a"})");
    const Answer fresh = bench.supersede(old.at("id"));
    const std::string id = name_the_old ? old.at("id") : fresh.at("id");
    const Answer revoked = bench.revoke(id);
    EXPECT_EQ(revoked.status, 200);
    EXPECT_EQ(revoked.at("id"), id);
    EXPECT_EQ(revoked.at("status"), "revoked");
    EXPECT_FALSE(bench.use(old.at("key")));
    EXPECT_FALSE(bench.use(fresh.at("key")));
  }
}

TEST(KeyLife, revoking_twice_is_the_same_answer) {
  Bench bench;
  const std::string id = bench.create(R"({"label":"a"})").at("id");
  const Answer first = bench.revoke(id);
  bench.now_ms += hour_ms;
  EXPECT_EQ(bench.revoke(id), first);
  EXPECT_EQ(bench.read(id), first);
}

TEST(KeyLife, E14_the_holder_of_a_replaced_key_cannot_have_it_replaced_again) {
  Bench bench;
  const Answer admin = bench.create(R"({"label":"m","scopes":["admin"]})");
  bench.caller = bench.holder_of(admin);
  EXPECT_EQ(bench.supersede(admin.at("id")).status, 201);
  EXPECT_EQ(bench.supersede(admin.at("id")).reason, Reason::kKeyNotActive);
}

TEST(KeyLife, S6_nobody_changes_its_own_key_and_everybody_may_end_or_replace_it) {
  Bench bench;
  const Answer admin = bench.create(R"({"label":"m","scopes":["admin"]})");
  bench.caller = bench.holder_of(admin);
  for (const char* const body :
       {R"({"scopes":["read"]})", R"({"limits":null})", R"({"expires_at":null})",
        R"({"label":"x"})", R"({"disabled":false})"})
    EXPECT_EQ(bench.change(admin.at("id"), body).reason, Reason::kOwnKey) << body;
  const Answer fresh = bench.supersede(admin.at("id"));
  EXPECT_EQ(fresh.status, 201);
  EXPECT_EQ(bench.change(fresh.at("id"), R"({"label":"x"})").reason, Reason::kOwnKey);
  bench.caller.key_id = fresh.at("id");
  EXPECT_EQ(bench.change(admin.at("id"), R"({"label":"x"})").reason, Reason::kOwnKey);
  EXPECT_EQ(bench.revoke(fresh.at("id")).at("status"), "revoked");
}

TEST(KeyLife, S5_a_key_of_more_rights_cannot_be_had_by_replacing_it) {
  Bench bench;
  bench.caller = operator_caller({Scope::kAdmin, Scope::kWebhookWrite});
  const Answer wide = bench.create(R"({"label":"w","scopes":["webhook:write"]})");
  bench.caller = operator_caller();
  const Answer refused = bench.supersede(wide.at("id"));
  EXPECT_EQ(refused.reason, Reason::kExceedsCreator);
  EXPECT_EQ(refused.param, "scopes");
  EXPECT_EQ(bench.revoke(wide.at("id")).status, 200);
}

TEST(KeyLife, a_change_is_kept_and_null_takes_a_restriction_away) {
  Bench bench;
  const std::string id =
      bench.create(R"({"label":"a","models":["x"],"limits":{"requests_per_day":1}})").at("id");
  const Answer changed = bench.change(
      id, R"({"label":"b","scopes":["read"],"models":null,"expires_at":"2030-01-01T00:00:00Z",)"
          R"("limits":null,"disabled":true})");
  ASSERT_EQ(changed.status, 200) << changed.param;
  EXPECT_EQ(changed.at("label"), "b");
  EXPECT_EQ(changed.at("status"), "disabled");
  EXPECT_TRUE(changed.body["models"].is_null());
  EXPECT_TRUE(changed.body["limits"].is_null());
  EXPECT_EQ(bench.read(id), changed);
  EXPECT_EQ(bench.change(id, R"({"disabled":false,"expires_at":null})").at("status"), "active");
}

TEST(KeyLife, a_change_that_is_wrong_is_refused_by_name) {
  Bench bench;
  const std::string id = bench.create(R"({"label":"a"})").at("id");
  const std::pair<const char*, const char*> cases[] = {
      {"", ""},
      {"{}", ""},
      {R"({"class":"test"})", "class"},
      {R"({"account":"acme"})", "account"},
      {R"({"account":null})", "account"},
      {R"({"disabled":1})", "disabled"},
      {R"({"disabled":null})", "disabled"},
      {R"({"label":null})", "label"},
      {R"({"scopes":null})", "scopes"},
      {R"({"status":"active"})", "status"},
      {R"({"expires_at":"2001-01-01T00:00:00Z"})", "expires_at"}};
  for (const auto& [body, param] : cases) {
    const Answer answer = bench.change(id, body);
    EXPECT_EQ(answer.reason, Reason::kInvalidRequest) << body;
    EXPECT_EQ(answer.param, param) << body;
  }
  EXPECT_EQ(bench.change(id, R"({"scopes":["webhook:write"]})").reason, Reason::kExceedsCreator);
}

TEST(KeyLife, what_has_ended_never_begins_again) {
  Bench bench;
  const Answer expiring = bench.create(R"({"label":"a","expires_at":"2027-01-15T10:00:00Z"})");
  const Answer disabled = bench.create(R"({"label":"d","expires_at":"2027-01-15T10:00:00Z"})");
  const Answer revoked = bench.create(R"({"label":"r"})");
  const Answer replaced = bench.create(R"({"label":"s"})");
  bench.change(disabled.at("id"), R"({"disabled":true})");
  bench.revoke(revoked.at("id"));
  bench.supersede(replaced.at("id"), R"({"grace_seconds":0})");
  bench.now_ms += day_ms;
  for (const Answer* key : {&expiring, &disabled, &revoked, &replaced}) {
    EXPECT_EQ(bench.change(key->at("id"), R"({"expires_at":null,"disabled":false})").reason,
              Reason::kKeyNotActive);
    EXPECT_FALSE(bench.use(key->at("key")));
  }
}

TEST(KeyLife, a_lineage_forgets_its_oldest_secrets_and_stays_one_record) {
  Bench bench;
  Answer key = bench.create(R"({"label":"a"})");
  const std::string first = key.at("id");
  for (int i = 0; i < 30; ++i) {
    bench.now_ms += hour_ms;
    key = bench.supersede(key.at("id"));
    ASSERT_EQ(key.status, 201);
  }
  EXPECT_EQ(bench.records(), 1u);
  size_t names = 0;
  for (const Records& shard : bench.store.all) names += shard.names.size();
  EXPECT_EQ(names, 2 * bounds::key_generations_max);
  EXPECT_EQ(bench.read(first).status, 200);
  EXPECT_TRUE(bench.use(key.at("key")));
}

TEST(KeyLife, an_ended_record_goes_away_and_a_living_one_does_not) {
  Bench bench;
  const std::string ended = bench.create(R"({"label":"a"})").at("id");
  const std::string living = bench.create(R"({"label":"b"})").at("id");
  bench.revoke(ended);
  bench.now_ms += bounds::ended_key_kept_ms;
  EXPECT_EQ(bench.read(ended).reason, Reason::kKeyNotFound);
  EXPECT_EQ(bench.read(living).status, 200);
}

TEST(KeyLife, an_operation_names_the_lineage_that_it_changes_before_the_store_is_told) {
  Bench bench;
  const std::string first = bench.create(R"({"label":"a"})").at("id");
  const std::string second = bench.supersede(first).at("id");
  for (const RouteId route : {RouteId::kSupersedeKey, RouteId::kChangeKey, RouteId::kRevokeKey}) {
    const auto operation =
        bench.make({.route = route,
                    .parameter = second,
                    .body = route == RouteId::kChangeKey ? R"({"label":"b"})" : ""});
    management::Step step = operation->begin(start_ms);
    EXPECT_TRUE(operation->changed.empty());
    step = operation->resume(bench.store.answer(std::get<management::StoreCall>(step), start_ms),
                             start_ms);
    ASSERT_EQ(std::get<management::StoreCall>(step).method, "commit");
    EXPECT_EQ(operation->changed, std::vector<std::string>{first});
  }
}

}  // namespace
}  // namespace postern::testing
