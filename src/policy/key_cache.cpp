#include "policy/key_cache.h"

#include <algorithm>
#include <utility>

#include "codec/equal_mask.h"

namespace postern::policy {
namespace {

// Any bytes will do: those of a digest are as good as random.
size_t set_of(const codec::Digest& digest) {
  static_assert(bounds::key_cache_places % bounds::key_cache_ways == 0);
  const size_t number = static_cast<size_t>(digest[8]) << 8 | digest[9];
  return number % (bounds::key_cache_places / bounds::key_cache_ways);
}

// 1 or 0, without a branch. Not by the difference of signed numbers, which may overflow. Before the
// question was put its answer counts as too old as well: the clock has been set back, and nobody
// knows by how much.
uint64_t is_believed(int64_t asked_ms, int64_t now_ms) {
  const uint64_t age_ms = static_cast<uint64_t>(now_ms) - static_cast<uint64_t>(asked_ms);
  const bool asked = asked_ms != INT64_MIN;
  const bool young = age_ms < static_cast<uint64_t>(bounds::key_cache_age_ms);
  return codec::hide_from_compiler(static_cast<uint64_t>(asked) & static_cast<uint64_t>(young));
}

bool is_of_lineage(const KnownKey& key, std::string_view id) {
  return key.record.generation(id) != nullptr;
}

}  // namespace

constinit const KeyCache::Set KeyCache::empty_set;

CacheLook KeyCache::find(const codec::Digest& digest, int64_t now_ms) const {
  const size_t number = set_of(digest);
  const Set& set = sets_.empty() ? empty_set : sets_[number];

  CacheLook look;
  uint64_t found = 0;  // way + 1; 0 is a miss
  for (size_t way = 0; way < bounds::key_cache_ways; ++way) {
    const uint64_t believed = 0 - is_believed(set.asked_ms[way], now_ms);
    found |= (way + 1) & codec::equal_mask(set.digests[way], digest) & believed;
    ++look.digests_compared;
    look.bytes_touched += sizeof(codec::Digest);
  }
  if (found == 0) return look;
  look.known = true;
  look.key = keys_[number * bounds::key_cache_ways + static_cast<size_t>(found - 1)];
  return look;
}

void KeyCache::remember(const codec::Digest& digest, std::shared_ptr<const KnownKey> key,
                        int64_t asked_ms) {
  if (asked_ms <= forgotten_ms_) return;
  for (const Change& change : changes_)
    if (asked_ms <= change.now_ms && key != nullptr && is_of_lineage(*key, change.id)) return;

  if (sets_.empty()) {
    sets_.resize(bounds::key_cache_places / bounds::key_cache_ways);
    keys_.resize(bounds::key_cache_places);
  }
  const std::optional<size_t> place = place_for(digest, key.get(), asked_ms);
  if (!place) return;
  Set& set = sets_[*place / bounds::key_cache_ways];
  set.digests[*place % bounds::key_cache_ways] = digest;
  set.asked_ms[*place % bounds::key_cache_ways] = asked_ms;
  keys_[*place] = std::move(key);
}

void KeyCache::forget(std::string_view lineage_first_id, int64_t now_ms) {
  for (size_t place = 0; place < keys_.size(); ++place) {
    int64_t& asked_ms =
        sets_[place / bounds::key_cache_ways].asked_ms[place % bounds::key_cache_ways];
    if (keys_[place] == nullptr || asked_ms > now_ms) continue;
    if (!is_of_lineage(*keys_[place], lineage_first_id)) continue;
    asked_ms = never;
    keys_[place].reset();
  }

  for (Change& change : changes_) {
    if (change.id != lineage_first_id) continue;
    change.now_ms = std::max(change.now_ms, now_ms);
    return;
  }
  if (changes_.size() < bounds::key_changes_max) {
    changes_.push_back({std::string(lineage_first_id), now_ms});
    return;
  }
  Change& oldest = *std::min_element(
      changes_.begin(), changes_.end(),
      [](const Change& left, const Change& right) { return left.now_ms < right.now_ms; });
  forgotten_ms_ = std::max(forgotten_ms_, oldest.now_ms);
  oldest = {std::string(lineage_first_id), now_ms};
}

std::optional<size_t> KeyCache::place_for(const codec::Digest& digest, const KnownKey* key,
                                          int64_t asked_ms) const {
  const size_t number = set_of(digest);
  const Set& set = sets_[number];
  const size_t first = number * bounds::key_cache_ways;

  enum Worth { kNone, kUnknown, kKnown };
  size_t least_way = 0;
  std::pair<Worth, int64_t> least = {kKnown, INT64_MAX};
  for (size_t way = 0; way < bounds::key_cache_ways; ++way) {
    const int64_t held_ms = set.asked_ms[way];
    if (held_ms != never && set.digests[way] == digest) {
      if (held_ms > asked_ms) return std::nullopt;
      return first + way;
    }
    const bool stale = held_ms <= asked_ms - bounds::key_cache_age_ms;
    const Worth worth = stale ? kNone : keys_[first + way] == nullptr ? kUnknown : kKnown;
    if (std::pair(worth, held_ms) >= least) continue;
    least = {worth, held_ms};
    least_way = way;
  }
  if (least.first == kKnown && key == nullptr) return std::nullopt;
  return first + least_way;
}

}  // namespace postern::policy
