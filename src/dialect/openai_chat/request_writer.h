// The parts of writing a request, which several files share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/request.h"
#include "codec/json_writer.h"
#include "dialect/dialect.h"

namespace postern::dialect::chat_completions {

// A member function that returns false has refused the request.
class RequestWriter {
 public:
  RequestWriter(const chat::Request& request, const Dialect& front, const Quirks& quirks,
                chat::Dropped& dropped, std::string& out);

  std::optional<chat::Refused> write();

 private:
  // write_request.cpp
  bool write_tools();
  bool write_tool(const chat::Tool& tool);
  bool write_tool_choice();
  void write_sampling();
  void write_setting(std::string_view name, chat::Json value, chat::Field field);
  void write_response_format();
  void write_reasoning();
  void write_words();  // user, metadata and the like
  void write_extras();
  bool carries(const chat::Extra& extra) const;

  // write_messages.cpp
  bool write_messages();
  bool write_message(const chat::Message& message);
  void write_system(const chat::Message& message, std::string_view role);
  bool write_user(const chat::Message& message);
  bool write_assistant(const chat::Message& message);
  bool write_results(const chat::Message& message);
  bool write_result(const chat::Part& result);
  bool write_result_content(const chat::Part& result);
  bool write_pictures_of_results(const chat::Message& message);
  void write_speaker(const chat::Message& message);
  void write_said(const chat::Message& message, bool calls);
  bool write_drawn(const chat::Message& message);
  void write_reasoning_of(const chat::Message& message);
  void write_calls(const chat::Message& message);
  void write_texts(const std::vector<chat::Part>& parts);

  // write_parts.cpp
  bool write_part(const chat::Part& part);
  bool write_image(const chat::Part& part);
  bool write_audio(const chat::Part& part);
  bool write_file(const chat::Part& part);
  void write_text(const chat::Part& part);
  void write_mark(const chat::Part& part);
  // "data:image/png;base64,...", appended in one go.
  void write_data_url(const chat::Text& media_type, std::string_view otherwise,
                      const chat::Text& data);

  bool refuse(std::string param, std::string_view message);
  void drop(chat::Field field, chat::Place place = {});
  void drop(std::string name);

  const chat::Request& request_;
  const Dialect& front_;
  const Quirks& quirks_;
  chat::Dropped& dropped_;
  std::string& out_;
  codec::JsonWriter json_;
  const bool same_words_;    // the client speaks chat completions too
  const bool openai_words_;  // or another of OpenAI's dialects
  std::optional<chat::Refused> refused_;
};

}  // namespace postern::dialect::chat_completions
