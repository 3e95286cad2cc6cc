#include "management/human_text.h"

#include "bounds.h"

namespace postern::management {
namespace {

// Of well-formed UTF-8, which every string of a parsed document is.
bool misleads(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == 0x7F) return true;
    const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0u;
    if (byte == 0xC2 && next >= 0x80 && next <= 0x9F) return true;  // U+0080 to U+009F
    if (byte != 0xE2 || at + 2 >= text.size()) continue;
    const auto last = static_cast<unsigned char>(text[at + 2]);
    if (next == 0x80 && last >= 0xA8 && last <= 0xAE) return true;  // U+2028 to U+202E
    if (next == 0x81 && last >= 0xA6 && last <= 0xA9) return true;  // U+2066 to U+2069
  }
  return false;
}

}  // namespace

std::string read_human_text(Fields& fields, std::string_view name) {
  const std::string text = fields.text(name).value_or("");
  const size_t first = text.find_first_not_of(' ');
  std::string trimmed;
  if (first != std::string::npos)
    trimmed = text.substr(first, text.find_last_not_of(' ') + 1 - first);
  if (trimmed.empty() || trimmed.size() > bounds::access_text_bytes_max)
    fields.refuse(name, std::string(name) + " must have 1 to " +
                            std::to_string(bounds::access_text_bytes_max) + " bytes");
  if (misleads(trimmed))
    fields.refuse(name, std::string(name) + " must not hold control characters or line breaks");
  return trimmed;
}

}  // namespace postern::management
