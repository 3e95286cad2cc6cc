// What a reply cost, in tokens, as the provider reported it. The classes are disjoint: their sum
// is the total. Absent is not zero.
#pragma once

#include <cstdint>
#include <optional>

namespace postern::chat {

struct Usage {
  std::optional<uint64_t> input;        // of the prompt, neither read from a cache nor put there
  std::optional<uint64_t> cache_read;   // of the prompt, read from a cache
  std::optional<uint64_t> cache_write;  // of the prompt, put into a cache, for minutes
  std::optional<uint64_t> cache_write_hour;  // of the prompt, put into a cache, for an hour
  std::optional<uint64_t> output;            // of the answer, without the reasoning
  std::optional<uint64_t> reasoning;

  bool reported() const { return input || output || cache_read || reasoning; }

  uint64_t cached_writes() const { return cache_write.value_or(0) + cache_write_hour.value_or(0); }
  uint64_t prompt() const { return input.value_or(0) + cache_read.value_or(0) + cached_writes(); }
  uint64_t completion() const { return output.value_or(0) + reasoning.value_or(0); }
  uint64_t total() const { return prompt() + completion(); }

  bool operator==(const Usage&) const = default;
};

// From counts that hold one another, as most providers report them: `prompt` includes the cached
// tokens, `completion` the reasoning. A part larger than its whole counts as the whole.
inline Usage disjoint(std::optional<uint64_t> prompt, std::optional<uint64_t> cache_read,
                      std::optional<uint64_t> cache_write, std::optional<uint64_t> completion,
                      std::optional<uint64_t> reasoning) {
  const auto part_of = [](std::optional<uint64_t> part, uint64_t& whole) {
    if (part && *part > whole) part = whole;
    whole -= part.value_or(0);
    return part;
  };
  Usage usage;
  uint64_t rest = prompt.value_or(0);
  usage.cache_read = prompt ? part_of(cache_read, rest) : cache_read;
  usage.cache_write = prompt ? part_of(cache_write, rest) : cache_write;
  if (prompt) usage.input = rest;
  rest = completion.value_or(0);
  usage.reasoning = completion ? part_of(reasoning, rest) : reasoning;
  if (completion) usage.output = rest;
  return usage;
}

}  // namespace postern::chat
