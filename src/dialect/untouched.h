// What passes in one dialect from end to end: what the gateway must know of such a request, and of
// a reply and a stream in OpenAI's words, read from the bytes without rebuilding them; and the few
// changes that it makes to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/request.h"
#include "chat/usage.h"
#include "codec/json_reader.h"
#include "dialect/quirks.h"

namespace postern::dialect {

// --- Requests -------------------------------------------------------------------------------

// Replaces bytes [begin, end) of a text. Edits of one text do not overlap and are in order.
struct Edit {
  size_t begin = 0;
  size_t end = 0;
  std::string text;
};

struct Outline {
  std::string model;
  std::string project_id;  // empty: none given
  bool stream = false;
  bool include_usage = false;  // stream_options.include_usage, as the client asked

  codec::JsonSpan model_value;
  std::optional<codec::JsonSpan> project_member;  // with the comma that goes with it
  // Where an edit makes an upstream that speaks OpenAI's chat report usage: the value to replace,
  // or the place to insert.
  Edit ask_usage;
};

// The text with its edits made.
std::string apply(const std::vector<Edit>& edits, std::string_view text);

// Reads a request body of any surface. Checks the JSON to its end, but no member that the gateway
// does not need. Names are compared unescaped; a member that is read here and occurs twice is a
// fault, because the check would see one and the provider the other.
std::optional<chat::Refused> read_outline(std::string_view body, Outline& outline);

// --- Replies --------------------------------------------------------------------------------

struct ChatReply {
  bool valid = false;     // a JSON object
  bool error = false;     // has a member `error` that is not null
  bool envelope = false;  // that is an object with a string `message`
  chat::Usage usage;
};

ChatReply read_chat_reply(std::string_view body, const Quirks& quirks = {});

// --- Streams --------------------------------------------------------------------------------

struct ChatChunk {
  bool valid = false;
  bool error = false;
  bool envelope = false;
  bool choices_empty = false;  // `choices` is there and empty
  bool content = false;        // some delta carries text, a tool call, a refusal or reasoning
  bool usage_reported = false;
  bool finished = false;  // some choice has its finish_reason
  chat::Usage usage;
  // The member `"usage":null` with one comma, ready to be cut out.
  std::optional<codec::JsonSpan> null_usage;
};

ChatChunk read_chat_chunk(std::string_view data, const Quirks& quirks = {});

bool is_done(std::string_view data);  // `[DONE]`, spaces around it allowed

}  // namespace postern::dialect
