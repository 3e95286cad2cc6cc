#include "management/keys.h"

#include <utility>

#include "management/key_record.h"
#include "management/pages.h"

namespace postern::management {
namespace {

using codec::Document;

// A lineage stands in the list once, as the key that is current.
class ListKeys final : public Listing {
 public:
  using Listing::Listing;

 private:
  bool takes_status() const override { return false; }

  Wanted wanted(std::optional<std::string_view>) override {
    const policy::Grant& grant = request_.caller.grant;
    Wanted wanted;
    if (grant.key_class != policy::KeyClass::kTest) wanted.kinds.push_back(key_kind);
    wanted.kinds.push_back(test_key_kind);
    if (!grant.account.empty()) wanted.group = grant.account;
    return wanted;
  }

  std::optional<Document> show(const StoredRecord& record, int64_t now_ms) override {
    const std::optional<policy::ManagedKey> key = policy::read_managed_key(record.body);
    if (!key || !may_see(request_.caller, key->grant)) return std::nullopt;
    return key_object(*key, key->current(), now_ms);
  }
};

class ReadKey final : public Operation {
 public:
  explicit ReadKey(Request request) : request_(std::move(request)) {}

  Step begin(int64_t) override { return ask_for_key(request_.parameter); }

  Step resume(const std::vector<Document>& answers, int64_t now_ms) override {
    const auto found = answers.size() == 1 ? read_found_key(answers[0], request_.caller)
                                           : std::optional<FoundKey>();
    if (!found) return no_such_key();
    return key_reply(200, key_object(found->key, found->generation(), now_ms));
  }

 private:
  const Request request_;
};

}  // namespace

std::unique_ptr<Operation> list_keys(Request request) {
  return std::make_unique<ListKeys>(std::move(request));
}

std::unique_ptr<Operation> read_key(Request request) {
  return std::make_unique<ReadKey>(std::move(request));
}

}  // namespace postern::management
