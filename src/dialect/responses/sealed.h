// The member `encrypted_content` of a reasoning item is the one place where a client of Responses
// keeps bytes for a provider. All signatures travel in it. Those of other providers than ours of
// this dialect carry a mark in front, `postern:SIGNER:FORM:`, by which they are told apart when the
// client sends them back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chat/message.h"

namespace postern::dialect::responses_wire {

struct Sealed {
  enum class Form : uint8_t {
    kThought,  // signs the thoughts in the summary of its own item
    kSealed,   // is thoughts, sealed
    kNext,     // signs the part after it
    kLast,     // signs the part before it
  };
  Form form = Form::kThought;
  bool marked = false;
  chat::Text bytes;
  std::string_view signer;  // a view into the text that was read
};

// Unmarked: this dialect's own, and a thought.
Sealed read_sealed(const chat::Text& encrypted_content);

// Appends the characters between the quotes of `encrypted_content`.
void append_sealed(const Sealed& sealed, std::string& out);

}  // namespace postern::dialect::responses_wire
