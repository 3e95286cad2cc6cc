// Text as it stands in JSON. All dialects are JSON, so what people and models say crosses from one
// into another without being unescaped and escaped again: base64 of megabytes is looked at once,
// and what was escaped stays as it was, lone surrogates included.
#pragma once

#include <deque>
#include <string>
#include <string_view>

#include "codec/json_reader.h"

namespace postern::chat {

// The characters between the quotes of a JSON string. A view; see Arena for who owns the bytes.
using Text = codec::JsonString;

// JSON text of one value, as written; empty when the value is absent.
using Json = std::string_view;

// The characters themselves. Only for what has to be looked into.
std::string plain(const Text& text);

// Keeps what is in no buffer of the caller for as long as the conversation that it belongs to.
class Arena {
 public:
  std::string_view keep(std::string bytes) { return kept_.emplace_back(std::move(bytes)); }
  // Plain characters as a Text: escaped where JSON wants it.
  Text escape(std::string_view characters);

 private:
  std::deque<std::string> kept_;
};

// A Text of a literal of ours that needs no escape.
inline Text literal(std::string_view characters) { return {characters, false}; }

}  // namespace postern::chat
