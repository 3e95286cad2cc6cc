// What writing a whole reply and writing a stream have in common: the `response` object and its
// items, each on one line. Texts are the characters between the quotes of JSON strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chat/reply.h"
#include "dialect/dialect.h"
#include "dialect/responses/sealed.h"

namespace postern::dialect::responses_wire {

struct ResponseHead {
  std::string id;     // whole, with its prefix
  std::string model;  // a text
  std::string service_tier;
  int64_t created_s = 0;
};

ResponseHead head_of(const chat::Text& id, const chat::Text& model, const chat::Text& service_tier,
                     std::optional<int64_t> created_s, std::string_view request_id,
                     std::string_view asked_model, int64_t now_s);

// How an answer ended.
struct Ending {
  std::string_view status = "in_progress";
  std::string_view incomplete_reason;  // of "incomplete"
  std::string_view error_code;         // of "failed"; plain characters, like the next
  std::string_view error_message;
  const chat::Usage* usage = nullptr;  // null: not known yet
};

Ending ending_of(chat::Finish finish);

// `output`: the items, with commas. Members that repeat the request have the values of a request
// that says nothing, because an answer is written without it.
void append_response(const ResponseHead& head, const Ending& ending, std::string_view output,
                     std::string& out);

// --- Items and their parts
// ------------------------------------------------------------------------

std::string item_id(std::string_view prefix, std::string_view request_id, int64_t output_index);

// `annotations` and `logprobs`: elements, with commas.
void append_text_part(std::string_view text, std::string_view annotations,
                      std::string_view logprobs, std::string& out);
void append_refusal_part(std::string_view text, std::string& out);
void append_summary_part(std::string_view text, std::string& out);

void append_message_item(std::string_view id, std::string_view status, std::string_view content,
                         std::string& out);

struct CallItem {
  std::string_view id, status, call_id, name;
  std::string_view arguments;  // a text, like the others; of a custom tool its input
  bool custom = false;
};
void append_call_item(const CallItem& call, std::string& out);

// `sealed`: null for none. An empty `summary` is none.
void append_reasoning_item(std::string_view id, std::string_view status, std::string_view summary,
                           const Sealed* sealed, std::string& out);

void append_image_item(std::string_view id, std::string_view status, const chat::Text& media_type,
                       const chat::Text& data, std::string& out);

}  // namespace postern::dialect::responses_wire
