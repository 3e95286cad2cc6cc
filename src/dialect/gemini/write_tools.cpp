#include <array>

#include "codec/json_reader.h"
#include "dialect/gemini/request_writer.h"
#include "dialect/gemini/schema.h"

namespace postern::dialect::gemini_wire {
namespace {

using chat::Field;
using chat::Tool;

constexpr size_t tool_name_bytes_max = 64;

bool is_letter(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

bool is_tool_name(std::string_view name) {
  if (name.empty() || name.size() > tool_name_bytes_max || !is_letter(name[0])) return false;
  for (const char byte : name) {
    const bool digit = byte >= '0' && byte <= '9';
    if (!is_letter(byte) && !digit && byte != '-' && byte != '.' && byte != ':') return false;
  }
  return true;
}

// Google's own tools, in its own words: {"googleSearch":{}}, in either spelling.
bool is_google_tool(chat::Json definition) {
  constexpr std::array<std::string_view, 14> names = {"googleSearch",
                                                      "google_search",
                                                      "googleMaps",
                                                      "google_maps",
                                                      "urlContext",
                                                      "url_context",
                                                      "codeExecution",
                                                      "code_execution",
                                                      "fileSearch",
                                                      "file_search",
                                                      "computerUse",
                                                      "computer_use",
                                                      "googleSearchRetrieval",
                                                      "google_search_retrieval"};
  codec::JsonReader in(definition);
  if (!in.enter_object() || !in.next_member()) return false;
  bool known = false;
  for (const std::string_view name : names) known |= in.name_is(name);
  in.skip();
  return known && !in.next_member() && in.finish();
}

// No members: as good as no schema, and Google wants one of an object.
bool is_empty_object(chat::Json schema) {
  codec::JsonReader in(schema);
  return in.enter_object() && !in.next_member() && in.finish();
}

}  // namespace

bool RequestWriter::write_tools() {
  if (request_.tools.empty()) return true;
  bool functions = false;
  json_.name("tools").begin_array();
  for (const Tool& tool : request_.tools) {
    if (tool.kind != Tool::Kind::kFunction) continue;
    if (!functions) json_.begin_object().name("functionDeclarations").begin_array();
    functions = true;
    if (!write_function(tool)) return false;
  }
  if (functions) json_.end_array().end_object();
  for (const Tool& tool : request_.tools) {
    if (tool.kind == Tool::Kind::kFunction) continue;
    if (tool.kind == Tool::Kind::kCustom || !is_google_tool(tool.definition))
      return refuse(Field::kTools, {tool.place, 0},
                    "this provider knows only tools of type function: describe the tool as one");
    json_.raw(tool.definition);
  }
  json_.end_array();
  return true;
}

bool RequestWriter::write_function(const Tool& tool) {
  const chat::Place place = {tool.place, 0};
  if (!is_tool_name(chat::plain(tool.name)))
    return refuse(Field::kTools, place,
                  "this provider wants names of tools to begin with a letter or an underscore and "
                  "to have at most 64 letters, digits, underscores, dots, colons and dashes");
  if (tool.strict == true) drop(Field::kToolStrict, place);
  if (!tool.cache_control.empty()) drop(front_.field_name(Field::kTools, place) + ".cache_control");
  json_.begin_object().name("name").text(tool.name);
  if (!tool.description.raw.empty()) json_.name("description").text(tool.description);
  if (!tool.parameters.empty() && !is_empty_object(tool.parameters)) {
    const auto parameters = schema(tool.parameters, Field::kTools, place);
    if (!parameters) return false;
    json_.name("parametersJsonSchema").raw(*parameters);
  }
  json_.end_object();
  return true;
}

std::optional<std::string> RequestWriter::schema(chat::Json schema, Field field,
                                                 chat::Place place) {
  std::string written;
  const Schema result = append_schema(schema, written);
  if (result == Schema::kBroken) {
    refuse(field, place, "the JSON Schema must be an object");
    return std::nullopt;
  }
  if (result == Schema::kWidened) drop(front_.field_name(field, place) + ".exclusive_bounds");
  return written;
}

bool RequestWriter::write_tool_choice() {
  using Kind = chat::ToolChoice::Kind;
  const chat::ToolChoice& choice = request_.tool_choice;
  if (choice.kind == Kind::kUnset) return true;
  if (choice.kind == Kind::kOther)
    return refuse(Field::kToolChoice, {},
                  "this provider takes auto, none, required or the name of one function");
  // Without tools these two say what is so anyway, and Google takes no setting of nothing.
  const bool forced = choice.kind == Kind::kRequired || choice.kind == Kind::kNamed;
  if (request_.tools.empty() && !forced) return true;
  json_.name("toolConfig").begin_object().name("functionCallingConfig").begin_object();
  json_.name("mode").string(forced ? "ANY" : choice.kind == Kind::kNone ? "NONE" : "AUTO");
  if (choice.kind == Kind::kNamed)
    json_.name("allowedFunctionNames").begin_array().text(choice.name).end_array();
  json_.end_object().end_object();
  return true;
}

}  // namespace postern::dialect::gemini_wire
