// The state that the writers of a request's parts share.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_writer.h"
#include "dialect/bedrock/model.h"
#include "dialect/dialect.h"

namespace postern::dialect::bedrock_wire {

// Makes the names of a request's documents such as Bedrock takes them, each only once.
class DocumentNames {
 public:
  // `name` as the client gave it: its ending is taken off.
  std::string name_of(std::string name);

 private:
  std::map<std::string, int> used_;  // how often, by the name without regard to case
};

class RequestWriter {
 public:
  RequestWriter(const chat::Request& request, const Dialect& front, chat::Dropped& dropped,
                std::string& out)
      : request_(request),
        front_(front),
        model_(model_of(request.model)),
        dropped_(dropped),
        json_(out) {}

  // Nothing of what was appended is of use after a refusal.
  std::optional<chat::Refused> write();

 private:
  using Messages = std::vector<chat::Message>;

  // --- write_messages.cpp: false after a refusal ------------------------------------------------
  bool write_system(size_t count);  // of messages at the front
  bool write_turns(size_t begin);
  bool write_user_turn(const chat::Message* begin, const chat::Message* end);
  bool write_assistant_turn(const chat::Message& message);
  bool write_results(const chat::Message& message);
  bool write_result(const chat::Part& result);
  void write_reasoning(const chat::Part& part);
  bool write_call(const chat::Part& part);
  void write_cache_point(const chat::Part& part);
  void write_cache_point(chat::Json mark);
  // To be called before each block of a turn: begins the turn, unless it is open.
  void begin_block(std::string_view role);
  void write_tool_id(const chat::Text& id);

  // --- write_content.cpp: the body of a block, and its closing brace ----------------------------
  bool write_content(const chat::Part& part, std::string_view role);  // text, image, file, audio
  void write_text(const chat::Part& part, std::string_view role);
  bool write_image(const chat::Part& part, std::string_view role);
  bool write_audio(const chat::Part& part, std::string_view role);
  bool write_file(const chat::Part& part, std::string_view role);
  bool has_bytes(const chat::Part& part, std::string_view what);
  void write_source(const chat::Text& data);

  // --- write_tools.cpp --------------------------------------------------------------------------
  bool write_tools();
  bool write_tool(const chat::Tool& tool);
  bool write_hosted_tool(const chat::Tool& tool);
  void write_tools_of_history();
  bool write_tool_choice();
  bool history_has_tools() const;

  // --- write_settings.cpp -----------------------------------------------------------------------
  void plan_reasoning();
  void plan_claude_reasoning();
  bool has_thoughts_before_calls() const;
  std::string_view effort_word() const;
  void write_inference();
  void write_temperature();
  void write_top_p();
  bool write_response_format();
  bool write_additional_fields();
  bool write_extras();
  void drop_the_rest();

  // --- write_request.cpp ------------------------------------------------------------------------
  bool check_shape();
  void drop(std::string name);
  void drop(chat::Field field, chat::Place place = {});
  bool refuse(chat::Field field, chat::Place place, std::string_view why);

  const chat::Request& request_;
  const Dialect& front_;
  const Model model_;
  chat::Dropped& dropped_;
  codec::JsonWriter json_;
  std::optional<chat::Refused> refused_;

  DocumentNames documents_;
  const chat::Part* last_text_ = nullptr;  // that ends the conversation on the assistant's side
  std::string_view open_role_;             // of the turn that is being written; empty: none
  bool in_result_ = false;                 // blocks go into a tool's result, not into a turn
  bool result_has_content_ = false;

  // Members for additionalModelRequestFields, by name.
  std::vector<std::pair<std::string_view, std::string>> fields_;
  bool thinking_ = false;
};

// Thoughts with a signature that Bedrock can take as its own.
bool is_signed_for_bedrock(const chat::Part& part);

// White space alone, or nothing.
bool is_blank(const chat::Text& text);
chat::Text without_trailing_white_space(chat::Text text);

}  // namespace postern::dialect::bedrock_wire
