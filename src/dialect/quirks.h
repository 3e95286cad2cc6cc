// How a provider differs from its dialect. Data, filled in the table of providers; the writers and
// readers of dialects look at it and know no provider's name.
#pragma once

#include <cstdint>

namespace postern::dialect {

struct Quirks {
  // --- Requests in OpenAI's words ---------------------------------------------------------------
  // The limit is called max_completion_tokens, not max_tokens.
  bool max_completion_tokens = false;
  bool developer_role = false;    // takes it; otherwise it is written as system
  bool required_is_any = false;   // Mistral: tool_choice "required" is "any"
  bool stream_usage = true;       // takes stream_options.include_usage
  bool bare_json_schema = false;  // Workers AI: response_format.json_schema is the schema itself
  // Where reasoning of earlier turns goes: `reasoning_content`, `reasoning`, or nowhere.
  enum class ReasoningMember : uint8_t {
    kNone,
    kReasoningContent,
    kReasoning
  } reasoning_member = ReasoningMember::kNone;
  // Mistral: a member that it does not have is refused. The seed is its random_seed there.
  bool closed_members = false;
  bool strict_tools = false;  // takes `strict` on a function
  // OpenRouter: takes `reasoning_details`, and with them signatures and sealed reasoning, and a
  // budget for the reasoning.
  bool reasoning_details = false;
  bool cache_control = false;  // OpenRouter: takes Anthropic's marks on parts and tools

  // --- Requests of every dialect ----------------------------------------------------------------
  bool image_urls = false;  // takes images by address; otherwise only their bytes

  // --- Replies in OpenAI's words ----------------------------------------------------------------
  // xAI: completion_tokens is beside the reasoning tokens, not around them.
  bool reasoning_beside_output = false;
  // Workers AI: usage of a chunk is what that chunk took, and a last event has the sums.
  bool usage_increments = false;
  // Mistral, Workers AI: content may be a list, events may have no choices; clients of OpenAI do
  // not read that, so such replies are written anew even when both sides speak OpenAI's words.
  bool rewritten = false;
};

}  // namespace postern::dialect
