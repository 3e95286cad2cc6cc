// Base64 with the alphabet that is safe in URLs, without padding (RFC 4648, section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::codec {

std::string to_base64url(std::string_view bytes);

// Nothing when it is not exactly what to_base64url writes: padding, other characters, an
// impossible length and spare bits that are not zero are refused, so that no two texts decode to
// the same bytes.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace postern::codec
