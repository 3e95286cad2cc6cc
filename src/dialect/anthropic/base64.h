// Base64 with the common alphabet and padding (RFC 4648, section 4). Text documents cross between
// it and plain text; everything else stays as it came.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::dialect::messages {

std::string to_base64(std::string_view bytes);
// Padding may be missing. Nullopt when it is no base64.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace postern::dialect::messages
