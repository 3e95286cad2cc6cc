// The operations that change a key and make no secret: PATCH and DELETE.
#include <utility>

#include "management/attempts.h"
#include "management/fields.h"
#include "management/grant_fields.h"
#include "management/key_record.h"
#include "management/keys.h"

namespace postern::management {
namespace {

using codec::Document;
using policy::KeyChange;

class Changing : public Operation {
 public:
  explicit Changing(Request request) : request_(std::move(request)) {}

  Step begin(int64_t) override {
    if (const std::optional<Refused> fault = check_request()) return *fault;
    return ask_for_key(request_.parameter);
  }

  Step resume(const std::vector<Document>& answers, int64_t now_ms) override {
    if (!committing_) return on_record(only(answers), now_ms);
    committing_ = false;
    Refused refused{};
    switch (attempts_.after(answers, policy::Reason::kStoreFull, refused)) {
      case Attempts::Next::kDone:
        return show(now_ms);
      case Attempts::Next::kAgain:
        return ask_for_key(request_.parameter);
      case Attempts::Next::kRefuse:
        break;
    }
    return refused;
  }

 protected:
  virtual std::optional<Refused> check_request() { return std::nullopt; }
  // Changes the record or says why not. kNothing: it is so already.
  virtual std::variant<KeyChange, Refused> change(FoundKey& found, int64_t now_ms) = 0;

  const Request request_;

 private:
  Step on_record(const Document& answer, int64_t now_ms) {
    found_ = read_found_key(answer, request_.caller);
    if (!found_) return no_such_key();
    const std::variant<KeyChange, Refused> result = change(*found_, now_ms);
    if (const auto* refused = std::get_if<Refused>(&result)) return *refused;
    if (std::get<KeyChange>(result) == KeyChange::kNothing) return show(now_ms);

    committing_ = true;
    changed = {lineage_of(found_->key)};
    Commit commit(shard_of_id(found_->id, key_id_prefix), now_ms);
    commit.write(write_of(found_->record_id, found_->version, found_->key));
    return commit.call();
  }

  Reply show(int64_t now_ms) const {
    return key_reply(200, key_object(found_->key, found_->generation(), now_ms));
  }

  bool committing_ = false;
  Attempts attempts_;
  std::optional<FoundKey> found_;
};

// Says nothing different the second time: what is wanted is a key that does not work.
class RevokeKey final : public Changing {
 public:
  using Changing::Changing;

 private:
  std::variant<KeyChange, Refused> change(FoundKey& found, int64_t now_ms) override {
    return policy::revoke(found.key, found.id, now_ms);
  }
};

class ChangeKey final : public Changing {
 public:
  using Changing::Changing;

 private:
  std::optional<Refused> check_request() override {
    Fields fields = read_body();
    for (const std::string_view fixed : {"class", "account"})
      if (fields.has(fixed))
        fields.refuse(fixed, std::string(fixed) + " is fixed for the life of a key");
    if (fields.empty()) fields.refuse("", "the request body names nothing to change");
    policy::ManagedKey scratch;
    apply(fields, scratch);
    return fields.fault();
  }

  std::variant<KeyChange, Refused> change(FoundKey& found, int64_t now_ms) override {
    // Nobody edits its own rights, narrower or wider.
    if (is_own(request_.caller, found))
      return Refused{.reason = policy::Reason::kOwnKey, .message = {}, .param = {}};
    if (const auto refused = why_not_active(found, now_ms)) return *refused;

    Fields fields = read_body();
    apply(fields, found.key);
    refuse_past_expiry(fields, found.key.grant, now_ms);
    if (fields.fault()) return *fields.fault();
    if (const auto refused = why_not_to_give(request_, found.key.grant)) return *refused;
    return KeyChange::kDone;
  }

  Fields read_body() const {
    return Fields(request_.body, {"label", "scopes", "models", "expires_at", "limits", "disabled",
                                  "class", "account"});
  }

  static void apply(Fields& fields, policy::ManagedKey& key) {
    if (auto label = read_label(fields)) key.label = std::move(*label);
    read_grant(fields, key.grant);
    if (const auto disabled = fields.boolean("disabled")) key.disabled = *disabled;
  }

  // What has ended never begins again, not even by a later expiry. A disabled key has not ended.
  static std::optional<Refused> why_not_active(const FoundKey& found, int64_t now_ms) {
    policy::ManagedKey enabled = found.key;
    enabled.disabled = false;
    if (policy::state_of(enabled, found.generation(), now_ms) == policy::KeyState::kActive)
      return std::nullopt;
    return not_active(enabled, found.id, now_ms);
  }
};

}  // namespace

std::unique_ptr<Operation> change_key(Request request) {
  return std::make_unique<ChangeKey>(std::move(request));
}

std::unique_ptr<Operation> revoke_key(Request request) {
  return std::make_unique<RevokeKey>(std::move(request));
}

}  // namespace postern::management
