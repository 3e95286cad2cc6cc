#include "dialect/workers_ai/workers_ai.h"

#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect {
namespace workers_ai_wire {

using codec::JsonKind;
using codec::JsonReader;

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out) {
  return chat_completions::write_request(request, front, quirks, dropped, out);
}

bool Shape::read(std::string_view text, const Quirks& quirks) {
  JsonReader in(text);
  if (!in.enter_object()) return false;
  while (in.next_member()) {
    if (in.name_is("choices")) {
      choices = in.kind() == JsonKind::kArray;
      in.skip();
    } else if (in.name_is("response")) {
      response = read_json(in, text);
    } else if (in.name_is("tool_calls") && in.kind() == JsonKind::kArray) {
      tool_calls = read_json(in, text);
    } else if (in.name_is("usage")) {
      chat_completions::read_usage(in, quirks, usage);
    } else if (in.name_is("result") && in.kind() == JsonKind::kObject) {
      result = read_json(in, text);
    } else if (in.name_is("finish_reason")) {
      read_text(in, finish);
    } else if (in.name_is("reasoning") || in.name_is("reasoning_content")) {
      read_text(in, reasoning);
    } else if (in.name_is("model")) {
      read_text(in, model);
    } else if (in.name_is("id")) {
      read_text(in, id);
    } else if (in.name_is("success")) {
      failed |= in.kind() == JsonKind::kFalse;
      in.skip();
    } else if (in.name_is("error")) {
      failed |= in.kind() != JsonKind::kNull;
      in.skip();
    } else if (in.name_is("errors") && in.enter_array()) {
      while (in.next_element()) failed |= in.skip();
    } else {
      in.skip();
    }
  }
  return in.finish();
}

chat::Text Shape::said(chat::Arena& arena) const {
  chat::Text text;
  if (response.empty()) return text;
  JsonReader in(response);
  if (in.read_string(text)) return text;
  return arena.escape(response);
}

}  // namespace workers_ai_wire

const Dialect workers_ai = {
    .name = "workers_ai",
    .read_request = nullptr,
    .write_reply = nullptr,
    .stream_writer = nullptr,
    .write_error = nullptr,
    .field_name = nullptr,
    .write_request = workers_ai_wire::write_request,
    .read_reply = workers_ai_wire::read_reply,
    .stream_reader = workers_ai_wire::stream_reader,
    .read_error = workers_ai_wire::read_error,
};

}  // namespace postern::dialect
