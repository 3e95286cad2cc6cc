#include "exchange/player.h"

#include <algorithm>

namespace postern::exchange {

Player::Beat Player::head() {
  if (!head_waited_) {
    head_waited_ = true;
    return {Beat::Kind::kWait, std::min(script_.head_delay_ms, head_timeout_), {}};
  }
  return {script_.head_delay_ms > head_timeout_ ? Beat::Kind::kTimeout : Beat::Kind::kEnd, 0, {}};
}

Player::Beat Player::next() {
  for (; step_ < script_.steps.size(); ++step_) {
    const simulator::Step& step = script_.steps[step_];
    if (!bytes_given_) {
      if (step.delay_ms && !waited_) {
        waited_ = true;
        return {Beat::Kind::kWait, std::min(step.delay_ms, idle_), {}};
      }
      if (step.delay_ms > idle_) return {Beat::Kind::kTimeout, 0, {}};
      waited_ = false;
      bytes_given_ = true;
      if (!step.bytes.empty()) return {Beat::Kind::kBytes, 0, step.bytes};
    }
    if (step.after == simulator::After::kStall) {
      if (waited_) return {Beat::Kind::kTimeout, 0, {}};
      waited_ = true;
      return {Beat::Kind::kWait, idle_, {}};
    }
    if (step.after == simulator::After::kEnd) return {};
    bytes_given_ = false;
  }
  return {};
}

}  // namespace postern::exchange
