#include "dialect/anthropic/plan.h"

#include <algorithm>

#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/decimal.h"
#include "dialect/anthropic/marks.h"
#include "dialect/anthropic/request_reader.h"
#include "dialect/anthropic/schema.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

using chat::Field;
using codec::equals_unescaped;

constexpr int64_t budget_min = 1024;

// What an effort is worth to a model that only knows budgets.
int64_t budget_of_effort(std::string_view effort) {
  if (effort == "minimal" || effort == "low") return 1024;
  if (effort == "high") return 16384;
  if (effort == "xhigh" || effort == "max") return 24576;
  return 4096;
}

// And a budget to one that only knows efforts.
std::string_view effort_of_budget(int64_t budget) {
  if (budget <= 2048) return "low";
  return budget <= 8192 ? "medium" : "high";
}

// The nearest effort below that the model has; empty for a word that is none.
std::string_view effort_of_word(std::string_view word, const Model& model) {
  if (!model.effort) return {};
  if (word == "minimal" || word == "low") return "low";
  if (word == "medium") return "medium";
  if (word == "high") return "high";
  if (word == "xhigh") return model.effort_xhigh ? "xhigh" : "high";
  if (word == "max") return model.effort_max ? "max" : "high";
  return {};
}

bool is_forced(chat::ToolChoice::Kind choice) {
  return choice == chat::ToolChoice::Kind::kRequired || choice == chat::ToolChoice::Kind::kNamed;
}

// Does the turn begin with thoughts that Anthropic can check?
bool begins_with_thoughts(const chat::Message& turn) {
  for (const chat::Part& part : turn.parts) {
    const bool thought = part.kind == chat::Part::Kind::kReasoning ||
                         part.kind == chat::Part::Kind::kSealedReasoning;
    if (!thought) return false;
    if (!part.signature.raw.empty() && signs_for_anthropic(part.signer)) return true;
  }
  return false;
}

// Models that think by a budget refuse a conversation whose last assistant turn calls tools, or is
// to be gone on with, and does not begin with its thoughts.
bool goes_on_without_thoughts(const std::vector<chat::Message>& messages) {
  size_t at = messages.size();
  while (at > 0 && messages[at - 1].role != chat::Role::kAssistant) --at;
  if (at == 0) return false;
  const chat::Message& turn = messages[at - 1];
  bool open = at == messages.size();
  for (const chat::Part& part : turn.parts) open |= part.kind == chat::Part::Kind::kToolCall;
  return open && !begins_with_thoughts(turn);
}

class Planner {
 public:
  Planner(const chat::Request& request, DropList& drop, Plan& plan)
      : request_(request), drop_(drop), plan_(plan), reasoning_(request.reasoning) {}

  void make() {
    read_extra_thinking();
    effort_ = chat::plain(reasoning_.effort);
    plan_.tool_choice =
        request_.tools.empty() ? chat::ToolChoice::Kind::kUnset : request_.tool_choice.kind;
    const bool off = effort_ == "none" || reasoning_.enabled == false;
    const bool asked = !off && (reasoning_.adaptive || reasoning_.budget_tokens ||
                                reasoning_.enabled == true || (!plan_.native && !effort_.empty()));
    answer(asked);
    choose_tool();
    plan_.max_tokens = request_.max_tokens.value_or(plan_.model.max_tokens);
    effort();
    if (off) {
      disable();
    } else if (asked) {
      think();
    } else if (is_forced(plan_.tool_choice) && !plan_.model.thinks_always &&
               plan_.model.thinks_unasked) {
      plan_.thinking = Plan::Thinking::kDisabled;
    }
    sampling();
  }

 private:
  // Clients of other dialects send Anthropic's own member beside theirs.
  void read_extra_thinking() {
    if (plan_.native) return;
    for (const chat::Extra& extra : request_.extras) {
      if (!equals_unescaped(extra.name, "thinking")) continue;
      codec::JsonReader in(extra.value);
      std::string_view wrong;
      chat::Reasoning reasoning = reasoning_;
      if (read_thinking(in, reasoning, wrong)) {
        reasoning_ = reasoning;
      } else {
        drop_.add("thinking");
      }
    }
  }

  void answer(bool thinks) {
    using Kind = chat::ResponseFormat::Kind;
    const chat::ResponseFormat& format = request_.response_format;
    if (format.kind != Kind::kJsonObject && format.kind != Kind::kJsonSchema) return;
    const bool schema = format.kind == Kind::kJsonSchema && !format.schema.empty();
    if (schema && plan_.model.json_schema) {
      std::optional<std::string> strict = strict_schema(format.schema);
      if (strict) {
        plan_.answer = Plan::Answer::kSchema;
        plan_.schema = std::move(*strict);
        return;
      }
    }
    // The format is that of an answer in text; here there is to be a call.
    if (is_forced(plan_.tool_choice)) return;
    const bool instruct = plan_.model.thinks_always || (thinks && !schema);
    plan_.answer = instruct ? Plan::Answer::kInstruction : Plan::Answer::kTool;
  }

  void choose_tool() {
    using Kind = chat::ToolChoice::Kind;
    const bool tools = !request_.tools.empty();
    if (plan_.answer == Plan::Answer::kTool) {
      // Beside the client's tools the answer is one call among those that can be made.
      const bool alone = !tools || plan_.tool_choice == Kind::kNone;
      plan_.tool_choice = alone ? Kind::kNamed : Kind::kRequired;
      plan_.one_call = alone || request_.parallel_tool_calls == false;
      return;
    }
    if (!tools || request_.parallel_tool_calls != false) return;
    if (plan_.tool_choice == Kind::kNone || plan_.tool_choice == Kind::kOther) return;
    plan_.one_call = true;
    if (plan_.tool_choice == Kind::kUnset) plan_.tool_choice = Kind::kAuto;
  }

  void effort() {
    if (effort_.empty() || effort_ == "none") return;
    plan_.effort = effort_of_word(effort_, plan_.model);
    if (plan_.effort.empty() && plan_.native) drop_.add(Field::kReasoning);
  }

  void disable() {
    if (plan_.model.thinks_always) {
      drop_.add(Field::kReasoning);
    } else if (plan_.model.thinks) {
      plan_.thinking = Plan::Thinking::kDisabled;
    }
  }

  void think() {
    const Model& model = plan_.model;
    const bool forced = is_forced(plan_.tool_choice);
    const bool budget = !model.adaptive || (reasoning_.budget_tokens && model.budget);
    if (!model.thinks || forced || (budget && goes_on_without_thoughts(request_.messages))) {
      drop_.add(Field::kReasoning);
      if (forced && model.thinks_unasked && !model.thinks_always)
        plan_.thinking = Plan::Thinking::kDisabled;
      return;
    }
    plan_.thinking = budget ? Plan::Thinking::kBudget : Plan::Thinking::kAdaptive;
    if (budget) {
      make_room();
    } else if (plan_.effort.empty() && reasoning_.budget_tokens) {
      plan_.effort = effort_of_budget(*reasoning_.budget_tokens);
    }
    // Clients of other dialects know no thoughts that are not shown.
    if (reasoning_.include_thoughts) {
      plan_.display = *reasoning_.include_thoughts ? "summarized" : "omitted";
    } else if (!plan_.native && model.hides_thoughts) {
      plan_.display = "summarized";
    }
  }

  // max_tokens holds the thoughts and must exceed their budget. A budget that was given raises
  // it; one that only stands for an effort takes at most half of it.
  void make_room() {
    const int64_t most = plan_.model.output_max;
    int64_t& room = plan_.max_tokens;
    if (reasoning_.budget_tokens) {
      plan_.budget = std::clamp(*reasoning_.budget_tokens, budget_min, most / 2);
    } else {
      plan_.budget = std::min(budget_of_effort(effort_), most / 2);
      if (request_.max_tokens)
        plan_.budget = std::clamp(*request_.max_tokens / 2, budget_min, plan_.budget);
    }
    if (room <= plan_.budget)
      room = std::min(most, plan_.budget + (request_.max_tokens ? room : budget_min));
  }

  void sampling() {
    const bool thinks = plan_.thinking == Plan::Thinking::kAdaptive ||
                        plan_.thinking == Plan::Thinking::kBudget ||
                        (plan_.thinking == Plan::Thinking::kUnsaid && plan_.model.thinks_unasked);
    const bool fixed = thinks || plan_.model.fixed_sampling;
    const auto take = [this](chat::Json& to, chat::Json value, Field field, bool taken) {
      if (value.empty()) return;
      if (taken) {
        to = value;
      } else {
        drop_.add(field);
      }
    };
    chat::Json temperature = request_.temperature;
    if (!temperature.empty() && !fixed) {
      if (nanos(temperature) > nano) temperature = "1";
      if (nanos(temperature) < 0) temperature = "0";
    }
    take(plan_.temperature, temperature, Field::kTemperature, !fixed || nanos(temperature) == nano);
    const bool both = plan_.model.one_sampler && !plan_.temperature.empty();
    const int64_t least = plan_.model.fixed_sampling ? nano / 100 * 99
                          : thinks                   ? nano / 100 * 95
                                                     : 0;
    take(plan_.top_p, request_.top_p, Field::kTopP, !both && nanos(request_.top_p) >= least);
    take(plan_.top_k, request_.top_k, Field::kTopK, !fixed);
  }

  const chat::Request& request_;
  DropList& drop_;
  Plan& plan_;
  chat::Reasoning reasoning_;
  std::string effort_;
};

}  // namespace

Plan plan_of(const chat::Request& request, const Dialect& front, DropList& drop) {
  Plan plan;
  plan.model = model_of(request.model);
  plan.native = front.name == anthropic.name;
  Planner(request, drop, plan).make();
  return plan;
}

}  // namespace postern::dialect::messages
