#include "management/access_requests.h"

#include <utility>

#include "bounds.h"
#include "management/access_record.h"
#include "management/attempts.h"
#include "management/fields.h"
#include "management/fresh_key.h"
#include "management/grant_fields.h"
#include "management/human_text.h"
#include "management/pages.h"
#include "management/replay.h"
#include "management/tagged_digest.h"

namespace postern::management {
namespace {

using codec::Document;

// The same answer for everybody, whoever has asked before and with whatever contact.
class RequestKey final : public Operation {
 public:
  explicit RequestKey(Request request)
      : request_(std::move(request)),
        address_(tagged_digest("asking address", {request_.address})),
        replay_(request_, "request a key", "address " + codec::to_hex(address_)) {}

  Step begin(int64_t now_ms) override {
    if (replay_.fault()) return *replay_.fault();
    Fields fields(request_.body, {"name", "purpose", "contact", "scopes"});
    for (const std::string_view name : {"name", "purpose", "contact"}) fields.require(name);
    wanted_.name = read_human_text(fields, "name");
    wanted_.purpose = read_human_text(fields, "purpose");
    wanted_.contact = read_human_text(fields, "contact");
    policy::Grant grant;
    read_grant(fields, grant);
    wanted_.scopes = grant.scopes;
    if (fields.fault()) return *fields.fault();
    return try_once(now_ms);
  }

  Step resume(const std::vector<Document>& answers, int64_t now_ms) override {
    switch (asked_) {
      case Asked::kReplay: {
        const std::optional<Replay::Earlier> earlier = replay_.read(only(answers));
        if (!earlier) return commit(now_ms);
        if (!earlier->same_body) return idempotency_key_reused();
        return ask(Asked::kEarlierResult, get_by_id(shard(), earlier->result));
      }
      case Asked::kEarlierResult: {
        const auto found = read_found_request(only(answers));
        if (!found) return no_such_request();
        return reply_to_retry(found->request, now_ms);
      }
      case Asked::kCommit:
        break;
    }
    Refused refused{};
    switch (attempts_.after(answers, policy::Reason::kTooManyRequests, refused)) {
      case Attempts::Next::kDone: {
        Document object = answer_object(now_ms, wanted_);
        object["claim_code"] = code_;
        return Reply{.status = 202, .body = codec::dump_text(object)};
      }
      case Attempts::Next::kAgain:
        return try_once(now_ms);
      case Attempts::Next::kRefuse:
        break;
    }
    return refused;
  }

 private:
  enum class Asked { kReplay, kEarlierResult, kCommit };

  int shard() const { return shard_of(address_); }

  Step ask(Asked what, StoreCall call) {
    asked_ = what;
    return call;
  }

  Step try_once(int64_t now_ms) {
    return replay_.wanted() ? ask(Asked::kReplay, replay_.question(shard())) : commit(now_ms);
  }

  Step commit(int64_t now_ms) {
    const int attempt = attempts_.number();
    wanted_.created_ms = now_ms;
    wanted_.id =
        make_id(request_id_prefix, shard(), 22, request_.seed, "access request id", attempt);
    code_ = make_id(claim_code_prefix, shard(), 32, request_.seed, "claim code", attempt);
    const std::string group = codec::to_hex(address_);
    Commit commit(shard(), now_ms);
    Commit::Write write = write_of(wanted_, 0, group, now_ms);
    write.names = {{claim_name(code_), "claim"}};
    commit.write(std::move(write));
    if (replay_.wanted()) commit.write(replay_.write(wanted_.id, now_ms));
    commit.at_most(pending_kind, group, bounds::pending_requests_per_address_max);
    commit.at_most(pending_kind, std::nullopt, bounds::pending_requests_per_shard_max);
    return ask(Asked::kCommit, commit.call());
  }

  static Document answer_object(int64_t now_ms, const AccessRequest& request) {
    Document object = Document::object();
    object["object"] = "access_request";
    object["id"] = request.id;
    object["status"] = state_name(state_of(request, now_ms));
    object["claim_code"] = nullptr;
    object["created_at"] = time_or_null(request.created_ms);
    object["expires_at"] = time_or_null(request.created_ms + bounds::access_request_kept_ms);
    return object;
  }

  static Reply reply_to_retry(const AccessRequest& request, int64_t now_ms) {
    Document object = answer_object(now_ms, request);
    object["replayed"] = true;
    object["message"] =
        "this request has been answered before; the claim code is shown only once, so ask anew "
        "with another Idempotency-Key if it is lost";
    return {.status = 200, .body = codec::dump_text(object)};
  }

  const Request request_;
  const codec::Digest address_;  // its hash, so that addresses are kept nowhere
  const Replay replay_;
  AccessRequest wanted_;
  std::string code_;
  Attempts attempts_;
  Asked asked_ = Asked::kCommit;
};

class ListRequests final : public Listing {
 public:
  using Listing::Listing;

 private:
  bool takes_status() const override { return true; }

  Wanted wanted(std::optional<std::string_view> status) override {
    Wanted wanted;
    wanted.kinds = {pending_kind};
    if (status == "all") {
      wanted.kinds.push_back(decided_kind);
    } else if (status && status != "pending") {
      wanted.fault = invalid_field("status", "status must be pending or all");
    }
    return wanted;
  }

  std::optional<Document> show(const StoredRecord& record, int64_t now_ms) override {
    const auto request = read_access_request(record.id, record.body);
    if (!request || !may_see(request_.caller, *request)) return std::nullopt;
    return request_object(*request, now_ms);
  }
};

}  // namespace

std::unique_ptr<Operation> request_key(Request request) {
  return std::make_unique<RequestKey>(std::move(request));
}

std::unique_ptr<Operation> list_requests(Request request) {
  return std::make_unique<ListRequests>(std::move(request));
}

}  // namespace postern::management
