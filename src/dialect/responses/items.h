// The items of `input` and `output`: what is common to those that clients send and those that
// providers answer with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/message.h"
#include "codec/json_reader.h"

namespace postern::dialect::responses_wire {

// The members of one item, as views. Any item is read, also of a type that is not known; `json` is
// then all that is of use.
struct Item {
  // What is wrong with the parts of `content` or `output`. It counts for the client's messages and
  // results only: other types of items may have other things under these names.
  struct Fault {
    std::string member;  // below the item: ".content[1].image_url"
    std::string message;
  };
  // A member of a part that no field of chat::Part stands for.
  struct Note {
    uint32_t part = 0;  // UINT32_MAX: of the item itself
    std::string_view member;
    chat::Json value;
  };

  chat::Json json;
  chat::Text type, role, id, call_id, name, arguments, input, status;
  chat::Text encrypted_content;
  chat::Json arguments_object;       // where they are no string: some say them as they are
  chat::Text result, output_format;  // of a drawn image
  std::string_view no_string;        // a member above that should be one and is not
  bool has_content = false, has_output = false;
  std::vector<chat::Part> content;  // reasoning_text too
  std::vector<chat::Part> summary;
  std::vector<chat::Part> output;                 // of a call
  std::vector<chat::Json> annotations, logprobs;  // of the texts in `content`; lists
  std::vector<Note> notes;
  std::optional<Fault> fault;

  bool is(std::string_view word) const { return codec::equals_unescaped(type, word); }
  // Easy messages have no type.
  bool is_message() const { return is("message") || (type.raw.empty() && !role.raw.empty()); }
  bool is_call() const { return is("function_call") || is("custom_tool_call"); }
};

// Reads one item of `document`. What is not JSON stays a fault of `in`.
void read_item(codec::JsonReader& in, std::string_view document, chat::Arena& arena, Item& item);

// Summary and content of a reasoning item, paragraphs apart.
chat::Text thoughts_of(const Item& item, chat::Arena& arena);

// A function call or a custom tool's.
chat::Part call_of(const Item& item, chat::Arena& arena);

chat::Part image_of(const Item& item);

}  // namespace postern::dialect::responses_wire
