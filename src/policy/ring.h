// The key ring: the digests of the keys that open this deployment, from GATEWAY_API_KEY_HASHES.
//
// Grammar (docs/authentication.md): entries separated by comma or newline, each trimmed of space
// and tab, empty ones skipped; `#` at the start of an entry comments out the rest of the line;
//
//   entry     = [label ":"] 64HEXDIG *(";" attribute)
//   label     = [A-Za-z0-9][A-Za-z0-9._-]{0,31}
//   attribute = "scope=" scope *("+" scope) | "class=" ("live" | "test" | "dev")
//             | "expires=" time | "superseded=" time     (codec/utc_time.h)
//             | "account=" account                       (policy/accounts.h)
//             | "models=" pattern *("+" pattern)         (policy/models.h)
//
// each attribute at most once, in any order, without white space. A bad entry never matches and
// never stops the others; it is counted, never quoted. An attribute that is not known makes the
// entry bad, because it may have been a restriction. A scope that is not known grants nothing and
// is counted; so does `generate` beside `admin`. A time that cannot be read makes the key an
// expired one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sha256.h"
#include "policy/grant.h"

namespace postern::policy {

struct RingEntry {
  codec::Digest digest;
  std::string label;  // empty for a bare digest
  Grant grant;
  bool class_stated = false;  // otherwise the form of the presented key decides (policy/key_form.h)
};

enum class RingFault {
  kNotADigest,  // not 64 hex digits
  kPlainKey,    // a key itself: it is burnt, and must be rotated
  kSwapped,     // digest and label the wrong way round
  kBadLabel,
  kBadAttribute,  // unknown, twice, or with a value that it cannot have
  kAccident,      // the digest of nothing, a newline, `undefined`
  kRepeated,      // a digest that stands above
  kTooMany,       // over the bound
  // These leave the entry in use.
  kWeak,  // the digest of a guessable word
  kUnknownScope,
  kMixedScopes,     // admin and generate in one key: such a key does not generate
  kUnreadableTime,  // such a key is expired
};

// For the operator script; never in an answer. Bounded by bounds::ring_faults_max.
struct RingRemark {
  RingFault fault;
  size_t line = 0;   // of the text, from 1
  size_t entry = 0;  // from 1, in the order of the text, bad ones counted
};

struct Ring {
  std::vector<RingEntry> entries;
  size_t bad_entries = 0;
  size_t weak_entries = 0;      // accepted, warned about
  size_t unknown_scopes = 0;    // entries with one or more
  size_t mixed_scopes = 0;      // entries whose `generate` is left out beside `admin`
  size_t unreadable_times = 0;  // entries with one or more
  std::vector<RingRemark> remarks;
};

Ring parse_ring(std::string_view text);

// The entry as it stands in a ring, attributes in the order of the grammar and those of default
// value left out; parse_ring reads it back to the same.
std::string format_entry(const RingEntry& entry);

bool is_label(std::string_view text);

// What a comparison did, for the tests that count instead of timing.
struct RingMatch {
  const RingEntry* entry = nullptr;  // null: no such key. The first of equal digests.
  size_t digests_compared = 0;
  size_t bytes_touched = 0;
};

// Compares with every entry, always; neither a match nor a miss ends early.
RingMatch match(const Ring& ring, const codec::Digest& presented);

// The first eight digits: how people are told of a key that has no name.
std::string short_id(const codec::Digest& digest);

// The name by which logs and counts know the holder of an entry: its label, or the first eight
// digits of the digest when it has none.
std::string display_name(const RingEntry& entry);

}  // namespace postern::policy
