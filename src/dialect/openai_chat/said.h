// What an assistant said, as providers write it: the object `message` of a reply, or `delta` of a
// chunk, and the lists in it. Readings are tolerant: what has an odd shape is passed over.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "chat/message.h"
#include "codec/json_reader.h"

namespace postern::dialect::chat_completions {

struct Said {
  chat::Text content;
  chat::Json content_list;  // Mistral: a list of texts and thoughts
  chat::Text refusal;
  chat::Text reasoning;  // whichever of reasoning_content and reasoning has something in it
  chat::Json details;    // reasoning_details
  chat::Json calls;
  chat::Json function_call;  // of long ago: one call without id
  chat::Json images;
  chat::Json annotations;  // a list that is not empty
  chat::Text signature;    // Google: of the text
};

// `in` stands before the value and reads `document`. Spoken answers (`audio`) are passed over: no
// client of another dialect could take them, and they are only asked for in OpenAI's own words.
void read_said(codec::JsonReader& in, std::string_view document, Said& said);

// A call or a piece of one. Null and "" are alike everywhere.
struct CallPiece {
  std::optional<int64_t> index;
  chat::Text id, name;
  bool custom = false;
  chat::Text arguments;       // a piece of text, or
  chat::Json arguments_json;  // the arguments as a value
  chat::Text signature;
};
CallPiece read_call_piece(codec::JsonReader& in, std::string_view document);
// The members of a function: of `function_call`.
void read_function_piece(codec::JsonReader& in, std::string_view document, CallPiece& piece);

// An element of a content list: a text, or thoughts, which may be a list again.
struct ContentPiece {
  chat::Text text;
  chat::Json thinking;
  chat::Text thought;
};
ContentPiece read_content_piece(codec::JsonReader& in, std::string_view document);

// An element of `images`: image_url.url as a data URL. Empty data: it was none.
struct DrawnImage {
  chat::Text media_type, data;
};
DrawnImage read_drawn_image(codec::JsonReader& in, chat::Arena& arena);

// Perplexity and xAI: the addresses beside an answer, as annotations in OpenAI's words. Empty when
// there are none.
chat::Json annotations_of_citations(chat::Json citations, chat::Arena& arena);

// Is the value a string with something in it, or a list, an object or a number?
bool has_content(chat::Json value);

}  // namespace postern::dialect::chat_completions
