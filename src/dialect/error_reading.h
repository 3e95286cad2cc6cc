// What the errors of all providers have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "chat/reply.h"
#include "dialect/dialect.h"

namespace postern::dialect {

// What a status alone says (RFC 9110, section 15; 529 is Anthropic's word for overloaded).
chat::Error::Kind kind_of_status(int status);

// Do the message or the code of a provider speak of a prompt that is too long for the model? Each
// provider has its own words for it, under status 400.
bool speaks_of_context_length(std::string_view message, std::string_view code);

// How long to wait, from retry-after-ms or retry-after in seconds; a date is left to routing.
std::optional<int64_t> retry_after_ms(const ErrorHead& head);

// "34.4s", "17.379s", "120ms", "6m0s", "2": milliseconds, rounded up. Nullopt when it is no time.
std::optional<int64_t> duration_ms(std::string_view text);

// The error of a head whose body says nothing that is understood.
chat::Error error_of_head(const ErrorHead& head);

}  // namespace postern::dialect
