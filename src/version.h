// The version that /health tells; package.json holds the same, and a test compares them.
#pragma once

#include <string_view>

namespace postern {

inline constexpr std::string_view version = "0.1.0";

}  // namespace postern
