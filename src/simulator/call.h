// One request as the simulator sees it: the few fields it obeys, and the seed of its answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::simulator {

struct Call {
  std::string model;                  // as requested
  std::string text;                   // of the last user message, at most simulator_echo_bytes_max
  int64_t prompt_tokens = 0;          // of all messages
  std::optional<int64_t> tokens_max;  // the smaller of max_tokens and max_completion_tokens
  std::optional<int64_t> requested_seed;
  bool streams = false;
  bool includes_usage = false;
  bool live = true;  // false: asked for with a test key, which the reply must say
  int64_t created_s = 0;
  uint64_t seed = 0;  // of requested_seed, model and text: the same request, the same answer
};

// Fields of a wrong type count as absent: refusing a request is the gateway's work.
Call read_call(std::string_view model, std::string_view body, int64_t now_ms);

// A plausible count without a tokenizer: four bytes make a token.
inline int64_t tokens_of(size_t bytes) {
  return static_cast<int64_t>(bytes / 4 + (bytes % 4 != 0));
}

// The next of a sequence of well-mixed numbers (splitmix64).
uint64_t next_number(uint64_t& state);

// Exactly 16 lower-case digits.
std::string hex_of(uint64_t number);

}  // namespace postern::simulator
