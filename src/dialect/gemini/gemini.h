// Google's generateContent, as the Gemini API and Vertex speak it, towards the provider. Nobody
// speaks it to us: its other half, reading requests and writing replies, closes the loop for tests.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chat/usage.h"
#include "codec/json_reader.h"
#include "dialect/dialect.h"

namespace postern::dialect {

extern const Dialect gemini;

namespace gemini_wire {

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request);
void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out);
std::string field_name(chat::Field field, chat::Place place);

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out);
bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply);
std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context);
chat::Error read_error(const ErrorHead& head, std::string_view body);

// Google ends some streams with an error that is no event: a bare JSON object between the events.
// The framing gives it as a block that was not dispatched; where this says yes to the block's raw
// bytes, they go to StreamReader::read() as if they were data.
bool is_bare_error(std::string_view raw);

// --- What several readers and writers have in common --------------------------------------------

// Whose signatures these are, in chat::Part::signer.
inline constexpr std::string_view signer = "gemini";

// What Google documents for calls whose signature is lost: without it Gemini 3 refuses the turn.
inline constexpr std::string_view dummy_signature = "skip_thought_signature_validator";

// STOP is kStop, calls or not. A word that is not known is an error of the provider's.
chat::Finish finish_of(const chat::Text& word);

// `usageMetadata`. Google leaves out what is zero, and has the thoughts beside the candidates.
void read_usage(codec::JsonReader& in, chat::Usage& usage);

// The id of a call to which the provider gave none, and whether an id is one of these.
std::string made_id(std::string_view request_id, uint64_t number);
bool is_made_id(std::string_view id);

// The version in a model's name, in tenths: "gemini-2.5-pro" is 25, "models/gemini-3-flash" 30. An
// alias ("gemini-flash-latest") counts as later than all; 0: not a Gemini, or not to be told.
int version_of(std::string_view model);

}  // namespace gemini_wire
}  // namespace postern::dialect
