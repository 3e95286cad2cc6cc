// The tools that the model may call, and which it must.
#include <algorithm>
#include <set>

#include "dialect/bedrock/request_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using chat::Field;
using Kind = chat::Part::Kind;
using Choice = chat::ToolChoice::Kind;

constexpr chat::Json any_object = R"({"type":"object","properties":{}})";

// The value of a system tool, where the definition is one in Converse's own words.
chat::Json system_tool_of(chat::Json definition) {
  chat::Json tool;
  codec::JsonReader in(definition);
  if (!in.enter_object()) return tool;
  while (in.next_member()) {
    const bool found = in.name_is("systemTool") && in.kind() == codec::JsonKind::kObject;
    const chat::Json value = read_json(in, definition);
    if (found) tool = value;
  }
  return tool;
}

}  // namespace

bool RequestWriter::history_has_tools() const {
  return std::any_of(
      request_.messages.begin(), request_.messages.end(), [](const chat::Message& message) {
        return message.role == chat::Role::kTool ||
               std::any_of(message.parts.begin(), message.parts.end(),
                           [](const chat::Part& part) { return part.kind == Kind::kToolCall; });
      });
}

// There is no choice "none". Without calls in the history the tools can stay away; otherwise
// Bedrock wants them declared.
bool RequestWriter::write_tools() {
  const bool none = request_.tool_choice.kind == Choice::kNone;
  const bool history = history_has_tools();
  if (none && !history) return true;
  if (request_.tools.empty() && !history) {
    if (request_.tool_choice.kind != Choice::kUnset && request_.tool_choice.kind != Choice::kAuto)
      drop(Field::kToolChoice);
    return true;
  }
  json_.name("toolConfig").begin_object().name("tools").begin_array();
  for (const chat::Tool& tool : request_.tools)
    if (!write_tool(tool)) return false;
  if (request_.tools.empty()) write_tools_of_history();
  json_.end_array();
  if (!write_tool_choice()) return false;
  json_.end_object();
  return true;
}

bool RequestWriter::write_tool(const chat::Tool& tool) {
  const chat::Place place = {tool.place, 0};
  if (tool.kind == chat::Tool::Kind::kCustom)
    return refuse(Field::kTools, place,
                  "this provider has no custom tools; use a function in their place");
  if (tool.kind == chat::Tool::Kind::kHosted) return write_hosted_tool(tool);
  json_.begin_object().name("toolSpec").begin_object().name("name").text(tool.name);
  if (!is_blank(tool.description)) json_.name("description").text(tool.description);
  json_.name("inputSchema").begin_object().name("json");
  json_.raw(tool.parameters.empty() ? any_object : tool.parameters).end_object();
  if (tool.strict && model_.schemas) {
    json_.name("strict").boolean(*tool.strict);
  } else if (tool.strict.value_or(false)) {
    drop(Field::kToolStrict, place);
  }
  json_.end_object().end_object();
  if (tool.cache_control.empty()) return true;
  if (model_.is_claude() && model_.caches) {
    write_cache_point(tool.cache_control);
  } else {
    drop(front_.field_name(Field::kTools, place) + ".cache_control");
  }
  return true;
}

bool RequestWriter::write_hosted_tool(const chat::Tool& tool) {
  const chat::Json system_tool = system_tool_of(tool.definition);
  if (system_tool.empty())
    return refuse(Field::kTools, {tool.place, 0},
                  "this provider runs no such tool; leave it out, or declare a function and run it "
                  "yourself");
  json_.begin_object().name("systemTool").raw(system_tool).end_object();
  return true;
}

// The names are all that is known of the tools that were called earlier.
void RequestWriter::write_tools_of_history() {
  std::set<std::string_view> names;
  for (const chat::Message& message : request_.messages)
    for (const chat::Part& part : message.parts)
      if (part.kind == Kind::kToolCall || part.kind == Kind::kToolResult)
        if (!part.name.raw.empty()) names.insert(part.name.raw);
  // A list must hold one at least; a result without a call is for Bedrock to refuse.
  if (names.empty()) names.insert("unknown");
  for (const std::string_view name : names) {
    json_.begin_object().name("toolSpec").begin_object();
    json_.name("name").text({name, name.find('\\') != name.npos});
    json_.name("inputSchema").begin_object().name("json").raw(any_object).end_object();
    json_.end_object().end_object();
  }
}

bool RequestWriter::write_tool_choice() {
  const chat::ToolChoice& choice = request_.tool_choice;
  if (choice.kind == Choice::kUnset) return true;
  if (choice.kind == Choice::kOther)
    return refuse(Field::kToolChoice, {},
                  "this provider knows auto, required and one function only");
  if (choice.kind == Choice::kNone || request_.tools.empty()) {
    drop(Field::kToolChoice);
    return true;
  }
  json_.name("toolChoice").begin_object();
  if (choice.kind == Choice::kNamed) {
    json_.name("tool").begin_object().name("name").text(choice.name).end_object();
  } else {
    json_.name(choice.kind == Choice::kRequired ? "any" : "auto").begin_object().end_object();
  }
  json_.end_object();
  return true;
}

}  // namespace postern::dialect::bedrock_wire
