// A gateway's management plane with a store in memory: requests are run to their ends, or step by
// step by a test that lets them race. Whatever is answered is kept, and looked through at the end.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "codec/document.h"
#include "codec/sha256.h"
#include "codec/utc_time.h"
#include "management/operation.h"
#include "policy/managed_key.h"
#include "policy/refusal.h"
#include "policy/session.h"
#include "support/records.h"

namespace postern::testing {

using codec::Document;
using policy::Reason;
using policy::RouteId;
using policy::Scope;

inline constexpr int64_t start_ms = 1'800'000'000'000;
inline constexpr int64_t hour_ms = 3600 * 1000;
inline constexpr int64_t day_ms = 24 * hour_ms;

struct Answer {
  int status = 0;
  std::optional<Reason> reason;  // of a refusal
  std::string message, param, text;
  Document body;

  std::string at(std::string_view name) const {
    const auto member = body.find(name);
    if (member == body.end() || !member->is_string()) return {};
    return member->get<std::string>();
  }
  bool operator==(const Answer&) const = default;
};

struct Ask {
  RouteId route;
  std::string parameter = {}, body = {}, query = {}, idempotency_key = {};
  std::string address = "192.0.2.1";
};

inline policy::Caller operator_caller(policy::Scopes scopes = {Scope::kAdmin}) {
  policy::Caller caller;
  caller.access = policy::Access::kGranted;
  caller.source = policy::Source::kRing;
  caller.name = caller.label = "ops";
  caller.key_id = "0a1b2c3d";
  caller.digest = codec::sha256("the operator's key");
  caller.grant.scopes = scopes;
  return caller;
}

inline std::string json_text(std::string_view text) {
  return codec::dump_text(Document(std::string(text)));
}

class Bench {
 public:
  Bench() { config.session_key = policy::session_signing_key(std::string(40, 's') + "12345"); }
  ~Bench() { look_through_everything(); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  policy::Config config;
  Store store;
  policy::Caller caller = operator_caller();
  int64_t now_ms = start_ms;

  std::unique_ptr<management::Operation> make(const Ask& ask, std::string seed = {}) {
    if (seed.empty()) seed = "seed of the test " + std::to_string(++seeds_) + std::string(32, '.');
    return management::make_operation({.config = config,
                                       .route = ask.route,
                                       .parameter = ask.parameter,
                                       .query = ask.query,
                                       .body = ask.body,
                                       .idempotency_key = ask.idempotency_key,
                                       .caller = caller,
                                       .address = ask.address,
                                       .seed = std::move(seed)});
  }

  Answer run(const Ask& ask) {
    const auto operation = make(ask);
    management::Step step = operation->begin(now_ms);
    while (const auto* call = std::get_if<management::StoreCall>(&step)) {
      ++calls;
      step = operation->resume(store.answer(*call, now_ms), now_ms);
    }
    return answer_of(step);
  }

  Answer answer_of(const management::Step& step) {
    Answer answer;
    if (const auto* reply = std::get_if<management::Reply>(&step)) {
      answer.status = reply->status;
      answer.text = reply->body;
      answer.body = Document::parse(reply->body, nullptr, false);
      EXPECT_FALSE(answer.body.is_discarded()) << reply->body;
      if (answer.body.is_discarded()) answer.body = nullptr;
    } else {
      const auto& refused = std::get<management::Refused>(step);
      answer.reason = refused.reason;
      answer.status = policy::refusal(refused.reason).status;
      answer.message = refused.message;
      answer.param = refused.param;
      answer.text = refused.message + ' ' + refused.param;
    }
    texts_.push_back(answer.text);
    for (const std::string_view secret : {"key", "claim_code"})
      if (const std::string text = answer.at(secret); !text.empty()) secrets_.push_back(text);
    return answer;
  }

  Answer create(std::string body, std::string idempotency_key = {}) {
    return run({.route = RouteId::kCreateKey,
                .body = std::move(body),
                .idempotency_key = std::move(idempotency_key)});
  }
  Answer read(std::string id) {
    return run({.route = RouteId::kReadKey, .parameter = std::move(id)});
  }
  Answer list(std::string query = {}) {
    return run({.route = RouteId::kListKeys, .query = std::move(query)});
  }
  Answer change(std::string id, std::string body) {
    return run({.route = RouteId::kChangeKey, .parameter = std::move(id), .body = std::move(body)});
  }
  Answer revoke(std::string id) {
    return run({.route = RouteId::kRevokeKey, .parameter = std::move(id)});
  }
  Answer supersede(std::string id, std::string body = {}, std::string idempotency_key = {}) {
    return run({.route = RouteId::kSupersedeKey,
                .parameter = std::move(id),
                .body = std::move(body),
                .idempotency_key = std::move(idempotency_key)});
  }

  // What the door asks the store about a presented key.
  management::StoreCall question(std::string_view key) const {
    const codec::Digest digest = codec::sha256(key);
    const std::string hex = codec::to_hex(digest);
    return management::find_by_name(management::shard_of(digest), hex);
  }

  // What the holder of a key may do now; nothing: it is refused.
  std::optional<policy::Grant> use(std::string_view key) {
    return grant_in(store.answer(question(key), now_ms)[0]);
  }

  std::optional<policy::Grant> grant_in(const Document& answer) const {
    const auto stored = management::read_record(answer);
    const auto record = stored ? policy::read_managed_key(stored->body) : std::nullopt;
    const auto* generation = record ? record->generation(stored->as) : nullptr;
    if (!generation) return std::nullopt;
    std::optional<policy::Grant> grant = policy::grant_of(*record, *generation, now_ms);
    if (grant && policy::standing(*grant, now_ms) == policy::Standing::kExpired)
      return std::nullopt;
    return grant;
  }

  // A caller that presents this managed key.
  policy::Caller holder_of(const Answer& created) {
    policy::Caller holder;
    holder.access = policy::Access::kGranted;
    holder.source = policy::Source::kManaged;
    holder.name = holder.label = created.at("label");
    holder.key_id = holder.lineage = created.at("id");
    holder.grant = *use(created.at("key"));
    return holder;
  }

  size_t records() const {
    size_t count = 0;
    for (const Records& shard : store.all) count += shard.records.size();
    return count;
  }

  int calls = 0;

 private:
  // Cases O6 and O9: whatever a test does, no answer holds a digest, a secret is in one answer
  // only, and the store never sees one.
  void look_through_everything() const {
    std::map<std::string, int> times;
    for (const std::string& text : texts_) {
      EXPECT_FALSE(holds_digest(text)) << text;
      for (const std::string& secret : secrets_in(text)) ++times[secret];
    }
    EXPECT_EQ(times.size(), secrets_.size());
    for (const std::string& secret : secrets_) EXPECT_EQ(times[secret], 1) << secret;
    for (const Records& shard : store.all) {
      for (const auto& [id, record] : shard.records)
        EXPECT_TRUE(secrets_in(id + ' ' + record.body).empty()) << record.body;
      for (const auto& [name, owner] : shard.names) EXPECT_TRUE(secrets_in(name).empty()) << name;
    }
  }

  // 32 hexadecimal digits in a row, and not one letter repeated.
  static bool holds_digest(std::string_view text) {
    std::string run;
    for (const char byte : text) {
      run.push_back(byte);
      if (!std::isxdigit(static_cast<unsigned char>(byte))) run.clear();
      if (run.size() >= 32 && std::set<char>(run.begin(), run.end()).size() > 5) return true;
    }
    return false;
  }

  // Keys and claim codes in full; `gw_live_...aB3x` is none.
  static std::vector<std::string> secrets_in(std::string_view text) {
    std::vector<std::string> secrets;
    for (const std::string_view prefix : {"gw_live_", "gw_test_", "gw_dev_", "gwc_"})
      for (size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1)) {
        size_t end = at + prefix.size();
        while (end < text.size() && std::isalnum(static_cast<unsigned char>(text[end]))) ++end;
        if (end - at > prefix.size() + 20) secrets.emplace_back(text.substr(at, end - at));
      }
    return secrets;
  }

  int seeds_ = 0;
  std::vector<std::string> texts_, secrets_;
};

}  // namespace postern::testing
