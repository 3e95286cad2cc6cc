#include "management/access_requests.h"

#include <gtest/gtest.h>

#include <set>

#include "bench.h"
#include "bounds.h"
#include "management/tagged_digest.h"

namespace postern::testing {
namespace {

constexpr const char* ada =
    R"({"name":"Ada Lovelace","purpose":"notes","contact":"ada@example.com"})";

struct Office : Bench {
  Answer ask(std::string body = ada, std::string address = "192.0.2.1", std::string once = {}) {
    return run({.route = RouteId::kRequestKey,
                .body = std::move(body),
                .idempotency_key = std::move(once),
                .address = std::move(address)});
  }
  Answer decide(RouteId route, std::string id, std::string body = {}) {
    return run({.route = route, .parameter = std::move(id), .body = std::move(body)});
  }
  Answer approve(std::string id, std::string body = {}) {
    return decide(RouteId::kApproveRequest, std::move(id), std::move(body));
  }
  Answer deny(std::string id, std::string body = {}) {
    return decide(RouteId::kDenyRequest, std::move(id), std::move(body));
  }
  Answer claim(const std::string& code) {
    return run({.route = RouteId::kClaimKey, .body = R"({"claim_code":)" + json_text(code) + "}"});
  }
  Answer requests(std::string query = {}) {
    return run({.route = RouteId::kListRequests, .query = std::move(query)});
  }
};

TEST(AccessRequests, M5_a_claim_gives_pending_then_the_key_once_then_nothing) {
  Office office;
  const Answer asked = office.ask();
  ASSERT_EQ(asked.status, 202) << asked.message;
  EXPECT_EQ(asked.at("object"), "access_request");
  EXPECT_EQ(asked.at("status"), "pending");
  EXPECT_EQ(asked.at("expires_at"), "2027-02-14T08:00:00Z");
  const std::string code = asked.at("claim_code");
  const Answer waiting = office.claim(code);
  EXPECT_EQ(waiting.status, 202);
  EXPECT_EQ(waiting.body, Document::parse(R"({"object":"access_request","status":"pending"})"));

  ASSERT_EQ(office.approve(asked.at("id")).status, 200);
  const Answer claimed = office.claim(code);
  ASSERT_EQ(claimed.status, 200);
  EXPECT_EQ(claimed.at("label"), "Ada-Lovelace");
  EXPECT_EQ(claimed.at("created_by"), "ops");
  EXPECT_TRUE(office.use(claimed.at("key")));
  EXPECT_EQ(office.read(claimed.at("id")).status, 200);
  EXPECT_EQ(office.claim(code).reason, Reason::kClaimGone);
  const Document shown = office.requests("status=all").body["data"][0];
  EXPECT_EQ(shown["status"], "claimed");
  EXPECT_EQ(shown["key_id"], claimed.at("id"));
}

TEST(AccessRequests, M5_unknown_denied_claimed_and_expired_codes_have_one_answer) {
  Office office;
  const Answer unknown = office.claim("gwc_0" + std::string(32, 'x'));
  EXPECT_EQ(unknown.reason, Reason::kClaimGone);

  const Answer denied = office.ask();
  office.deny(denied.at("id"));
  EXPECT_EQ(office.claim(denied.at("claim_code")), unknown);

  const Answer claimed = office.ask();
  office.approve(claimed.at("id"));
  office.claim(claimed.at("claim_code"));
  EXPECT_EQ(office.claim(claimed.at("claim_code")), unknown);

  const Answer late = office.ask();
  office.approve(late.at("id"));
  office.now_ms += bounds::claim_open_ms;
  EXPECT_EQ(office.claim(late.at("claim_code")), unknown);
  EXPECT_EQ(office.requests("status=all").body["data"][0]["status"], "expired");

  const Answer forgotten = office.ask();
  office.now_ms += bounds::access_request_kept_ms;
  EXPECT_EQ(office.claim(forgotten.at("claim_code")), unknown);

  for (const std::string& text :
       {std::string("x"), std::string(), "gwc_g" + std::string(32, 'x'), std::string(5000, 'a')})
    EXPECT_EQ(office.claim(text), unknown);
}

TEST(AccessRequests, M5_two_claims_at_once_give_one_key) {
  for (int order = 0; order < 16; ++order) {
    Office office;
    const Answer asked = office.ask();
    office.approve(asked.at("id"));
    const Ask ask{.route = RouteId::kClaimKey,
                  .body = R"({"claim_code":")" + asked.at("claim_code") + "\"}"};
    std::unique_ptr<management::Operation> operations[2] = {office.make(ask), office.make(ask)};
    management::Step steps[2] = {operations[0]->begin(start_ms), operations[1]->begin(start_ms)};
    for (int turn = 0, bits = order; turn < 20; ++turn, bits >>= 1) {
      const auto one = static_cast<size_t>(bits & 1);
      for (const size_t who : {one, 1 - one})
        if (const auto* call = std::get_if<management::StoreCall>(&steps[who])) {
          steps[who] = operations[who]->resume(office.store.answer(*call, start_ms), start_ms);
          break;
        }
    }
    const Answer first = office.answer_of(steps[0]), second = office.answer_of(steps[1]);
    EXPECT_EQ(first.status + second.status, 200 + 410);
    EXPECT_EQ(office.list().body["data"].size(), 1u);
  }
}

TEST(AccessRequests, M1_an_address_and_a_shard_hold_a_bounded_number_of_open_requests) {
  Office office;
  std::string first;
  for (int i = 0; i < bounds::pending_requests_per_address_max; ++i) {
    const Answer asked = office.ask();
    ASSERT_EQ(asked.status, 202);
    if (i == 0) first = asked.at("id");
  }
  EXPECT_EQ(office.ask().reason, Reason::kTooManyRequests);
  EXPECT_EQ(office.ask(ada, "192.0.2.2").status, 202);
  office.deny(first);
  EXPECT_EQ(office.ask().status, 202);
  EXPECT_EQ(office.ask().reason, Reason::kTooManyRequests);
  office.now_ms += bounds::access_request_kept_ms;
  EXPECT_EQ(office.ask().status, 202);

  int asked = 0, taken = 0;
  for (int i = 0; asked < bounds::pending_requests_per_shard_max + 10; ++i) {
    const std::string address = "198.51.100." + std::to_string(i);
    if (management::shard_of(management::tagged_digest("asking address", {address})) != 7) continue;
    ++asked;
    taken += office.ask(ada, address).status == 202 ? 1 : 0;
  }
  EXPECT_LE(taken, bounds::pending_requests_per_shard_max);
  EXPECT_GE(taken, bounds::pending_requests_per_shard_max - 2);  // others came from above
}

TEST(AccessRequests, M2_the_first_decision_stands_and_the_second_is_told_the_state) {
  Office office;
  const std::string id = office.ask().at("id");
  EXPECT_EQ(office.approve(id).status, 200);
  for (const RouteId route : {RouteId::kApproveRequest, RouteId::kDenyRequest}) {
    const Answer second = office.decide(route, id);
    EXPECT_EQ(second.reason, Reason::kRequestDecided);
    EXPECT_NE(second.message.find("approved"), std::string::npos);
  }
  for (int order = 0; order < 16; ++order) {
    const std::string both = office.ask(ada, "192.0.2." + std::to_string(order)).at("id");
    const auto approve = office.make({.route = RouteId::kApproveRequest, .parameter = both});
    const auto deny = office.make({.route = RouteId::kDenyRequest, .parameter = both});
    management::Operation* operations[2] = {approve.get(), deny.get()};
    management::Step steps[2] = {approve->begin(start_ms), deny->begin(start_ms)};
    for (int turn = 0, bits = order; turn < 20; ++turn, bits >>= 1) {
      const auto one = static_cast<size_t>(bits & 1);
      for (const size_t who : {one, 1 - one})
        if (const auto* call = std::get_if<management::StoreCall>(&steps[who])) {
          steps[who] = operations[who]->resume(office.store.answer(*call, start_ms), start_ms);
          break;
        }
    }
    EXPECT_EQ(office.answer_of(steps[0]).status + office.answer_of(steps[1]).status, 200 + 409);
  }
}

TEST(AccessRequests, a_request_that_does_not_exist_is_not_found) {
  Office office;
  for (const char* const id : {"req_00000000000000000000000", "req_", "x", "key_0", "__proto__"}) {
    EXPECT_EQ(office.approve(id).reason, Reason::kRequestNotFound) << id;
    EXPECT_EQ(office.deny(id).reason, Reason::kRequestNotFound) << id;
  }
}

TEST(AccessRequests, M3_an_approver_gives_no_more_than_it_holds) {
  Office office;
  office.caller.grant.scopes = {Scope::kAdmin};
  office.caller.grant.expires_ms = start_ms + day_ms;
  const std::string id = office.ask().at("id");
  EXPECT_EQ(office.approve(id).param, "expires_at");
  const Answer wide =
      office.approve(id, R"({"scopes":["webhook:write"],"expires_at":"2027-01-16T00:00:00Z"})");
  EXPECT_EQ(wide.reason, Reason::kExceedsCreator);
  EXPECT_EQ(wide.param, "scopes");
  EXPECT_EQ(office.approve(id, R"({"expires_at":"2027-01-16T00:00:00Z"})").status, 200);
}

TEST(AccessRequests, M6_a_code_has_more_than_128_bits_and_the_store_knows_only_its_hash) {
  Office office;
  const Answer asked = office.ask();
  const std::string code = asked.at("claim_code");
  EXPECT_EQ(code.size(), 4u + 1 + 32);
  EXPECT_EQ(code[4], asked.at("id")[4]);
  for (size_t i = 4; i < code.size(); ++i) {
    std::string other = code;
    other[i] = other[i] == '1' ? '2' : '1';
    EXPECT_EQ(office.claim(other).reason, Reason::kClaimGone);
  }
  EXPECT_EQ(office.claim(code + "0").reason, Reason::kClaimGone);
}

TEST(AccessRequests, M7_hostile_text_is_refused_or_kept_as_text) {
  Office office;
  for (const char* const bad : {"", "   ", "a\r\nb", "a\n", "\tb", "a\x01", "a\x7F", "a\xC2\x85",
                                "a\xE2\x80\xAE"
                                "b",
                                "a\xE2\x80\xAA",
                                "a\xE2\x81\xA6"
                                "b",
                                "a\xE2\x81\xA9", "a\xE2\x80\xA8"})
    for (const char* const member : {"name", "purpose", "contact"}) {
      Document body = Document::parse(ada);
      body[member] = bad;
      const Answer answer = office.ask(codec::dump_text(body));
      EXPECT_EQ(answer.reason, Reason::kInvalidRequest) << bad;
      EXPECT_EQ(answer.param, member) << bad;
    }
  Document body = Document::parse(ada);
  body["name"] = std::string(501, 'a');
  EXPECT_EQ(office.ask(codec::dump_text(body)).param, "name");
  body["name"] = std::string(500, 'a');
  EXPECT_EQ(office.ask(codec::dump_text(body)).status, 202);
  body["name"] = "  <script>alert('\xF0\x9F\x94\x91')</script>\"; DROP TABLE  ";
  const std::string id = office.ask(codec::dump_text(body)).at("id");
  const Document data = office.requests().body["data"];
  const auto shown =
      std::find_if(data.begin(), data.end(), [&](const Document& one) { return one["id"] == id; });
  ASSERT_NE(shown, data.end());
  EXPECT_EQ((*shown)["name"], "<script>alert('\xF0\x9F\x94\x91')</script>\"; DROP TABLE");
  EXPECT_EQ(office.approve(id).body["granted"]["label"], "script-alert-script-DROP-TABLE");
}

TEST(AccessRequests, a_request_that_is_wrong_is_refused_by_the_name_of_its_member) {
  Office office;
  const std::pair<const char*, const char*> cases[] = {
      {"", "name"},
      {R"({"name":"a","purpose":"b"})", "contact"},
      {R"({"name":1,"purpose":"b","contact":"c"})", "name"},
      {R"({"name":"a","purpose":"b","contact":"c","scopes":["admin","generate"]})", "scopes"},
      {R"({"name":"a","purpose":"b","contact":"c","scopes":["all"]})", "scopes"},
      {R"({"name":"a","purpose":"b","contact":"c","limits":{}})", "limits"}};
  for (const auto& [body, param] : cases) {
    const Answer answer = office.ask(body);
    EXPECT_EQ(answer.reason, Reason::kInvalidRequest) << body;
    EXPECT_EQ(answer.param, param) << body;
  }
  EXPECT_EQ(office.run({.route = RouteId::kClaimKey, .body = ""}).param, "claim_code");
  EXPECT_EQ(office.run({.route = RouteId::kClaimKey, .body = "{"}).reason, Reason::kInvalidJson);
  EXPECT_EQ(office.deny("req_0", R"({"reason":"a\nb"})").param, "reason");
  EXPECT_EQ(office.approve("req_0", R"({"status":"approved"})").param, "status");
}

TEST(AccessRequests, M8_what_an_operator_does_not_write_is_the_least_and_the_difference_is_shown) {
  Office office;
  office.caller = operator_caller({Scope::kAdmin, Scope::kWebhookWrite});
  const auto asking = [&](const char* scopes) {
    Document body = Document::parse(ada);
    body["scopes"] = Document::parse(scopes);
    return office.ask(codec::dump_text(body)).at("id");
  };
  const Answer approved = office.approve(asking(R"(["generate","webhook:write"])"));
  ASSERT_EQ(approved.status, 200);
  EXPECT_EQ(approved.body["granted"]["scopes"], Document::parse(R"(["generate"])"));
  EXPECT_EQ(approved.body["granted"]["expires_at"], "2027-04-15T08:00:00Z");
  EXPECT_EQ(approved.body["difference"],
            Document::parse(R"({"scopes":{"asked":["generate","webhook:write"],)"
                            R"("granted":["generate"]},)"
                            R"("expires_at":{"asked":null,"granted":"2027-04-15T08:00:00Z"}})"));

  const std::string admin = asking(R"(["admin"])");
  EXPECT_EQ(office.approve(admin).param, "scopes");
  const Answer explicitly = office.approve(admin, R"({"scopes":["admin"],"expires_at":null})");
  ASSERT_EQ(explicitly.status, 200);
  EXPECT_EQ(explicitly.body["difference"], Document::object());
}

TEST(AccessRequests, an_approval_may_name_everything_and_the_key_holds_it) {
  Office office;
  const Answer asked = office.ask();
  const Answer approved = office.approve(
      asked.at("id"), R"({"label":"ada","class":"test","scopes":["read"],"models":["sim/*"],)"
                      R"("account":"acme","expires_at":"2027-03-01T00:00:00Z",)"
                      R"("limits":{"requests_per_day":9}})");
  ASSERT_EQ(approved.status, 200) << approved.param;
  const Document key = office.claim(asked.at("claim_code")).body;
  for (auto member = approved.body["granted"].begin(); member != approved.body["granted"].end();
       ++member)
    EXPECT_EQ(key[member.key()], *member) << member.key();
}

TEST(AccessRequests, M12_the_same_contact_twice_gets_the_same_kind_of_answer) {
  Office office;
  const Answer first = office.ask(), second = office.ask(ada, "203.0.113.9");
  EXPECT_EQ(first.status, second.status);
  Document one = first.body, two = second.body;
  for (const char* const own : {"id", "claim_code"}) {
    EXPECT_NE(one[own], two[own]);
    one.erase(own);
    two.erase(own);
  }
  EXPECT_EQ(one, two);
}

TEST(AccessRequests, M13_a_retry_with_the_same_idempotency_key_leaves_one_request) {
  Office office;
  const Answer first = office.ask(ada, "192.0.2.1", "once");
  const Answer again = office.ask(ada, "192.0.2.1", "once");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.at("id"), first.at("id"));
  EXPECT_TRUE(again.body["claim_code"].is_null());
  EXPECT_EQ(again.body["replayed"], true);
  EXPECT_EQ(office.requests().body["data"].size(), 1u);
  EXPECT_EQ(office.ask(R"({"name":"b","purpose":"b","contact":"c"})", "192.0.2.1", "once").reason,
            Reason::kIdempotencyKeyReused);
  EXPECT_EQ(office.ask(ada, "192.0.2.2", "once").status, 202);
}

TEST(AccessRequests, M10_lists_are_paged_and_hold_no_address) {
  Office office;
  std::set<std::string> made;
  for (int i = 0; i < 30; ++i) {
    office.now_ms += 1;
    made.insert(office.ask(ada, "192.0.2." + std::to_string(i)).at("id"));
  }
  office.deny(*made.begin());
  std::set<std::string> seen;
  std::string cursor;
  do {
    const Answer page =
        office.requests("status=all&limit=7" + (cursor.empty() ? "" : "&cursor=" + cursor));
    ASSERT_EQ(page.status, 200);
    for (const Document& one : page.body["data"]) seen.insert(one["id"].get<std::string>());
    EXPECT_EQ(page.text.find("192.0.2."), std::string::npos);
    cursor = page.at("next_cursor");
  } while (!cursor.empty());
  EXPECT_EQ(seen, made);
  EXPECT_EQ(office.requests("limit=100").body["data"].size(), made.size() - 1);
  EXPECT_EQ(office.requests("status=denied").param, "status");
  for (const Records& shard : office.store.all)
    for (const auto& [id, record] : shard.records)
      EXPECT_EQ((record.group + record.body).find("192.0.2."), std::string::npos);
}

TEST(AccessRequests, O9_what_was_decided_for_one_account_is_not_shown_to_another) {
  Office office;
  const std::string mine = office.ask().at("id"), theirs = office.ask().at("id");
  office.approve(mine, R"({"account":"acme"})");
  office.approve(theirs, R"({"account":"other"})");
  office.caller.grant.account = "acme";
  const Document data = office.requests("status=all").body["data"];
  ASSERT_EQ(data.size(), 1u);
  EXPECT_EQ(data[0]["id"], mine);
  EXPECT_EQ(office.deny(theirs).reason, Reason::kRequestNotFound);
}

TEST(AccessRequests, a_name_without_letters_gets_a_label_all_the_same) {
  Office office;
  const std::string id = office.ask(R"({"name":"\u5b57","purpose":"b","contact":"c"})").at("id");
  EXPECT_EQ(office.approve(id).body["granted"]["label"], "requested-" + id.substr(id.size() - 4));
}

}  // namespace
}  // namespace postern::testing
