// The state that the writers of a request's parts share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/json_writer.h"
#include "dialect/dialect.h"

namespace postern::dialect::cohere_wire {

class RequestWriter {
 public:
  RequestWriter(const chat::Request& request, const Dialect& front, const Quirks& quirks,
                chat::Dropped& dropped, std::string& out)
      : request_(request),
        front_(front),
        quirks_(quirks),
        dropped_(dropped),
        out_(out),
        json_(out) {}

  // Nothing of what was appended is of use after a refusal.
  std::optional<chat::Refused> write();

 private:
  // --- write_messages.cpp: false after a refusal ------------------------------------------------
  bool write_messages();
  bool write_message(const chat::Message& message);
  bool write_results(const chat::Message& message);
  bool write_content(const std::vector<chat::Part>& parts);
  bool write_texts(const std::vector<chat::Part>& parts);
  bool write_image(const chat::Part& part);
  bool write_turn(const chat::Message& message);
  void write_thoughts(const chat::Message& message, bool calls);
  void write_plan(const chat::Message& message);
  bool write_call(const chat::Part& part);
  void drop_marks(const chat::Part& part);

  // --- write_request.cpp ------------------------------------------------------------------------
  bool check_shape();
  bool write_tools();
  void write_tool(const chat::Tool& tool);
  bool all_strict() const;
  void write_sampling();
  void write_top_p();
  void write_penalty(std::string_view name, chat::Json value, chat::Field field);
  bool write_response_format();
  void write_thinking();
  void write_extras();
  void drop_the_rest();

  void write_json(std::string_view name, chat::Json value);
  void drop(std::string name);
  void drop(chat::Field field, chat::Place place = {});
  bool refuse(chat::Field field, chat::Place place, std::string_view why);

  const chat::Request& request_;
  const Dialect& front_;
  const Quirks& quirks_;
  chat::Dropped& dropped_;
  std::string& out_;
  codec::JsonWriter json_;
  std::optional<chat::Refused> refused_;
  bool strict_ = false;  // every tool is, and may be
};

}  // namespace postern::dialect::cohere_wire
