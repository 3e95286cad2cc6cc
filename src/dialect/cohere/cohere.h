// Cohere's chat, version 2 (`/v2/chat`), towards the provider: nobody speaks it to us.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chat/usage.h"
#include "codec/json_reader.h"
#include "dialect/dialect.h"

namespace postern::dialect {

extern const Dialect cohere;

namespace cohere_wire {

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out);
bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply);
std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context);
chat::Error read_error(const ErrorHead& head, std::string_view body);

// --- What the whole reply and the stream have in common ----------------------------------------

// COMPLETE, TOOL_CALL and so on; a word that is not known is an error of the provider's.
chat::Finish finish_of(const chat::Text& word);

// `usage`: the counts are in `tokens`. `billed_units` leave out what Cohere adds to a prompt, so
// they are no count of what the model read.
void read_usage(codec::JsonReader& in, chat::Usage& usage);

// One citation. Appends an annotation in OpenAI's words for each source that has an address, with
// a comma where `out` holds one already; false when a source has none.
bool append_annotations(codec::JsonReader& in, std::string& out);

}  // namespace cohere_wire
}  // namespace postern::dialect
