// A request for a key, as the store keeps it and answers show it. Its life:
//
//   pending -> approved -> claimed
//           -> denied                 and `expired`, when a time has passed: the first and the
//           second
//
// The claim code is a credential: the store knows it by a tagged hash, as a name of the record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "codec/document.h"
#include "management/operation.h"
#include "management/store.h"
#include "policy/access.h"
#include "policy/grant.h"

namespace postern::management {

inline constexpr std::string_view request_id_prefix = "req_";
inline constexpr std::string_view claim_code_prefix = "gwc_";

// The kinds of the records: what waits for a decision is counted.
inline constexpr std::string_view pending_kind = "pending_request";
inline constexpr std::string_view decided_kind = "decided_request";

enum class RequestState { kPending, kApproved, kDenied, kClaimed, kExpired };

// The key that an approval promises. It is made when it is claimed.
struct Granted {
  std::string label;
  policy::Grant grant;
};

struct AccessRequest {
  std::string id;
  RequestState state = RequestState::kPending;  // as stored: never kExpired
  std::string name, purpose, contact;
  policy::Scopes scopes;
  int64_t created_ms = 0;
  std::optional<int64_t> decided_ms;
  std::string decided_by;
  std::string reason;  // of a denial; may be empty
  std::optional<Granted> granted;
  std::string key_id;  // once claimed

  // Who may see it once it is decided.
  std::string account;
  bool test = false;
};

struct FoundRequest {
  int64_t version = 0;
  AccessRequest request;
};

// Nothing for what is not there and what cannot be read.
std::optional<FoundRequest> read_found_request(const codec::Document& answer);
std::optional<AccessRequest> read_access_request(std::string_view id, std::string_view json);

// `group` is that of the asking address while the request is pending; a decided one has none.
Commit::Write write_of(const AccessRequest& request, int64_t version, std::string group,
                       int64_t now_ms);

RequestState state_of(const AccessRequest& request, int64_t now_ms);
std::string_view state_name(RequestState state);

// Those that wait are everybody's business who may decide; the others belong to an account.
bool may_see(const policy::Caller& caller, const AccessRequest& request);

codec::Document request_object(const AccessRequest& request, int64_t now_ms);
codec::Document granted_object(const Granted& granted);

// By which the store finds the request that a code claims.
std::string claim_name(std::string_view code);

// Is it a code of ours, by its form?
bool is_claim_code(std::string_view text);

Refused no_such_request();

}  // namespace postern::management
