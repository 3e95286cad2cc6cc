#include "chat/text.h"

#include "codec/json_writer.h"

namespace postern::chat {

std::string plain(const Text& text) {
  std::string characters;
  codec::append_unescaped(text, characters);
  return characters;
}

Text Arena::escape(std::string_view characters) {
  std::string quoted;
  codec::append_json_string(characters, quoted);
  const bool escaped = quoted.find('\\') != quoted.npos;
  const std::string_view kept = keep(std::move(quoted));
  return {kept.substr(1, kept.size() - 2), escaped};
}

}  // namespace postern::chat
