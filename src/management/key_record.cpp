#include "management/key_record.h"

#include <utility>

#include "bounds.h"
#include "management/grant_fields.h"

namespace postern::management {
namespace {

using codec::Document;

// When nothing of the lineage works any more, and for how long the record is kept then.
std::optional<int64_t> forget_ms(const policy::ManagedKey& key) {
  const auto& revoked_ms = key.current().revoked_ms;
  const auto& expires_ms = key.grant.expires_ms;
  std::optional<int64_t> end_ms = revoked_ms;
  // A zero stands for an expiry that could not be read; that record is kept for a person to see.
  if (expires_ms && *expires_ms > 0 && (!end_ms || *expires_ms < *end_ms)) end_ms = expires_ms;
  if (!end_ms) return std::nullopt;
  return *end_ms + bounds::ended_key_kept_ms;
}

// The neighbour of a generation; null for none.
Document neighbour_id(const policy::ManagedKey& key, std::string_view id, int step) {
  const auto& all = key.generations;
  for (size_t at = 0; at < all.size(); ++at) {
    if (all[at].id != id) continue;
    const size_t other = step < 0 ? at - 1 : at + 1;
    return other < all.size() ? Document(all[other].id) : Document(nullptr);
  }
  return nullptr;
}

}  // namespace

std::string_view kind_of(policy::KeyClass key_class) {
  return key_class == policy::KeyClass::kTest ? test_key_kind : key_kind;
}

std::optional<FoundKey> read_found_key(const Document& answer, const policy::Caller& caller) {
  std::optional<StoredRecord> stored = read_record(answer);
  if (!stored) return std::nullopt;
  std::optional<policy::ManagedKey> key = policy::read_managed_key(stored->body);
  if (!key || !key->generation(stored->as) || !may_see(caller, key->grant)) return std::nullopt;
  return FoundKey{.record_id = std::move(stored->id),
                  .version = stored->version,
                  .key = std::move(*key),
                  .id = std::move(stored->as)};
}

bool may_see(const policy::Caller& caller, const policy::Grant& grant) {
  if (caller.grant.key_class == policy::KeyClass::kTest &&
      grant.key_class != policy::KeyClass::kTest)
    return false;
  return caller.grant.account.empty() || caller.grant.account == grant.account;
}

bool is_own(const policy::Caller& caller, const FoundKey& found) {
  if (caller.lineage.empty()) return false;
  return caller.lineage == found.record_id || found.key.generation(caller.lineage) != nullptr;
}

Step ask_for_key(std::string_view id) {
  const int shard = shard_of_id(id, key_id_prefix);
  if (shard < 0) return no_such_key();
  return find_by_name(shard, id);
}

Refused no_such_key() {
  return {.reason = policy::Reason::kKeyNotFound, .message = {}, .param = {}};
}

Refused not_active(const policy::ManagedKey& key, std::string_view id, int64_t now_ms) {
  std::string message = "this key is ";
  message += policy::state_name(policy::state_of(key, *key.generation(id), now_ms));
  if (id != key.current().id) message += "; the key that took its place is " + key.current().id;
  return {.reason = policy::Reason::kKeyNotActive, .message = std::move(message), .param = {}};
}

Commit::Write write_of(std::string record_id, int64_t version, const policy::ManagedKey& key) {
  return {.id = std::move(record_id),
          .version = version,
          .kind = kind_of(key.grant.key_class),
          .group = key.grant.account,
          .sort = key.generations.front().created_ms,
          .forget_ms = forget_ms(key),
          .body = policy::write_managed_key(key),
          .names = {},
          .drop = {}};
}

std::string lineage_of(const policy::ManagedKey& key) { return key.generations.front().id; }

Document key_object(const policy::ManagedKey& key, const policy::KeyGeneration& generation,
                    int64_t now_ms) {
  Document out = Document::object();
  out["object"] = "key";
  out["id"] = generation.id;
  out["label"] = key.label;
  out["display"] = generation.display;
  write_grant(key.grant, out);
  out["status"] = policy::state_name(policy::state_of(key, generation, now_ms));
  out["created_at"] = time_or_null(generation.created_ms);
  out["superseded_at"] = time_or_null(generation.superseded_ms);
  out["grace_ends_at"] = time_or_null(generation.grace_ends_ms);
  out["revoked_at"] = time_or_null(generation.revoked_ms);
  out["created_by"] = key.created_by;
  out["predecessor"] = neighbour_id(key, generation.id, -1);
  out["successor"] = neighbour_id(key, generation.id, 1);
  out["livemode"] = key.grant.key_class != policy::KeyClass::kTest;
  return out;
}

Reply key_reply(int status, const Document& object) {
  return {.status = status, .body = codec::dump_text(object)};
}

std::string name_of(const policy::Caller& caller) {
  return caller.label.empty() ? caller.key_id : caller.label;
}

}  // namespace postern::management
