#include "simulator/simulator.h"

#include "simulator/call.h"
#include "simulator/echo.h"
#include "simulator/faults.h"
#include "simulator/speech.h"
#include "simulator/wire.h"

namespace postern::simulator {
namespace {

struct Model {
  std::string_view name;
  Script (*play)(const Call& call);
};

constexpr Model table[] = {
    {"sim/echo", play_echo},
    {"sim/lorem", play_lorem},
    {"sim/fault-429", play_rate_limit},
    {"sim/fault-500", play_server_error},
    {"sim/fault-auth", play_auth},
    {"sim/fault-slow", play_slow},
    {"sim/fault-stall", play_stall},
    {"sim/fault-truncated", play_truncated},
    {"sim/fault-error-in-stream", play_error_in_stream},
    {"sim/fault-split", play_split},
    {"sim/fault-parallel-tools", play_parallel_tools},
};

Script play_unknown(std::string_view model) {
  std::string message = "The model `";
  message += model;
  message += "` does not exist. The simulator knows";
  std::string_view before = " ";
  for (const Model& known : table) {
    message += before;
    message += known.name;
    before = ", ";
  }
  message += '.';
  return whole_body(404, error_body(message, "invalid_request_error", "model_not_found"));
}

}  // namespace

const std::vector<std::string_view>& models() {
  static const std::vector<std::string_view>& names = *[] {
    auto* all = new std::vector<std::string_view>;
    for (const Model& model : table) all->push_back(model.name);
    return all;
  }();
  return names;
}

Script play(std::string_view model, std::string_view body, int64_t now_ms, Mode mode) {
  Call call = read_call(model, body, now_ms);
  call.live = mode == Mode::kLive;
  for (const Model& known : table)
    if (known.name == model) return known.play(call);
  if (is_simulator_model(model)) return play_unknown(model);
  return play_echo(call);
}

}  // namespace postern::simulator
