// OpenAI's Responses (`POST /v1/responses`), in both directions. Of its two ways to hold a
// conversation only the one without a memory at the server is spoken: the whole conversation comes
// with every request, and nothing is stored.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace postern::dialect {

extern const Dialect responses;

namespace responses_wire {

// The row's name, which is also the signer of what its providers seal.
inline constexpr std::string_view name = "responses";

// Places (chat::Place) count the items of `input`. Beside them:
inline constexpr uint32_t whole_item = UINT32_MAX;       // a part: the item itself, not its content
inline constexpr uint32_t in_instructions = UINT32_MAX;  // a message: `instructions`
inline constexpr uint32_t input_text = UINT32_MAX - 1;   // a message: `input`, when it is a string

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request);
void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out);
std::unique_ptr<StreamWriter> stream_writer(const ReplyContext& context);
void write_error(const chat::Error& error, std::string_view request_id, std::string& out);
std::string field_name(chat::Field field, chat::Place place);

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out);
bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply);
std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context);
chat::Error read_error(const ErrorHead& head, std::string_view body);

}  // namespace responses_wire
}  // namespace postern::dialect
