// How much a model is to think, in the words of its vendor. Bedrock passes them on to the model and
// knows none of its own.
#include <algorithm>

#include "codec/json_writer.h"
#include "dialect/bedrock/request_writer.h"

namespace postern::dialect::bedrock_wire {
namespace {

using chat::Field;
using Choice = chat::ToolChoice::Kind;
using Kind = chat::Part::Kind;

constexpr int64_t budget_min = 1024;  // Claude's own bound

int64_t budget_of(std::string_view effort) {
  if (effort == "minimal" || effort == "low") return budget_min;
  if (effort == "high") return 16384;
  if (effort == "xhigh" || effort == "max") return 32000;
  return 4096;
}

// The effort that comes nearest to a budget, by the same steps.
std::string_view effort_of(int64_t budget) {
  if (budget <= budget_min) return "low";
  return budget <= 8192 ? "medium" : "high";
}

// Where a level is not known, the highest that is.
std::string_view at_most_high(std::string_view effort) {
  return effort == "xhigh" || effort == "max" ? "high" : effort;
}

std::string member(std::string_view name, std::string_view value) {
  std::string object;
  codec::JsonWriter(object).begin_object().name(name).string(value).end_object();
  return object;
}

bool is_asked_for(const chat::Reasoning& reasoning) {
  if (reasoning.effort.raw == "none" || reasoning.enabled == false) return false;
  return !reasoning.effort.raw.empty() || reasoning.budget_tokens || reasoning.adaptive ||
         reasoning.enabled.value_or(false);
}

}  // namespace

// One of low, medium, high, xhigh, max; empty: the client does not say.
std::string_view RequestWriter::effort_word() const {
  const chat::Reasoning& reasoning = request_.reasoning;
  const std::string_view effort = reasoning.effort.raw;
  if (effort == "minimal") return "low";
  for (const std::string_view word : {"low", "medium", "high", "xhigh", "max"})
    if (effort == word) return word;
  return reasoning.budget_tokens ? effort_of(*reasoning.budget_tokens) : std::string_view();
}

void RequestWriter::plan_reasoning() {
  const chat::Reasoning& reasoning = request_.reasoning;
  const bool off = reasoning.effort.raw == "none" || reasoning.enabled == false;
  const bool asked = is_asked_for(reasoning);
  if (!request_.top_k.empty()) {
    const bool fixed = model_.claude.fixed_sampling || (asked && model_.claude.thinks);
    if (model_.is_claude() && !fixed) {
      fields_.emplace_back("top_k", request_.top_k);
    } else if (model_.nova) {
      fields_.emplace_back("inferenceConfig", R"({"topK":)" + std::string(request_.top_k) + "}");
    } else {
      drop(Field::kTopK);
    }
  }
  if (model_.is_claude() && (asked || off)) return plan_claude_reasoning();
  if (asked && model_.nova_2) {
    std::string_view effort = at_most_high(effort_word());
    if (effort.empty()) effort = "medium";
    std::string config = R"({"type":"enabled","maxReasoningEffort":")";
    fields_.emplace_back("reasoningConfig", config.append(effort).append("\"}"));
  } else if (asked && model_.gpt_oss) {
    const std::string_view effort = at_most_high(effort_word());
    if (!effort.empty())
      fields_.emplace_back("reasoning_effort", std::string("\"").append(effort).append("\""));
  } else if (asked || (off && !model_.nova) || reasoning.include_thoughts ||
             !reasoning.summary.raw.empty()) {
    drop(Field::kReasoning);
  }
}

void RequestWriter::plan_claude_reasoning() {
  const chat::Reasoning& reasoning = request_.reasoning;
  const messages::Model& claude = model_.claude;
  if (!is_asked_for(reasoning)) {
    // Most think only when they are asked to.
    if (claude.thinks_always) return drop(Field::kReasoning);
    if (claude.thinks_unasked) fields_.emplace_back("thinking", member("type", "disabled"));
    return;
  }
  const Choice choice = request_.tool_choice.kind;
  const bool forced = choice == Choice::kRequired || choice == Choice::kNamed;
  if (!claude.thinks || (forced && !request_.tools.empty())) return drop(Field::kReasoning);

  std::string thinking;
  codec::JsonWriter out(thinking);
  out.begin_object().name("type");
  if (claude.adaptive && (!claude.budget || !reasoning.budget_tokens)) {
    out.string("adaptive");
    std::string_view effort = effort_word();
    if (effort == "xhigh" && !claude.effort_xhigh) effort = "high";
    if (effort == "max" && !claude.effort_max) effort = "high";
    if (!effort.empty()) fields_.emplace_back("output_config", member("effort", effort));
  } else {
    // The budget is a part of the answer's limit, and half of that is left for the answer.
    int64_t budget = reasoning.budget_tokens.value_or(budget_of(effort_word()));
    if (!reasoning.budget_tokens && request_.max_tokens)
      budget = std::max(std::min(budget, *request_.max_tokens / 2), budget_min);
    const bool too_short = request_.max_tokens && *request_.max_tokens <= budget_min;
    if (too_short || !has_thoughts_before_calls()) return drop(Field::kReasoning);
    out.string("enabled").name("budget_tokens").number(budget);
  }
  const bool shown = reasoning.include_thoughts.value_or(!reasoning.summary.raw.empty());
  if (shown && claude.hides_thoughts) out.name("display").string("summarized");
  if (reasoning.include_thoughts == false && claude.adaptive) out.name("display").string("omitted");
  out.end_object();
  fields_.emplace_back("thinking", std::move(thinking));
  thinking_ = true;
}

// With a budget, a Claude that goes on after the results of its calls wants to see the thoughts
// that led to them, and refuses the request where a client did not keep them.
bool RequestWriter::has_thoughts_before_calls() const {
  const auto& messages = request_.messages;
  for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
    if (message->role == chat::Role::kUser) return true;  // A new turn begins without thoughts.
    if (message->role != chat::Role::kAssistant) continue;
    for (const chat::Part& part : message->parts) {
      if (part.kind == Kind::kReasoning || part.kind == Kind::kSealedReasoning)
        return is_signed_for_bedrock(part);
      if (part.kind == Kind::kToolCall) return false;
    }
  }
  return true;
}

}  // namespace postern::dialect::bedrock_wire
