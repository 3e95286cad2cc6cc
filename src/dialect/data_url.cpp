#include "dialect/data_url.h"

#include <string>

namespace postern::dialect {
namespace {

char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

bool begins_with(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t at = 0; at < prefix.size(); ++at)
    if (lower(text[at]) != prefix[at]) return false;
  return true;
}

}  // namespace

bool begins_with(const chat::Text& text, std::string_view prefix) {
  return begins_with(text.raw, prefix);
}

std::optional<DataUrl> read_data_url(const chat::Text& url, chat::Arena& arena) {
  std::string_view head = url.raw.substr(0, url.raw.find(','));
  if (!begins_with(head, "data:") || head.size() == url.raw.size()) return std::nullopt;
  DataUrl parts;
  parts.data = {url.raw.substr(head.size() + 1), url.escaped};
  // Some libraries escape the solidus, which JSON allows. Base64 has solidi too; only the head is
  // looked into.
  std::string words;
  for (const char byte : head.substr(5))
    if (byte != '\\') words += lower(byte);
  if (!words.ends_with(";base64")) return std::nullopt;
  words.resize(words.find(';'));
  if (!words.empty()) parts.media_type = chat::literal(arena.keep(std::move(words)));
  return parts;
}

}  // namespace postern::dialect
