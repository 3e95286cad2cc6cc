#include "dialect/openai_chat/said.h"

#include "codec/json_writer.h"
#include "dialect/data_url.h"
#include "dialect/json_members.h"

namespace postern::dialect::chat_completions {
namespace {

using codec::JsonKind;
using codec::JsonReader;

// A list with something in it.
chat::Json read_list(JsonReader& in, std::string_view document) {
  const bool list = in.kind() == JsonKind::kArray;
  const chat::Json value = read_json(in, document);
  return list && has_content(value) ? value : chat::Json{};
}

void read_thought_signature(JsonReader& in, chat::Text& signature) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (!in.name_is("google") || !in.enter_object()) {
      in.skip();
      continue;
    }
    while (in.next_member()) {
      if (in.name_is("thought_signature")) {
        read_text(in, signature);
      } else {
        in.skip();
      }
    }
  }
}

}  // namespace

bool has_content(chat::Json value) {
  if (value.empty() || value == "\"\"" || value == "false") return false;
  if (value[0] != '[' && value[0] != '{') return true;
  return value.find_first_not_of(" \t\r\n", 1) + 1 < value.size();
}

void read_said(JsonReader& in, std::string_view document, Said& said) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("content")) {
      if (in.kind() == JsonKind::kArray) {
        said.content_list = read_list(in, document);
      } else {
        read_text(in, said.content);
      }
    } else if (in.name_is("reasoning_content") || in.name_is("reasoning")) {
      chat::Text text;
      if (read_text(in, text) && said.reasoning.raw.empty()) said.reasoning = text;
    } else if (in.name_is("tool_calls")) {
      said.calls = read_list(in, document);
    } else if (in.name_is("refusal")) {
      read_text(in, said.refusal);
    } else if (in.name_is("reasoning_details")) {
      said.details = read_list(in, document);
    } else if (in.name_is("function_call")) {
      said.function_call = read_json(in, document);
    } else if (in.name_is("images")) {
      said.images = read_list(in, document);
    } else if (in.name_is("annotations")) {
      said.annotations = read_list(in, document);
    } else if (in.name_is("extra_content")) {
      read_thought_signature(in, said.signature);
    } else {
      in.skip();
    }
  }
}

void read_function_piece(JsonReader& in, std::string_view document, CallPiece& piece) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("name")) {
      read_text(in, piece.name);
    } else if (in.name_is("arguments") || in.name_is("input")) {
      if (!in.read_string(piece.arguments)) piece.arguments_json = read_json(in, document);
    } else {
      in.skip();
    }
  }
}

CallPiece read_call_piece(JsonReader& in, std::string_view document) {
  CallPiece piece;
  if (!in.enter_object()) {
    in.skip();
    return piece;
  }
  while (in.next_member()) {
    int64_t index = 0;
    if (in.name_is("function")) {
      read_function_piece(in, document, piece);
    } else if (in.name_is("custom")) {
      piece.custom |= in.kind() == JsonKind::kObject;
      read_function_piece(in, document, piece);
    } else if (in.name_is("id")) {
      read_text(in, piece.id);
    } else if (in.name_is("index") && in.read_integer(index)) {
      piece.index = index;
    } else if (in.name_is("name")) {  // Workers AI has name and arguments without `function`
      read_text(in, piece.name);
    } else if (in.name_is("arguments")) {
      if (!in.read_string(piece.arguments)) piece.arguments_json = read_json(in, document);
    } else if (in.name_is("extra_content")) {
      read_thought_signature(in, piece.signature);
    } else {
      in.skip();
    }
  }
  return piece;
}

ContentPiece read_content_piece(JsonReader& in, std::string_view document) {
  ContentPiece piece;
  if (in.read_string(piece.text)) return piece;
  if (!in.enter_object()) {
    in.skip();
    return piece;
  }
  while (in.next_member()) {
    if (in.name_is("text")) {
      read_text(in, piece.text);
    } else if (in.name_is("thinking")) {
      if (!in.read_string(piece.thought)) piece.thinking = read_list(in, document);
    } else {
      in.skip();
    }
  }
  return piece;
}

DrawnImage read_drawn_image(JsonReader& in, chat::Arena& arena) {
  DrawnImage image;
  chat::Text url;
  if (!in.enter_object()) {
    in.skip();
    return image;
  }
  while (in.next_member()) {
    if (!in.name_is("image_url") || !in.enter_object()) {
      in.skip();
      continue;
    }
    while (in.next_member()) {
      if (in.name_is("url")) {
        read_text(in, url);
      } else {
        in.skip();
      }
    }
  }
  if (const auto parts = read_data_url(url, arena)) {
    image.media_type = parts->media_type;
    image.data = parts->data;
  }
  return image;
}

chat::Json annotations_of_citations(chat::Json citations, chat::Arena& arena) {
  std::string list;
  codec::JsonWriter json(list);
  JsonReader in(citations);
  if (!in.enter_array()) return {};
  json.begin_array();
  bool any = false;
  while (in.next_element()) {
    chat::Text url;
    if (!read_text(in, url)) continue;
    any = true;
    json.begin_object().name("type").string("url_citation").name("url_citation").begin_object();
    json.name("start_index").number(0).name("end_index").number(0);
    json.name("title").text(url).name("url").text(url).end_object().end_object();
  }
  json.end_array();
  return any ? chat::Json(arena.keep(std::move(list))) : chat::Json{};
}

}  // namespace postern::dialect::chat_completions
