// What each Claude takes, told from its name: `claude-opus-4-5-20251101`,
// `claude-3-7-sonnet-latest`, with anything in front (`us.anthropic.claude-...`). A Claude that is
// newer than this table is taken for one like the newest.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::dialect::messages {

struct Model {
  int64_t max_tokens = 4096;    // of an answer, where the client does not say
  int64_t output_max = 4096;    // that the model can be asked for
  bool thinks = false;          // takes `thinking` at all
  bool budget = false;          // takes budget_tokens
  bool adaptive = false;        // takes `adaptive`
  bool thinks_unasked = false;  // thinks unless it is told not to
  bool thinks_always = false;   // cannot be told not to
  bool hides_thoughts = false;  // shows them only when asked
  bool effort = false;          // takes output_config.effort: low, medium, high
  bool effort_max = false;      // and max
  bool effort_xhigh = false;    // and xhigh
  bool json_schema = false;     // takes output_config.format, and strict tools
  bool system_turns = false;    // takes role `system` among the messages
  bool one_sampler = false;     // takes temperature or top_p, not both
  bool fixed_sampling = false;  // takes temperature 1, top_p from 0.99 up, and no top_k
};

Model model_of(std::string_view name);

}  // namespace postern::dialect::messages
