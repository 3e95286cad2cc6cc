// nlohmann_json, configured for a core without exceptions: use only find, is_*, get_ptr,
// contains and parse(..., nullptr, false) on input, and dump_text below. Every other access with
// a wrong type is a trap that a client could cause.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace postern::codec {

using Document = nlohmann::ordered_json;

// Never fails: bad UTF-8 in strings becomes U+FFFD.
inline std::string dump_text(const Document& document, int indent = -1) {
  return document.dump(indent, ' ', false, Document::error_handler_t::replace);
}

}  // namespace postern::codec
