// OpenAI's chat completions on the wire: what the gateway must know of a request, a reply and a
// stream, read from the bytes without rebuilding them, and the changes it makes to them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/usage.h"
#include "codec/json_reader.h"

namespace postern::dialect {

// --- Requests -------------------------------------------------------------------------------

// Replaces bytes [begin, end) of a text. Edits of one text do not overlap and are in order.
struct Edit {
  size_t begin = 0;
  size_t end = 0;
  std::string text;
};

struct ChatRequest {
  std::string model;
  std::string project_id;  // empty: none given
  bool stream = false;
  bool include_usage = false;  // stream_options.include_usage, as the client asked

  codec::JsonSpan model_value;
  std::optional<codec::JsonSpan> project_member;  // with the comma that goes with it
  // Where an edit makes the upstream report usage: the value to replace, or the place to insert.
  Edit ask_usage;
};

struct RequestFault {
  enum class Kind { kJson, kShape } kind = Kind::kShape;
  std::string message;
  std::string_view param;  // the member at fault; empty when there is no single one
};

// The text with its edits made.
std::string apply(const std::vector<Edit>& edits, std::string_view text);

// Reads a request body. Checks the JSON to its end, but no member that the gateway does not need.
// Names are compared unescaped; a member that is read here and occurs twice is a fault, because
// the check would see one and the provider the other.
std::optional<RequestFault> read_chat_request(std::string_view body, ChatRequest& request);

// --- Replies --------------------------------------------------------------------------------

struct ChatReply {
  bool valid = false;     // a JSON object
  bool error = false;     // has a member `error` that is not null
  bool envelope = false;  // that is an object with a string `message`
  chat::Usage usage;
};

ChatReply read_chat_reply(std::string_view body);

// --- Streams --------------------------------------------------------------------------------

struct ChatChunk {
  bool valid = false;
  bool error = false;
  bool envelope = false;
  bool choices_empty = false;  // `choices` is there and empty
  bool content = false;        // some delta carries text, a tool call, a refusal or reasoning
  bool usage_reported = false;
  chat::Usage usage;
  // The member `"usage":null` with one comma, ready to be cut out.
  std::optional<codec::JsonSpan> null_usage;
};

ChatChunk read_chat_chunk(std::string_view data);

bool is_done(std::string_view data);  // `[DONE]`, spaces around it allowed

// --- Errors ---------------------------------------------------------------------------------

struct ErrorText {
  std::string_view message, type, code, param;  // empty param is null
};

void write_error(const ErrorText& error, std::string& out);        // the envelope
void write_error_event(const ErrorText& error, std::string& out);  // the same as an event

}  // namespace postern::dialect
