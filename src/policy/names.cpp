#include "policy/names.h"

#include <algorithm>

namespace postern::policy {

bool is_name(std::string_view text, size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    const bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= 'a' && byte <= 'z');
    const bool mark = byte == '.' || byte == '_' || byte == '-';
    if (!alphanumeric && !(mark && i > 0)) return false;
  }
  return true;
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char byte) { return byte >= 0x21 && byte <= 0x7E; });
}

}  // namespace postern::policy
