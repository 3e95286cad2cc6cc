#include "policy/accounts.h"

#include <gtest/gtest.h>

#include "bounds.h"

namespace postern::policy {
namespace {

constexpr std::string_view example = R"({
  "tiers": {"pro": {"requests_per_minute": 600, "budget_nano_usd_per_month": 50000000000}},
  "accounts": {"acme": {"tier": "pro",
                        "quotas": {"requests_per_day": 10000, "requests_per_minute": 900},
                        "members": {"scopes": ["read", "generate"], "classes": ["live", "test"],
                                    "models": ["openai/*", "anthropic/claude"]}},
               "free": {}}})";

using Classes = std::vector<KeyClass>;

Accounts with_account(const std::string& account) {
  return read_accounts(R"({"tiers":{"pro":{}},"accounts":{"acme":)" + account + R"(,"good":{}}})");
}

// The account is refused with that sentence and stops no other.
void expect_fault(const std::string& account, const std::string& fault) {
  const Accounts accounts = with_account(account);
  EXPECT_TRUE(accounts.configured);
  EXPECT_FALSE(accounts.usable.contains("acme")) << account;
  EXPECT_TRUE(accounts.usable.contains("good")) << account;
  ASSERT_EQ(accounts.faults.size(), 1u) << account;
  EXPECT_EQ(accounts.faults[0], "The account `acme` " + fault + "; it is not used.");
}

// No account is used, whatever else is written.
void expect_none(const std::string& json) {
  const Accounts accounts = read_accounts(json);
  EXPECT_TRUE(accounts.configured) << json;
  EXPECT_TRUE(accounts.usable.empty()) << json;
  EXPECT_FALSE(accounts.faults.empty()) << json;
}

Grant of_account(const std::string& name) {
  Grant grant;
  grant.account = name;
  return grant;
}

TEST(Accounts, an_account_has_the_limits_of_its_tier_and_quotas_in_their_place) {
  const Accounts accounts = read_accounts(example);
  EXPECT_TRUE(accounts.faults.empty());
  ASSERT_TRUE(accounts.usable.contains("acme"));
  const Account& acme = accounts.usable.find("acme")->second;
  EXPECT_EQ(acme.tier, "pro");
  EXPECT_EQ(acme.limits[Limit::kRequestsPerMinute], 900);
  EXPECT_EQ(acme.limits[Limit::kRequestsPerDay], 10'000);
  EXPECT_EQ(acme.limits[Limit::kBudgetPerMonth], 50'000'000'000);
  EXPECT_EQ(acme.limits[Limit::kTokensPerDay], std::nullopt);
  EXPECT_EQ(acme.scopes, (Scopes{Scope::kRead, Scope::kGenerate}));
  EXPECT_EQ(acme.classes, (Classes{KeyClass::kLive, KeyClass::kTest}));
  EXPECT_EQ(acme.models, (std::vector<std::string>{"openai/*", "anthropic/claude"}));
}

TEST(Accounts, every_part_of_an_account_is_optional) {
  const Accounts accounts = read_accounts(example);
  ASSERT_TRUE(accounts.usable.contains("free"));
  const Account& free = accounts.usable.find("free")->second;
  EXPECT_EQ(free.limits, Limits());
  EXPECT_EQ(free.classes.size(), 3u);
  EXPECT_TRUE(free.scopes.has(Scope::kAdmin));
  EXPECT_TRUE(free.models.empty());
  EXPECT_TRUE(read_accounts(R"({"accounts":{"a":{"members":{},"quotas":{}}}})").faults.empty());
  EXPECT_TRUE(read_accounts("{}").configured);
  EXPECT_TRUE(read_accounts("{}").faults.empty());
}

TEST(Accounts, a_tier_may_stand_after_the_accounts_that_name_it) {
  const Accounts accounts =
      read_accounts(R"({"accounts":{"a":{"tier":"t"}},"tiers":{"t":{"tokens_per_day":7}}})");
  ASSERT_TRUE(accounts.usable.contains("a"));
  EXPECT_EQ(accounts.usable.find("a")->second.limits[Limit::kTokensPerDay], 7);
}

TEST(Accounts, blank_text_configures_nothing) {
  for (const char* text : {"", " ", "\n\t "}) {
    EXPECT_FALSE(read_accounts(text).configured);
    EXPECT_TRUE(read_accounts(text).faults.empty());
  }
}

TEST(Accounts, every_fault_of_an_account_closes_it_and_no_other) {
  const std::string number = "that is not an integer from 0 to 2^53 - 1";
  expect_fault("5", "is not an object where it has to be one");
  expect_fault("null", "is not an object where it has to be one");
  expect_fault(R"({"quota":{}})", "has an unknown member `quota`");
  expect_fault(R"({"a secret, perhaps":1})", "has an unknown member (not a name)");
  expect_fault(R"({"quotas":[]})", "is not an object where it has to be one");
  expect_fault(R"({"quotas":{"requests":1}})", "has an unknown member `requests`");
  for (const char* value : {"-1", "1.5", "1e3", "\"5\"", "null", "true", "9007199254740992",
                            "99999999999999999999", "{}", "[1]", "-9223372036854775808"})
    expect_fault(R"({"quotas":{"requests_per_day":)" + std::string(value) + "}}",
                 "has a requests_per_day " + number);
  expect_fault(R"({"quotas":{"tokens_per_day":1,"tokens_per_day":2}})",
               "has the member `tokens_per_day` twice");
  expect_fault(R"({"quotas":{},"quotas":{}})", "has the member `quotas` twice");
  expect_fault(R"({"tier":5})", "has a tier that is not a name");
  expect_fault(R"({"tier":""})", "has a tier that is not a name");
  expect_fault(R"({"tier":"no such thing"})", "has a tier that is not a name");
  expect_fault(R"({"tier":"gold"})", "has the tier `gold`, which is not there");
  expect_fault(R"({"members":"x"})", "is not an object where it has to be one");
  expect_fault(R"({"members":{"scope":[]}})", "has an unknown member `scope`");
  for (const char* value : {"\"read\"", "[5]", "[\"Read\"]", "[\"read\",\"all\"]", "{}", "null"})
    expect_fault(R"({"members":{"scopes":)" + std::string(value) + "}}",
                 "has scopes that are not a list of known scopes");
  for (const char* value : {"\"live\"", "[null]", "[\"prod\"]", "true"})
    expect_fault(R"({"members":{"classes":)" + std::string(value) + "}}",
                 "has classes that are not a list of live, test and dev");
  for (const char* value : {"\"gpt-4o\"", "[1]", "[\"gpt-*\"]", "[\"\"]", "[]", "null"})
    expect_fault(R"({"members":{"models":)" + std::string(value) + "}}",
                 "has models that are not a list of 1 to 64 patterns");
}

TEST(Accounts, a_list_of_too_many_models_closes_an_account) {
  std::string models = "\"m\"";
  for (size_t i = 1; i < bounds::model_patterns_max; ++i) models += ",\"m\"";
  EXPECT_TRUE(with_account(R"({"members":{"models":[)" + models + "]}}").usable.contains("acme"));
  expect_fault(R"({"members":{"models":[)" + models + ",\"m\"]}}",
               "has models that are not a list of 1 to 64 patterns");
}

TEST(Accounts, a_bad_tier_closes_the_accounts_that_name_it) {
  const Accounts accounts =
      read_accounts(R"({"tiers":{"bad":{"requests_per_day":"x"},"good":{}},)"
                    R"("accounts":{"a":{"tier":"bad"},"b":{"tier":"good"},"c":{}}})");
  EXPECT_FALSE(accounts.usable.contains("a"));
  EXPECT_TRUE(accounts.usable.contains("b"));
  EXPECT_TRUE(accounts.usable.contains("c"));
  ASSERT_EQ(accounts.faults.size(), 2u);
  EXPECT_TRUE(accounts.faults[0].starts_with("The tier `bad` has a requests_per_day"));
  EXPECT_EQ(accounts.faults[1],
            "The account `a` has the tier `bad`, which has a fault; it is not used.");
}

TEST(Accounts, what_stands_twice_is_not_used) {
  const Accounts twice =
      read_accounts(R"({"accounts":{"a":{"quotas":{"requests_per_day":1}},"b":{},"\u0061":{}}})");
  EXPECT_FALSE(twice.usable.contains("a"));
  EXPECT_TRUE(twice.usable.contains("b"));
  const Accounts tier = read_accounts(
      R"({"tiers":{"t":{"requests_per_day":1},"t":{}},"accounts":{"a":{"tier":"t"}}})");
  EXPECT_TRUE(tier.usable.empty());
  expect_none(R"({"accounts":{"a":{}},"accounts":{"b":{}}})");
}

TEST(Accounts, a_name_outside_the_grammar_is_nobody) {
  for (const std::string& name : {std::string(), std::string("-a"), std::string("a b"),
                                  std::string("a/b"), std::string("a;b"), std::string(65, 'a'),
                                  std::string("m\xC3\xB6"), std::string("\\u0000")}) {
    const Accounts accounts = read_accounts("{\"accounts\":{\"" + name + "\":{},\"good\":{}}}");
    EXPECT_EQ(accounts.usable.size(), 1u) << name;
    EXPECT_EQ(accounts.faults.size(), 1u) << name;
    EXPECT_FALSE(is_account_name(name)) << name;
  }
  for (const std::string& name : {std::string("a"), std::string("0.a_b-C"), std::string(64, 'a')})
    EXPECT_TRUE(is_account_name(name));
  EXPECT_TRUE(read_accounts(R"({"accounts":{"constructor":{}}})").usable.contains("constructor"));
}

TEST(Accounts, text_that_is_no_such_object_leaves_none_usable) {
  for (const char* json :
       {"x", "5", "null", "[]", "\"acme\"", "{", R"({"accounts":{"a":{}})", "{} {}",
        R"({"accounts":{"a":{}},"defaults":{}})", R"({"accounts":{"a":{}},"tiers":5})",
        R"({"accounts":[]})", R"({"accounts":{"a":{}}} x)", R"({"accounts":{"a":{},}})"})
    expect_none(json);
  expect_none(R"({"accounts":{"a":{}}})" + std::string(bounds::accounts_bytes_max, ' '));
}

TEST(Accounts, depth_is_bounded) {
  for (const size_t depth : {65u, 10'000u, 32'000u}) {
    expect_none(R"({"accounts":{"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}}");
    expect_none(std::string(depth, '['));
    std::string objects;
    for (size_t i = 0; i < depth / 8; ++i) objects += "{\"a\":";
    expect_none(objects + "1" + std::string(depth / 8, '}'));
  }
}

TEST(Accounts, faults_are_listed_up_to_a_number) {
  std::string json = R"({"accounts":{"a0":1)";
  for (int i = 1; i < 1000; ++i) json += ",\"a" + std::to_string(i) + "\":1";
  const Accounts accounts = read_accounts(json + "}}");
  ASSERT_EQ(accounts.faults.size(), bounds::accounts_faults_max + 1);
  EXPECT_EQ(accounts.faults.back(), "Faults that are not listed: 980.");
}

TEST(Accounts, L9_no_fault_repeats_more_than_a_name) {
  const std::string canary = "Canary7 of a long value";
  for (const std::string& json :
       {"{\"" + canary + "\":1}", "{\"accounts\":{\"" + canary + "\":1}}",
        "{\"accounts\":{\"a\":{\"tier\":\"" + canary + "\"}}}",
        "{\"accounts\":{\"a\":{\"members\":{\"models\":[\"" + canary + "\"]}}}}", canary})
    for (const std::string& fault : read_accounts(json).faults)
      EXPECT_EQ(fault.find("Canary7"), std::string::npos) << fault;
}

TEST(Inherit, S5_a_key_holds_no_right_that_its_account_does_not_have) {
  const Accounts accounts = read_accounts(example);
  Grant grant = of_account("acme");
  grant.scopes = {Scope::kRead, Scope::kAdmin, Scope::kWebhookWrite};
  grant.limits[Limit::kRequestsPerMinute] = 1'000;
  grant.limits[Limit::kRequestsPerDay] = 5;
  ASSERT_TRUE(inherit(accounts, grant));
  EXPECT_EQ(grant.scopes, Scopes{Scope::kRead});
  EXPECT_EQ(grant.limits[Limit::kRequestsPerMinute], 900);
  EXPECT_EQ(grant.limits[Limit::kRequestsPerDay], 5);
  EXPECT_EQ(grant.limits[Limit::kBudgetPerMonth], 50'000'000'000);
}

TEST(Inherit, S7_a_model_has_to_be_allowed_by_key_and_account) {
  const Accounts accounts = read_accounts(example);
  Grant all = of_account("acme");
  ASSERT_TRUE(inherit(accounts, all));
  EXPECT_TRUE(grant_allows_model(all, "gpt-4o"));
  EXPECT_TRUE(grant_allows_model(all, "anthropic/claude"));
  EXPECT_FALSE(grant_allows_model(all, "anthropic/other"));

  Grant wider = of_account("acme");
  wider.models = {"anthropic/*"};
  ASSERT_TRUE(inherit(accounts, wider));
  EXPECT_TRUE(grant_allows_model(wider, "anthropic/claude"));
  EXPECT_FALSE(grant_allows_model(wider, "anthropic/other"));
  EXPECT_FALSE(grant_allows_model(wider, "gpt-4o"));

  Grant apart = of_account("acme");
  apart.models = {"google/*"};
  ASSERT_TRUE(inherit(accounts, apart));
  for (const char* model : {"gpt-4o", "google/gemini", "anthropic/claude"})
    EXPECT_FALSE(grant_allows_model(apart, model));
}

TEST(Inherit, members_hold_keys_of_their_classes_only) {
  const Accounts accounts = read_accounts(example);
  for (const KeyClass one : {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev}) {
    Grant grant = of_account("acme");
    grant.key_class = one;
    EXPECT_EQ(inherit(accounts, grant), one != KeyClass::kDev);
  }
  const Accounts blocked = with_account(R"({"members":{"classes":[]}})");
  Grant grant = of_account("acme");
  EXPECT_FALSE(inherit(blocked, grant));
}

TEST(Inherit, empty_lists_of_scopes_allow_nothing) {
  Grant grant = of_account("acme");
  ASSERT_TRUE(inherit(with_account(R"({"members":{"scopes":[]}})"), grant));
  EXPECT_TRUE(grant.scopes.empty());
}

TEST(Inherit, an_account_that_is_not_usable_holds_no_keys) {
  for (const char* json : {example.data(), "{}", "nonsense", "{\"accounts\":{\"other\":5}}"}) {
    Grant grant = of_account("other");
    EXPECT_FALSE(inherit(read_accounts(json), grant)) << json;
  }
}

TEST(Inherit, without_accounts_a_name_stands_for_itself) {
  Grant grant = of_account("anything");
  ASSERT_TRUE(inherit(Accounts(), grant));
  EXPECT_EQ(grant.account, "anything");
  EXPECT_EQ(grant.scopes, default_scopes);
  EXPECT_EQ(grant.limits, Limits());
}

TEST(Inherit, a_key_without_an_account_is_not_narrowed) {
  Grant grant;
  ASSERT_TRUE(inherit(read_accounts(example), grant));
  EXPECT_TRUE(grant.account_models.empty());
  EXPECT_EQ(grant.limits, Limits());
}

TEST(Inherit, dev_keys_are_held_to_harder_limits) {
  for (const Accounts& accounts : {Accounts(), read_accounts(example)}) {
    Grant grant;
    grant.key_class = KeyClass::kDev;
    grant.limits[Limit::kRequestsPerDay] = 50;
    grant.limits[Limit::kTokensPerMinute] = 1'000'000;
    ASSERT_TRUE(inherit(accounts, grant));
    EXPECT_EQ(grant.limits[Limit::kRequestsPerMinute], 60);
    EXPECT_EQ(grant.limits[Limit::kRequestsPerDay], 50);
    EXPECT_EQ(grant.limits[Limit::kTokensPerMinute], 100'000);
    EXPECT_EQ(grant.limits[Limit::kTokensPerDay], std::nullopt);
    EXPECT_EQ(grant.limits[Limit::kConcurrentRequests], 4);
  }
}

}  // namespace
}  // namespace postern::policy
