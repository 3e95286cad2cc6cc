#include "dialect/json_members.h"
#include "dialect/responses/request_writing.h"

namespace postern::dialect::responses_wire {
namespace {

using chat::Field;
using codec::JsonReader;
using codec::JsonWriter;

// The value of a member of an object; empty when it is not there.
chat::Json member_of(chat::Json object, std::string_view name) {
  JsonReader in(object);
  chat::Json found;
  if (!in.enter_object()) return found;
  while (in.next_member()) {
    if (in.name_is(name)) {
      found = read_json(in, object);
    } else {
      in.skip();
    }
  }
  return found;
}

// Appends the members of an object but `type`; chat completions put them one level deeper, under a
// name that says the type again.
void write_flat(JsonWriter& json, chat::Json object) {
  JsonReader in(object);
  if (!in.enter_object()) return;
  while (in.next_member()) {
    if (in.name_is("type")) {
      in.skip();
      continue;
    }
    json.name(in.name().raw);
    const chat::Json value = read_json(in, object);
    json.raw(value.empty() ? "null" : value);
  }
}

void write_custom(Writing& to, const chat::Tool& tool) {
  // Both OpenAI's dialects have such tools; here all members are flat.
  chat::Json inner = member_of(tool.definition, "custom");
  if (inner.empty()) {
    to.json.raw(tool.definition);
    return;
  }
  to.json.begin_object().name("type").string("custom").name("name").text(tool.name);
  if (!tool.description.raw.empty()) to.json.name("description").text(tool.description);
  const chat::Json format = member_of(inner, "format");
  const chat::Json grammar = member_of(format, "grammar");
  if (!grammar.empty()) {
    to.json.name("format").begin_object().name("type").string("grammar");
    write_flat(to.json, grammar);
    to.json.end_object();
  } else if (!format.empty()) {
    to.json.name("format").raw(format);
  }
  to.json.end_object();
}

void write_function(Writing& to, const chat::Tool& tool) {
  if (!tool.cache_control.empty()) to.drop(Field::kCacheControl, {tool.place, 0});
  to.json.begin_object().name("type").string("function").name("name").text(tool.name);
  if (!tool.description.raw.empty()) to.json.name("description").text(tool.description);
  to.json.name("parameters");
  to.json.raw(tool.parameters.empty() ? R"({"type":"object","properties":{}})" : tool.parameters);
  // Where this dialect says nothing it means strict, and the others mean the opposite.
  if (to.quirks.strict_tools) {
    if (tool.strict || !to.same_words())
      to.json.name("strict").boolean(tool.strict.value_or(false));
  } else if (tool.strict.value_or(false)) {
    to.drop(Field::kToolStrict, {tool.place, 0});
  }
  to.json.end_object();
}

bool is_custom(const chat::Request& request, const chat::Text& name) {
  for (const chat::Tool& tool : request.tools)
    if (tool.kind == chat::Tool::Kind::kCustom && tool.name.raw == name.raw) return true;
  return false;
}

void write_named(Writing& to, std::string_view type, const chat::Text& name) {
  to.json.begin_object().name("type").string(type).name("name").text(name).end_object();
}

// {"type":"function","function":{"name"}} becomes {"type":"function","name"}.
void write_allowed_tool(Writing& to, chat::Json tool) {
  chat::Text type;
  JsonReader type_in(member_of(tool, "type"));
  read_text(type_in, type);
  chat::Text name;
  JsonReader name_in(member_of(member_of(tool, type.raw), "name"));
  read_text(name_in, name);
  if (name.raw.empty()) {
    to.json.raw(tool);
  } else {
    write_named(to, type.raw, name);
  }
}

// Chat completions have the list one level deeper. False when it is something else.
bool write_allowed_tools(Writing& to, chat::Json definition) {
  const chat::Json inner = member_of(definition, "allowed_tools");
  const chat::Json mode = member_of(inner, "mode");
  const chat::Json tools = member_of(inner, "tools");
  JsonReader in(tools);
  if (mode.empty() || !in.enter_array()) return false;
  to.json.name("tool_choice").begin_object().name("type").string("allowed_tools");
  to.json.name("mode").raw(mode).name("tools").begin_array();
  while (in.next_element()) write_allowed_tool(to, read_json(in, tools));
  to.json.end_array().end_object();
  return true;
}

}  // namespace

bool write_tools(Writing& to) {
  if (to.request.tools.empty()) return true;
  to.json.name("tools").begin_array();
  for (const chat::Tool& tool : to.request.tools) {
    switch (tool.kind) {
      case chat::Tool::Kind::kFunction:
        write_function(to, tool);
        break;
      case chat::Tool::Kind::kCustom:
        write_custom(to, tool);
        break;
      case chat::Tool::Kind::kHosted:
        if (!to.same_words())
          return to.refuse(Field::kTools, {tool.place, 0},
                           "is run by another provider than the one of this model: leave it out, "
                           "or define a function");
        to.json.raw(tool.definition);
        break;
    }
  }
  to.json.end_array();
  return true;
}

bool write_tool_choice(Writing& to) {
  using Kind = chat::ToolChoice::Kind;
  const chat::ToolChoice& choice = to.request.tool_choice;
  switch (choice.kind) {
    case Kind::kUnset:
      return true;
    case Kind::kAuto:
      to.json.name("tool_choice").string("auto");
      return true;
    case Kind::kNone:
      to.json.name("tool_choice").string("none");
      return true;
    case Kind::kRequired:
      to.json.name("tool_choice").string("required");
      return true;
    case Kind::kNamed:
      to.json.name("tool_choice");
      write_named(to, is_custom(to.request, choice.name) ? "custom" : "function", choice.name);
      return true;
    case Kind::kOther:
      break;
  }
  if (to.same_words()) {
    to.json.name("tool_choice").raw(choice.definition);
    return true;
  }
  return write_allowed_tools(to, choice.definition) ||
         to.refuse(Field::kToolChoice, {},
                   "is not known to the provider of this model: choose auto, none, required or a "
                   "function");
}

}  // namespace postern::dialect::responses_wire
