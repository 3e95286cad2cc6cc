// What this isolate has served and not yet handed to the store: counters in rows, each row under
// three words (scope, dimension, name). Bounded, merged as they come, and taken out in batches
// whose id makes sending one twice harmless.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "chat/usage.h"

namespace postern::exchange {

// One finished exchange, as far as the reports are concerned.
struct Served {
  std::string_view scope;  // policy::count_scope
  std::string_view provider, model, project_id;
  int status = 0;
  bool error = false, throttled = false, stream = false, truncated = false, usage_absent = false;
  chat::Usage usage;
  uint64_t content_events = 0;
  int64_t latency_ms = -1;  // negative: not measured
  int64_t first_byte_ms = -1;
};

// Latencies are counted in these buckets, each up to its bound; one more has no bound.
inline constexpr uint32_t latency_bounds_ms[] = {5,    10,   25,   50,    100,   250,   500,
                                                 1000, 2500, 5000, 10000, 30000, 60000, 120000};
inline constexpr size_t latency_buckets = std::size(latency_bounds_ms) + 1;

struct Latency {
  std::array<uint64_t, latency_buckets> counts{};
  uint64_t max_ms = 0;
};

struct Counters {
  uint64_t requests = 0, errors = 0, throttled = 0, streams = 0, truncated = 0, usage_absent = 0;
  uint64_t prompt_tokens = 0, completion_tokens = 0, total_tokens = 0, content_events = 0;
  Latency latency_ms, first_byte_ms;

  // Visits every counter that adds up, as (name, value), for writing and reading alike.
  template <typename Self, typename Visit>
  static void each(Self& self, Visit visit) {
    visit("requests", self.requests);
    visit("errors", self.errors);
    visit("throttled", self.throttled);
    visit("streams", self.streams);
    visit("truncated", self.truncated);
    visit("usage_absent", self.usage_absent);
    visit("prompt_tokens", self.prompt_tokens);
    visit("completion_tokens", self.completion_tokens);
    visit("total_tokens", self.total_tokens);
    visit("content_events", self.content_events);
  }
};

class Counts {
 public:
  void add(const Served& served);

  bool empty() const { return rows_.empty() && flying_.empty(); }

  // Moves the counts into a batch and appends it as JSON. While a batch is
  // out the same one is written again, under the same id: the last attempt may have arrived.
  // Returns that id.
  const std::string& write_batch(std::string_view new_id, std::string& out);
  // The store has it. An id that is no longer out, because two attempts arrived, is ignored.
  void batch_stored(std::string_view id);

 private:
  using Rows = std::map<std::string, Counters, std::less<>>;  // key: the words, NUL between them

  Counters& row(std::string_view scope, std::string_view dimension, std::string_view name);

  Rows rows_;
  Rows flying_;
  std::string flying_id_;
  std::string key_;  // reused, so that a known row costs no allocation
};

}  // namespace postern::exchange
