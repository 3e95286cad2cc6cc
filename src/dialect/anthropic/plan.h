// How a request is asked of its model: what the model takes, and what excludes what.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/request.h"
#include "dialect/anthropic/models.h"
#include "dialect/dialect.h"

namespace postern::dialect::messages {

// Names in the client's words what is left out. In order, without repeats.
class DropList {
 public:
  DropList(const Dialect& front, chat::Dropped& dropped) : front_(front), dropped_(dropped) {}

  void add(chat::Field field, chat::Place place = {}) { add(front_.field_name(field, place)); }
  void add(std::string name) { dropped_.add(std::move(name)); }

 private:
  const Dialect& front_;
  chat::Dropped& dropped_;
};

struct Plan {
  Model model;
  bool native = false;  // the client speaks this dialect too

  enum class Answer : uint8_t {
    kText,
    kSchema,       // output_config.format
    kTool,         // a call of json_answer_tool is the answer
    kInstruction,  // told in `system`
  };
  Answer answer = Answer::kText;
  std::string schema;  // of kSchema

  // `tool_choice`; kUnset: not said.
  chat::ToolChoice::Kind tool_choice = chat::ToolChoice::Kind::kUnset;
  bool one_call = false;  // disable_parallel_tool_use

  enum class Thinking : uint8_t { kUnsaid, kDisabled, kAdaptive, kBudget };
  Thinking thinking = Thinking::kUnsaid;
  std::string_view display;  // empty: not said
  std::string_view effort;   // likewise
  int64_t budget = 0;
  int64_t max_tokens = 0;

  chat::Json temperature, top_p, top_k;  // empty: not said
};

Plan plan_of(const chat::Request& request, const Dialect& front, DropList& drop);

}  // namespace postern::dialect::messages
