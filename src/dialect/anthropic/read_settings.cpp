#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/request_reader.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {

using codec::equals_unescaped;
using codec::JsonKind;
using codec::JsonReader;

bool RequestReader::model() {
  chat::Text model;
  if (!string("model", model)) return false;
  request_.model = chat::plain(model);
  return true;
}

bool RequestReader::max_tokens() { return count("max_tokens", request_.max_tokens); }

bool RequestReader::stream() {
  std::optional<bool> stream;
  if (!boolean("stream", stream)) return false;
  request_.stream = stream.value_or(false);
  return true;
}

bool RequestReader::temperature() { return number("temperature", request_.temperature); }
bool RequestReader::top_p() { return number("top_p", request_.top_p); }
bool RequestReader::top_k() { return number("top_k", request_.top_k); }
bool RequestReader::service_tier() { return string("service_tier", request_.service_tier); }

bool RequestReader::stop_sequences() {
  if (in_.kind() == JsonKind::kNull) return in_.skip();
  if (!in_.enter_array())
    return in_.kind() == JsonKind::kNone || refuse("stop_sequences", "must be a list of strings");
  for (size_t index = 0; in_.next_element(); ++index) {
    chat::Text stop;
    if (!string("stop_sequences." + std::to_string(index), stop)) return false;
    if (!stop.raw.empty()) request_.stop.push_back(stop);
  }
  return true;
}

bool RequestReader::metadata() {
  bool entered = false;
  in_.kind();
  const size_t begin = in_.offset();
  if (!enters_object("metadata", entered) || !entered) return !parts_.refused;
  bool others = false;
  while (in_.next_member()) {
    if (in_.name_is("user_id")) {
      if (!string("metadata.user_id", request_.user)) return false;
    } else {
      others = true;
      in_.skip();
    }
  }
  if (others) request_.metadata = body_.substr(begin, in_.offset() - begin);
  return true;
}

bool RequestReader::tools() {
  if (in_.kind() == JsonKind::kNull) return in_.skip();
  if (!in_.enter_array())
    return in_.kind() == JsonKind::kNone || refuse("tools", "must be a list of tools");
  for (uint32_t index = 0; in_.next_element(); ++index)
    if (!tool(index)) return false;
  return true;
}

bool RequestReader::tool(uint32_t index) {
  const std::string place = "tools." + std::to_string(index);
  in_.kind();
  const size_t begin = in_.offset();
  if (!in_.enter_object())
    return in_.kind() == JsonKind::kNone || refuse(place, "must be an object");
  chat::Tool tool;
  tool.place = index;
  chat::Text type;
  bool others = false;
  while (in_.next_member()) {
    if (in_.name_is("type")) {
      if (!string(place + ".type", type)) return false;
    } else if (in_.name_is("name")) {
      if (!string(place + ".name", tool.name)) return false;
    } else if (in_.name_is("description")) {
      if (!string(place + ".description", tool.description)) return false;
    } else if (in_.name_is("strict")) {
      if (!boolean(place + ".strict", tool.strict)) return false;
    } else if (in_.name_is("input_schema")) {
      if (in_.kind() != JsonKind::kObject && in_.kind() != JsonKind::kNull &&
          in_.kind() != JsonKind::kNone)
        return refuse(place + ".input_schema", "must be an object");
      tool.parameters = read_json(in_, body_);
    } else if (in_.name_is("cache_control")) {
      tool.cache_control = read_json(in_, body_);
    } else {
      others = true;
      in_.skip();
    }
  }
  if (in_.error().reason) return false;
  if (tool.name.raw.empty() && (type.raw.empty() || equals_unescaped(type, "custom")))
    return refuse(place + ".name", "Field required");
  const chat::Json whole = body_.substr(begin, in_.offset() - begin);
  if (!type.raw.empty() && !equals_unescaped(type, "custom")) {
    tool.kind = chat::Tool::Kind::kHosted;
    tool.definition = whole;
  } else if (others) {
    // What only Anthropic knows of a function goes along with it, to Anthropic.
    tool.definition = whole;
  }
  request_.tools.push_back(tool);
  return true;
}

bool RequestReader::tool_choice() {
  using Kind = chat::ToolChoice::Kind;
  bool entered = false;
  in_.kind();
  const size_t begin = in_.offset();
  if (!enters_object("tool_choice", entered) || !entered) return !parts_.refused;
  chat::Text type;
  std::optional<bool> one_at_a_time;
  chat::ToolChoice& choice = request_.tool_choice;
  while (in_.next_member()) {
    if (in_.name_is("type")) {
      if (!string("tool_choice.type", type)) return false;
    } else if (in_.name_is("name")) {
      if (!string("tool_choice.name", choice.name)) return false;
    } else if (in_.name_is("disable_parallel_tool_use")) {
      if (!boolean("tool_choice.disable_parallel_tool_use", one_at_a_time)) return false;
    } else {
      in_.skip();
    }
  }
  if (in_.error().reason) return false;
  if (one_at_a_time) request_.parallel_tool_calls = !*one_at_a_time;
  if (equals_unescaped(type, "auto")) {
    choice.kind = Kind::kAuto;
  } else if (equals_unescaped(type, "any")) {
    choice.kind = Kind::kRequired;
  } else if (equals_unescaped(type, "none")) {
    choice.kind = Kind::kNone;
  } else if (equals_unescaped(type, "tool")) {
    if (choice.name.raw.empty()) return refuse("tool_choice.name", "Field required");
    choice.kind = Kind::kNamed;
  } else if (type.raw.empty()) {
    return refuse("tool_choice.type", "Field required");
  } else {
    choice.kind = Kind::kOther;
    choice.definition = body_.substr(begin, in_.offset() - begin);
  }
  if (choice.kind != Kind::kNamed) choice.name = {};
  return true;
}

bool read_thinking(JsonReader& in, chat::Reasoning& reasoning, std::string_view& wrong) {
  if (!in.enter_object()) return false;
  chat::Text type, display;
  int64_t budget = -1;
  while (in.next_member()) {
    if (in.name_is("type")) {
      read_text(in, type);
    } else if (in.name_is("display")) {
      read_text(in, display);
    } else if (in.name_is("budget_tokens")) {
      if (!in.read_integer(budget)) in.skip();
    } else {
      in.skip();
    }
  }
  if (equals_unescaped(display, "summarized")) reasoning.include_thoughts = true;
  if (equals_unescaped(display, "omitted")) reasoning.include_thoughts = false;
  if (equals_unescaped(type, "adaptive")) {
    reasoning.adaptive = true;
  } else if (equals_unescaped(type, "disabled")) {
    reasoning.enabled = false;
  } else if (equals_unescaped(type, "enabled")) {
    if (budget < 0) wrong = ".budget_tokens";
    reasoning.budget_tokens = budget;
  } else {
    wrong = ".type";
  }
  return wrong.empty();
}

bool RequestReader::thinking() {
  const JsonKind kind = in_.kind();
  if (kind == JsonKind::kNull) return in_.skip();
  std::string_view wrong;
  if (read_thinking(in_, request_.reasoning, wrong)) return true;
  if (in_.error().reason) return false;
  if (wrong == ".budget_tokens") return refuse("thinking.budget_tokens", "must be a whole number");
  if (wrong == ".type") return refuse("thinking.type", "must be enabled, adaptive or disabled");
  return refuse("thinking", "must be an object");
}

bool RequestReader::output_config() {
  bool entered = false;
  if (!enters_object("output_config", entered) || !entered) return !parts_.refused;
  while (in_.next_member()) {
    if (in_.name_is("effort")) {
      if (!string("output_config.effort", request_.reasoning.effort)) return false;
    } else if (in_.name_is("format")) {
      if (!output_format()) return false;
    } else if (!extra("output_config.")) {
      return false;
    }
  }
  return true;
}

// The member of output_config, or its older name beside it.
bool RequestReader::output_format() {
  bool entered = false;
  if (!enters_object("output_config.format", entered) || !entered) return !parts_.refused;
  chat::Text type;
  chat::Json schema;
  while (in_.next_member()) {
    if (in_.name_is("type")) {
      if (!string("output_config.format.type", type)) return false;
    } else if (in_.name_is("schema")) {
      if (in_.kind() != JsonKind::kObject && in_.kind() != JsonKind::kNone)
        return refuse("output_config.format.schema", "must be an object");
      schema = read_json(in_, body_);
    } else {
      in_.skip();
    }
  }
  if (in_.error().reason) return false;
  if (!equals_unescaped(type, "json_schema") || schema.empty())
    return refuse("output_config.format", "must be {\"type\": \"json_schema\", \"schema\": {...}}");
  request_.response_format.kind = chat::ResponseFormat::Kind::kJsonSchema;
  request_.response_format.schema = schema;
  return true;
}

}  // namespace postern::dialect::messages
