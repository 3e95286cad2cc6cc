// Small readings of JSON that every dialect needs, over codec::JsonReader. Null counts as absent.
// What has the wrong kind is passed over and counts as absent too, unless the function says
// otherwise: providers are not refused for an odd member.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/request.h"
#include "codec/json_reader.h"

namespace postern::dialect {

// True when the value was a string.
bool read_text(codec::JsonReader& in, chat::Text& text);
// True when it was a boolean.
bool read_flag(codec::JsonReader& in, std::optional<bool>& flag);
// A whole number from 0 up; true when it was one.
bool read_count(codec::JsonReader& in, std::optional<uint64_t>& count);
// The value as it stands in `document`, the text that `in` reads; empty for null.
chat::Json read_json(codec::JsonReader& in, std::string_view document);

// The fault of a request body that is no JSON, as a refusal that names line and column.
chat::Refused json_refusal(std::string_view body, const codec::JsonFault& fault);

// Is the text one JSON object, and nothing else?
bool is_json_object(std::string_view text);

// The JSON text inside of a JSON string, as most providers send arguments: unescaped into `arena`.
// Nullopt when it is no JSON object; a string of white space only counts as `{}`.
std::optional<chat::Json> object_in_text(const chat::Text& text, chat::Arena& arena);

// A value as written, its line breaks turned into spaces: they stand between tokens only, and would
// end the line of an event stream.
void append_on_one_line(chat::Json value, std::string& out);

}  // namespace postern::dialect
