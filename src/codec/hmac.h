// HMAC-SHA256 (RFC 2104, FIPS 198-1).
#pragma once

#include <string_view>

#include "codec/sha256.h"

namespace postern::codec {

Digest hmac_sha256(std::string_view key, std::string_view message);

}  // namespace postern::codec
