// The state that the writers of a request's parts share.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_writer.h"
#include "dialect/dialect.h"

namespace postern::dialect::gemini_wire {

class RequestWriter {
 public:
  RequestWriter(const chat::Request& request, const Dialect& front, chat::Dropped& dropped,
                std::string& out);

  // Nothing of what was appended is of use after a refusal.
  std::optional<chat::Refused> write();

 private:
  // --- write_contents.cpp: false after a refusal ------------------------------------------------
  bool write_contents();
  size_t first_turn() const;
  bool write_system(size_t end);
  bool write_message(const chat::Message& message);
  bool write_part(const chat::Part& part);
  void write_text(const chat::Part& part);
  void write_reasoning(const chat::Part& part);
  bool write_call(const chat::Part& part);
  void write_signature(const chat::Part& part);
  bool is_ours(const chat::Part& part) const;
  void drop_speaker(const chat::Message& message);
  void open_content(std::string_view role);
  void close_content();
  void note_calls(const chat::Message& message);
  bool write_results(const chat::Message& message);
  bool write_result(const chat::Part& result);
  void write_response(const chat::Part& result);

  // --- write_media.cpp
  // ----------------------------------------------------------------------------
  bool write_media(const chat::Part& part);
  bool write_address(const chat::Part& part);
  void write_inline(std::string_view media_type, const chat::Text& data);

  // --- write_tools.cpp
  // ----------------------------------------------------------------------------
  bool write_tools();
  bool write_function(const chat::Tool& tool);
  bool write_tool_choice();
  std::optional<std::string> schema(chat::Json schema, chat::Field field, chat::Place place);

  // --- write_settings.cpp -----------------------------------------------------------------------
  bool write_settings();
  bool write_response_format(codec::JsonWriter& config);
  void write_seed(codec::JsonWriter& config);
  void write_thinking(codec::JsonWriter& config);
  void write_level(codec::JsonWriter& thinking);
  void write_budget(codec::JsonWriter& thinking);
  void write_extras();
  void drop_the_rest();

  void drop(std::string name);
  void drop(chat::Field field, chat::Place place = {});
  bool refuse(chat::Field field, chat::Place place, std::string_view why);

  // A call of an earlier turn, for the results that answer it.
  struct Call {
    chat::Text name;
    size_t order = 0;      // in the conversation
    bool with_id = false;  // the call was written with its id
  };

  const chat::Request& request_;
  const Dialect& front_;
  chat::Dropped& dropped_;
  std::string& out_;
  codec::JsonWriter json_;
  chat::Arena arena_;
  std::optional<chat::Refused> refused_;
  const int version_;

  std::string_view role_;  // of the content that is being written
  bool open_ = false;      // its first part is written
  bool with_ids_ = false;  // its calls get the ids with which they came
  bool first_call_ = false;
  std::map<std::string, Call, std::less<>> calls_;
  size_t calls_seen_ = 0;
};

}  // namespace postern::dialect::gemini_wire
