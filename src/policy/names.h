// The plain texts that labels, accounts and settings are made of.
#pragma once

#include <cstddef>
#include <string_view>

namespace postern::policy {

// [A-Za-z0-9][A-Za-z0-9._-]*, at most `bytes_max` of them: fit for logs, headers and metrics.
bool is_name(std::string_view text, size_t bytes_max);

// Printable ASCII without space, 0x21 to 0x7E, in every byte.
bool is_visible(std::string_view text);

}  // namespace postern::policy
