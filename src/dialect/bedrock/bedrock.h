// AWS Bedrock's Converse and ConverseStream: one format for the models of many vendors. Spoken
// towards Bedrock only; the readers of requests and the writer of replies close the loop in tests.
//
// How a conversation is carried:
// - System and developer messages at the front go into `system`; later ones are text of a user
//   turn, and so is the last one when there is no other message, because Bedrock wants a turn.
// - Messages of the same side that follow each other are one turn. In a user turn the results of
//   tools come first.
// - Text of white space alone is left out and named; white space at the end of a final assistant
//   turn is cut off; a tool result without content says "(no output)". Bedrock refuses each.
// - Ids of tool calls that Bedrock would refuse are replaced by digests of them, alike in a call
//   and its result.
// - A temperature beyond 0..1 becomes the nearer end.
// - Names of documents are reduced to the characters that Bedrock takes, and told apart.
// - `response_format` json_object is an instruction in `system`; so is json_schema for models that
//   do not take a schema, and then it is named as dropped, because nothing enforces it.
// - Reasoning goes where the model's vendor wants it (additionalModelRequestFields), for Claude,
//   Nova 2 and gpt-oss; for others it is dropped. For Claude it is dropped also with a forced tool,
//   and where the turns before lack the thoughts that a budget demands.
// - Marks for the prompt cache become cache points for Claude (from 3.5) and Nova.
// - guardrailConfig, performanceConfig, requestMetadata, serviceTier and
//   additionalModelRequestFields pass as the client gave them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/json_reader.h"
#include "dialect/dialect.h"

namespace postern::dialect {

// Events of its streams are read with the type of the frame: the event type, or "exception:" and
// the exception type.
extern const Dialect bedrock;

}  // namespace postern::dialect

namespace postern::dialect::bedrock_wire {

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request);
void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out);

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out);
bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply);
std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context);
chat::Error read_error(const ErrorHead& head, std::string_view body);

}  // namespace postern::dialect::bedrock_wire
