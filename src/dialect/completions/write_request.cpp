#include "codec/json_writer.h"
#include "dialect/completions/completions.h"

namespace postern::dialect::completions_wire {
namespace {

using chat::Field;

chat::Refused refused(const Dialect& front, Field field, chat::Place place, std::string_view why) {
  std::string name = front.field_name(field, place);
  std::string message = name;
  message.append(": ").append(why);
  return {chat::Refused::Kind::kUnsupported, std::move(message), std::move(name)};
}

// The surface has one prompt and no speakers: only a single text of the user is a prompt.
std::optional<chat::Refused> refuse_conversation(const chat::Request& request,
                                                 const Dialect& front) {
  constexpr std::string_view why =
      "this model completes one text; send one user message with nothing but text, or choose a "
      "model for conversations";
  if (request.messages.size() != 1 || request.messages[0].role != chat::Role::kUser)
    return refused(front, Field::kMessages, {}, why);
  for (const chat::Part& part : request.messages[0].parts)
    if (part.kind != chat::Part::Kind::kText)
      return refused(front, Field::kMessages, part.place, why);
  if (!request.tools.empty())
    return refused(front, Field::kTools, {}, "this model calls no tools; leave them out");
  using Format = chat::ResponseFormat::Kind;
  if (request.response_format.kind == Format::kJsonObject ||
      request.response_format.kind == Format::kJsonSchema)
    return refused(front, Field::kResponseFormat, {}, "this model gives plain text only");
  if (request.logprobs)
    return refused(front, Field::kLogprobs, {},
                   "this surface gives log probabilities in another form; leave it out");
  return std::nullopt;
}

void drop(const Dialect& front, Field field, chat::Dropped& dropped) {
  dropped.add(front.field_name(field, {}));
}

void drop_the_rest(const chat::Request& request, const Dialect& front, chat::Dropped& dropped) {
  const chat::Reasoning& reasoning = request.reasoning;
  if (!reasoning.effort.raw.empty() || reasoning.budget_tokens || reasoning.enabled)
    drop(front, Field::kReasoning, dropped);
  if (!request.metadata.empty()) drop(front, Field::kMetadata, dropped);
  if (!request.service_tier.raw.empty()) drop(front, Field::kServiceTier, dropped);
  if (!request.verbosity.raw.empty()) drop(front, Field::kVerbosity, dropped);
  if (!request.top_logprobs.empty()) drop(front, Field::kTopLogprobs, dropped);
}

}  // namespace

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out) {
  if (auto refusal = refuse_conversation(request, front)) return refusal;
  codec::JsonWriter json(out);
  const auto member = [&](std::string_view name, chat::Json value) {
    if (!value.empty()) json.name(name).raw(value);
  };
  json.begin_object().name("model").string(request.model).name("prompt").raw("\"");
  for (const chat::Part& part : request.messages[0].parts) out.append(part.text.raw);
  out.append("\"");
  if (request.max_tokens) json.name("max_tokens").number(*request.max_tokens);
  member("temperature", request.temperature);
  member("top_p", request.top_p);
  member("top_k", request.top_k);
  member("presence_penalty", request.presence_penalty);
  member("frequency_penalty", request.frequency_penalty);
  member("seed", request.seed);
  member("logit_bias", request.logit_bias);
  if (!request.stop.empty()) {
    json.name("stop").begin_array();
    for (const chat::Text& stop : request.stop) json.text(stop);
    json.end_array();
  }
  if (request.choices != 1) json.name("n").number(request.choices);
  if (!request.user.raw.empty()) json.name("user").text(request.user);
  for (const chat::Extra& extra : request.extras) json.name(extra.name.raw).raw(extra.value);
  if (request.stream) {
    json.name("stream").boolean(true);
    if (quirks.stream_usage) json.name("stream_options").raw(R"({"include_usage":true})");
  }
  json.end_object();
  drop_the_rest(request, front, dropped);
  return std::nullopt;
}

}  // namespace postern::dialect::completions_wire
