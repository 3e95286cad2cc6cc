// The `data:` addresses (RFC 2397) in which OpenAI's dialects carry images and files.
#pragma once

#include <optional>

#include "chat/text.h"

namespace postern::dialect {

struct DataUrl {
  chat::Text media_type;  // lower case, parameters taken off; empty: none was given
  chat::Text data;        // base64, as it stands
};

// Nullopt when the address is no data URL, or not one of base64. `arena` keeps a media type that
// had to be rewritten.
std::optional<DataUrl> read_data_url(const chat::Text& url, chat::Arena& arena);

// Does the text begin with this ASCII prefix, in any case?
bool begins_with(const chat::Text& text, std::string_view lower_case_prefix);

}  // namespace postern::dialect
