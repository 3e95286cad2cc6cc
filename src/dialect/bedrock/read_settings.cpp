// The settings of a Converse request, read back.
#include "dialect/bedrock/content.h"
#include "dialect/bedrock/walk.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using codec::JsonReader;

void read_inference(JsonReader& in, std::string_view body, chat::Request& request) {
  each_member(in, [&] {
    if (in.name_is("maxTokens")) {
      int64_t value = 0;
      if (in.read_integer(value)) {
        request.max_tokens = value;
      } else {
        in.skip();
      }
    } else if (in.name_is("temperature")) {
      request.temperature = read_json(in, body);
    } else if (in.name_is("topP")) {
      request.top_p = read_json(in, body);
    } else if (in.name_is("stopSequences")) {
      each_element(in, [&] {
        chat::Text stop;
        if (read_text(in, stop)) request.stop.push_back(stop);
      });
    } else {
      in.skip();
    }
  });
}

void read_tool_spec(JsonReader& in, std::string_view body, chat::Tool& tool) {
  each_member(in, [&] {
    if (in.name_is("name")) {
      read_text(in, tool.name);
    } else if (in.name_is("description")) {
      read_text(in, tool.description);
    } else if (in.name_is("strict")) {
      read_flag(in, tool.strict);
    } else if (in.name_is("inputSchema")) {
      each_member(in, [&] {
        if (in.name_is("json")) {
          tool.parameters = read_json(in, body);
        } else {
          in.skip();
        }
      });
    } else {
      in.skip();
    }
  });
}

void read_tool(JsonReader& in, std::string_view body, chat::Request& request) {
  const auto add = [&]() -> chat::Tool& {
    chat::Tool& tool = request.tools.emplace_back();
    tool.place = static_cast<uint32_t>(request.tools.size() - 1);
    return tool;
  };
  each_member(in, [&] {
    if (in.name_is("toolSpec")) {
      read_tool_spec(in, body, add());
    } else if (in.name_is("systemTool")) {
      chat::Tool& tool = add();
      tool.kind = chat::Tool::Kind::kHosted;
      const chat::Json value = read_json(in, body);
      std::string definition = R"({"systemTool":)";
      definition.append(value.empty() ? "{}" : value).append("}");
      tool.definition = request.arena.keep(std::move(definition));
    } else if (in.name_is("cachePoint")) {
      const chat::Json mark = read_cache_point(in);
      if (!request.tools.empty()) request.tools.back().cache_control = mark;
    } else {
      in.skip();
    }
  });
}

void read_tool_choice(JsonReader& in, chat::ToolChoice& choice) {
  using Choice = chat::ToolChoice::Kind;
  each_member(in, [&] {
    if (in.name_is("tool")) {
      choice.kind = Choice::kNamed;
      each_member(in, [&] {
        if (in.name_is("name")) {
          read_text(in, choice.name);
        } else {
          in.skip();
        }
      });
      return;
    }
    if (in.name_is("auto")) choice.kind = Choice::kAuto;
    if (in.name_is("any")) choice.kind = Choice::kRequired;
    in.skip();
  });
}

void read_schema(JsonReader& in, chat::Request& request) {
  chat::ResponseFormat& format = request.response_format;
  format.kind = chat::ResponseFormat::Kind::kJsonSchema;
  each_member(in, [&] {
    chat::Text schema;
    if (in.name_is("name")) {
      read_text(in, format.name);
    } else if (in.name_is("description")) {
      read_text(in, format.description);
    } else if (!in.name_is("schema")) {
      in.skip();
    } else if (read_text(in, schema)) {
      format.schema = object_in_text(schema, request.arena).value_or(chat::Json());
    }
  });
}

// The schema lies four objects deep, each in a member of its own name.
void read_output_config(JsonReader& in, chat::Request& request) {
  each_member(in, [&] {
    if (in.name_is("jsonSchema")) {
      read_schema(in, request);
    } else if (in.name_is("textFormat") || in.name_is("structure")) {
      read_output_config(in, request);
    } else {
      in.skip();
    }
  });
}

}  // namespace

chat::Json read_cache_point(JsonReader& in) {
  chat::Text ttl;
  each_member(in, [&] {
    if (in.name_is("ttl")) {
      read_text(in, ttl);
    } else {
      in.skip();
    }
  });
  return ttl.raw == "1h" ? R"({"type":"ephemeral","ttl":"1h"})" : R"({"type":"ephemeral"})";
}

bool read_setting(JsonReader& in, std::string_view body, chat::Request& request) {
  if (in.name_is("inferenceConfig")) {
    read_inference(in, body, request);
  } else if (in.name_is("toolConfig")) {
    each_member(in, [&] {
      if (in.name_is("tools")) {
        each_element(in, [&] { read_tool(in, body, request); });
      } else if (in.name_is("toolChoice")) {
        read_tool_choice(in, request.tool_choice);
      } else {
        in.skip();
      }
    });
  } else if (in.name_is("outputConfig")) {
    read_output_config(in, request);
  } else {
    return false;
  }
  return true;
}

}  // namespace postern::dialect::bedrock_wire
