// The key ring: the digests of the keys that open this deployment, from GATEWAY_API_KEY_HASHES.
//
// Grammar (docs/authentication.md): entries separated by comma or newline, each trimmed of space
// and tab, empty ones skipped; `#` at the start of an entry comments out the rest of the line;
// entry = [label ":"] 64 hex digits; label = [A-Za-z0-9][A-Za-z0-9._-]{0,31}. A bad entry never
// matches and never stops the others; it is counted, never quoted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sha256.h"

namespace postern::policy {

struct RingEntry {
  codec::Digest digest;
  std::string label;  // empty for a bare digest
};

struct Ring {
  std::vector<RingEntry> entries;
  size_t bad_entries = 0;
  size_t weak_entries = 0;  // the digest of a guessable word: accepted, warned about
};

Ring parse_ring(std::string_view text);

// What a comparison did, for the tests that count instead of timing.
struct RingMatch {
  const RingEntry* entry = nullptr;  // null: no such key. The first of equal digests.
  size_t digests_compared = 0;
  size_t bytes_touched = 0;
};

// Compares with every entry, always; neither a match nor a miss ends early.
RingMatch match(const Ring& ring, const codec::Digest& presented);

// The name by which logs and counts know the holder of an entry: its label, or the first eight
// digits of the digest when it has none.
std::string display_name(const RingEntry& entry);

}  // namespace postern::policy
