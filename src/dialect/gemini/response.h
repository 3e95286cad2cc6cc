// One GenerateContentResponse as it stands on the wire: a whole reply, or one event of a stream,
// because every event is such an object. Views into the text that was read.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "chat/text.h"
#include "chat/usage.h"

namespace postern::dialect::gemini_wire {

// What a model may write when it is told to think of it: more would be more than any model gives.
inline constexpr int64_t candidates_max = 128;

// Parts without anything in them are left out.
struct WirePart {
  bool thought = false;
  chat::Text text;
  chat::Text signature;
  // Of inlineData, or of fileData.
  chat::Text media_type, data, uri;

  bool call = false;
  chat::Text name, id;
  chat::Json args;          // an object; empty: none were given
  chat::Json partial_args;  // a list; empty: none were given
  bool will_continue = false;
};

struct WireCandidate {
  int64_t index = 0;
  size_t parts_begin = 0, parts_end = 0;  // in Response::parts
  chat::Text finish_reason, finish_message;
  chat::Json grounding, citations, logprobs;
};

// Meant to be read into again and again: clear() keeps the memory.
struct Response {
  std::vector<WireCandidate> candidates;
  std::vector<WirePart> parts;
  chat::Text id, model, created;
  chat::Text block_reason, block_message;
  chat::Usage usage;
  bool error = false;  // it has a member `error` that is an object or a text
  bool known = false;  // it has a member that such a response has

  void clear();
};

// False when the text is no JSON object, or has a candidate with an index out of bounds.
bool read_response(std::string_view text, Response& response);

}  // namespace postern::dialect::gemini_wire
