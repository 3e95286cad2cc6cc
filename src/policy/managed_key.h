// A managed key as the store keeps it, and the rules of its life. One record is one lineage: the
// key that is current, and those that it took the place of. So whatever happens to a lineage is
// one change of one record, and no two records can disagree.
//
// The life of a secret:   current -> superseded -> expired          (a grace period between)
//                         current, superseded -> revoked            (at once, and for ever)
// The life of a lineage:  its current secret, and at most one that is superseded and still works;
//                         superseding again ends the older one at once. Revoking during grace ends
//                         both. What has ended never begins again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/grant.h"

namespace postern::policy {

// One secret of a lineage. The record never holds digests: the store finds the record by them.
struct KeyGeneration {
  std::string id;       // `key_`, one hex digit of its shard, 22 of base62
  std::string display;  // masked_key()
  int64_t created_ms = 0;
  std::optional<int64_t> superseded_ms;  // another took its place
  std::optional<int64_t> grace_ends_ms;  // goes with it; never after the expiry of the lineage
  std::optional<int64_t> revoked_ms;
};

struct ManagedKey {
  std::string label;
  Grant grant;  // its superseded_ms is not used: that belongs to a generation
  bool disabled = false;
  std::string created_by;  // label or id of the key that made it
  // Oldest first, at most bounds::key_generations_max, never none. The id of the first is that of
  // the lineage.
  std::vector<KeyGeneration> generations;

  const KeyGeneration& current() const { return generations.back(); }
  const KeyGeneration* generation(std::string_view id) const;
};

inline constexpr std::string_view key_id_prefix = "key_";

// JSON; a record that cannot be read is nullopt and counts as no key. A scope that is not known
// grants nothing; a time that cannot be read makes the key an expired one (both as in the ring).
std::optional<ManagedKey> read_managed_key(std::string_view json);
std::string write_managed_key(const ManagedKey& key);

enum class KeyState { kActive, kSuperseded, kExpired, kDisabled, kRevoked };
std::string_view state_name(KeyState state);  // as answers and logs call it

// The state of one generation. Revoked wins over disabled, disabled over expired.
KeyState state_of(const ManagedKey& key, const KeyGeneration& generation, int64_t now_ms);

// What the holder of this generation may do now: the grant of the lineage with the generation's own
// end. Nothing when it must be refused as if it had never been (revoked, disabled).
std::optional<Grant> grant_of(const ManagedKey& key, const KeyGeneration& generation,
                              int64_t now_ms);

enum class KeyChange {
  kDone,
  kNothing,     // it was so before
  kNotCurrent,  // another key has taken its place
  kEnded,       // revoked or expired, or disabled where that matters
};

// Puts `successor` in the place of the current generation, which must be `id`. `grace_ms` of zero
// revokes the old one at once. Generations over the bound are dropped, oldest first, but never the
// first of all. An older key whose grace period still ran has its `grace_ends_ms` set to now.
KeyChange supersede(ManagedKey& key, std::string_view id, KeyGeneration successor, int64_t grace_ms,
                    int64_t now_ms);

// Ends a generation; while a grace period runs both of its keys end, whichever is named. A
// generation whose time is over is revoked alone.
KeyChange revoke(ManagedKey& key, std::string_view id, int64_t now_ms);

// Would a key with `wanted` hold more than `creator` may give? Empty when not; otherwise the name
// of the member that exceeds it: `scopes`, `class`, `models`, `account`, `expires_at` or `limits`.
// Who has `admin` may give `read` and `generate`, although it holds no `generate` itself; whoever
// is of class test makes test keys only; who has no account may name any.
std::string_view exceeded_member(const Grant& wanted, const Grant& creator);

}  // namespace postern::policy
