// What reading a whole reply and reading a stream have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/reply.h"
#include "codec/json_reader.h"

namespace postern::dialect::responses_wire {

// A `response` object, as views into its text.
struct ResponseView {
  chat::Text id, model, status, service_tier;
  chat::Text incomplete_reason;
  std::optional<int64_t> created_s;
  chat::Json output;  // a list, or empty
  chat::Json error;   // empty: none
  chat::Usage usage;
};

// False when the text is no JSON object.
bool read_response(std::string_view json, ResponseView& view);

// `called`: there are tool calls. `cut`: the arguments of one are no JSON object.
chat::Finish finish_of(const ResponseView& view, bool called, bool cut);

// Citations and probabilities are told in the words of chat completions inside. Each appends the
// elements of a list, with a comma where `out` does not end with an opening bracket, on one line.
void append_chat_annotations(chat::Json list, std::string& out);
void append_own_annotations(chat::Json list, std::string& out);
void append_elements(chat::Json list, std::string& out);
// With the members that clients of this dialect rely on and others may leave out.
void append_own_logprobs(chat::Json list, std::string& out);

// The member `content` of chat's logprobs; empty when it is not there.
chat::Json content_of_logprobs(chat::Json logprobs);

// One annotation; false when it is no object.
bool append_chat_annotation(chat::Json annotation, std::string& out);

}  // namespace postern::dialect::responses_wire
