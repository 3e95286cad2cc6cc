#include "management/access_record.h"

#include <utility>

#include "bounds.h"
#include "codec/base62.h"
#include "management/fields.h"
#include "management/grant_fields.h"
#include "management/tagged_digest.h"

namespace postern::management {
namespace {

using codec::Document;

constexpr size_t claim_code_bytes = 4 + 1 + 32;
constexpr int64_t latest_ms = 4'102'444'800'000;  // the year 2100

std::optional<RequestState> state_named(std::string_view name) {
  for (const RequestState state : {RequestState::kPending, RequestState::kApproved,
                                   RequestState::kDenied, RequestState::kClaimed})
    if (state_name(state) == name) return state;
  return std::nullopt;
}

void read_granted(Fields& fields, AccessRequest& request) {
  const Document* const object = fields.has("granted") ? fields.object("granted") : nullptr;
  if (!object) return;
  Fields members(*object);
  Granted granted;
  granted.label = read_label(members).value_or("");
  read_grant(members, granted.grant);
  members.require("label");
  members.require("scopes");
  members.require("class");
  if (members.fault()) return fields.refuse("granted", "not a grant");
  request.granted = std::move(granted);
}

}  // namespace

std::optional<FoundRequest> read_found_request(const Document& answer) {
  const std::optional<StoredRecord> stored = read_record(answer);
  if (!stored) return std::nullopt;
  std::optional<AccessRequest> request = read_access_request(stored->id, stored->body);
  if (!request) return std::nullopt;
  return FoundRequest{.version = stored->version, .request = std::move(*request)};
}

std::optional<AccessRequest> read_access_request(std::string_view id, std::string_view json) {
  Fields fields(parse_json(json));
  AccessRequest request;
  request.id = id;
  const auto state = state_named(fields.text("state").value_or(""));
  if (!state) return std::nullopt;
  request.state = *state;
  request.name = fields.text("name").value_or("");
  request.purpose = fields.text("purpose").value_or("");
  request.contact = fields.text("contact").value_or("");
  for (const std::string& name : fields.texts("scopes").value_or(std::vector<std::string>()))
    if (const auto scope = policy::scope_named(name)) request.scopes.add(*scope);
  fields.require("created_ms");
  request.created_ms = fields.integer("created_ms", 0, latest_ms).value_or(0);
  request.decided_ms = fields.integer("decided_ms", 0, latest_ms);
  request.decided_by = fields.text("decided_by").value_or("");
  request.reason = fields.text("reason").value_or("");
  request.key_id = fields.text("key_id").value_or("");
  request.account = fields.text("account").value_or("");
  request.test = fields.boolean("test").value_or(false);
  read_granted(fields, request);
  if (fields.fault()) return std::nullopt;
  if (request.state != RequestState::kPending && !request.decided_ms) return std::nullopt;
  if (request.state == RequestState::kApproved && !request.granted) return std::nullopt;
  return request;
}

Commit::Write write_of(const AccessRequest& request, int64_t version, std::string group,
                       int64_t now_ms) {
  const bool pending = request.state == RequestState::kPending;
  Document body = Document::object();
  body["v"] = 1;
  body["state"] = state_name(request.state);
  body["name"] = request.name;
  body["purpose"] = request.purpose;
  body["contact"] = request.contact;
  body["scopes"] = list_of(request.scopes);
  body["created_ms"] = request.created_ms;
  if (request.decided_ms) body["decided_ms"] = *request.decided_ms;
  if (!request.decided_by.empty()) body["decided_by"] = request.decided_by;
  if (!request.reason.empty()) body["reason"] = request.reason;
  if (request.granted) body["granted"] = granted_object(*request.granted);
  if (!request.key_id.empty()) body["key_id"] = request.key_id;
  if (!request.account.empty()) body["account"] = request.account;
  if (request.test) body["test"] = true;
  return {.id = request.id,
          .version = version,
          .kind = pending ? pending_kind : decided_kind,
          .group = pending ? std::move(group) : std::string(),
          .sort = request.created_ms,
          .forget_ms = now_ms + bounds::access_request_kept_ms,
          .body = codec::dump_text(body),
          .names = {},
          .drop = {}};
}

RequestState state_of(const AccessRequest& request, int64_t now_ms) {
  if (request.state == RequestState::kPending &&
      now_ms >= request.created_ms + bounds::access_request_kept_ms)
    return RequestState::kExpired;
  if (request.state == RequestState::kApproved &&
      now_ms >= *request.decided_ms + bounds::claim_open_ms)
    return RequestState::kExpired;
  return request.state;
}

std::string_view state_name(RequestState state) {
  switch (state) {
    case RequestState::kPending:
      return "pending";
    case RequestState::kApproved:
      return "approved";
    case RequestState::kDenied:
      return "denied";
    case RequestState::kClaimed:
      return "claimed";
    case RequestState::kExpired:
      return "expired";
  }
  return "expired";
}

bool may_see(const policy::Caller& caller, const AccessRequest& request) {
  if (request.state == RequestState::kPending) return true;
  if (caller.grant.key_class == policy::KeyClass::kTest && !request.test) return false;
  return caller.grant.account.empty() || caller.grant.account == request.account;
}

Document request_object(const AccessRequest& request, int64_t now_ms) {
  Document out = Document::object();
  out["object"] = "access_request";
  out["id"] = request.id;
  out["status"] = state_name(state_of(request, now_ms));
  out["name"] = request.name;
  out["purpose"] = request.purpose;
  out["contact"] = request.contact;
  out["scopes"] = list_of(request.scopes);
  out["created_at"] = time_or_null(request.created_ms);
  out["decided_at"] = time_or_null(request.decided_ms);
  out["decided_by"] = text_or_null(request.decided_by);
  out["reason"] = text_or_null(request.reason);
  out["granted"] = request.granted ? granted_object(*request.granted) : Document(nullptr);
  out["key_id"] = text_or_null(request.key_id);
  return out;
}

Document granted_object(const Granted& granted) {
  Document out = Document::object();
  out["label"] = granted.label;
  write_grant(granted.grant, out);
  return out;
}

std::string claim_name(std::string_view code) {
  return codec::to_hex(tagged_digest("claim code", {code}));
}

bool is_claim_code(std::string_view text) {
  return text.size() == claim_code_bytes && shard_of_id(text, claim_code_prefix) >= 0 &&
         codec::is_base62(text.substr(claim_code_prefix.size()));
}

Refused no_such_request() {
  return {.reason = policy::Reason::kRequestNotFound, .message = {}, .param = {}};
}

}  // namespace postern::management
