// Plays a simulated answer as a wire would carry it: a head, then bytes, pauses and an end. It
// never waits itself; it says for how long to wait, within the patience of the deployment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "simulator/simulator.h"

namespace postern::exchange {

class Player {
 public:
  struct Beat {
    enum class Kind { kWait, kBytes, kEnd, kTimeout } kind = Kind::kEnd;
    uint32_t wait_ms = 0;
    std::string_view bytes;  // valid as long as the player
  };

  Player(simulator::Script script, uint32_t first_byte_timeout_ms, uint32_t idle_timeout_ms)
      : script_(std::move(script)), head_timeout_(first_byte_timeout_ms), idle_(idle_timeout_ms) {}

  const simulator::Script& script() const { return script_; }

  // The head: kWait at first; then kEnd when it is there, or kTimeout.
  Beat head();

  // The body. After a kWait, call again when the time has passed.
  Beat next();

 private:
  simulator::Script script_;
  uint32_t head_timeout_, idle_;
  size_t step_ = 0;
  bool head_waited_ = false;
  bool waited_ = false;       // the pause before the current step has passed
  bool bytes_given_ = false;  // of the current step; its ending is still to come
};

}  // namespace postern::exchange
