// What all exchanges of one isolate share: the counts on their way to the store, the last public
// report, what the store said of managed keys, and who failed to authenticate. Nothing else may be
// shared.
#pragma once

#include <cstdint>
#include <string>

#include "exchange/counts.h"
#include "exchange/outbox.h"
#include "policy/failures.h"
#include "policy/key_cache.h"

namespace postern::exchange {

struct Isolate {
  Counts counts;
  int64_t tick_due_ms = 0;  // when the scheduled tick should have come; 0: none is scheduled

  std::string public_record;  // what the store last said of everybody; empty: nothing yet
  int64_t public_record_ms = 0;

  policy::KeyCache keys;
  policy::Failures failures;
  policy::SpikeAlarm invalid_keys;
};

// Asks for a tick, unless one is on its way. One that is overdue died with the request that was to
// bring it.
void schedule_tick(Isolate& isolate, int64_t now_ms, Outbox& out);

}  // namespace postern::exchange
