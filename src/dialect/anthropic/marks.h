// What Messages has no place for, put where its clients keep what they do not understand: into the
// signature of a thinking block and the data of a redacted one. Readers take the marks off again,
// so that everything comes back to whom it belongs.
//
//   postern-signature:gemini:Cs...         another provider's signature, or its sealed reasoning
//   postern-mark:next:gemini:Cs...         a redacted block that signs the block after it,
//   postern-mark:previous:gemini:Cs...     the one before it,
//   postern-mark:alone:gemini:Cs...        or a text without characters
//   postern-block:{\"type\":\"...          a whole block, as the text of its JSON
//
// A redacted block with a mark means nothing to Anthropic: a request with one must not be passed
// on unread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/message.h"

namespace postern::dialect::messages {

// Is what this signer signed understood by Anthropic? An empty name: the client did not say.
// Bedrock's Claude and Anthropic's accept each other's signatures.
bool signs_for_anthropic(std::string_view signer);

// Appends a signature or sealed reasoning, marked when it is another provider's.
void append_signature(std::string_view signer, const chat::Text& signature, std::string& out);
// The mark alone; nothing for Anthropic's own.
void append_signature_mark(std::string_view signer, std::string& out);

struct Signature {
  std::string_view signer;
  chat::Text text;
};

// The signature of a thinking block, or the data of a redacted one. Without a mark it is
// Anthropic's.
Signature read_signature(const chat::Text& marked);

struct Mark {
  enum class Target : uint8_t { kNext, kPrevious, kAlone };
  Target target = Target::kAlone;
  Signature signature;
};

void append_mark(Mark::Target target, std::string_view signer, std::string& out);
std::optional<Mark> read_mark(const chat::Text& data);

// A whole block as a sealed part, and back: nullopt when the part is something else.
chat::Part sealed_block(chat::Json block, chat::Arena& arena);
std::optional<std::string> block_in(const chat::Text& sealed);

}  // namespace postern::dialect::messages
