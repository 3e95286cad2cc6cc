// Everything of a request that is neither message nor tool.
#include <algorithm>
#include <string>

#include "dialect/anthropic/decimal.h"
#include "dialect/bedrock/request_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using chat::Field;
using chat::ResponseFormat;
using messages::nano;
using messages::nanos;

constexpr std::string_view additional_fields = "additionalModelRequestFields";

// Members of Converse's own that pass as the client gave them.
constexpr std::string_view own_members[] = {"guardrailConfig", "performanceConfig",
                                            "requestMetadata", "serviceTier"};

bool is_number(chat::Json value) {
  return !value.empty() && (value[0] == '-' || (value[0] >= '0' && value[0] <= '9'));
}

bool is_named(const chat::Extra& extra, std::string_view name) {
  return codec::equals_unescaped(extra.name, name);
}

}  // namespace

// An empty object is taken too.
void RequestWriter::write_inference() {
  json_.name("inferenceConfig").begin_object();
  if (request_.max_tokens) json_.name("maxTokens").number(*request_.max_tokens);
  write_temperature();
  write_top_p();
  bool open = false;
  for (const chat::Text& stop : request_.stop) {
    if (stop.raw.empty() || (model_.is_claude() && is_blank(stop))) {
      drop(Field::kStop);
      continue;
    }
    if (!open) json_.name("stopSequences").begin_array();
    open = true;
    json_.text(stop);
  }
  if (open) json_.end_array();
  json_.end_object();
}

void RequestWriter::write_temperature() {
  const chat::Json temperature = request_.temperature;
  if (temperature.empty()) return;
  const int64_t value = nanos(temperature);
  const bool fixed = thinking_ || model_.claude.fixed_sampling;
  if (!is_number(temperature) || (fixed && value != nano)) return drop(Field::kTemperature);
  json_.name("temperature");
  if (value > nano || value < 0) {
    json_.number(value < 0 ? 0 : 1);
  } else {
    json_.raw(temperature);
  }
}

void RequestWriter::write_top_p() {
  const chat::Json top_p = request_.top_p;
  if (top_p.empty()) return;
  // From 0.99 up it changes nothing, and is taken by every model.
  const bool fixed = thinking_ || model_.claude.fixed_sampling;
  const bool second = model_.claude.one_sampler && !request_.temperature.empty();
  if (!is_number(top_p) || second || (fixed && nanos(top_p) < nano / 100 * 99))
    return drop(Field::kTopP);
  json_.name("topP").raw(top_p);
}

bool RequestWriter::write_response_format() {
  const ResponseFormat& format = request_.response_format;
  if (format.kind != ResponseFormat::Kind::kJsonSchema) return true;
  if (format.schema.empty())
    return refuse(Field::kResponseFormat, {},
                  "a JSON Schema is missing; give one, or ask for text");
  if (!model_.schemas) {
    drop(Field::kResponseFormat);
    return true;
  }
  json_.name("outputConfig").begin_object().name("textFormat").begin_object();
  json_.name("type").string("json_schema").name("structure").begin_object();
  json_.name("jsonSchema").begin_object().name("schema").string(format.schema);
  if (!format.name.raw.empty()) json_.name("name").text(format.name);
  if (!format.description.raw.empty()) json_.name("description").text(format.description);
  json_.end_object().end_object().end_object().end_object();
  return true;
}

// The client's own members come first and win over ours.
bool RequestWriter::write_additional_fields() {
  const auto given =
      std::find_if(request_.extras.begin(), request_.extras.end(),
                   [](const chat::Extra& extra) { return is_named(extra, additional_fields); });
  const bool own = given != request_.extras.end();
  if (!own && fields_.empty()) return true;
  json_.name(additional_fields).begin_object();
  if (own) {
    codec::JsonReader in(given->value);
    if (!in.enter_object()) {
      refused_ = {chat::Refused::Kind::kShape,
                  std::string(additional_fields) + " must be an object",
                  std::string(additional_fields)};
      return false;
    }
    while (in.next_member()) {
      for (auto& [name, value] : fields_)
        if (in.name_is(name)) value.clear();
      const std::string name(in.name().raw);
      const chat::Json value = read_json(in, given->value);
      json_.name(name).raw(value.empty() ? "null" : value);
    }
  }
  for (const auto& [name, value] : fields_)
    if (!value.empty()) json_.name(name).raw(value);
  json_.end_object();
  return true;
}

bool RequestWriter::write_extras() {
  for (const chat::Extra& extra : request_.extras) {
    if (is_named(extra, additional_fields)) continue;
    const auto* const own =
        std::find_if(std::begin(own_members), std::end(own_members),
                     [&](std::string_view name) { return is_named(extra, name); });
    if (own == std::end(own_members)) {
      drop(chat::plain(extra.name));
    } else {
      json_.name(*own).raw(extra.value);
    }
  }
  return true;
}

void RequestWriter::drop_the_rest() {
  const chat::Request& from = request_;
  const std::pair<bool, Field> absent[] = {
      {from.parallel_tool_calls == false, Field::kParallelToolCalls},
      {!from.presence_penalty.empty(), Field::kPresencePenalty},
      {!from.frequency_penalty.empty(), Field::kFrequencyPenalty},
      {!from.logit_bias.empty(), Field::kLogitBias},
      {!from.seed.empty(), Field::kSeed},
      {from.logprobs, Field::kLogprobs},
      {!from.top_logprobs.empty(), Field::kTopLogprobs},
      {!from.user.raw.empty(), Field::kUser},
      {!from.metadata.empty(), Field::kMetadata},
      {!from.service_tier.raw.empty(), Field::kServiceTier},
      {!from.verbosity.raw.empty(), Field::kVerbosity},
  };
  for (const auto& [given, field] : absent)
    if (given) drop(field);
}

}  // namespace postern::dialect::bedrock_wire
