// What the tests of Gemini's dialect share.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "describe.h"
#include "dialect/gemini/gemini.h"

namespace gemini_test {

using nlohmann::json;
namespace chat = postern::chat;
namespace dialect = postern::dialect;

inline constexpr std::string_view request_id = "0123456789abcdef0123456789abcdef";

inline dialect::ReplyContext context() {
  return {.request_id = request_id, .model = "gemini", .now_s = 1, .include_usage = true};
}

struct Written {
  json body;
  chat::Dropped dropped;
  std::optional<chat::Refused> refused;
};

inline Written written(const chat::Request& request) {
  Written result;
  std::string out;
  result.refused = dialect::gemini.write_request(request, dialect::gemini, {}, result.dropped, out);
  if (!result.refused) result.body = json::parse(out, nullptr, false);
  return result;
}

inline chat::Text text(std::string_view characters) { return chat::literal(characters); }

inline chat::Part part(std::string_view characters,
                       chat::Part::Kind kind = chat::Part::Kind::kText) {
  chat::Part part;
  part.kind = kind;
  part.text = text(characters);
  return part;
}

inline chat::Part call(std::string_view id, std::string_view name) {
  chat::Part call;
  call.kind = chat::Part::Kind::kToolCall;
  call.id = text(id);
  call.name = text(name);
  call.arguments = R"({"a":1.50})";
  return call;
}

inline chat::Part result(std::string_view id, chat::Text said) {
  chat::Part result;
  result.kind = chat::Part::Kind::kToolResult;
  result.id = text(id);
  result.content.push_back(part(""));
  result.content[0].text = said;
  return result;
}

inline chat::Message message(chat::Role role, std::vector<chat::Part> parts) {
  chat::Message message;
  message.role = role;
  message.parts = std::move(parts);
  return message;
}

inline chat::Request request_of(std::vector<chat::Message> messages,
                                std::string model = "gemini-2.5-flash") {
  chat::Request request;
  request.model = std::move(model);
  request.messages = std::move(messages);
  return request;
}

inline chat::Request hello(std::string model = "gemini-2.5-flash") {
  return request_of({message(chat::Role::kUser, {part("hello")})}, std::move(model));
}

// Reads events with one reader; what a delta says is copied at once.
struct Stream {
  explicit Stream(const std::vector<std::string>& events)
      : reader(dialect::gemini.stream_reader({}, context())) {
    for (const std::string& event : events) read(event);
  }

  void read(std::string_view event) {
    std::vector<chat::Delta> deltas;
    reader->read("", event, deltas);
    for (const chat::Delta& delta : deltas) {
      joined.add(delta);
      kinds.push_back(delta.kind);
      if (delta.kind == chat::Delta::Kind::kFinish)
        finishes.push_back(dialect::describe(delta.finish));
    }
  }

  json choice(size_t index = 0) const { return joined.description()["choices"][index]; }

  std::unique_ptr<dialect::StreamReader> reader;
  dialect::JoinedDeltas joined;
  std::vector<chat::Delta::Kind> kinds;
  std::vector<std::string> finishes;
};

}  // namespace gemini_test
