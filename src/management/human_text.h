// Text that a stranger wrote and an operator will read.
#pragma once

#include <string>
#include <string_view>

#include "management/fields.h"

namespace postern::management {

// A member of 1 to bounds::access_text_bytes_max bytes, spaces around it taken off. Control
// characters, line breaks and what changes the direction of writing are refused: the one who reads
// it decides about keys. Everything else is text, and stays as it is.
std::string read_human_text(Fields& fields, std::string_view name);

}  // namespace postern::management
