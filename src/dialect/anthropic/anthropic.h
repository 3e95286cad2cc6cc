// Anthropic's Messages API (anthropic-version 2023-06-01), both directions.
//
// What is done with what Messages has no word for:
//
// - System and developer messages at the front become `system`. Later ones keep their place: as
//   role `system` where the model takes it, otherwise as a user turn. Of a conversation that is
//   nothing but system messages the last one becomes the user turn.
// - `max_tokens` is required: absent, it is the model's own (models.cpp), and 4096 for a model
//   that is no Claude.
// - Temperature is clamped to 0..1, not scaled.
// - A JSON schema goes to `output_config.format` where the model has it and the schema can be said
//   there; otherwise the model is made to call a tool of ours, whose input is read back as the
//   answer's text. A JSON object without a schema is such a tool too; a model that is to think
//   cannot be made to call a tool, and is told in `system`.
// - Server tools' blocks, and every other block that this file does not know, travel as sealed
//   reasoning (marks.h), so that a turn can be sent back as it was.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace postern::dialect {

extern const Dialect anthropic;

}  // namespace postern::dialect

namespace postern::dialect::messages {

// The tool that a structured answer is asked for with, where nothing better exists. Readers of
// replies know the emulation by this name alone.
inline constexpr std::string_view json_answer_tool = "postern_json_answer";

// Place::message of what stands in `system`.
inline constexpr uint32_t system_place = 0xFFFFFFFF;

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request);
void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out);
std::unique_ptr<StreamWriter> stream_writer(const ReplyContext& context);
void write_error(const chat::Error& error, std::string_view request_id, std::string& out);
void write_error_event(const chat::Error& error, std::string_view request_id, std::string& out);
std::string field_name(chat::Field field, chat::Place place);

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out);
bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply);
std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context);
chat::Error read_error(const ErrorHead& head, std::string_view body);

// The object under `error`, in an answer or in a stream.
void read_error_object(codec::JsonReader& in, chat::Error& error);

}  // namespace postern::dialect::messages
