#include <array>

#include "dialect/openai_chat/request_reader.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::ResponseFormat;
using chat::Tool;
using chat::ToolChoice;
using codec::JsonKind;

bool is(const chat::Text& text, std::string_view word) {
  return codec::equals_unescaped(text, word);
}

// The member `name` of the object `member` of a definition that was checked to be JSON.
chat::Text name_in(chat::Json definition, std::string_view member) {
  chat::Text name;
  codec::JsonReader in(definition);
  if (!in.enter_object()) return name;
  while (in.next_member()) {
    if (!in.name_is(member) || !in.enter_object()) {
      in.skip();
      continue;
    }
    while (in.next_member())
      if (!in.name_is("name") || !in.read_string(name)) in.skip();
  }
  return name;
}

}  // namespace

bool RequestReader::read_tools(const Path& path) {
  if (take_null()) return true;
  if (!enter_array(path)) return false;
  for (uint32_t place = 0; in().next_element(); ++place)
    if (!read_tool({&path, {}, place}, place)) return false;
  return !faulty();
}

// The type decides how the rest is read, and may stand behind it: a tool is looked through twice.
bool RequestReader::read_tool(const Path& path, uint32_t place) {
  constexpr std::array<std::string_view, 3> names = {"type", "function", "cache_control"};
  if (in().kind() != JsonKind::kObject) return refuse_value(path, "must be an object");
  codec::JsonReader ahead = in();
  Tool tool;
  tool.place = place;
  chat::Text type;
  bool function = false;
  in().enter_object();
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      in().skip();
      continue;
    }
    const Path member{&path, names[members.which()]};
    if (take_null()) continue;
    function |= members.which() == 1;
    const bool read = members.which() == 0   ? text(member, type)
                      : members.which() == 1 ? read_function(member, tool)
                                             : object(member, tool.cache_control);
    if (!read) return false;
  }
  if (faulty()) return false;
  if (type.raw.empty() && !function) return refuse({&path, "type"}, "is required: function");
  if (is(type, "function") || type.raw.empty()) {
    if (!function)
      return refuse({&path, "function"},
                    "is required: {\"name\", \"description\", \"parameters\"}");
  } else {
    codec::JsonSpan span;
    ahead.skip(&span);
    tool.kind = is(type, "custom") ? Tool::Kind::kCustom : Tool::Kind::kHosted;
    tool.definition = body().substr(span.begin, span.end - span.begin);
    tool.name = tool.kind == Tool::Kind::kCustom ? name_in(tool.definition, "custom") : type;
    tool.cache_control = {};
  }
  request_.tools.push_back(tool);
  return true;
}

bool RequestReader::read_function(const Path& path, Tool& tool) {
  constexpr std::array<std::string_view, 4> names = {"name", "description", "parameters", "strict"};
  if (!enter_object(path)) return false;
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, names[members.which()]};
    const bool read = members.which() == 0   ? text(member, tool.name)
                      : members.which() == 1 ? text(member, tool.description)
                      : members.which() == 2 ? object(member, tool.parameters)
                                             : flag(member, tool.strict);
    if (!read) return false;
  }
  if (faulty()) return false;
  return !tool.name.raw.empty() || refuse({&path, "name"}, "is required");
}

bool RequestReader::read_tool_choice(const Path& path) {
  ToolChoice& choice = request_.tool_choice;
  chat::Text word;
  if (take_null()) return true;
  if (in().read_string(word)) {
    if (is(word, "auto")) {
      choice.kind = ToolChoice::Kind::kAuto;
    } else if (is(word, "none")) {
      choice.kind = ToolChoice::Kind::kNone;
    } else if (is(word, "required") || is(word, "any")) {
      choice.kind = ToolChoice::Kind::kRequired;
    } else {
      return refuse(path, "must be none, auto, required, or an object that names a function");
    }
    return true;
  }
  if (in().kind() != JsonKind::kObject)
    return refuse_value(path, "must be none, auto, required, or an object that names a function");
  const chat::Json definition = any();
  if (faulty()) return false;
  choice.name = name_in(definition, "function");
  choice.kind = choice.name.raw.empty() ? ToolChoice::Kind::kOther : ToolChoice::Kind::kNamed;
  if (choice.kind == ToolChoice::Kind::kOther) choice.definition = definition;
  return true;
}

bool RequestReader::read_response_format(const Path& path) {
  constexpr std::array<std::string_view, 2> names = {"type", "json_schema"};
  ResponseFormat& format = request_.response_format;
  if (take_null()) return true;
  if (!enter_object(path)) return false;
  chat::Text type;
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, names[members.which()]};
    if (take_null()) continue;
    if (!(members.which() == 0 ? text(member, type) : read_json_schema(member))) return false;
  }
  if (faulty()) return false;
  if (is(type, "json_schema")) {
    format.kind = ResponseFormat::Kind::kJsonSchema;
    return !format.schema.empty() ||
           refuse({&path, "json_schema"}, "must have a schema: {\"name\", \"schema\"}");
  }
  if (is(type, "text")) {
    format.kind = ResponseFormat::Kind::kText;
  } else if (is(type, "json_object")) {
    format.kind = ResponseFormat::Kind::kJsonObject;
  } else {
    return refuse({&path, "type"}, "must be text, json_object or json_schema");
  }
  return true;
}

bool RequestReader::read_json_schema(const Path& path) {
  constexpr std::array<std::string_view, 4> names = {"name", "description", "schema", "strict"};
  ResponseFormat& format = request_.response_format;
  if (!enter_object(path)) return false;
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, names[members.which()]};
    const bool read = members.which() == 0   ? text(member, format.name)
                      : members.which() == 1 ? text(member, format.description)
                      : members.which() == 2 ? object(member, format.schema)
                                             : flag(member, format.strict);
    if (!read) return false;
  }
  return !faulty();
}

}  // namespace postern::dialect::chat_completions
