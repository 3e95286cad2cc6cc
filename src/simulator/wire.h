// The bytes of OpenAI's chat completions, as api.openai.com writes them: bodies, events, errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulator/call.h"

namespace postern::simulator {

inline constexpr std::string_view stream_end = "data: [DONE]\n\n";

// One event of a stream. `delta` is JSON; `finish_reason` is empty in all but the last.
std::string chunk(const Call& call, std::string_view delta, std::string_view finish_reason = {});

// The event without choices that follows the last chunk when usage was asked for.
std::string usage_chunk(const Call& call, int64_t completion_tokens);

// The body of a reply that is not streamed. `message` is JSON.
std::string completion(const Call& call, std::string_view message, std::string_view finish_reason,
                       int64_t completion_tokens);

// The error envelope. An empty `code` is null.
std::string error_body(std::string_view message, std::string_view type, std::string_view code);

// Any JSON as one event.
std::string event_of(std::string_view json);

}  // namespace postern::simulator
