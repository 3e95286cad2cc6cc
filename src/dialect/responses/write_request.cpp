#include "dialect/responses/request_writing.h"
#include "dialect/responses/responses.h"

namespace postern::dialect::responses_wire {
namespace {

using chat::Field;

// Budgets of tokens as efforts, by what models of other providers are told to spend.
std::string_view effort_of(int64_t budget_tokens) {
  if (budget_tokens <= 0) return "none";
  if (budget_tokens < 4096) return "low";
  return budget_tokens < 16384 ? "medium" : "high";
}

// Members under which both of OpenAI's dialects mean the same.
bool is_common(std::string_view name) {
  for (const std::string_view word :
       {"prompt_cache_key", "prompt_cache_retention", "prompt_cache_options", "safety_identifier"})
    if (name == word) return true;
  return false;
}

bool refuse_what_is_missing(Writing& to) {
  if (to.request.choices > 1)
    return to.refuse(Field::kChoices, {},
                     "must be 1: the provider of this model gives one answer to a request");
  if (!to.request.stop.empty())
    return to.refuse(Field::kStop, {},
                     "is not possible: the provider of this model takes no stop sequences");
  return true;
}

void drop_what_tunes(Writing& to) {
  const chat::Request& request = to.request;
  if (!request.top_k.empty()) to.drop(Field::kTopK);
  if (!request.presence_penalty.empty()) to.drop(Field::kPresencePenalty);
  if (!request.frequency_penalty.empty()) to.drop(Field::kFrequencyPenalty);
  if (!request.logit_bias.empty()) to.drop(Field::kLogitBias);
  if (!request.seed.empty()) to.drop(Field::kSeed);
}

void write_sampling(Writing& to) {
  const chat::Request& request = to.request;
  if (request.parallel_tool_calls)
    to.json.name("parallel_tool_calls").boolean(*request.parallel_tool_calls);
  if (request.max_tokens) to.json.name("max_output_tokens").number(*request.max_tokens);
  if (!request.temperature.empty()) to.json.name("temperature").raw(request.temperature);
  if (!request.top_p.empty()) to.json.name("top_p").raw(request.top_p);
  if (!request.top_logprobs.empty()) to.json.name("top_logprobs").raw(request.top_logprobs);
  if (!request.user.raw.empty()) to.json.name("user").text(request.user);
  if (!request.metadata.empty()) to.json.name("metadata").raw(request.metadata);
  if (!request.service_tier.raw.empty()) to.json.name("service_tier").text(request.service_tier);
}

void write_format(Writing& to) {
  using Kind = chat::ResponseFormat::Kind;
  const chat::ResponseFormat& format = to.request.response_format;
  to.json.name("format").begin_object().name("type");
  if (format.kind == Kind::kText) to.json.string("text");
  if (format.kind == Kind::kJsonObject) to.json.string("json_object");
  if (format.kind == Kind::kJsonSchema) {
    to.json.string("json_schema").name("name");
    to.json.text(format.name.raw.empty() ? chat::literal("answer") : format.name);
    if (!format.description.raw.empty()) to.json.name("description").text(format.description);
    to.json.name("schema").raw(format.schema.empty() ? "{}" : format.schema);
    if (format.strict) to.json.name("strict").boolean(*format.strict);
  }
  to.json.end_object();
}

void write_text(Writing& to) {
  const bool format = to.request.response_format.kind != chat::ResponseFormat::Kind::kUnset;
  if (!format && to.request.verbosity.raw.empty()) return;
  to.json.name("text").begin_object();
  if (format) write_format(to);
  if (!to.request.verbosity.raw.empty()) to.json.name("verbosity").text(to.request.verbosity);
  to.json.end_object();
}

chat::Text effort(const chat::Reasoning& reasoning) {
  if (!reasoning.effort.raw.empty()) return reasoning.effort;
  if (reasoning.enabled && !*reasoning.enabled) return chat::literal("none");
  if (reasoning.budget_tokens) return chat::literal(effort_of(*reasoning.budget_tokens));
  return {};
}

chat::Text summary(const chat::Reasoning& reasoning) {
  if (!reasoning.summary.raw.empty()) return reasoning.summary;
  return reasoning.include_thoughts.value_or(false) ? chat::literal("auto") : chat::Text{};
}

void write_reasoning(Writing& to) {
  const chat::Text effort_word = effort(to.request.reasoning);
  const chat::Text summary_word = summary(to.request.reasoning);
  if (effort_word.raw.empty() && summary_word.raw.empty()) return;
  to.json.name("reasoning").begin_object();
  if (!effort_word.raw.empty()) to.json.name("effort").text(effort_word);
  if (!summary_word.raw.empty()) to.json.name("summary").text(summary_word);
  to.json.end_object();
}

bool has_sealed_thoughts(const chat::Request& request) {
  for (const chat::Message& message : request.messages)
    for (const chat::Part& part : message.parts)
      if (part.signer == name && !part.signature.raw.empty()) return true;
  return false;
}

// Models that do not reason refuse to be asked for sealed thoughts, so they are asked for only
// where the client speaks of reasoning. Providers that show their thoughts seal none.
bool wants_sealed_thoughts(const Writing& to) {
  const chat::Reasoning& reasoning = to.request.reasoning;
  if (reasoning.sealed_wanted) return true;
  if (to.quirks.reasoning_member != Quirks::ReasoningMember::kNone) return false;
  const chat::Text word = effort(reasoning);
  if (!word.raw.empty()) return word.raw != "none";
  return reasoning.adaptive || reasoning.enabled.value_or(false) || has_sealed_thoughts(to.request);
}

void write_include(Writing& to) {
  for (const chat::Extra& extra : to.request.extras) {
    if (!to.same_words() || extra.name.raw != "include") continue;
    to.json.name("include").raw(extra.value);
    return;
  }
  const bool sealed = wants_sealed_thoughts(to);
  if (!sealed && !to.request.logprobs) return;
  to.json.name("include").begin_array();
  if (sealed) to.json.string("reasoning.encrypted_content");
  if (to.request.logprobs) to.json.string("message.output_text.logprobs");
  to.json.end_array();
}

// Extras of a client of this dialect are its providers' business. A dot or a bracket in the name
// tells that it is no member of the body, but of something inside.
void write_extras(Writing& to) {
  for (const chat::Extra& extra : to.request.extras) {
    const std::string_view word = extra.name.raw;
    const bool inner = word.find_first_of(".[") != word.npos;
    const bool item = inner && word.starts_with("input[") && word.ends_with("]");
    if (to.same_words() && (item || word == "include")) continue;  // written with the rest
    if (is_common(word) || (to.same_words() && !inner)) {
      to.json.name(word).raw(extra.value);
    } else if (word != "store" || extra.value != "false") {
      to.drop(chat::plain(extra.name));
    }
  }
}

}  // namespace

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out) {
  Writing to(request, front, quirks, dropped, out);
  to.json.begin_object().name("model").string(request.model);
  if (!refuse_what_is_missing(to) || !write_input(to) || !write_tools(to) || !write_tool_choice(to))
    return std::move(to.refused);
  write_sampling(to);
  write_text(to);
  write_reasoning(to);
  write_include(to);
  drop_what_tunes(to);
  write_extras(to);
  // Providers keep answers unless they are told not to.
  to.json.name("store").boolean(false);
  if (request.stream) to.json.name("stream").boolean(true);
  to.json.end_object();
  return std::nullopt;
}

bool Writing::refuse(chat::Field field, chat::Place place, std::string_view what) {
  if (refused) return false;
  std::string param = front.field_name(field, place);
  std::string message = param + " " + std::string(what);
  refused = chat::Refused{chat::Refused::Kind::kUnsupported, std::move(message), std::move(param)};
  return false;
}

void Writing::drop(std::string field_name) { dropped_.add(std::move(field_name)); }

void Writing::data_url(const chat::Text& media_type, const chat::Text& data) {
  json.raw("\"data:");
  out += media_type.raw;
  out += ";base64,";
  out += data.raw;
  out += '"';
}

bool Writing::same_words() const { return front.name == name; }

}  // namespace postern::dialect::responses_wire
