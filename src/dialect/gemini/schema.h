// JSON Schemas in the words that Gemini takes, in `parametersJsonSchema` and `responseJsonSchema`.
#pragma once

#include <cstdint>
#include <string>

#include "chat/text.h"

namespace postern::dialect::gemini_wire {

enum class Schema : uint8_t {
  kWritten,
  kWidened,  // likewise, but a bound that excludes became one that includes
  kBroken,   // it is no object; what was appended is of no use
};

// Appends the schema, changed where Gemini would refuse it:
// - `$schema`, `$comment`, `strict`, `discriminator` and `examples` go: they describe, or bind
//   other tools.
// - Beside a `$ref` only members that begin with `$` stay, as Google demands.
// - `definitions` at the root become `$defs`, and references to them follow.
// - `const` becomes `enum` of one.
// - `exclusiveMinimum` and `exclusiveMaximum` become `minimum` and `maximum`.
// Everything else stays as written: Gemini passes over keywords that it does not know. Grows by a
// few bytes per member at most.
Schema append_schema(chat::Json schema, std::string& out);

}  // namespace postern::dialect::gemini_wire
