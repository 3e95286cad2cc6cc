#include "dialect/cohere/cohere.h"
#include "dialect/cohere/request_writer.h"
#include "dialect/embeddings/float_text.h"
#include "dialect/json_members.h"

namespace postern::dialect::cohere_wire {
namespace {

using chat::Field;

// Cohere's range for the share of nucleus sampling. 1, the default elsewhere, is outside of it.
constexpr float top_p_min = 0.01f, top_p_max = 0.99f;

// What levels of effort mean in tokens of thought; higher ones set no bound. The same numbers that
// Google gives for levels in front of budgets.
constexpr int64_t low_budget_tokens = 1024;
constexpr int64_t medium_budget_tokens = 8192;

// Members of Cohere's that no other dialect has: they pass as they came.
constexpr std::string_view own_members[] = {"documents", "citation_options", "safety_mode",
                                            "priority",  "strict_tools",     "thinking"};

// Strict tools must have a parameter that is required.
bool requires_something(chat::Json schema) {
  codec::JsonReader in(schema);
  bool any = false;
  if (!in.enter_object()) return false;
  while (in.next_member()) {
    if (in.name_is("required") && in.enter_array()) {
      while (in.next_element()) any |= in.skip();
    } else {
      in.skip();
    }
  }
  return any;
}

}  // namespace

std::optional<chat::Refused> RequestWriter::write() {
  if (!check_shape()) return refused_;
  strict_ = all_strict();
  json_.begin_object().name("model").string(request_.model);
  if (!write_messages() || !write_tools() || !write_response_format()) return refused_;
  write_sampling();
  write_thinking();
  write_extras();
  json_.name("stream").boolean(request_.stream).end_object();
  drop_the_rest();
  return std::nullopt;
}

bool RequestWriter::check_shape() {
  if (request_.choices > 1)
    return refuse(Field::kChoices, {}, "this provider gives one answer; send the request n times");
  if (request_.logprobs)
    return refuse(Field::kLogprobs, {},
                  "this provider gives no log probabilities per token; leave it out");
  return true;
}

bool RequestWriter::write_tools() {
  using Kind = chat::ToolChoice::Kind;
  const chat::ToolChoice& choice = request_.tool_choice;
  if (choice.kind == Kind::kOther)
    return refuse(Field::kToolChoice, {},
                  "this provider knows auto, none, required and one named function");
  // There is no word for one named tool: it is required, and the only one that is shown.
  const bool named = choice.kind == Kind::kNamed;
  const std::string name = chat::plain(choice.name);
  bool shown = false;
  for (const chat::Tool& tool : request_.tools) {
    if (tool.kind != chat::Tool::Kind::kFunction)
      return refuse(Field::kTools, {tool.place, 0},
                    "this provider knows function tools only; leave the other ones out");
    if (named && !codec::equals_unescaped(tool.name, name)) continue;
    if (!shown) json_.name("tools").begin_array();
    shown = true;
    write_tool(tool);
  }
  if (named && !shown)
    return refuse(Field::kToolChoice, {}, "the named tool is not in the list of tools");
  if (shown) json_.end_array();
  if (strict_) json_.name("strict_tools").boolean(true);
  if (named || choice.kind == Kind::kRequired) json_.name("tool_choice").string("REQUIRED");
  if (choice.kind == Kind::kNone && shown) json_.name("tool_choice").string("NONE");
  if (request_.parallel_tool_calls == false && !request_.tools.empty())
    drop(Field::kParallelToolCalls);
  return true;
}

void RequestWriter::write_tool(const chat::Tool& tool) {
  const chat::Place place{tool.place, 0};
  json_.begin_object().name("type").string("function").name("function").begin_object();
  json_.name("name").text(tool.name);
  if (!tool.description.raw.empty()) json_.name("description").text(tool.description);
  json_.name("parameters");
  json_.raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
  json_.end_object().end_object();
  if (!tool.cache_control.empty()) drop(Field::kCacheControl, place);
  if (tool.strict == true && !strict_) drop(Field::kToolStrict, place);
}

// All tools are strict, or none is.
bool RequestWriter::all_strict() const {
  if (request_.tools.empty()) return false;
  for (const chat::Tool& tool : request_.tools)
    if (tool.strict != true || !requires_something(tool.parameters)) return false;
  return true;
}

void RequestWriter::write_sampling() {
  if (request_.max_tokens) json_.name("max_tokens").number(*request_.max_tokens);
  write_json("temperature", request_.temperature);
  write_top_p();
  write_json("k", request_.top_k);
  write_json("seed", request_.seed);
  write_penalty("presence_penalty", request_.presence_penalty, Field::kPresencePenalty);
  write_penalty("frequency_penalty", request_.frequency_penalty, Field::kFrequencyPenalty);
  if (request_.stop.empty()) return;
  json_.name("stop_sequences").begin_array();
  for (const chat::Text& stop : request_.stop) json_.text(stop);
  json_.end_array();
}

// A value at the rim of the range says what one outside of it meant.
void RequestWriter::write_top_p() {
  if (request_.top_p.empty()) return;
  const float share = nearest_float(request_.top_p);
  if (share > top_p_max) {
    json_.name("p").raw("0.99");
  } else if (share < top_p_min) {
    json_.name("p").raw("0.01");
  } else {
    json_.name("p").raw(request_.top_p);
  }
}

// From 0 to 1 here; a negative penalty is a reward, for which there is no word.
void RequestWriter::write_penalty(std::string_view name, chat::Json value, Field field) {
  if (value.empty()) return;
  const float penalty = nearest_float(value);
  if (penalty >= 0 && penalty <= 1) {
    json_.name(name).raw(value);
  } else {
    drop(field);
  }
}

bool RequestWriter::write_response_format() {
  using Kind = chat::ResponseFormat::Kind;
  const chat::ResponseFormat& format = request_.response_format;
  if (format.kind != Kind::kJsonObject && format.kind != Kind::kJsonSchema) return true;
  json_.name("response_format").begin_object().name("type").string("json_object");
  if (format.kind == Kind::kJsonSchema && !format.schema.empty())
    json_.name("json_schema").raw(format.schema);
  json_.end_object();
  if (!format.description.raw.empty())
    drop(front_.field_name(Field::kResponseFormat, {}) + ".description");
  return true;
}

void RequestWriter::write_thinking() {
  const chat::Reasoning& reasoning = request_.reasoning;
  if (reasoning.include_thoughts == false) drop(Field::kReasoning);
  std::optional<int64_t> budget = reasoning.budget_tokens;
  const auto is = [&](std::string_view effort) {
    return codec::equals_unescaped(reasoning.effort, effort);
  };
  const bool effort = !reasoning.effort.raw.empty();
  if (is("none") || reasoning.enabled == false || budget == 0) {
    json_.name("thinking").raw(R"({"type":"disabled"})");
    return;
  }
  if (!effort && !budget && !reasoning.enabled) return;
  if (!budget && (is("minimal") || is("low"))) budget = low_budget_tokens;
  if (!budget && is("medium")) budget = medium_budget_tokens;
  json_.name("thinking").begin_object().name("type").string("enabled");
  if (budget && *budget > 0) json_.name("token_budget").number(*budget);
  json_.end_object();
}

void RequestWriter::write_extras() {
  uint32_t written = 0;  // a bit for each of our members
  if (strict_) written |= 1u << 4;
  if (request_.reasoning.enabled || request_.reasoning.budget_tokens ||
      !request_.reasoning.effort.raw.empty())
    written |= 1u << 5;
  for (const chat::Extra& extra : request_.extras) {
    uint32_t bit = 0;
    for (size_t at = 0; at < std::size(own_members); ++at)
      if (codec::equals_unescaped(extra.name, own_members[at])) bit = 1u << at;
    if (bit != 0 && (written & bit) == 0) {
      json_.name(own_members[static_cast<size_t>(__builtin_ctz(bit))]).raw(extra.value);
    } else {
      drop(chat::plain(extra.name));
    }
    written |= bit;
  }
}

void RequestWriter::drop_the_rest() {
  if (!request_.logit_bias.empty()) drop(Field::kLogitBias);
  if (!request_.top_logprobs.empty()) drop(Field::kTopLogprobs);
  if (!request_.user.raw.empty()) drop(Field::kUser);
  if (!request_.metadata.empty()) drop(Field::kMetadata);
  if (!request_.service_tier.raw.empty()) drop(Field::kServiceTier);
  if (!request_.verbosity.raw.empty()) drop(Field::kVerbosity);
}

void RequestWriter::write_json(std::string_view name, chat::Json value) {
  if (!value.empty()) json_.name(name).raw(value);
}

void RequestWriter::drop(std::string name) { dropped_.add(std::move(name)); }

void RequestWriter::drop(Field field, chat::Place place) { drop(front_.field_name(field, place)); }

bool RequestWriter::refuse(Field field, chat::Place place, std::string_view why) {
  std::string name = front_.field_name(field, place);
  std::string message = name;
  message.append(": ").append(why);
  refused_ = {chat::Refused::Kind::kUnsupported, std::move(message), std::move(name)};
  return false;
}

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out) {
  return RequestWriter(request, front, quirks, dropped, out).write();
}

}  // namespace postern::dialect::cohere_wire
