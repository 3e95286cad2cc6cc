// What a reply cost, in tokens, as the provider reported it. Absent is not zero.
#pragma once

#include <cstdint>
#include <optional>

namespace postern::chat {

struct Usage {
  std::optional<uint64_t> prompt_tokens;      // cached ones included
  std::optional<uint64_t> completion_tokens;  // reasoning included, where the provider includes it
  std::optional<uint64_t> total_tokens;
  std::optional<uint64_t> cached_tokens;
  std::optional<uint64_t> reasoning_tokens;

  bool reported() const { return prompt_tokens || completion_tokens || total_tokens; }
};

}  // namespace postern::chat
