#include "dialect/dialects.h"

namespace postern::dialect {

std::span<const Dialect* const> dialects() {
  static constexpr const Dialect* list[] = {
      &openai_chat, &responses, &anthropic, &gemini, &bedrock, &cohere, &workers_ai, &completions,
  };
  return list;
}

const Dialect* find_dialect(std::string_view name) {
  for (const Dialect* dialect : dialects())
    if (dialect->name == name) return dialect;
  return nullptr;
}

}  // namespace postern::dialect
