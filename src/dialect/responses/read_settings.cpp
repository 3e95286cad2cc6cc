#include "dialect/json_members.h"
#include "dialect/responses/request_reading.h"

namespace postern::dialect::responses_wire {
namespace {

using codec::equals_unescaped;
using codec::JsonKind;

// The value at hand, when it is an object; one that is absent or no object is passed over.
bool enter_object(Reading& reading, std::string_view param) {
  if (reading.in.enter_object()) return true;
  const bool null = reading.in.kind() == JsonKind::kNull;
  reading.in.skip();
  if (!null) reading.refuse(std::string(param), "must be an object");
  return false;
}

// --- Tools --------------------------------------------------------------------------------------

struct RawTool {
  chat::Text type, name, description;
  chat::Json parameters, cache_control;
  std::optional<bool> strict;
  bool nested = false;  // as chat completions have it
  std::vector<std::pair<std::string, chat::Json>> unknown;
};

bool read_tool_member(Reading& reading, const std::string& here, RawTool& raw) {
  codec::JsonReader& in = reading.in;
  if (in.name_is("type")) return reading.text(here + ".type", raw.type);
  if (in.name_is("name")) return reading.text(here + ".name", raw.name);
  if (in.name_is("description")) return reading.text(here + ".description", raw.description);
  if (in.name_is("strict")) return reading.flag(here + ".strict", raw.strict);
  if (in.name_is("parameters")) {
    raw.parameters = read_json(in, reading.body);
  } else if (in.name_is("cache_control")) {
    raw.cache_control = read_json(in, reading.body);
  } else {
    raw.nested |= in.name_is("function");
    std::string path = here + "." + chat::plain(in.name());
    const chat::Json value = read_json(in, reading.body);
    if (!value.empty()) raw.unknown.emplace_back(std::move(path), value);
  }
  return true;
}

bool take_tool(Reading& reading, const std::string& here, const RawTool& raw, chat::Tool& tool) {
  tool.name = raw.name;
  tool.description = raw.description;
  if (raw.type.raw.empty()) return reading.refuse(here + ".type", "is required");
  if (equals_unescaped(raw.type, "function")) {
    if (raw.name.raw.empty())
      return reading.refuse(
          here + ".name",
          raw.nested ? "is required; here it stands beside type, not in function" : "is required");
    if (!raw.parameters.empty() && raw.parameters.front() != '{')
      return reading.refuse(here + ".parameters", "must be a JSON Schema");
    tool.parameters = raw.parameters;
    tool.strict = raw.strict;
    tool.cache_control = raw.cache_control;
    tool.definition = {};
    for (const auto& [path, value] : raw.unknown) reading.extra(path, value);
    return true;
  }
  if (equals_unescaped(raw.type, "custom")) {
    if (raw.name.raw.empty()) return reading.refuse(here + ".name", "is required");
    tool.kind = chat::Tool::Kind::kCustom;
    return true;
  }
  tool.kind = chat::Tool::Kind::kHosted;
  return true;
}

bool read_tool(Reading& reading, uint32_t index) {
  const std::string here = "tools[" + std::to_string(index) + "]";
  reading.in.kind();  // steps over the white space in front
  const size_t begin = reading.in.offset();
  if (!reading.in.enter_object()) {
    reading.in.skip();
    return reading.refuse(here, "must be an object");
  }
  RawTool raw;
  while (reading.in.next_member())
    if (!read_tool_member(reading, here, raw)) return false;
  if (reading.in.error().reason) return true;
  chat::Tool tool;
  tool.place = index;
  tool.definition = reading.body.substr(begin, reading.in.offset() - begin);
  if (!take_tool(reading, here, raw, tool)) return false;
  reading.request.tools.push_back(tool);
  return true;
}

// --- Text ---------------------------------------------------------------------------------------

bool read_format_member(Reading& reading, chat::Text& type, chat::ResponseFormat& format) {
  codec::JsonReader& in = reading.in;
  if (in.name_is("type")) return reading.text("text.format.type", type);
  if (in.name_is("name")) return reading.text("text.format.name", format.name);
  if (in.name_is("description")) return reading.text("text.format.description", format.description);
  if (in.name_is("schema")) return reading.object("text.format.schema", format.schema);
  if (in.name_is("strict")) return reading.flag("text.format.strict", format.strict);
  in.skip();
  return true;
}

bool read_format(Reading& reading) {
  using Kind = chat::ResponseFormat::Kind;
  if (!enter_object(reading, "text.format")) return !reading.refused;
  chat::Text type;
  chat::ResponseFormat format;
  while (reading.in.next_member())
    if (!read_format_member(reading, type, format)) return false;
  if (equals_unescaped(type, "text")) {
    format.kind = Kind::kText;
  } else if (equals_unescaped(type, "json_object")) {
    format.kind = Kind::kJsonObject;
  } else if (equals_unescaped(type, "json_schema")) {
    format.kind = Kind::kJsonSchema;
    if (format.schema.empty()) return reading.refuse("text.format.schema", "is required");
  } else {
    return reading.refuse("text.format.type", "must be one of text, json_object and json_schema");
  }
  reading.request.response_format = format;
  return true;
}

}  // namespace

bool read_tools(Reading& reading) {
  if (!reading.in.enter_array()) {
    const bool null = reading.in.kind() == JsonKind::kNull;
    reading.in.skip();
    return null || reading.refuse("tools", "must be a list");
  }
  for (uint32_t index = 0; reading.in.next_element(); ++index)
    if (!read_tool(reading, index)) return false;
  return true;
}

bool read_tool_choice(Reading& reading) {
  using Kind = chat::ToolChoice::Kind;
  chat::ToolChoice& choice = reading.request.tool_choice;
  chat::Text word;
  if (reading.in.read_string(word)) {
    if (equals_unescaped(word, "auto")) choice.kind = Kind::kAuto;
    if (equals_unescaped(word, "none")) choice.kind = Kind::kNone;
    if (equals_unescaped(word, "required")) choice.kind = Kind::kRequired;
    return choice.kind != Kind::kUnset ||
           reading.refuse("tool_choice", "must be auto, none, required or an object");
  }
  reading.in.kind();
  const size_t begin = reading.in.offset();
  if (!enter_object(reading, "tool_choice")) return !reading.refused;
  chat::Text type;
  while (reading.in.next_member()) {
    if (reading.in.name_is("type")) {
      if (!reading.text("tool_choice.type", type)) return false;
    } else if (reading.in.name_is("name")) {
      if (!reading.text("tool_choice.name", choice.name)) return false;
    } else {
      reading.in.skip();
    }
  }
  if (reading.in.error().reason) return true;
  const bool named = equals_unescaped(type, "function") || equals_unescaped(type, "custom");
  if (named && choice.name.raw.empty()) return reading.refuse("tool_choice.name", "is required");
  choice.kind = named ? Kind::kNamed : Kind::kOther;
  if (named) return true;
  choice.name = {};
  choice.definition = reading.body.substr(begin, reading.in.offset() - begin);
  return true;
}

bool read_text_settings(Reading& reading) {
  if (!enter_object(reading, "text")) return !reading.refused;
  while (reading.in.next_member()) {
    if (reading.in.name_is("format")) {
      if (!read_format(reading)) return false;
    } else if (reading.in.name_is("verbosity")) {
      if (!reading.text("text.verbosity", reading.request.verbosity)) return false;
    } else {
      std::string unknown = "text." + chat::plain(reading.in.name());
      const chat::Json value = read_json(reading.in, reading.body);
      if (!value.empty()) reading.extra(unknown, value);
    }
  }
  return true;
}

bool read_reasoning(Reading& reading) {
  chat::Reasoning& reasoning = reading.request.reasoning;
  if (!enter_object(reading, "reasoning")) return !reading.refused;
  while (reading.in.next_member()) {
    if (reading.in.name_is("effort")) {
      if (!reading.text("reasoning.effort", reasoning.effort)) return false;
    } else if (reading.in.name_is("summary") || reading.in.name_is("generate_summary")) {
      if (!reading.text("reasoning.summary", reasoning.summary)) return false;
    } else {
      std::string unknown = "reasoning." + chat::plain(reading.in.name());
      const chat::Json value = read_json(reading.in, reading.body);
      if (!value.empty()) reading.extra(unknown, value);
    }
  }
  if (!reasoning.summary.raw.empty()) reasoning.include_thoughts = true;
  return true;
}

// What is asked for beside thoughts and probabilities is known to a provider of this format only;
// then the list is kept whole.
bool read_include(Reading& reading) {
  reading.in.kind();
  const size_t begin = reading.in.offset();
  if (!reading.in.enter_array()) {
    const bool null = reading.in.kind() == JsonKind::kNull;
    reading.in.skip();
    return null || reading.refuse("include", "must be a list of strings");
  }
  bool others = false;
  while (reading.in.next_element()) {
    chat::Text word;
    if (!reading.text("include", word)) return false;
    const bool sealed = equals_unescaped(word, "reasoning.encrypted_content");
    const bool logprobs = equals_unescaped(word, "message.output_text.logprobs");
    reading.request.reasoning.sealed_wanted |= sealed;
    reading.request.logprobs |= logprobs;
    others |= !sealed && !logprobs;
  }
  if (others) reading.extra("include", reading.body.substr(begin, reading.in.offset() - begin));
  return true;
}

}  // namespace postern::dialect::responses_wire
