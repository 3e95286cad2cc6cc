// Everything behind the door: the configurations, the slab of open exchanges, inbox and outbox.
// There is one in a module; native tests make as many as they like.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/deployment.h"
#include "exchange/exchange.h"
#include "exchange/isolate.h"
#include "exchange/outbox.h"

namespace postern::abi {

// A handle is a slot and its generation. The first two values are answers of open().
inline constexpr uint32_t handle_full = 0;          // too many exchanges are open
inline constexpr uint32_t handle_unconfigured = 1;  // this configuration is not known (any more)

class Host {
 public:
  // JSON: the words of the vocabulary, the headers and variables that the core wants, the routes.
  std::string_view describe();

  // Room for the next payload; valid until the next call of anything but handle().
  char* inbox(size_t size);

  // Reads the configuration from the inbox, a JSON object of variables, unless the same text was
  // read before. JSON: {config, warnings}, the warnings only the first time.
  std::string_view configure(size_t size);

  // A new exchange under a configuration; its handle, or one of the two answers above.
  uint32_t open(uint32_t config, int64_t now_ms);

  // One event, with its payload in the inbox. The list of actions; valid until the next call.
  std::string_view handle(uint32_t handle, exchange::Event event, size_t size, int64_t now_ms);

  // Frees all that the exchange held. Stale handles are ignored: the core takes exchanges back.
  void close(uint32_t handle);

  size_t open_exchanges() const { return open_; }

 private:
  struct Slot {
    uint32_t generation = 1;
    std::unique_ptr<exchange::Exchange> exchange;
  };
  struct Known {
    uint32_t id = 0;
    std::string text;
    std::shared_ptr<const exchange::Deployment> deployment;
  };

  Slot* find(uint32_t handle);
  void release(size_t slot);
  void reap(int64_t now_ms, size_t looks);

  std::unique_ptr<char[]> inbox_;  // not a vector, which would fill megabytes with zeros first
  size_t inbox_bytes_ = 0;
  exchange::Outbox outbox_;
  std::string text_;  // of describe() and configure()
  exchange::Isolate isolate_;
  std::deque<Known> configs_;  // oldest first
  uint32_t last_config_ = 0;
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
  size_t open_ = 0;
  size_t reaper_at_ = 0;
  bool outbox_begun_ = false;  // by open(): what it took back is told with the next list
};

}  // namespace postern::abi
