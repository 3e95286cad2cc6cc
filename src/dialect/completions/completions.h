// OpenAI's legacy completions (`/v1/completions`), in both directions: a prompt instead of a
// conversation, and a text instead of an answer.
//
// Towards other dialects a prompt becomes one message of the user. What only this surface can do
// (several prompts, token ids, a suffix, echo, log probabilities in their old form) is refused
// there; providers that have the surface get requests as they came.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace postern::dialect {

extern const Dialect completions;

namespace completions_wire {

// What the surface takes when nothing is said.
inline constexpr int64_t max_tokens_default = 16;
// As many as OpenAI takes.
inline constexpr int64_t choices_max = 128;

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request);
std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out);
bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply);
void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out);
std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context);
std::unique_ptr<StreamWriter> stream_writer(const ReplyContext& context);
std::string field_name(chat::Field field, chat::Place place);

// The finish reason in this surface's words: stop, length or content_filter.
std::string_view finish_word(chat::Finish finish);

}  // namespace completions_wire
}  // namespace postern::dialect
