// What an operator decides about a request: approve or deny. The first decision stands.
#include <algorithm>
#include <utility>

#include "bounds.h"
#include "management/access_record.h"
#include "management/access_requests.h"
#include "management/attempts.h"
#include "management/fields.h"
#include "management/grant_fields.h"
#include "management/human_text.h"
#include "management/key_record.h"
#include "policy/ring.h"

namespace postern::management {
namespace {

using codec::Document;
using policy::Scope;

class Deciding : public Operation {
 public:
  explicit Deciding(Request request) : request_(std::move(request)) {}

  Step begin(int64_t now_ms) override {
    if (const std::optional<Refused> fault = check_request(now_ms)) return *fault;
    return ask();
  }

  Step resume(const std::vector<Document>& answers, int64_t now_ms) override {
    if (!committing_) return on_record(only(answers), now_ms);
    committing_ = false;
    Refused refused{};
    switch (attempts_.after(answers, policy::Reason::kStoreFull, refused)) {
      case Attempts::Next::kDone:
        return Reply{.status = 200, .body = codec::dump_text(show(found_->request, now_ms))};
      case Attempts::Next::kAgain:
        return ask();
      case Attempts::Next::kRefuse:
        break;
    }
    return refused;
  }

 protected:
  virtual std::optional<Refused> check_request(int64_t now_ms) = 0;
  virtual std::optional<Refused> decide(AccessRequest& request, int64_t now_ms) = 0;
  virtual Document show(const AccessRequest& request, int64_t now_ms) const {
    return request_object(request, now_ms);
  }

  const Request request_;

 private:
  Step ask() const {
    const int shard = shard_of_id(request_.parameter, request_id_prefix);
    if (shard < 0) return no_such_request();
    return get_by_id(shard, request_.parameter);
  }

  Step on_record(const Document& answer, int64_t now_ms) {
    found_ = read_found_request(answer);
    if (!found_ || !may_see(request_.caller, found_->request)) return no_such_request();
    AccessRequest& request = found_->request;
    const RequestState state = state_of(request, now_ms);
    if (state != RequestState::kPending)
      return Refused{.reason = policy::Reason::kRequestDecided,
                     .message = "this request is " + std::string(state_name(state)) + " already",
                     .param = {}};
    request.account = request_.caller.grant.account;
    request.test = request_.caller.grant.key_class == policy::KeyClass::kTest;
    if (const std::optional<Refused> refused = decide(request, now_ms)) return *refused;
    request.decided_ms = now_ms;
    request.decided_by = name_of(request_.caller);

    committing_ = true;
    Commit commit(shard_of_id(request.id, request_id_prefix), now_ms);
    commit.write(write_of(request, found_->version, {}, now_ms));
    return commit.call();
  }

  bool committing_ = false;
  Attempts attempts_;
  std::optional<FoundRequest> found_;
};

// What was asked for in the name, as a label: `Ada Lovelace` becomes `Ada-Lovelace`.
std::string label_of(const AccessRequest& request) {
  std::string label;
  for (const char byte : request.name) {
    const bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= 'a' && byte <= 'z');
    const bool mark = byte == '.' || byte == '_';
    if (alphanumeric || (mark && !label.empty())) {
      label.push_back(byte);
    } else if (!label.empty() && label.back() != '-') {
      label.push_back('-');
    }
    if (label.size() == bounds::ring_label_bytes_max) break;
  }
  while (!label.empty() && label.back() == '-') label.pop_back();
  if (policy::is_label(label)) return label;
  return "requested-" +
         request.id.substr(request.id.size() - std::min<size_t>(4, request.id.size()));
}

class ApproveRequest final : public Deciding {
 public:
  using Deciding::Deciding;

 private:
  std::optional<Refused> check_request(int64_t now_ms) override {
    Fields fields = read_body();
    Granted scratch;
    apply(fields, scratch);
    refuse_past_expiry(fields, scratch.grant, now_ms);
    return fields.fault();
  }

  // What the operator does not write is the least that makes sense: never the rights to manage,
  // and never for ever.
  std::optional<Refused> decide(AccessRequest& request, int64_t now_ms) override {
    Granted granted;
    granted.label = label_of(request);
    granted.grant.scopes = request.scopes.both({Scope::kRead, Scope::kGenerate});
    granted.grant.account = request_.caller.grant.account;
    granted.grant.key_class = request_.caller.grant.key_class;
    // Whole seconds, as answers show it.
    granted.grant.expires_ms = (now_ms + bounds::requested_key_life_ms) / 1000 * 1000;
    Fields fields = read_body();
    apply(fields, granted);
    if (granted.grant.scopes.empty())
      fields.refuse("scopes",
                    "scopes must say what to grant: nothing of what was asked for is "
                    "granted unless it is named");
    refuse_past_expiry(fields, granted.grant, now_ms);
    if (fields.fault()) return fields.fault();
    if (auto refused = why_not_to_give(request_, granted.grant)) return refused;
    request.state = RequestState::kApproved;
    request.account = granted.grant.account;
    request.test = granted.grant.key_class == policy::KeyClass::kTest;
    request.granted = std::move(granted);
    return std::nullopt;
  }

  Document show(const AccessRequest& request, int64_t now_ms) const override {
    Document object = request_object(request, now_ms);
    Document asked = Document::object(), granted = Document::object();
    policy::Grant asked_grant;
    asked_grant.scopes = request.scopes;
    write_grant(asked_grant, asked);
    write_grant(request.granted->grant, granted);
    Document difference = Document::object();
    for (auto member = granted.begin(); member != granted.end(); ++member) {
      const auto before = asked.find(member.key());
      if (before == asked.end() || *before == *member) continue;
      Document pair = Document::object();
      pair["asked"] = *before;
      pair["granted"] = *member;
      difference[member.key()] = std::move(pair);
    }
    object["difference"] = std::move(difference);
    return object;
  }

  Fields read_body() const {
    return Fields(request_.body,
                  {"label", "class", "scopes", "models", "account", "expires_at", "limits"});
  }

  static void apply(Fields& fields, Granted& granted) {
    if (auto label = read_label(fields)) granted.label = std::move(*label);
    read_grant(fields, granted.grant);
  }
};

class DenyRequest final : public Deciding {
 public:
  using Deciding::Deciding;

 private:
  std::optional<Refused> check_request(int64_t) override {
    Fields fields(request_.body, {"reason"});
    if (fields.has("reason")) reason_ = read_human_text(fields, "reason");
    return fields.fault();
  }

  std::optional<Refused> decide(AccessRequest& request, int64_t) override {
    request.state = RequestState::kDenied;
    request.reason = reason_;
    return std::nullopt;
  }

  std::string reason_;
};

}  // namespace

std::unique_ptr<Operation> approve_request(Request request) {
  return std::make_unique<ApproveRequest>(std::move(request));
}

std::unique_ptr<Operation> deny_request(Request request) {
  return std::make_unique<DenyRequest>(std::move(request));
}

}  // namespace postern::management
