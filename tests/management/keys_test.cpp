#include "management/keys.h"

#include <gtest/gtest.h>

#include <set>

#include "bench.h"
#include "bounds.h"

namespace postern::testing {
namespace {

TEST(Keys, a_created_key_works_and_is_shown_once) {
  Bench bench;
  const Answer created = bench.create(R"({"label":"app"})");
  ASSERT_EQ(created.status, 201) << created.message;
  EXPECT_EQ(created.at("object"), "key");
  EXPECT_EQ(created.at("class"), "live");
  EXPECT_EQ(created.at("status"), "active");
  EXPECT_EQ(created.at("created_by"), "ops");
  EXPECT_EQ(created.body["scopes"], Document::parse(R"(["read","generate"])"));
  for (const char* const name : {"models", "account", "limits", "expires_at", "superseded_at",
                                 "grace_ends_at", "revoked_at", "predecessor", "successor"})
    EXPECT_TRUE(created.body[name].is_null()) << name;
  EXPECT_EQ(created.body["livemode"], true);
  ASSERT_TRUE(bench.use(created.at("key")));

  const Answer read = bench.read(created.at("id"));
  EXPECT_EQ(read.status, 200);
  EXPECT_FALSE(read.body.contains("key"));
  Document without = created.body;
  without.erase("key");
  EXPECT_EQ(read.body, without);
}

TEST(Keys, every_member_that_is_given_is_kept) {
  Bench bench;
  const Answer created = bench.create(
      R"({"label":"ci","class":"test","scopes":["read"],"models":["openai/*"],"account":"acme",)"
      R"("expires_at":"2030-01-01T00:00:00Z","limits":{"requests_per_minute":5,"tokens_per_day":null}})");
  ASSERT_EQ(created.status, 201) << created.message << created.param;
  const Document read = bench.read(created.at("id")).body;
  EXPECT_EQ(read["class"], "test");
  EXPECT_EQ(read["livemode"], false);
  EXPECT_EQ(read["models"], Document::parse(R"(["openai/*"])"));
  EXPECT_EQ(read["account"], "acme");
  EXPECT_EQ(read["expires_at"], "2030-01-01T00:00:00Z");
  EXPECT_EQ(read["limits"], Document::parse(R"({"requests_per_minute":5})"));
  EXPECT_TRUE(created.at("key").starts_with("gw_test_"));
}

TEST(Keys, O7_a_key_is_displayed_as_its_prefix_and_four_characters) {
  Bench bench;
  const Answer created = bench.create(R"({"label":"a"})");
  const std::string key = created.at("key");
  EXPECT_EQ(bench.read(created.at("id")).at("display"), "gw_live_..." + key.substr(key.size() - 4));
}

TEST(Keys, a_body_that_is_wrong_is_refused_by_the_name_of_its_member) {
  Bench bench;
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "label"},
      {R"({"label":null})", "label"},
      {R"({"label":5})", "label"},
      {R"({"label":""})", "label"},
      {R"({"label":"a b"})", "label"},
      {R"({"label":"<script>"})", "label"},
      {R"({"label":"a","colour":1})", "colour"},
      {R"({"label":"a","<b>":1})", ""},
      {R"({"label":"a","scopes":[]})", "scopes"},
      {R"({"label":"a","scopes":null})", "scopes"},
      {R"({"label":"a","scopes":["Admin"]})", "scopes"},
      {R"({"label":"a","scopes":["read",1]})", "scopes"},
      {R"({"label":"a","scopes":["admin","generate"]})", "scopes"},
      {R"({"label":"a","class":"prod"})", "class"},
      {R"({"label":"a","models":[]})", "models"},
      {R"({"label":"a","models":["gpt *"]})", "models"},
      {R"({"label":"a","models":"gpt"})", "models"},
      {R"({"label":"a","account":"../x"})", "account"},
      {R"({"label":"a","limits":[]})", "limits"},
      {R"({"label":"a","limits":{"x":1}})", "limits"},
      {R"({"label":"a","limits":{"requests_per_day":-1}})", "limits.requests_per_day"},
      {R"({"label":"a","limits":{"requests_per_day":1.5}})", "limits.requests_per_day"},
      {R"({"label":"a","limits":{"requests_per_day":9007199254740992}})",
       "limits.requests_per_day"},
      {R"({"label":"a","limits":{"requests_per_day":18446744073709551615}})",
       "limits.requests_per_day"},
      {R"([])", ""},
      {R"("x")", ""},
  };
  for (const auto& [body, param] : cases) {
    const Answer answer = bench.create(body);
    EXPECT_EQ(answer.reason, Reason::kInvalidRequest) << body;
    EXPECT_EQ(answer.param, param) << body;
  }
  const std::string deep(5000, '[');
  for (const std::string& body :
       {std::string("{"), std::string("nul"), std::string("{\"label\":\"a\"} x"),
        std::string("\"\xFF\""), deep, "{\"label\":" + deep})
    EXPECT_EQ(bench.create(body).reason, Reason::kInvalidJson) << body.substr(0, 40);
  EXPECT_EQ(bench.calls, 0);
}

TEST(Keys, E2_E3_an_expiry_that_is_no_time_in_utc_or_not_ahead_is_refused) {
  Bench bench;
  for (const char* const time :
       {"0", "-1", "1800000000", "1800000000000", "1e30", "true", "[]", R"("2027-01-01")",
        R"("2028-01-01T00:00:00+02:00")", R"("2028-01-01T00:00:00")", R"("9999-01-01T00:00:00Z")",
        R"("2028-02-30T00:00:00Z")", R"("NaN")", R"("")", R"("2027-01-15T08:00:00Z")",
        R"("2001-01-01T00:00:00Z")"}) {
    const Answer answer = bench.create(R"({"label":"a","expires_at":)" + std::string(time) + "}");
    EXPECT_EQ(answer.reason, Reason::kInvalidRequest) << time;
    EXPECT_EQ(answer.param, "expires_at") << time;
  }
  EXPECT_EQ(bench.create(R"({"label":"a","expires_at":"2027-01-15T08:00:01Z"})").status, 201);
  EXPECT_TRUE(bench.create(R"({"label":"a","expires_at":null})").body["expires_at"].is_null());
}

TEST(Keys, S5_a_child_that_is_wider_than_its_creator_is_refused_and_never_clamped) {
  Bench bench;
  bench.caller.grant.models = {"openai/*"};
  bench.caller.grant.expires_ms = start_ms + day_ms;
  bench.caller.grant.limits[policy::Limit::kRequestsPerDay] = 100;
  const std::string within =
      R"("label":"a","models":["openai/gpt-4o"],"expires_at":"2027-01-16T07:00:00Z",)";
  const std::string limits = R"("limits":{"requests_per_day":100})";
  EXPECT_EQ(bench.create("{" + within + limits + "}").status, 201);
  const size_t records = bench.records();
  const std::pair<std::string, const char*> cases[] = {
      {R"({"label":"a","expires_at":"2027-01-16T07:00:00Z",)" + limits + "}", "models"},
      {R"({"label":"a","models":["openai/gpt-4o","x/y"],"expires_at":"2027-01-16T07:00:00Z",)" +
           limits + "}",
       "models"},
      {R"({"label":"a","models":["openai/gpt-4o"],)" + limits + "}", "expires_at"},
      {R"({"label":"a","models":["openai/gpt-4o"],"expires_at":"2027-01-16T08:00:01Z",)" + limits +
           "}",
       "expires_at"},
      {"{" + within + R"("limits":{"requests_per_day":101}})", "limits"},
      {"{" + within + R"("limits":null})", "limits"},
      {"{" + within + limits + R"(,"scopes":["webhook:write"]})", "scopes"},
  };
  for (const auto& [body, param] : cases) {
    const Answer answer = bench.create(body);
    EXPECT_EQ(answer.reason, Reason::kExceedsCreator) << body;
    EXPECT_EQ(answer.param, param) << body;
  }
  bench.caller.grant.key_class = policy::KeyClass::kTest;
  EXPECT_EQ(bench.create("{" + within + limits + R"(,"class":"live"})").param, "class");
  EXPECT_EQ(bench.records(), records);
}

TEST(Keys, S5_an_account_gives_its_limits_to_children_and_no_other_account_can_be_named) {
  Bench bench;
  bench.config.accounts.configured = true;
  policy::Account acme;
  acme.limits[policy::Limit::kRequestsPerDay] = 10;
  bench.config.accounts.usable["acme"] = acme;
  bench.config.accounts.usable["other"] = {};
  bench.caller.grant.account = "acme";
  ASSERT_TRUE(policy::inherit(bench.config.accounts, bench.caller.grant));
  const Answer created = bench.create(R"({"label":"a"})");
  EXPECT_EQ(created.status, 201) << created.param;
  EXPECT_EQ(created.at("account"), "acme");
  EXPECT_EQ(bench.create(R"({"label":"a","account":"other"})").param, "account");
  EXPECT_EQ(bench.create(R"({"label":"a","account":null})").param, "account");
  EXPECT_EQ(bench.create(R"({"label":"a","account":"nobody"})").reason, Reason::kInvalidRequest);
}

TEST(Keys, S1_S12_O9_what_a_caller_may_not_see_is_as_if_it_did_not_exist) {
  Bench bench;
  const std::string acme = bench.create(R"({"label":"a","account":"acme"})").at("id");
  const std::string other = bench.create(R"({"label":"b","account":"other"})").at("id");
  const std::string test =
      bench.create(R"({"label":"t","class":"test","account":"acme"})").at("id");
  const std::string nowhere = acme.substr(0, 5) + std::string(22, '0');

  const auto hidden_as_absent = [&](const std::string& id) {
    for (const RouteId route :
         {RouteId::kReadKey, RouteId::kChangeKey, RouteId::kRevokeKey, RouteId::kSupersedeKey}) {
      const std::string body = route == RouteId::kChangeKey ? R"({"label":"x"})" : "";
      const Answer hidden = bench.run({.route = route, .parameter = id, .body = body});
      EXPECT_EQ(hidden.reason, Reason::kKeyNotFound);
      for (const std::string& absent :
           {nowhere, std::string("key_"), std::string("x"), std::string("__proto__")})
        EXPECT_EQ(hidden, bench.run({.route = route, .parameter = absent, .body = body}));
    }
  };
  bench.caller.grant.account = "acme";
  hidden_as_absent(other);
  EXPECT_EQ(bench.list().body["data"].size(), 2u);
  bench.caller.grant.key_class = policy::KeyClass::kTest;
  hidden_as_absent(acme);
  EXPECT_EQ(bench.list().body["data"].size(), 1u);
  EXPECT_EQ(bench.list().body["data"][0]["id"], test);
  bench.caller = operator_caller();
  EXPECT_EQ(bench.list().body["data"].size(), 3u);
  EXPECT_EQ(bench.read(other).at("status"), "active");
}

TEST(Keys, M10_pages_are_bounded_newest_first_and_hold_everything_once) {
  Bench bench;
  std::vector<std::string> made;
  for (int i = 0; i < 57; ++i) {
    bench.now_ms += i % 3;  // several at the same time
    made.push_back(bench.create(R"({"label":"k)" + std::to_string(i) + "\"}").at("id"));
  }
  for (const int limit : {1, 7, 57, 100}) {
    std::set<std::string> seen;
    std::string cursor, last_time = "9999";
    for (int pages = 0; pages < 100; ++pages) {
      const Answer page = bench.list("limit=" + std::to_string(limit) +
                                     (cursor.empty() ? "" : "&cursor=" + cursor));
      ASSERT_EQ(page.status, 200) << page.param;
      EXPECT_LE(page.body["data"].size(), static_cast<size_t>(limit));
      for (const Document& key : page.body["data"]) {
        EXPECT_TRUE(seen.insert(key["id"].get<std::string>()).second);
        EXPECT_LE(key["created_at"].get<std::string>(), last_time);
        last_time = key["created_at"].get<std::string>();
      }
      cursor = page.at("next_cursor");
      EXPECT_EQ(page.body["has_more"].get<bool>(), !cursor.empty());
      if (cursor.empty()) break;
    }
    EXPECT_EQ(seen.size(), made.size());
  }
  EXPECT_EQ(bench.list().body["data"].size(), static_cast<size_t>(bounds::page_limit_default));
}

TEST(Keys, M10_a_query_that_is_wrong_is_refused_by_name) {
  Bench bench;
  const std::pair<const char*, const char*> cases[] = {{"limit=0", "limit"},
                                                       {"limit=101", "limit"},
                                                       {"limit=-1", "limit"},
                                                       {"limit=1.5", "limit"},
                                                       {"limit=", "limit"},
                                                       {"limit", "limit"},
                                                       {"limit=1&limit=1", "limit"},
                                                       {"limit=%31", "limit"},
                                                       {"limit=99999999999999999999", "limit"},
                                                       {"cursor=", "cursor"},
                                                       {"cursor=!", "cursor"},
                                                       {"cursor=YQ", "cursor"},
                                                       {"cursor=LTEga2V5", "cursor"},
                                                       {"label=%25", "label"},
                                                       {"status=all", "status"},
                                                       {"a%20b=1", ""}};
  for (const auto& [query, param] : cases) {
    const Answer answer = bench.list(query);
    EXPECT_EQ(answer.reason, Reason::kInvalidRequest) << query;
    EXPECT_EQ(answer.param, param) << query;
  }
  EXPECT_EQ(bench.calls, 0);
  EXPECT_EQ(bench.list("&limit=5&").status, 200);
}

TEST(Keys, a_lineage_is_listed_once_as_its_current_key) {
  Bench bench;
  const std::string first = bench.create(R"({"label":"a"})").at("id");
  const std::string second = bench.supersede(first).at("id");
  const Document data = bench.list().body["data"];
  ASSERT_EQ(data.size(), 1u);
  EXPECT_EQ(data[0]["id"], second);
  EXPECT_EQ(data[0]["predecessor"], first);
  EXPECT_EQ(bench.read(first).at("status"), "superseded");
  EXPECT_EQ(bench.read(first).at("successor"), second);
}

TEST(Keys, E12_a_retry_with_the_same_idempotency_key_makes_nothing_twice) {
  Bench bench;
  const std::string body = R"({"label":"a"})";
  const Answer created = bench.create(body, "retry-1");
  const size_t records = bench.records();
  const Answer again = bench.create(body, "retry-1");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.at("id"), created.at("id"));
  EXPECT_TRUE(again.body["key"].is_null());
  EXPECT_EQ(again.body["replayed"], true);
  EXPECT_FALSE(again.at("message").empty());
  EXPECT_EQ(bench.records(), records);

  EXPECT_EQ(bench.create(R"({"label":"b"})", "retry-1").reason, Reason::kIdempotencyKeyReused);
  EXPECT_NE(bench.create(body, "retry-2").at("id"), created.at("id"));
  policy::Caller other = operator_caller();
  other.digest = codec::sha256("somebody");
  std::swap(bench.caller, other);
  EXPECT_EQ(bench.create(body, "retry-1").status, 201);
  std::swap(bench.caller, other);
  bench.now_ms += bounds::idempotency_kept_ms;
  EXPECT_EQ(bench.create(body, "retry-1").status, 201);
}

TEST(Keys, an_idempotency_key_is_1_to_255_printable_characters) {
  Bench bench;
  const std::string body = R"({"label":"a"})";
  EXPECT_EQ(bench.create(body, std::string(255, '~')).status, 201);
  for (const std::string& bad : {std::string(256, 'a'), std::string("a\nb"), std::string("\x7F"),
                                 std::string("\xC3\xA4"), std::string("a\0b", 3)})
    EXPECT_EQ(bench.create(body, bad).param, "Idempotency-Key");
}

TEST(Keys, two_creations_at_once_with_one_idempotency_key_make_one_key) {
  for (int order = 0; order < 64; ++order) {
    Bench bench;
    const Ask ask{.route = RouteId::kCreateKey, .body = R"({"label":"a"})", .idempotency_key = "i"};
    std::unique_ptr<management::Operation> operations[2] = {bench.make(ask), bench.make(ask)};
    management::Step steps[2] = {operations[0]->begin(start_ms), operations[1]->begin(start_ms)};
    for (int turn = 0, bits = order; turn < 40; ++turn, bits >>= 1) {
      const size_t one = static_cast<size_t>(bits & 1);
      for (const size_t who : {one, 1 - one})
        if (const auto* call = std::get_if<management::StoreCall>(&steps[who])) {
          steps[who] = operations[who]->resume(bench.store.answer(*call, start_ms), start_ms);
          break;
        }
    }
    const Answer first = bench.answer_of(steps[0]), second = bench.answer_of(steps[1]);
    EXPECT_EQ(first.status + second.status, 201 + 200);
    EXPECT_EQ(first.at("id"), second.at("id"));
    EXPECT_EQ(bench.list().body["data"].size(), 1u);
  }
}

TEST(Keys, a_digest_that_is_taken_already_is_tried_again_with_fresh_material) {
  Bench bench;
  const std::string seed(32, 's');
  const Ask ask{.route = RouteId::kCreateKey, .body = R"({"label":"a"})"};
  const auto run = [&] {
    const auto operation = bench.make(ask, seed);
    management::Step step = operation->begin(start_ms);
    while (const auto* call = std::get_if<management::StoreCall>(&step))
      step = operation->resume(bench.store.answer(*call, start_ms), start_ms);
    return bench.answer_of(step);
  };
  const Answer first = run(), second = run();
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(second.status, 201);
  EXPECT_NE(first.at("key"), second.at("key"));
}

TEST(Keys, a_store_that_is_always_ahead_or_full_or_unreadable_ends_the_request) {
  const auto outcome = [](const char* answer) {
    Bench bench;
    const auto operation = bench.make({.route = RouteId::kCreateKey, .body = R"({"label":"a"})"});
    management::Step step = operation->begin(start_ms);
    int calls = 0;
    while (std::holds_alternative<management::StoreCall>(step) && ++calls < 100)
      step = operation->resume({Document::parse(answer, nullptr, false)}, start_ms);
    EXPECT_LE(calls, bounds::commit_attempts_max);
    return bench.answer_of(step).reason;
  };
  EXPECT_EQ(outcome(R"({"conflict":"x"})"), Reason::kKeyStoreUnavailable);
  EXPECT_EQ(outcome(R"({"full":"key"})"), Reason::kStoreFull);
  EXPECT_EQ(outcome("[]"), Reason::kKeyStoreUnavailable);
  EXPECT_EQ(outcome("null"), Reason::kKeyStoreUnavailable);
}

}  // namespace
}  // namespace postern::testing
