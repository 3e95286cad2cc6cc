// A hundred requests at once for one key, in random order: every question to the store, its
// execution there and the arrival of its answer are steps of their own. A second, simpler statement
// of the rules says what each request may answer and what each key may do at every moment.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <set>

#include "bench.h"
#include "bounds.h"

namespace postern::testing {
namespace {

struct Secret {
  std::string id;
  int64_t until_ms = INT64_MAX;
  bool replaced = false, revoked = false;
};

// Facts about secrets, oldest first. Knows nothing of records, versions and stores.
struct Model {
  std::vector<Secret> secrets;
  int64_t expires_ms = INT64_MAX;

  Secret* find(const std::string& id) {
    for (Secret& secret : secrets)
      if (secret.id == id) return &secret;
    return nullptr;
  }
  bool over(const Secret& secret, int64_t t) const {
    return t >= secret.until_ms || t >= expires_ms;
  }
  bool usable(const Secret& secret, int64_t t) const { return !secret.revoked && !over(secret, t); }

  bool may_supersede(const std::string& id, int64_t t) const {
    return secrets.back().id == id && usable(secrets.back(), t);
  }
  void supersede(const std::string& successor, int64_t grace_ms, int64_t t) {
    for (Secret& secret : secrets)
      if (secret.replaced) secret.until_ms = std::min(secret.until_ms, t);
    Secret& old = secrets.back();
    old.replaced = true;
    old.until_ms = std::min(t + grace_ms, expires_ms);
    old.revoked = grace_ms == 0;
    secrets.push_back({.id = successor});
    if (secrets.size() > bounds::key_generations_max) secrets.erase(secrets.begin() + 1);
  }

  bool may_revoke(const std::string& id) { return !find(id)->revoked; }
  void revoke(const std::string& id, int64_t t) {
    Secret& named = *find(id);
    if (usable(named, t))
      for (Secret& secret : secrets)
        if (usable(secret, t)) secret.revoked = true;
    named.revoked = true;
  }
};

enum class Kind { kSupersede, kRevoke, kUse };

// One request: its next question, or the answer that is under way to it.
struct Runner {
  Kind kind{};
  std::string id;   // that it names
  std::string key;  // that it presents
  int64_t grace_ms = 0;
  std::unique_ptr<management::Operation> operation;
  std::optional<management::StoreCall> question;
  std::vector<Document> answers;
  bool answered = false;
  Model seen;  // the facts when the store answered
  int conflicts = 0;
  bool committed = false;
};

class Race {
 public:
  explicit Race(uint64_t seed) : random_(seed) {}

  void run() {
    const Answer created = bench_.create(
        expiring() ? R"({"label":"a","expires_at":"2027-01-18T00:00:00Z"})" : R"({"label":"a"})");
    ASSERT_EQ(created.status, 201);
    if (expiring()) model_.expires_ms = *codec::read_utc_time("2027-01-18T00:00:00Z");
    model_.secrets.push_back({.id = created.at("id")});
    keys_.emplace_back(created.at("id"), created.at("key"));

    int begun = 0;
    while ((begun < 100 || !runners_.empty()) && !::testing::Test::HasFailure()) {
      if (begun < 100 && (runners_.empty() || below(3) == 0)) {
        begin();
        ++begun;
      } else {
        advance(below(runners_.size()));
      }
      pass_time();
      compare();
    }
    compare_keys();
  }

 private:
  size_t below(size_t bound) { return static_cast<size_t>(random_() % bound); }
  bool expiring() const { return expiring_; }

  void pass_time() {
    constexpr int64_t steps[] = {0, 0, 0, 0, 1, 500, 60'000, hour_ms, 5 * hour_ms};
    bench_.now_ms += steps[below(std::size(steps))];
  }

  void begin() {
    Runner runner;
    const auto& [id, key] = keys_[keys_.size() - 1 - std::min(below(4), keys_.size() - 1)];
    runner.id = id;
    runner.key = key;
    const size_t dice = below(10);
    runner.kind = dice < 5 ? Kind::kSupersede : dice < 9 ? Kind::kUse : Kind::kRevoke;
    if (runner.kind == Kind::kUse) {
      runner.question = bench_.question(key);
    } else {
      Ask ask{.route = RouteId::kRevokeKey, .parameter = id};
      if (runner.kind == Kind::kSupersede) {
        const int64_t seconds[] = {0, 60, 3600, 86400};
        runner.grace_ms = seconds[below(4)] * 1000;
        ask.route = RouteId::kSupersedeKey;
        ask.body = "{\"grace_seconds\":" + std::to_string(runner.grace_ms / 1000) + "}";
      }
      runner.operation = bench_.make(ask);
      runner.question = std::get<management::StoreCall>(runner.operation->begin(bench_.now_ms));
    }
    runners_.push_back(std::move(runner));
  }

  void advance(size_t at) {
    Runner& runner = runners_[at];
    const bool over = runner.answered ? deliver(runner) : (execute(runner), false);
    if (over) runners_.erase(runners_.begin() + static_cast<ptrdiff_t>(at));
  }

  // The store does its part, and the facts change with it.
  void execute(Runner& runner) {
    runner.answers = bench_.store.answer(*runner.question, bench_.now_ms);
    runner.answered = true;
    if (runner.question->method != "commit") {
      runner.seen = model_;
      return;
    }
    if (!runner.answers[0].contains("done")) {
      ++runner.conflicts;
      return;
    }
    runner.committed = true;
    const Document argument = Document::parse(runner.question->argument);
    const int64_t decided_ms = argument["now"].get<int64_t>();
    if (runner.kind == Kind::kSupersede) {
      EXPECT_TRUE(model_.may_supersede(runner.id, decided_ms));
      const std::string successor = argument["writes"][0]["names"][0][1].get<std::string>();
      model_.supersede(successor, runner.grace_ms, decided_ms);
    } else {
      EXPECT_TRUE(model_.find(runner.id) && model_.may_revoke(runner.id));
      if (model_.find(runner.id)) model_.revoke(runner.id, decided_ms);
    }
  }

  // The answer arrives. True: the request is over.
  bool deliver(Runner& runner) {
    runner.answered = false;
    if (runner.kind == Kind::kUse) {
      const Secret* const secret = runner.seen.find(runner.id);
      EXPECT_EQ(bench_.grant_in(runner.answers[0]).has_value(),
                secret && runner.seen.usable(*secret, bench_.now_ms));
      return true;
    }
    const bool was_commit = runner.question->method == "commit";
    management::Step step = runner.operation->resume(runner.answers, bench_.now_ms);
    if (auto* call = std::get_if<management::StoreCall>(&step)) {
      EXPECT_FALSE(runner.committed);
      runner.question = std::move(*call);
      return false;
    }
    const Answer answer = bench_.answer_of(step);
    if (runner.committed) {
      check_success(runner, answer);
    } else if (was_commit) {
      EXPECT_EQ(answer.reason, Reason::kKeyStoreUnavailable);
      EXPECT_EQ(runner.conflicts, bounds::commit_attempts_max);
    } else {
      check_no_change(runner, answer);
    }
    return true;
  }

  void check_success(const Runner& runner, const Answer& answer) {
    if (runner.kind == Kind::kRevoke) {
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.at("status"), "revoked");
      return;
    }
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.at("predecessor"), runner.id);
    keys_.emplace_back(answer.at("id"), answer.at("key"));
  }

  // The request ended on what it read.
  void check_no_change(Runner& runner, const Answer& answer) {
    const Secret* const secret = runner.seen.find(runner.id);
    if (!secret) {
      EXPECT_EQ(answer.reason, Reason::kKeyNotFound);
    } else if (runner.kind == Kind::kRevoke) {
      EXPECT_TRUE(secret->revoked);
      EXPECT_EQ(answer.at("status"), "revoked");
    } else {
      EXPECT_FALSE(runner.seen.may_supersede(runner.id, bench_.now_ms));
      EXPECT_EQ(answer.reason, Reason::kKeyNotActive);
    }
  }

  // Every key, now and later, as the facts say. At most two work; what has ended stays so.
  void compare() {
    const int64_t now_ms = bench_.now_ms;
    const std::string& any = model_.secrets.front().id;
    const auto call = management::find_by_name(management::shard_of_id(any, "key_"), any);
    const auto stored = management::read_record(bench_.store.answer(call, now_ms)[0]);
    const auto record = stored ? policy::read_managed_key(stored->body) : std::nullopt;
    ASSERT_TRUE(record);
    ASSERT_EQ(record->generations.size(), model_.secrets.size());
    for (const int64_t later_ms : {int64_t{0}, int64_t{59'999}, hour_ms, day_ms, 3 * day_ms}) {
      int usable = 0;
      for (size_t i = 0; i < model_.secrets.size(); ++i) {
        const Secret& secret = model_.secrets[i];
        const int64_t at_ms = now_ms + later_ms;
        const bool expected = model_.usable(secret, at_ms);
        const auto grant = policy::grant_of(*record, record->generations[i], at_ms);
        EXPECT_EQ(grant && policy::standing(*grant, at_ms) != policy::Standing::kExpired, expected)
            << secret.id << " in " << later_ms << " ms";
        usable += expected ? 1 : 0;
        if (later_ms == 0 && !expected) ended_.insert(secret.id);
        if (expected) EXPECT_EQ(ended_.count(secret.id), 0u) << secret.id << " works again";
      }
      EXPECT_LE(usable, 2);
    }
  }

  // The same through the door: by the digest of every key that was ever given out.
  void compare_keys() {
    for (const auto& [id, key] : keys_) {
      const Secret* const secret = model_.find(id);
      EXPECT_EQ(bench_.use(key).has_value(), secret && model_.usable(*secret, bench_.now_ms)) << id;
    }
  }

  std::mt19937_64 random_;
  const bool expiring_ = random_() % 2 == 0;
  Bench bench_;
  Model model_;
  std::vector<std::pair<std::string, std::string>> keys_;  // id and text, as answers gave them
  std::set<std::string> ended_;
  std::vector<Runner> runners_;
};

TEST(KeyRace, a_hundred_parallel_requests_never_show_a_state_that_the_rules_do_not_allow) {
  const char* const wanted = std::getenv("POSTERN_RACE_SEEDS");
  const uint64_t seeds = wanted ? std::strtoull(wanted, nullptr, 10) : 40;
  for (uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Race(seed).run();
  }
}

}  // namespace
}  // namespace postern::testing
