// Writes the body of a request.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/request.h"
#include "dialect/anthropic/plan.h"
#include "dialect/dialect.h"

namespace postern::dialect::messages {

// The turns of a conversation, written as their blocks come: a turn without blocks is not written.
class TurnWriter {
 public:
  explicit TurnWriter(std::string& out) : out_(out) {}

  enum class Role : uint8_t { kNone, kUser, kAssistant, kSystem };
  // The blocks that follow are of a turn of this role: of the open one, or of a new one.
  enum class Join : uint8_t { kNo, kYes };
  void turn(Role role, Join join);
  // Goes before every block.
  void block();
  void end();

  Role role() const { return role_; }
  bool any() const { return any_; }

 private:
  std::string& out_;
  Role role_ = Role::kNone;
  bool open_ = false;  // with at least one block
  bool any_ = false;
};

class RequestWriter {
 public:
  RequestWriter(const chat::Request& request, const Dialect& front, chat::Dropped& dropped,
                std::string& out)
      : request_(request),
        front_(front),
        drop_(front, dropped),
        plan_(plan_of(request, front, drop_)),
        out_(out),
        turns_(out) {}

  std::optional<chat::Refused> write();

 private:
  bool refuse(chat::Field field, chat::Place place, std::string_view why);

  // write_messages.cpp
  bool conversation();
  size_t leading_system_messages() const;
  bool system(size_t count);
  bool message(const chat::Message& message, bool as_user);
  bool answer(const std::vector<chat::Part>& parts);
  bool part(const chat::Part& part);

  // write_parts.cpp
  bool text(const chat::Part& part);
  bool reasoning(const chat::Part& part);
  bool image(const chat::Part& part);
  bool file(const chat::Part& part);
  bool call(const chat::Part& part);
  bool result(const chat::Part& part);
  void separate();  // from the block before
  void begin_block(std::string_view type);
  void end_block(const chat::Part& part);
  void drop_signature(const chat::Part& part);

  // write_request.cpp
  bool tools();
  bool tool(const chat::Tool& tool);
  void json_answer_tool();
  void tool_choice();
  void thinking();
  void output_config();
  void stop_sequences();
  void settings();
  void extras();
  void name(std::string_view name);
  void member(std::string_view member, const chat::Text& value);
  void raw_member(std::string_view member, chat::Json value);

  const chat::Request& request_;
  const Dialect& front_;
  DropList drop_;
  const Plan plan_;
  std::string& out_;
  TurnWriter turns_;
  std::optional<chat::Refused> refused_;
  bool after_results_ = false;
  bool in_result_ = false;    // the blocks are of a tool's result
  bool result_open_ = false;  // which has some already
};

// Does the text have nothing but white space? Anthropic refuses such blocks.
bool is_blank(const chat::Text& text);

// A tool call's id: letters, digits, `_` and `-`. Every other byte becomes `_` and its two hex
// digits, so that different ids stay different.
void append_call_id(const chat::Text& id, std::string& out);

}  // namespace postern::dialect::messages
