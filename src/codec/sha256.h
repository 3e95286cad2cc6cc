// SHA-256 (FIPS 180-4), and the comparison of digests that never ends early.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::codec {

using Digest = std::array<uint8_t, 32>;

Digest sha256(std::string_view bytes);

// Touches all 32 bytes of both, whatever they hold.
bool equal_constant_time(const Digest& left, const Digest& right);

std::string to_hex(std::string_view bytes);  // lower case
std::string to_hex(const Digest& digest);
std::optional<Digest> digest_from_hex(std::string_view hex);  // exactly 64 digits, either case

}  // namespace postern::codec
