// generationConfig, and in it how much the model thinks.
#include <algorithm>
#include <array>
#include <cstdint>

#include "codec/json_reader.h"
#include "dialect/gemini/gemini.h"
#include "dialect/gemini/request_writer.h"

namespace postern::dialect::gemini_wire {
namespace {

using chat::Field;

constexpr int thinking_version = 25;  // the first models that take a thinkingConfig
constexpr int level_version = 30;     // these take levels, those before take budgets

constexpr int64_t budget_max = 24'576;      // of Flash
constexpr int64_t pro_budget_max = 32'768;  // of Pro, which cannot do without thinking
constexpr int64_t pro_budget_min = 128;

struct Effort {
  std::string_view word;
  int64_t budget;
  std::string_view level;
};

// The words of OpenAI and others, as Google's own endpoint in OpenAI's words takes them. The last
// two are capped by the model's own most.
constexpr std::array<Effort, 7> efforts = {{
    {"none", 0, "minimal"},
    {"minimal", 1'024, "minimal"},
    {"low", 1'024, "low"},
    {"medium", 8'192, "medium"},
    {"high", 24'576, "high"},
    {"xhigh", 32'768, "high"},
    {"max", 32'768, "high"},
}};

const Effort* find_effort(const chat::Text& word) {
  for (const Effort& effort : efforts)
    if (word.raw == effort.word) return &effort;
  return nullptr;
}

bool is_off(const chat::Reasoning& reasoning) {
  if (reasoning.budget_tokens) return *reasoning.budget_tokens == 0;
  if (!reasoning.effort.raw.empty()) return reasoning.effort.raw == "none";
  return reasoning.enabled == false;
}

bool is_asked(const chat::Reasoning& reasoning) {
  return reasoning.budget_tokens || !reasoning.effort.raw.empty() || reasoning.enabled ||
         reasoning.adaptive || reasoning.include_thoughts || !reasoning.summary.raw.empty();
}

void write_json(codec::JsonWriter& config, std::string_view name, chat::Json value) {
  if (!value.empty()) config.name(name).raw(value);
}

}  // namespace

bool RequestWriter::write_settings() {
  std::string text;
  codec::JsonWriter config(text);
  config.begin_object();
  write_json(config, "temperature", request_.temperature);
  write_json(config, "topP", request_.top_p);
  write_json(config, "topK", request_.top_k);
  if (request_.choices != 1) config.name("candidateCount").number(request_.choices);
  if (request_.max_tokens) config.name("maxOutputTokens").number(*request_.max_tokens);
  if (!request_.stop.empty()) {
    config.name("stopSequences").begin_array();
    for (const chat::Text& stop : request_.stop) config.text(stop);
    config.end_array();
  }
  write_seed(config);
  write_json(config, "presencePenalty", request_.presence_penalty);
  write_json(config, "frequencyPenalty", request_.frequency_penalty);
  if (request_.logprobs) {
    config.name("responseLogprobs").boolean(true);
    write_json(config, "logprobs", request_.top_logprobs);
  }
  if (!write_response_format(config)) return false;
  write_thinking(config);
  config.end_object();
  if (text != "{}") json_.name("generationConfig").raw(text);
  return true;
}

// Google's seeds have 32 bits.
void RequestWriter::write_seed(codec::JsonWriter& config) {
  if (request_.seed.empty()) return;
  int64_t seed = 0;
  codec::JsonReader in(request_.seed);
  if (!in.read_integer(seed) || seed < INT32_MIN || seed > INT32_MAX) return drop(Field::kSeed);
  config.name("seed").number(seed);
}

bool RequestWriter::write_response_format(codec::JsonWriter& config) {
  using Kind = chat::ResponseFormat::Kind;
  const chat::ResponseFormat& format = request_.response_format;
  if (format.kind != Kind::kJsonObject && format.kind != Kind::kJsonSchema) return true;
  config.name("responseMimeType").string("application/json");
  if (!format.description.raw.empty())
    drop(front_.field_name(Field::kResponseFormat, {}) + ".description");
  if (format.kind == Kind::kJsonObject || format.schema.empty()) return true;
  const auto written = schema(format.schema, Field::kResponseFormat, {});
  if (!written) return false;
  config.name("responseJsonSchema").raw(*written);
  return true;
}

void RequestWriter::write_thinking(codec::JsonWriter& config) {
  const chat::Reasoning& reasoning = request_.reasoning;
  if (!is_asked(reasoning)) return;
  // A Gemini that cannot think refuses to be told how much; it does none anyway.
  if (version_ > 0 && version_ < thinking_version) {
    if (!is_off(reasoning)) drop(Field::kReasoning);
    return;
  }
  std::string text;
  codec::JsonWriter thinking(text);
  thinking.begin_object();
  if (reasoning.include_thoughts.value_or(!is_off(reasoning)))
    thinking.name("includeThoughts").boolean(true);
  if (version_ >= level_version && (!reasoning.budget_tokens || is_off(reasoning))) {
    write_level(thinking);
  } else {
    write_budget(thinking);
  }
  thinking.end_object();
  if (text != "{}") config.name("thinkingConfig").raw(text);
}

void RequestWriter::write_level(codec::JsonWriter& thinking) {
  const chat::Reasoning& reasoning = request_.reasoning;
  const bool off = is_off(reasoning);
  if (!off && reasoning.effort.raw.empty()) return;  // the model decides
  const Effort* effort = off ? &efforts[0] : find_effort(reasoning.effort);
  if (!effort) return drop(Field::kReasoning);
  // These models always think: the least is as near to none as they come.
  if (off) drop(Field::kReasoning);
  std::string_view level = effort->level;
  const bool pro = request_.model.find("-pro") != request_.model.npos;
  if (pro && level == "minimal") level = "low";
  if (pro && version_ == level_version && level == "medium") level = "high";  // 3.0 has only two
  thinking.name("thinkingLevel").string(level);
}

void RequestWriter::write_budget(codec::JsonWriter& thinking) {
  const chat::Reasoning& reasoning = request_.reasoning;
  const bool off = is_off(reasoning);
  int64_t wanted = 0;
  if (reasoning.budget_tokens) {
    wanted = *reasoning.budget_tokens;
  } else if (!off) {
    if (reasoning.effort.raw.empty()) return;
    const Effort* effort = find_effort(reasoning.effort);
    if (!effort) return drop(Field::kReasoning);
    wanted = effort->budget;
  }
  const bool pro = request_.model.find("-pro") != request_.model.npos;
  int64_t budget = std::min(wanted, pro ? pro_budget_max : budget_max);
  if (pro && budget >= 0) budget = std::max(budget, pro_budget_min);
  if (budget < 0) budget = -1;  // the model decides
  if (reasoning.budget_tokens ? budget != wanted : pro && off) drop(Field::kReasoning);
  thinking.name("thinkingBudget").number(budget);
}

}  // namespace postern::dialect::gemini_wire
