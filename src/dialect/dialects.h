// The visible list of dialects. Adding one is adding its folder, a line here and one in
// dialects.cpp; which provider speaks which is said in provider/table.cpp.
#pragma once

#include <span>
#include <string_view>

#include "dialect/dialect.h"

namespace postern::dialect {

extern const Dialect openai_chat;
extern const Dialect responses;
extern const Dialect anthropic;
extern const Dialect gemini;
extern const Dialect bedrock;
extern const Dialect cohere;
extern const Dialect workers_ai;
extern const Dialect completions;

std::span<const Dialect* const> dialects();

// Null when none has this name.
const Dialect* find_dialect(std::string_view name);

}  // namespace postern::dialect
