#include <array>

#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/request_reader.h"

namespace postern::dialect::chat_completions {

using chat::Part;
using codec::JsonKind;

bool RequestReader::read_tool_calls(const Path& path, uint32_t message, std::vector<Part>& parts) {
  if (take_null()) return true;
  if (!enter_array(path)) return false;
  for (uint32_t index = 0; in().next_element(); ++index) {
    Part call;
    call.kind = Part::Kind::kToolCall;
    call.place = {message, in_tool_calls | index};
    if (!read_tool_call({&path, {}, index}, call)) return false;
    parts.push_back(std::move(call));
  }
  return !faulty();
}

bool RequestReader::read_tool_call(const Path& path, Part& call) {
  constexpr std::array<std::string_view, 6> names = {"id",     "type",          "function",
                                                     "custom", "extra_content", "index"};
  if (!enter_object(path)) return false;
  chat::Text type;
  bool called = false;
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, names[members.which()]};
    if (take_null()) continue;
    bool read = true;
    switch (members.which()) {
      case 0:
        read = text(member, call.id);
        break;
      case 1:
        read = text(member, type);
        break;
      case 2:
      case 3:
        if (called) return refuse(member, "cannot stand beside another call in one element");
        called = true;
        call.custom = members.which() == 3;
        read = read_called(member, call, call.custom ? "input" : "arguments");
        break;
      case 4:
        read = read_thought_signature(member, call);
        break;
      default:  // of a stream; the order tells it too
        read = in().skip();
    }
    if (!read) return false;
  }
  if (faulty()) return false;
  if (!called)
    return refuse({&path, codec::equals_unescaped(type, "custom") ? names[3] : names[2]},
                  "is required in a tool call");
  if (call.id.raw.empty()) return refuse({&path, "id"}, "is required in a tool call");
  return true;
}

bool RequestReader::read_called(const Path& path, Part& call, std::string_view input) {
  const std::array<std::string_view, 2> names = {"name", input};
  if (!enter_object(path)) return false;
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, names[members.which()]};
    // Some clients send back the object that they made of the arguments.
    if (members.which() == 1 && !call.custom && in().kind() == JsonKind::kObject) {
      call.arguments = any();
      continue;
    }
    if (!text(member, members.which() == 0 ? call.name : call.text)) return false;
  }
  if (faulty()) return false;
  if (call.name.raw.empty()) return refuse({&path, "name"}, "is required in a tool call");
  if (call.custom || !call.arguments.empty()) return true;
  const auto arguments = object_in_text(call.text, request_.arena);
  call.arguments_cut = !arguments.has_value();
  if (!arguments) return true;
  call.arguments = *arguments;
  call.text = {};
  return true;
}

// {"google": {"thought_signature": "..."}}, as Google's own endpoint of this form has it.
bool RequestReader::read_thought_signature(const Path& path, Part& part) {
  constexpr std::array<std::string_view, 1> outer = {"google"};
  constexpr std::array<std::string_view, 1> inner = {"thought_signature"};
  if (!enter_object(path)) return false;
  for (Members members(*this, path, outer); members.next();) {
    if (members.which() == outer.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path google{&path, outer[0]};
    if (take_null()) continue;
    if (!enter_object(google)) return false;
    for (Members of_google(*this, google, inner); of_google.next();) {
      const Path member{&google, inner[0]};
      if (!(of_google.which() == 0 ? text(member, part.signature) : keep_unknown(google)))
        return false;
    }
  }
  if (!part.signature.raw.empty()) part.signer = "gemini";
  return !faulty();
}

}  // namespace postern::dialect::chat_completions
