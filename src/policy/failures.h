// Failed authentications, counted: by address, so that a flood is answered cheaply, and in all, so
// that an operator can be told. Bounded; an address that is forgotten starts anew. Never consulted
// for a key that is valid.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {

// The part of an address that is counted as one: an IPv4 address, the first 64 bits of an IPv6
// address (a household), with a mapped IPv4 address as that one. `unknown` for anything else.
std::string address_group(std::string_view address);

class Failures {
 public:
  // Counts a failure of this group in the minute that began with its first, so that a flood is
  // not split in two by the turn of the clock. The seconds until the limit
  // (bounds::failures_per_minute_max) is lifted when it is exceeded, else 0.
  uint32_t count(std::string_view group, int64_t now_ms);

 private:
  struct Place {
    uint64_t group = 0;  // its hash
    int64_t begun_ms = 0;
    uint32_t failures = 0;
  };
  std::vector<Place> places_;  // set-associative, bounds::failing_addresses_max of them
};

// A spike of unknown keys becomes one event a minute at most.
class SpikeAlarm {
 public:
  struct Spike {
    uint64_t count = 0;          // in this minute, so far
    uint64_t minute_before = 0;  // in the whole of the one before
  };
  // Counts one; tells when the minute's count reaches bounds::invalid_key_spike.
  std::optional<Spike> count(int64_t now_ms);

 private:
  int64_t minute_ = 0;
  uint64_t count_ = 0, before_ = 0;
};

}  // namespace postern::policy
