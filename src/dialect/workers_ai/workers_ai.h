// Cloudflare Workers AI, towards the provider. Requests are OpenAI's. Replies come in whatever
// shape the model has: wrapped by the REST door ({"result", "success", "errors"}) or not, native
// ({"response", "tool_calls", "usage"}) or OpenAI's, and streams of both kinds of events.
//
// Usage in streams: a report with prompt tokens in it is the sum so far, and stands alone; one
// without is what a single chunk took, and is added. That reads models that report increments and a
// sum at the end as well as those that report sums all along.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace postern::dialect {

extern const Dialect workers_ai;

namespace workers_ai_wire {

// What the binding `env.AI` throws: "3040: ...", "InferenceUpstreamError: 3040: ...".
chat::Error error_of_binding(std::string_view message);

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out);
bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply);
std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context);
chat::Error read_error(const ErrorHead& head, std::string_view body);

// An object of the provider's, whole or an event, with the members that tell which shape it has.
// Views into the text.
struct Shape {
  chat::Json result;    // an object inside of the wrapper
  chat::Json response;  // native: a string, or any value in JSON mode
  chat::Json tool_calls;
  chat::Text reasoning, finish, model, id;
  chat::Usage usage;
  bool choices = false;  // OpenAI's
  bool failed = false;   // an error, or "success": false

  // False when the text is no JSON object.
  bool read(std::string_view text, const Quirks& quirks);
  // The response as text; JSON becomes its text in `arena`.
  chat::Text said(chat::Arena& arena) const;
};

}  // namespace workers_ai_wire
}  // namespace postern::dialect
