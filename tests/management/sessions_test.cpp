#include "management/sessions.h"

#include <gtest/gtest.h>

#include "bench.h"
#include "bounds.h"

namespace postern::testing {
namespace {

Answer session(Bench& bench, std::string body) {
  return bench.run({.route = RouteId::kCreateSession, .body = std::move(body)});
}

Bench& live(Bench& bench) {
  bench.caller = operator_caller({Scope::kRead, Scope::kGenerate});
  return bench;
}

TEST(Sessions, a_token_holds_what_the_answer_says) {
  Bench bench;
  const Answer made = session(live(bench), R"({"origin":"https://app.example.com"})");
  ASSERT_EQ(made.status, 201) << made.message;
  EXPECT_EQ(made.at("object"), "session");
  EXPECT_EQ(made.at("expires_at"), "2027-01-15T08:15:00Z");
  EXPECT_EQ(made.body["scopes"], Document::parse(R"(["read","generate"])"));
  EXPECT_TRUE(made.body["models"].is_null());
  EXPECT_TRUE(made.body["budget_nano_usd"].is_null());
  const auto token = policy::read_session_token(made.at("token"), *bench.config.session_key);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, made.at("id"));
  EXPECT_EQ(token->parent, policy::reference_of(bench.caller));
  EXPECT_EQ(token->origin, "https://app.example.com");
  EXPECT_EQ(token->expires_ms, start_ms + bounds::session_ms_default);
  EXPECT_EQ(bench.calls, 0);
}

TEST(Sessions, every_member_narrows_the_token) {
  Bench bench;
  const Answer made = session(
      live(bench), R"({"origin":"http://localhost:5173","ttl_seconds":60,"scopes":["generate"],)"
                   R"("models":["openai/gpt-4o"],"budget_nano_usd":5000})");
  ASSERT_EQ(made.status, 201) << made.param;
  const auto token = policy::read_session_token(made.at("token"), *bench.config.session_key);
  EXPECT_EQ(token->scopes, policy::Scopes{Scope::kGenerate});
  EXPECT_EQ(token->models, std::vector<std::string>{"openai/gpt-4o"});
  EXPECT_EQ(token->budget_nano_usd, 5000);
  EXPECT_EQ(token->expires_ms, start_ms + 60'000);
}

TEST(Sessions, S5_a_token_that_would_be_wider_than_its_key_is_refused) {
  Bench bench;
  live(bench);
  bench.caller.grant.scopes = {Scope::kRead};
  bench.caller.grant.models = {"openai/*"};
  bench.caller.grant.account_models = {"openai/gpt-4o", "openai/gpt-5"};
  bench.caller.grant.expires_ms = start_ms + 600'000;
  bench.caller.grant.limits[policy::Limit::kBudgetPerMonth] = 100;
  const auto refused = [&](const std::string& members) {
    const Answer answer = session(bench, R"({"origin":"https://a.b")" + members + "}");
    EXPECT_EQ(answer.reason, Reason::kExceedsCreator) << members;
    return answer.param;
  };
  EXPECT_EQ(refused(R"(,"scopes":["generate"])"), "scopes");
  EXPECT_EQ(refused(R"(,"scopes":["webhook:write"])"), "scopes");
  EXPECT_EQ(refused(R"(,"models":["anthropic/x"])"), "models");
  EXPECT_EQ(refused(R"(,"models":["openai/o3"])"), "models");
  EXPECT_EQ(refused(R"(,"ttl_seconds":601)"), "ttl_seconds");
  EXPECT_EQ(refused(R"(,"budget_nano_usd":101)"), "budget_nano_usd");
  EXPECT_EQ(
      session(bench, R"({"origin":"https://a.b","ttl_seconds":600,"models":["openai/gpt-5"]})")
          .status,
      201);
  EXPECT_EQ(session(bench, R"({"origin":"https://a.b"})").at("expires_at"), "2027-01-15T08:10:00Z");
  bench.caller.grant.scopes = {Scope::kAdmin};
  EXPECT_EQ(refused(""), "scopes");
  EXPECT_EQ(refused(R"(,"scopes":["generate"])"), "scopes");
}

TEST(Sessions, E8_a_token_of_a_superseded_key_ends_with_its_grace) {
  Bench bench;
  live(bench).caller.grant.superseded_ms = start_ms - day_ms + 60'000;
  EXPECT_EQ(session(bench, R"({"origin":"https://a.b"})").at("expires_at"), "2027-01-15T08:01:00Z");
}

TEST(Sessions, a_body_that_is_wrong_is_refused_by_the_name_of_its_member) {
  Bench bench;
  live(bench);
  const auto param = [&](const std::string& body) {
    const Answer answer = session(bench, body);
    EXPECT_EQ(answer.reason, Reason::kInvalidRequest) << body;
    return answer.param;
  };
  EXPECT_EQ(param(""), "origin");
  for (const char* const origin :
       {"", "null", "*", "https://", "https://A.b", "https://a.b/", "https://a.b:443",
        "http://a.b:80", "https://a.b:0", "https://a.b:65536", "https://a.b:x", "a.b", "//a.b",
        "https://a b", "https://a.b?x", "https://u@a.b", "https://[::1", "https://a.b\n"})
    EXPECT_EQ(param(R"({"origin":)" + json_text(origin) + "}"), "origin") << origin;
  for (const char* const origin : {"https://[::1]:8443", "http://127.0.0.1:3000", "https://a-b.c",
                                   "chrome-extension://abcdefghijklmnop", "https://a.b:80"})
    EXPECT_EQ(session(bench, R"({"origin":)" + json_text(origin) + "}").status, 201) << origin;
  for (const char* const ttl : {"0", "3601", "-5", "1.5", "\"60\"", "null"})
    EXPECT_EQ(param(R"({"origin":"https://a.b","ttl_seconds":)" + std::string(ttl) + "}"),
              "ttl_seconds");
  EXPECT_EQ(param(R"({"origin":"https://a.b","scopes":[]})"), "scopes");
  EXPECT_EQ(param(R"({"origin":"https://a.b","scopes":["x"]})"), "scopes");
  EXPECT_EQ(param(R"({"origin":"https://a.b","models":[]})"), "models");
  EXPECT_EQ(param(R"({"origin":"https://a.b","budget_nano_usd":-1})"), "budget_nano_usd");
  EXPECT_EQ(param(R"({"origin":"https://a.b","parent":"x"})"), "parent");
}

TEST(Sessions, a_token_that_would_be_too_long_is_refused_and_says_what_to_do) {
  Bench bench;
  std::string models;
  for (int i = 0; i < 30; ++i)
    models += (i ? "," : "") + json_text("openai/a-long-name-of-a-model-" + std::to_string(i));
  const Answer answer =
      session(live(bench), R"({"origin":"https://a.b","models":[)" + models + "]}");
  EXPECT_EQ(answer.reason, Reason::kInvalidRequest);
  EXPECT_EQ(answer.param, "models");
  EXPECT_NE(answer.message.find("fewer"), std::string::npos);
}

TEST(Sessions, without_a_secret_the_route_is_not_there) {
  Bench bench;
  live(bench).config.session_key.reset();
  EXPECT_EQ(session(bench, R"({"origin":"https://a.b"})").reason, Reason::kNotFound);
}

}  // namespace
}  // namespace postern::testing
