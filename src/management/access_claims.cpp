// A claim code becomes a key, once. The key is made now, so that no secret waits anywhere; key and
// request change in one commit, so that no race makes two.
#include <utility>

#include "bounds.h"
#include "management/access_record.h"
#include "management/access_requests.h"
#include "management/attempts.h"
#include "management/fields.h"
#include "management/fresh_key.h"
#include "management/key_record.h"

namespace postern::management {
namespace {

using codec::Document;

class ClaimKey final : public Operation {
 public:
  explicit ClaimKey(Request request) : request_(std::move(request)) {}

  Step begin(int64_t) override {
    Fields fields(request_.body, {"claim_code"});
    fields.require("claim_code");
    code_ = fields.text("claim_code").value_or("");
    if (fields.fault()) return *fields.fault();
    return ask();
  }

  Step resume(const std::vector<Document>& answers, int64_t now_ms) override {
    if (!committing_) return on_record(only(answers), now_ms);
    committing_ = false;
    Refused refused{};
    switch (attempts_.after(answers, policy::Reason::kStoreFull, refused)) {
      case Attempts::Next::kDone: {
        Document object = key_object(key_, key_.current(), now_ms);
        object["key"] = fresh_.key;
        return key_reply(200, object);
      }
      case Attempts::Next::kAgain:
        return ask();
      case Attempts::Next::kRefuse:
        break;
    }
    return refused;
  }

 private:
  // Unknown, denied, claimed and expired codes get the same words.
  static Refused gone() {
    return {.reason = policy::Reason::kClaimGone, .message = {}, .param = {}};
  }

  Step ask() const {
    if (!is_claim_code(code_)) return gone();
    return find_by_name(shard_of_id(code_, claim_code_prefix), claim_name(code_));
  }

  Step on_record(const Document& answer, int64_t now_ms) {
    std::optional<FoundRequest> found = read_found_request(answer);
    if (!found) return gone();
    AccessRequest& request = found->request;
    const RequestState state = state_of(request, now_ms);
    if (state == RequestState::kPending) return still_pending();
    if (state != RequestState::kApproved) return gone();

    const int shard = shard_of_id(code_, claim_code_prefix);
    fresh_ = make_fresh_key(request.granted->grant.key_class, request_.seed, attempts_.number(),
                            shard, now_ms);
    key_ = {};
    key_.label = request.granted->label;
    key_.grant = request.granted->grant;
    key_.created_by = request.decided_by;
    key_.generations = {fresh_.generation};
    request.state = RequestState::kClaimed;
    request.key_id = fresh_.generation.id;

    Commit commit(shard, now_ms);
    Commit::Write write = write_of(fresh_.generation.id, 0, key_);
    write.names = fresh_.names();
    const std::string_view kind = write.kind;
    commit.write(std::move(write));
    commit.write(write_of(request, found->version, {}, now_ms));
    commit.at_most(kind, std::nullopt, bounds::keys_per_shard_max);
    committing_ = true;
    return commit.call();
  }

  static Reply still_pending() {
    Document object = Document::object();
    object["object"] = "access_request";
    object["status"] = state_name(RequestState::kPending);
    return {.status = 202, .body = codec::dump_text(object)};
  }

  const Request request_;
  std::string code_;
  bool committing_ = false;
  Attempts attempts_;
  policy::ManagedKey key_;
  FreshKey fresh_;
};

}  // namespace

std::unique_ptr<Operation> claim_key(Request request) {
  return std::make_unique<ClaimKey>(std::move(request));
}

}  // namespace postern::management
