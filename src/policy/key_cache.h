// What the store said of managed keys, for as long as it may be believed: bounds::key_cache_age_ms
// after it was asked, which is the published revocation bound. Keyed by the whole digest. Unknown
// keys are remembered as such for the same time.
//
// Of fixed size and set-associative: a look-up compares with every place of one set, all 32 bytes
// of each, always. So it costs the same for a hit, a miss, ten keys or ten thousand. Places are
// taken from the stale first, then from unknown keys, then from the oldest: a flood of unknown
// keys cannot push out the known. An unknown key that finds only known ones is not remembered.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bounds.h"
#include "codec/sha256.h"
#include "policy/managed_key.h"

namespace postern::policy {

// A key that the store knows: the whole record, and which of its generations the digest belongs to.
struct KnownKey {
  ManagedKey record;
  std::string id;
  std::string lineage;  // id of the record: of its first generation, which it may have forgotten
};

struct CacheLook {
  bool known = false;                   // the store was asked, recently enough
  std::shared_ptr<const KnownKey> key;  // null with `known`: there is no such key
  size_t digests_compared = 0;
  size_t bytes_touched = 0;
};

class KeyCache {
 public:
  // Nothing is said from bounds::key_cache_age_ms after the question on, nor before it.
  CacheLook find(const codec::Digest& digest, int64_t now_ms) const;

  // `asked_ms` is when the question was put, not when the answer came. An answer to an earlier
  // question than the one that is remembered changes nothing.
  void remember(const codec::Digest& digest, std::shared_ptr<const KnownKey> key, int64_t asked_ms);

  // This isolate has just changed the record that `lineage_first_id` belongs to: whatever was asked
  // about it up to `now_ms` is forgotten, and answers to such questions that are still on their way
  // are not remembered.
  void forget(std::string_view lineage_first_id, int64_t now_ms);

 private:
  static constexpr int64_t never = INT64_MIN;

  // What a look-up reads, apart from the keys: they are touched by a hit alone.
  struct Set {
    std::array<codec::Digest, bounds::key_cache_ways> digests{};
    std::array<int64_t, bounds::key_cache_ways> asked_ms = [] {
      std::array<int64_t, bounds::key_cache_ways> times{};
      for (int64_t& time : times) time = never;
      return times;
    }();
  };
  struct Change {
    std::string id;
    int64_t now_ms = 0;
  };

  // Where an answer is to be kept; nothing when it is not to be.
  std::optional<size_t> place_for(const codec::Digest& digest, const KnownKey* key,
                                  int64_t asked_ms) const;

  static const Set empty_set;  // read in place of any other while there are none

  std::vector<Set> sets_;                              // made with the first entry
  std::vector<std::shared_ptr<const KnownKey>> keys_;  // of all sets, way by way
  // The last lineages that were changed, at most bounds::key_changes_max. For those that had to
  // make room: nothing that was asked up to `forgotten_ms_` is remembered, of whatever key.
  std::vector<Change> changes_;
  int64_t forgotten_ms_ = never;
};

}  // namespace postern::policy
