#include <algorithm>
#include <iterator>

#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/request_writer.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::Field;
using chat::Refused;
using chat::ResponseFormat;
using chat::Tool;
using chat::ToolChoice;

// A budget in words: the sizes at which Anthropic's and Google's own levels change.
std::string_view effort_of_budget(int64_t tokens) {
  if (tokens <= 2048) return "low";
  return tokens <= 8192 ? "medium" : "high";
}

}  // namespace

RequestWriter::RequestWriter(const chat::Request& request, const Dialect& front,
                             const Quirks& quirks, chat::Dropped& dropped, std::string& out)
    : request_(request),
      front_(front),
      quirks_(quirks),
      dropped_(dropped),
      out_(out),
      json_(out),
      same_words_(front.name == openai_chat.name),
      openai_words_(same_words_ || front.name == "responses" || front.name == "completions") {}

std::optional<Refused> write_request(const chat::Request& request, const Dialect& front,
                                     const Quirks& quirks, chat::Dropped& dropped,
                                     std::string& out) {
  return RequestWriter(request, front, quirks, dropped, out).write();
}

std::optional<Refused> RequestWriter::write() {
  json_.begin_object().name("model").string(request_.model);
  if (!write_messages() || !write_tools()) return refused_;
  write_sampling();
  write_response_format();
  write_reasoning();
  write_words();
  if (request_.stream) {
    json_.name("stream").boolean(true);
    // Always asked for: the gateway counts what is used.
    if (quirks_.stream_usage)
      json_.name("stream_options").begin_object().name("include_usage").boolean(true).end_object();
  }
  write_extras();
  json_.end_object();
  return std::nullopt;
}

bool RequestWriter::refuse(std::string param, std::string_view message) {
  refused_ =
      Refused{Refused::Kind::kUnsupported, param + ' ' + std::string(message), std::move(param)};
  return false;
}

void RequestWriter::drop(Field field, chat::Place place) { drop(front_.field_name(field, place)); }

void RequestWriter::drop(std::string name) { dropped_.add(std::move(name)); }

// A choice among no tools is an error to OpenAI, and says nothing.
bool RequestWriter::write_tools() {
  if (request_.tools.empty()) return true;
  json_.name("tools").begin_array();
  for (const Tool& tool : request_.tools)
    if (!write_tool(tool)) return false;
  json_.end_array();
  if (!write_tool_choice()) return false;
  if (request_.parallel_tool_calls)
    json_.name("parallel_tool_calls").boolean(*request_.parallel_tool_calls);
  return true;
}

bool RequestWriter::write_tool(const Tool& tool) {
  const chat::Place place{tool.place, 0};
  if (tool.kind != Tool::Kind::kFunction) {
    if (!same_words_)
      return refuse(front_.field_name(Field::kTools, place),
                    "is a tool that this model's provider does not run; send functions only");
    json_.raw(tool.definition);
    return true;
  }
  json_.begin_object().name("type").string("function").name("function").begin_object();
  json_.name("name").text(tool.name);
  if (!tool.description.raw.empty()) json_.name("description").text(tool.description);
  // OpenAI would take none; Mistral and others want an object.
  json_.name("parameters")
      .raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
  if (tool.strict && quirks_.strict_tools) {
    json_.name("strict").boolean(*tool.strict);
  } else if (tool.strict) {
    drop(Field::kToolStrict, place);
  }
  json_.end_object();
  if (!tool.cache_control.empty() && quirks_.cache_control) {
    json_.name("cache_control").raw(tool.cache_control);
  } else if (!tool.cache_control.empty()) {
    drop(front_.field_name(Field::kTools, place) + ".cache_control");
  }
  json_.end_object();
  return true;
}

bool RequestWriter::write_tool_choice() {
  const ToolChoice& choice = request_.tool_choice;
  switch (choice.kind) {
    case ToolChoice::Kind::kUnset:
      return true;
    case ToolChoice::Kind::kAuto:
      json_.name("tool_choice").string("auto");
      return true;
    case ToolChoice::Kind::kNone:
      json_.name("tool_choice").string("none");
      return true;
    case ToolChoice::Kind::kRequired:
      json_.name("tool_choice").string(quirks_.required_is_any ? "any" : "required");
      return true;
    case ToolChoice::Kind::kNamed:
      json_.name("tool_choice").begin_object().name("type").string("function");
      json_.name("function").begin_object().name("name").text(choice.name);
      json_.end_object().end_object();
      return true;
    case ToolChoice::Kind::kOther:
      if (!same_words_)
        return refuse(front_.field_name(Field::kToolChoice, {}),
                      "must be none, auto, required or the name of one function for this model");
      json_.name("tool_choice").raw(choice.definition);
      return true;
  }
  return true;
}

// What a provider of closed members does not have is dropped; others are trusted to pass over what
// they do not know.
void RequestWriter::write_setting(std::string_view name, chat::Json value, Field field) {
  if (value.empty()) return;
  if (quirks_.closed_members) {
    drop(field);
  } else {
    json_.name(name).raw(value);
  }
}

void RequestWriter::write_sampling() {
  const auto raw = [&](std::string_view name, chat::Json value) {
    if (!value.empty()) json_.name(name).raw(value);
  };
  if (request_.max_tokens)
    json_.name(quirks_.max_completion_tokens ? "max_completion_tokens" : "max_tokens")
        .number(*request_.max_tokens);
  raw("temperature", request_.temperature);
  raw("top_p", request_.top_p);
  // OpenAI has no such member. A client that writes it in OpenAI's words knows who takes it.
  if (same_words_) {
    write_setting("top_k", request_.top_k, Field::kTopK);
  } else if (!request_.top_k.empty()) {
    drop(Field::kTopK);
  }
  raw("presence_penalty", request_.presence_penalty);
  raw("frequency_penalty", request_.frequency_penalty);
  raw(quirks_.closed_members ? "random_seed" : "seed", request_.seed);
  write_setting("logit_bias", request_.logit_bias, Field::kLogitBias);
  if (!request_.stop.empty()) {
    json_.name("stop").begin_array();
    for (const chat::Text& stop : request_.stop) json_.text(stop);
    json_.end_array();
  }
  if (request_.choices > 1) json_.name("n").number(request_.choices);
  if (request_.logprobs) write_setting("logprobs", "true", Field::kLogprobs);
  write_setting("top_logprobs", request_.top_logprobs, Field::kTopLogprobs);
}

void RequestWriter::write_response_format() {
  const ResponseFormat& format = request_.response_format;
  if (format.kind == ResponseFormat::Kind::kUnset) return;
  json_.name("response_format").begin_object().name("type");
  if (format.kind == ResponseFormat::Kind::kText) {
    json_.string("text");
  } else if (format.kind == ResponseFormat::Kind::kJsonObject) {
    json_.string("json_object");
  } else {
    json_.string("json_schema").name("json_schema");
    if (quirks_.bare_json_schema) {
      json_.raw(format.schema);
    } else {
      json_.begin_object().name("name");
      json_.text(format.name.raw.empty() ? chat::literal("response") : format.name);
      if (!format.description.raw.empty()) json_.name("description").text(format.description);
      json_.name("schema").raw(format.schema);
      if (format.strict) json_.name("strict").boolean(*format.strict);
      json_.end_object();
    }
  }
  json_.end_object();
}

// Whether to show thoughts, and how, is nobody's but OpenRouter's; that the model may decide by
// itself is what happens anyway.
void RequestWriter::write_reasoning() {
  const chat::Reasoning& reasoning = request_.reasoning;
  if (quirks_.reasoning_details) {
    const bool any = reasoning.budget_tokens || reasoning.enabled || reasoning.include_thoughts;
    if (any) {
      json_.name("reasoning").begin_object();
      if (!reasoning.effort.raw.empty()) json_.name("effort").text(reasoning.effort);
      if (reasoning.budget_tokens) json_.name("max_tokens").number(*reasoning.budget_tokens);
      if (reasoning.enabled) json_.name("enabled").boolean(*reasoning.enabled);
      if (reasoning.include_thoughts) json_.name("exclude").boolean(!*reasoning.include_thoughts);
      json_.end_object();
    } else if (!reasoning.effort.raw.empty()) {
      json_.name("reasoning_effort").text(reasoning.effort);
    }
    if (!reasoning.summary.raw.empty()) drop(Field::kReasoning);
    return;
  }
  if (!reasoning.effort.raw.empty()) {
    json_.name("reasoning_effort").text(reasoning.effort);
  } else if (reasoning.budget_tokens && *reasoning.budget_tokens > 0) {
    json_.name("reasoning_effort").string(effort_of_budget(*reasoning.budget_tokens));
  } else if (reasoning.enabled || reasoning.budget_tokens) {
    drop(Field::kReasoning);  // on or off: there is no word for it that all models take
  }
  if (reasoning.include_thoughts || !reasoning.summary.raw.empty()) drop(Field::kReasoning);
}

// The words of Anthropic and Google for metadata and tiers mean other things.
void RequestWriter::write_words() {
  const auto write_word = [&](std::string_view name, const chat::Text& word, bool carried,
                              Field field) {
    if (word.raw.empty()) return;
    if (carried && !quirks_.closed_members) {
      json_.name(name).text(word);
    } else {
      drop(field);
    }
  };
  write_word("user", request_.user, true, Field::kUser);
  if (openai_words_) {
    write_setting("metadata", request_.metadata, Field::kMetadata);
  } else if (!request_.metadata.empty()) {
    drop(Field::kMetadata);
  }
  write_word("service_tier", request_.service_tier, openai_words_, Field::kServiceTier);
  write_word("verbosity", request_.verbosity, true, Field::kVerbosity);
}

// What a client wrote in OpenAI's words goes on as it is, except what stood further in than the top
// of the body: that has a place in its name.
bool RequestWriter::carries(const chat::Extra& extra) const {
  if (!same_words_ || extra.name.raw.find_first_of("[.") != extra.name.raw.npos) return false;
  if (!quirks_.closed_members) return true;
  constexpr std::string_view mistral[] = {"safe_prompt", "prompt_mode", "prediction", "guardrails",
                                          "random_seed"};
  const bool seeded = extra.name.raw == "random_seed" && !request_.seed.empty();
  return !seeded &&
         std::find(std::begin(mistral), std::end(mistral), extra.name.raw) != std::end(mistral);
}

void RequestWriter::write_extras() {
  for (const chat::Extra& extra : request_.extras) {
    if (!carries(extra)) {
      drop(chat::plain(extra.name));
      continue;
    }
    out_ += ",\"";
    out_ += extra.name.raw;
    out_ += "\":";
    out_ += extra.value;
  }
}

}  // namespace postern::dialect::chat_completions
