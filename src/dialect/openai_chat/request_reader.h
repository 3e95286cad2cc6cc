// The parts of reading a request, which several files share.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/request.h"
#include "dialect/openai_chat/strict.h"

namespace postern::dialect::chat_completions {

class RequestReader : public StrictReader {
 public:
  RequestReader(std::string_view body, chat::Request& request)
      : StrictReader(body), request_(request) {}

  std::optional<chat::Refused> read();

 private:
  // One element of `messages`, before its role is known to have come.
  struct Spoken {
    chat::Text role, name, tool_call_id;
    std::vector<chat::Part> content, calls, images;
    chat::Text refusal, reasoning_content, reasoning;
    std::vector<chat::Part> details;
    std::vector<chat::Part> text_signatures;  // parts with nothing but a signature
    chat::Json cache_control;
    bool functions = false;  // it has the function_call of long ago
  };

  // read_request.cpp: the members of the body.
  bool read_member(size_t which, const Path& root);
  bool read_model(const Path& path);
  bool read_stop(const Path& path);
  bool read_stream_options(const Path& path);
  bool read_reasoning(const Path& path);
  bool refuse_functions(const Path& path, std::string_view instead);
  void keep_extra();
  // A member that is not known here, with anything in it: it becomes an extra under its whole name,
  // which no writer can carry and every writer names.
  bool keep_unknown(const Path& object);

  // read_messages.cpp
  bool read_messages(const Path& path);
  bool read_message(const Path& path, uint32_t index);
  bool read_spoken(const Path& path, uint32_t index, Spoken& spoken);
  bool read_details(const Path& path, uint32_t index, Spoken& spoken);
  bool add_message(const Path& path, uint32_t index, Spoken& spoken);
  bool add_assistant(uint32_t index, Spoken& spoken);
  bool add_result(const Path& path, uint32_t index, Spoken& spoken);
  void add_reasoning(uint32_t index, Spoken& spoken, std::vector<chat::Part>& parts);
  bool check_content(const Path& path, chat::Role role, const Spoken& spoken);

  // read_parts.cpp
  bool read_content(const Path& path, uint32_t message, std::vector<chat::Part>& parts);
  bool read_part(const Path& path, chat::Place place, std::vector<chat::Part>& parts);
  bool read_thinking(const Path& path, chat::Place place, std::vector<chat::Part>& parts);
  bool read_image(const Path& path, chat::Part& part);
  bool read_image_address(const Path& path, chat::Part& part);
  bool read_audio(const Path& path, chat::Part& part);
  bool read_file(const Path& path, chat::Part& part);
  bool read_images(const Path& path, uint32_t message, std::vector<chat::Part>& parts);
  bool read_tool_calls(const Path& path, uint32_t message, std::vector<chat::Part>& parts);
  bool read_tool_call(const Path& path, chat::Part& call);
  bool read_called(const Path& path, chat::Part& call, std::string_view input);
  bool read_thought_signature(const Path& path, chat::Part& part);

  // read_tools.cpp
  bool read_tools(const Path& path);
  bool read_tool(const Path& path, uint32_t place);
  bool read_function(const Path& path, chat::Tool& tool);
  bool read_tool_choice(const Path& path);
  bool read_response_format(const Path& path);
  bool read_json_schema(const Path& path);

  std::string_view key_of(const chat::Text& id);

  chat::Request& request_;
  std::optional<int64_t> max_tokens_, max_completion_tokens_;
  bool has_messages_ = false;
  std::optional<size_t> results_;  // the message of tool results since the last assistant turn
  std::map<std::string_view, chat::Text> tool_of_call_;
};

}  // namespace postern::dialect::chat_completions
