// Base64 with padding (RFC 4648, section 4), as vectors travel in it.
#pragma once

#include <string>
#include <string_view>

namespace postern::dialect {

void append_base64(std::string_view bytes, std::string& out);

// Appends the bytes. Padding may be missing; false for anything else that is not base64.
bool append_from_base64(std::string_view text, std::string& out);

}  // namespace postern::dialect
