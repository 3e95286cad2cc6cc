// Whatever bodies, queries, ids and answers of the store arrive, an operation ends after a bounded
// number of questions, each of them JSON for shards that exist, and what it answers is JSON.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bounds.h"
#include "codec/document.h"
#include "management/operation.h"
#include "policy/session.h"
#include "support/records.h"

namespace {

using namespace postern;
using policy::RouteId;

constexpr RouteId route_ids[] = {
    RouteId::kCreateKey,    RouteId::kListKeys,       RouteId::kReadKey,       RouteId::kChangeKey,
    RouteId::kRevokeKey,    RouteId::kSupersedeKey,   RouteId::kCreateSession, RouteId::kRequestKey,
    RouteId::kListRequests, RouteId::kApproveRequest, RouteId::kDenyRequest,   RouteId::kClaimKey};

constexpr int64_t now_ms = 1'800'000'000'000;

void require(bool holds) {
  if (!holds) std::abort();
}

// The input in pieces; zero bytes part them.
std::string_view take(std::string_view& input) {
  const size_t end = std::min(input.find('\0'), input.size());
  const std::string_view piece = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return piece;
}

// An answer that may be anything: the input as JSON, or as the body of a record.
codec::Document invented(std::string_view piece, std::string_view parameter, bool as_body) {
  if (as_body)
    return codec::Document::object({{"id", std::string(parameter)},
                                    {"as", std::string(parameter)},
                                    {"version", 1},
                                    {"body", std::string(piece)}});
  codec::Document document = codec::Document::parse(piece, nullptr, false);
  return document.is_discarded() ? codec::Document(nullptr) : document;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  static const policy::Config config = [] {
    policy::Config made;
    made.session_key = policy::session_signing_key("a secret for tests that is long enough");
    return made;
  }();
  const uint8_t choice = data[0], flags = data[1];
  std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);

  management::Request request{.config = config,
                              .route = route_ids[choice % std::size(route_ids)],
                              .parameter = std::string(take(input)),
                              .query = std::string(take(input)),
                              .body = std::string(take(input)),
                              .idempotency_key = std::string(take(input)),
                              .caller = {},
                              .address = "192.0.2.1",
                              .seed = std::string(32, 's')};
  request.caller.label = "ops";
  request.caller.grant.scopes = {policy::Scope::kAdmin};
  if (flags & 1) request.caller.grant.account = "acme";
  if (flags & 2) request.caller.grant.key_class = policy::KeyClass::kTest;
  if (flags & 4) request.caller.lineage = request.parameter;
  const std::string parameter = request.parameter;

  const auto operation = management::make_operation(std::move(request));
  require(operation != nullptr);
  testing::Store store;
  management::Step step = operation->begin(now_ms);
  int calls = 0;
  while (const auto* call = std::get_if<management::StoreCall>(&step)) {
    require(++calls <= 4 * bounds::commit_attempts_max);
    require(!call->shards.empty());
    for (const int shard : call->shards) require(shard >= 0 && shard < management::shards);
    require(codec::Document::accept(call->argument));
    std::vector<codec::Document> answers;
    if ((flags & 8) && !input.empty()) {
      const std::string_view piece = take(input);
      answers.assign(call->shards.size(), invented(piece, parameter, (flags & 16) != 0));
      if (flags & 32) answers.resize(answers.size() / 2);
    } else {
      answers = store.answer(*call, now_ms);
    }
    step = operation->resume(answers, now_ms + calls);
  }
  if (const auto* reply = std::get_if<management::Reply>(&step)) {
    require(reply->status >= 200 && reply->status < 300);
    const auto document = codec::Document::parse(reply->body, nullptr, false);
    require(document.is_object() && document.contains("object"));
  } else {
    const auto& refused = std::get<management::Refused>(step);
    require(policy::refusal(refused.reason).status >= 400);
    require(refused.param.find_first_of("\"\\\r\n") == std::string::npos);
  }
  return 0;
}
