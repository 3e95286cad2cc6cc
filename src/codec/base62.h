// Digits and letters, 0-9A-Za-z: text that survives a double click, a URL and a shell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/random.h"

namespace postern::codec {

bool is_base62(std::string_view text);

// `value` in exactly `digits` digits, zeros in front. What does not fit is cut from the front.
std::string base62_number(uint64_t value, size_t digits);

// `count` characters, each of 62 equally likely: random bytes of 248 and more are thrown away,
// because 256 is no multiple of 62.
std::string base62_random(RandomBytes& random, size_t count);

}  // namespace postern::codec
