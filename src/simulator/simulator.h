// The simulator: a provider that lives in the core, deterministic from its request. It speaks
// the OpenAI chat completions wire format, and its bytes enter an exchange where an upstream's
// would, so a client sees what Postern makes of them, faults included.
//
// Models: sim/echo (says back the last user message), sim/lorem (words from the seed), and the
// scripted faults sim/fault-..., all listed by models(). In dev mode any other name is answered
// like sim/echo.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::simulator {

// How one step of the simulated wire ends.
enum class After : uint8_t {
  kMore,   // another step follows
  kEnd,    // the upstream ends the body
  kStall,  // nothing follows, ever: the connection stays open and silent
};

struct Step {
  uint32_t delay_ms = 0;  // wait this long, then the bytes arrive
  std::string bytes;      // may cut an event or a UTF-8 character
  After after = After::kMore;
};

// A whole simulated answer: the head, then the steps in order.
struct Script {
  int status = 200;
  std::string content_type;  // application/json or text/event-stream
  std::string retry_after;   // empty: no such header
  uint32_t head_delay_ms = 0;
  std::vector<Step> steps;
};

// Every model the simulator knows, in the order in which /v1/models lists them.
const std::vector<std::string_view>& models();

inline bool is_simulator_model(std::string_view model) { return model.starts_with("sim/"); }

// For whom is played? A test key's replies say so: `"metadata":{"livemode":false}`.
enum class Mode : uint8_t { kLive, kTest };

// Writes the answer to a chat completion request. `body` is well-formed JSON (an object) that
// the gateway has already checked. An unknown sim/ name gets a 404 in OpenAI's envelope.
Script play(std::string_view model, std::string_view body, int64_t now_ms, Mode mode = Mode::kLive);

}  // namespace postern::simulator
