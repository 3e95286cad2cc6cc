// How likely the tokens of an answer were: Google's `logprobsResult`, in OpenAI's words.
#pragma once

#include <string>

#include "chat/text.h"

namespace postern::dialect::gemini_wire {

// Appends {"content":[...],"refusal":null}; nothing when there are no tokens.
void append_logprobs(chat::Json result, std::string& out);

}  // namespace postern::dialect::gemini_wire
