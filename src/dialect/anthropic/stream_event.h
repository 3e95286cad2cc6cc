// One event of a provider's stream, as far as anybody looks at it.
#pragma once

#include <cstdint>
#include <string_view>

#include "chat/reply.h"
#include "dialect/anthropic/reply_words.h"

namespace postern::dialect::messages {

// Views into the event's data. Members of all kinds of events in one, because the member that says
// what kind it is may come last.
struct Event {
  chat::Text type;
  int64_t index = 0;
  bool error = false;  // it is one, or has one
  bool usage = false;  // counts were reported

  chat::Text block_type, id, name, data, thinking;  // of a block that starts
  chat::Json block, input, citations;
  chat::Text delta_type, text, partial_json, signature;
  chat::Json citation;
  chat::Text stop_reason, stop_sequence;
  chat::Text message_id, model, service_tier;
  chat::Error fault;
};

// False when it is no JSON object. Counts go into `usage`.
bool read_event(std::string_view data, UsageReader& usage, Event& event);

}  // namespace postern::dialect::messages
