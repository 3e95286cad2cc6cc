// JSON Schemas in the subset that Anthropic's structured output takes: every object closed, no
// bounds on numbers, strings and lists, few formats.
#pragma once

#include <optional>
#include <string>

#include "chat/text.h"

namespace postern::dialect::messages {

// The schema in that subset, as Anthropic's own SDKs make it: what cannot be enforced is told to
// the model at the end of the description. Nullopt when it would then mean something else: objects
// with names that are not known before, values of any kind, recursion, negation, conditions.
std::optional<std::string> strict_schema(chat::Json schema);

// A tool's `input_schema`, which must say that it is an object.
void append_input_schema(chat::Json schema, std::string& out);

}  // namespace postern::dialect::messages
