// The operations that make a secret: creating a key, and putting a new one in the place of another.
#include <utility>

#include "bounds.h"
#include "management/attempts.h"
#include "management/fields.h"
#include "management/fresh_key.h"
#include "management/grant_fields.h"
#include "management/key_record.h"
#include "management/keys.h"
#include "management/replay.h"

namespace postern::management {
namespace {

using codec::Document;
using policy::KeyChange;

Reply reply_with_secret(const policy::ManagedKey& key, const FreshKey& fresh, int64_t now_ms) {
  Document object = key_object(key, *key.generation(fresh.generation.id), now_ms);
  object["key"] = fresh.key;
  return key_reply(201, object);
}

Reply reply_to_retry(const FoundKey& found, int64_t now_ms) {
  Document object = key_object(found.key, found.generation(), now_ms);
  object["key"] = nullptr;
  object["replayed"] = true;
  object["message"] =
      "this request has been answered before; a key is shown only once, so supersede this one to "
      "get a fresh key";
  return key_reply(200, object);
}

// What both have in common: first the store is asked for an earlier request with the same
// Idempotency-Key, if one was sent.
class Making : public Operation {
 public:
  Making(Request request, std::string_view action)
      : request_(std::move(request)), replay_(request_, action, identity_of(request_.caller)) {}

  Step begin(int64_t now_ms) override {
    if (replay_.fault()) return *replay_.fault();
    if (const std::optional<Refused> fault = read_request(now_ms)) return *fault;
    return try_once(now_ms);
  }

  Step resume(const std::vector<Document>& answers, int64_t now_ms) override {
    switch (asked_) {
      case Asked::kReplay:
        return on_replay(only(answers), now_ms);
      case Asked::kEarlierResult: {
        const auto found = read_found_key(only(answers), request_.caller);
        if (!found) return no_such_key();
        return reply_to_retry(*found, now_ms);
      }
      case Asked::kRecord:
        return on_record(only(answers), now_ms);
      case Asked::kCommit:
        break;
    }
    Refused refused{};
    switch (attempts_.after(answers, policy::Reason::kStoreFull, refused)) {
      case Attempts::Next::kDone:
        return reply_with_secret(key_, fresh_, now_ms);
      case Attempts::Next::kAgain:
        return try_once(now_ms);
      case Attempts::Next::kRefuse:
        break;
    }
    return refused;
  }

 protected:
  enum class Asked { kReplay, kEarlierResult, kRecord, kCommit };

  virtual std::optional<Refused> read_request(int64_t now_ms) = 0;
  virtual int replay_shard() const = 0;
  virtual Step make(int64_t now_ms) = 0;
  virtual Step on_record(const Document& answer, int64_t now_ms) = 0;

  Step ask(Asked what, Step call) {
    asked_ = what;
    return call;
  }

  // `write` is that of the key itself.
  Step commit(Commit::Write write, bool creates, int64_t now_ms) {
    const std::string_view kind = write.kind;
    Commit commit(fresh_.shard(), now_ms);
    commit.write(std::move(write));
    if (replay_.wanted()) commit.write(replay_.write(fresh_.generation.id, now_ms));
    if (creates) commit.at_most(kind, std::nullopt, bounds::keys_per_shard_max);
    return ask(Asked::kCommit, commit.call());
  }

  const Request request_;
  const Replay replay_;
  Attempts attempts_;
  policy::ManagedKey key_;
  FreshKey fresh_;

 private:
  Step try_once(int64_t now_ms) {
    if (!replay_.wanted()) return make(now_ms);
    const int shard = replay_shard();
    if (shard < 0) return no_such_key();
    return ask(Asked::kReplay, replay_.question(shard));
  }

  Step on_replay(const Document& answer, int64_t now_ms) {
    const std::optional<Replay::Earlier> earlier = replay_.read(answer);
    if (!earlier) return make(now_ms);
    if (!earlier->same_body) return idempotency_key_reused();
    return ask(Asked::kEarlierResult, ask_for_key(earlier->result));
  }

  Asked asked_ = Asked::kRecord;
};

class CreateKey final : public Making {
 public:
  explicit CreateKey(Request request) : Making(std::move(request), "create a key") {}

 private:
  std::optional<Refused> read_request(int64_t now_ms) override {
    Fields fields(request_.body,
                  {"label", "class", "scopes", "models", "account", "expires_at", "limits"});
    fields.require("label");
    key_.label = read_label(fields).value_or("");
    key_.grant.account = request_.caller.grant.account;
    key_.grant.key_class = request_.caller.grant.key_class;
    key_.created_by = name_of(request_.caller);
    read_grant(fields, key_.grant);
    refuse_past_expiry(fields, key_.grant, now_ms);
    return fields.fault() ? fields.fault() : why_not_to_give(request_, key_.grant);
  }

  // A retry has to come to the same shard without knowing the key.
  int replay_shard() const override { return replay_.shard(); }

  Step make(int64_t now_ms) override {
    const auto shard = replay_.wanted() ? std::optional(replay_.shard()) : std::nullopt;
    fresh_ = make_fresh_key(key_.grant.key_class, request_.seed, attempts_.number(), shard, now_ms);
    key_.generations.assign(1, fresh_.generation);
    Commit::Write write = write_of(fresh_.generation.id, 0, key_);
    write.names = fresh_.names();
    return commit(std::move(write), true, now_ms);
  }

  Step on_record(const Document&, int64_t) override { return no_such_key(); }
};

class SupersedeKey final : public Making {
 public:
  explicit SupersedeKey(Request request) : Making(std::move(request), "supersede a key") {}

 private:
  std::optional<Refused> read_request(int64_t) override {
    Fields fields(request_.body, {"grace_seconds"});
    constexpr int64_t most = bounds::grace_ms / 1000;
    grace_ms_ = fields.integer("grace_seconds", 0, most).value_or(most) * 1000;
    return fields.fault();
  }

  int replay_shard() const override { return shard_of_id(request_.parameter, key_id_prefix); }

  Step make(int64_t) override { return ask(Asked::kRecord, ask_for_key(request_.parameter)); }

  Step on_record(const Document& answer, int64_t now_ms) override {
    std::optional<FoundKey> found = read_found_key(answer, request_.caller);
    if (!found) return no_such_key();
    // The answer holds a working secret, so it must not be one of more rights than the caller's.
    // A key may always have itself replaced.
    if (!is_own(request_.caller, *found))
      if (const auto refused = why_not_to_give(request_, found->key.grant)) return *refused;

    const policy::ManagedKey before = found->key;
    key_ = std::move(found->key);
    fresh_ = make_fresh_key(key_.grant.key_class, request_.seed, attempts_.number(),
                            shard_of_id(found->id, key_id_prefix), now_ms);
    const KeyChange change =
        policy::supersede(key_, found->id, fresh_.generation, grace_ms_, now_ms);
    if (change != KeyChange::kDone) return not_active(before, found->id, now_ms);

    Commit::Write write = write_of(found->record_id, found->version, key_);
    write.names = fresh_.names();
    for (const policy::KeyGeneration& generation : before.generations)
      if (!key_.generation(generation.id)) write.drop.push_back(generation.id);
    changed = {lineage_of(key_)};
    return commit(std::move(write), false, now_ms);
  }

  int64_t grace_ms_ = 0;
};

}  // namespace

std::unique_ptr<Operation> create_key(Request request) {
  return std::make_unique<CreateKey>(std::move(request));
}

std::unique_ptr<Operation> supersede_key(Request request) {
  return std::make_unique<SupersedeKey>(std::move(request));
}

}  // namespace postern::management
