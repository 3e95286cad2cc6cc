// Reads what write_request writes, and requests of Google's own clients as far as they say the
// same. Not for a front door: it refuses little, and passes over parts that it does not know.
#include "codec/json_reader.h"
#include "dialect/gemini/gemini.h"
#include "dialect/json_members.h"

namespace postern::dialect::gemini_wire {
namespace {

using chat::Message;
using chat::Part;
using codec::JsonKind;
using codec::JsonReader;

class RequestReader {
 public:
  RequestReader(std::string_view body, chat::Request& request)
      : body_(body), in_(body), request_(request) {}

  std::optional<chat::Refused> read() {
    if (in_.kind() == JsonKind::kObject) {
      in_.enter_object();
      while (in_.next_member()) read_member();
    } else {
      refuse("the request body must be a JSON object", {});
      in_.skip();
    }
    if (!in_.finish()) return json_refusal(body_, in_.error());
    if (!system_.parts.empty())
      request_.messages.insert(request_.messages.begin(), std::move(system_));
    return std::move(refused_);
  }

 private:
  void refuse(std::string_view message, std::string_view param) {
    if (!refused_)
      refused_ = {chat::Refused::Kind::kShape, std::string(message), std::string(param)};
  }

  bool is(std::string_view camel, std::string_view snake) const {
    return in_.name_is(camel) || in_.name_is(snake);
  }

  chat::Json json() { return read_json(in_, body_); }

  // Calls `read` for each member of the object that comes next, if one does.
  template <typename Read>
  void for_members(Read read) {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    while (in_.next_member()) read();
  }

  template <typename Read>
  void for_elements(Read read) {
    if (!in_.enter_array()) {
      in_.skip();
      return;
    }
    while (in_.next_element()) read();
  }

  void read_member() {
    if (in_.name_is("contents")) {
      for_elements([&] { read_content(); });
    } else if (is("systemInstruction", "system_instruction")) {
      system_.role = chat::Role::kSystem;
      for_members([&] { read_parts(system_); });
    } else if (in_.name_is("tools")) {
      for_elements([&] { for_members([&] { read_tools(); }); });
    } else if (is("toolConfig", "tool_config")) {
      for_members([&] { for_members([&] { read_tool_choice(); }); });
    } else if (is("generationConfig", "generation_config")) {
      for_members([&] { read_setting(); });
    } else {
      const chat::Text name = in_.name();
      if (const chat::Json value = json(); !value.empty()) request_.extras.push_back({name, value});
    }
  }

  void read_content() {
    Message message;
    chat::Text role;
    for_members([&] {
      if (in_.name_is("role")) {
        read_text(in_, role);
      } else {
        read_parts(message);
      }
    });
    if (role.raw != "user" && role.raw != "model" && role.raw != "function" && !role.raw.empty())
      refuse("please use a valid role: user, model", "contents.role");
    if (!message.parts.empty() && message.parts[0].kind == Part::Kind::kToolResult) {
      message.role = chat::Role::kTool;
      end_results(message);
    } else if (role.raw == "model") {
      message.role = chat::Role::kAssistant;
      calls_.clear();
      for (const Part& part : message.parts)
        if (part.kind == Part::Kind::kToolCall) calls_.push_back(part.id);
    }
    request_.messages.push_back(std::move(message));
  }

  // Results without an id answer the calls in their order; media after them are the last one's.
  void end_results(Message& message) {
    std::vector<Part> results;
    for (Part& part : message.parts) {
      if (part.kind != Part::Kind::kToolResult) {
        results.back().content.push_back(std::move(part));
        continue;
      }
      if (part.id.raw.empty() && results.size() < calls_.size()) part.id = calls_[results.size()];
      results.push_back(std::move(part));
    }
    message.parts = std::move(results);
  }

  void read_parts(Message& message) {
    if (!in_.name_is("parts")) {
      in_.skip();
      return;
    }
    for_elements([&] { read_part(message); });
  }

  void read_part(Message& message) {
    Part part;
    bool known = false, thought = false;
    part.place = {static_cast<uint32_t>(request_.messages.size()),
                  static_cast<uint32_t>(message.parts.size())};
    for_members([&] {
      if (in_.name_is("text")) {
        known |= read_text(in_, part.text);
      } else if (in_.name_is("thought")) {
        std::optional<bool> flag;
        read_flag(in_, flag);
        thought = flag.value_or(false);
      } else if (is("thoughtSignature", "thought_signature")) {
        read_text(in_, part.signature);
      } else if (is("functionCall", "function_call")) {
        known = true;
        part.kind = Part::Kind::kToolCall;
        for_members([&] { read_call(part); });
      } else if (is("functionResponse", "function_response")) {
        known = true;
        part.kind = Part::Kind::kToolResult;
        for_members([&] { read_result(part); });
      } else if (is("inlineData", "inline_data") || is("fileData", "file_data")) {
        known = true;
        for_members([&] { read_media(part); });
      } else {
        in_.skip();
      }
    });
    if (thought) part.kind = Part::Kind::kReasoning;
    end_part(part);
    if (known) message.parts.push_back(std::move(part));
  }

  void end_part(Part& part) {
    if (part.signature.raw == dummy_signature) part.signature = {};
    if (!part.signature.raw.empty()) part.signer = signer;
    if (part.kind != Part::Kind::kToolCall) return;
    if (part.arguments.empty()) part.arguments = "{}";
    if (part.id.raw.empty())
      part.id = chat::literal(request_.arena.keep(made_id(std::string(32, '0'), made_++)));
  }

  void read_call(Part& part) {
    if (in_.name_is("name")) {
      read_text(in_, part.name);
    } else if (in_.name_is("id")) {
      read_text(in_, part.id);
    } else if (in_.name_is("args") && in_.kind() == JsonKind::kObject) {
      part.arguments = json();
    } else {
      in_.skip();
    }
  }

  void read_result(Part& part) {
    if (in_.name_is("name")) {
      read_text(in_, part.name);
    } else if (in_.name_is("id")) {
      read_text(in_, part.id);
    } else if (in_.name_is("response")) {
      read_response_object(part, json());
    } else {
      in_.skip();
    }
  }

  // {"result":"text"}, {"error":...}, or an object of the tool's own.
  void read_response_object(Part& part, chat::Json response) {
    JsonReader in(response);
    chat::Text text = request_.arena.escape(response);
    if (in.enter_object() && in.next_member()) {
      const bool result = in.name_is("result");
      part.is_error = in.name_is("error");
      chat::Text said;
      const bool words = in.read_string(said);
      chat::Json value;
      if (!words) value = read_json(in, response);
      const bool alone = !in.next_member() && in.finish();
      part.is_error = part.is_error && alone;
      if (alone && words && (result || part.is_error)) text = said;
      if (alone && !words && part.is_error) text = request_.arena.escape(value);
    }
    Part content;
    content.place = part.place;
    content.text = text;
    if (!text.raw.empty()) part.content.push_back(std::move(content));
  }

  void read_media(Part& part) {
    if (is("mimeType", "mime_type")) {
      read_text(in_, part.media_type);
      const std::string_view type = part.media_type.raw;
      part.kind = type.starts_with("image/")   ? Part::Kind::kImage
                  : type.starts_with("audio/") ? Part::Kind::kAudio
                                               : Part::Kind::kFile;
      if (part.kind == Part::Kind::kAudio) {
        part.format = chat::literal(type == "audio/mpeg" ? "mp3" : type.substr(6));
        part.media_type = {};
      }
    } else if (in_.name_is("data")) {
      read_text(in_, part.data);
    } else if (is("fileUri", "file_uri")) {
      read_text(in_, part.url);
      if (part.kind == Part::Kind::kText) part.kind = Part::Kind::kFile;
    } else {
      in_.skip();
    }
  }

  void read_tools() {
    if (!is("functionDeclarations", "function_declarations")) {
      chat::Tool tool;
      tool.kind = chat::Tool::Kind::kHosted;
      tool.place = static_cast<uint32_t>(request_.tools.size());
      std::string definition = "{\"" + std::string(in_.name().raw) + "\":";
      definition += json();
      tool.definition = request_.arena.keep(definition + "}");
      request_.tools.push_back(tool);
      return;
    }
    for_elements([&] {
      chat::Tool tool;
      tool.place = static_cast<uint32_t>(request_.tools.size());
      for_members([&] { read_tool(tool); });
      request_.tools.push_back(tool);
    });
  }

  void read_tool(chat::Tool& tool) {
    if (in_.name_is("name")) {
      read_text(in_, tool.name);
    } else if (in_.name_is("description")) {
      read_text(in_, tool.description);
    } else if (is("parametersJsonSchema", "parameters_json_schema") || in_.name_is("parameters")) {
      tool.parameters = json();
    } else {
      in_.skip();
    }
  }

  void read_tool_choice() {
    using Kind = chat::ToolChoice::Kind;
    chat::ToolChoice& choice = request_.tool_choice;
    if (in_.name_is("mode")) {
      chat::Text mode;
      read_text(in_, mode);
      if (mode.raw == "AUTO") choice.kind = Kind::kAuto;
      if (mode.raw == "NONE") choice.kind = Kind::kNone;
      if (mode.raw == "ANY" && choice.kind != Kind::kNamed) choice.kind = Kind::kRequired;
    } else if (is("allowedFunctionNames", "allowed_function_names")) {
      choice.kind = Kind::kNamed;
      for_elements([&] { read_text(in_, choice.name); });
    } else {
      in_.skip();
    }
  }

  void read_setting() {
    using Format = chat::ResponseFormat::Kind;
    if (in_.name_is("temperature")) {
      request_.temperature = json();
    } else if (is("topP", "top_p")) {
      request_.top_p = json();
    } else if (is("topK", "top_k")) {
      request_.top_k = json();
    } else if (is("candidateCount", "candidate_count")) {
      if (!in_.read_integer(request_.choices)) in_.skip();
    } else if (is("maxOutputTokens", "max_output_tokens")) {
      int64_t tokens = 0;
      if (in_.read_integer(tokens))
        request_.max_tokens = tokens;
      else
        in_.skip();
    } else if (is("stopSequences", "stop_sequences")) {
      for_elements([&] { read_text(in_, request_.stop.emplace_back()); });
    } else if (in_.name_is("seed")) {
      request_.seed = json();
    } else if (is("presencePenalty", "presence_penalty")) {
      request_.presence_penalty = json();
    } else if (is("frequencyPenalty", "frequency_penalty")) {
      request_.frequency_penalty = json();
    } else if (is("responseLogprobs", "response_logprobs")) {
      std::optional<bool> flag;
      read_flag(in_, flag);
      request_.logprobs = flag.value_or(false);
    } else if (in_.name_is("logprobs")) {
      request_.top_logprobs = json();
    } else if (is("responseMimeType", "response_mime_type")) {
      chat::Text type;
      read_text(in_, type);
      if (type.raw == "application/json" && request_.response_format.kind == Format::kUnset)
        request_.response_format.kind = Format::kJsonObject;
    } else if (is("responseJsonSchema", "response_json_schema") ||
               is("responseSchema", "response_schema")) {
      request_.response_format.kind = Format::kJsonSchema;
      request_.response_format.schema = json();
    } else if (is("thinkingConfig", "thinking_config")) {
      for_members([&] { read_thinking(); });
    } else {
      in_.skip();
    }
  }

  void read_thinking() {
    chat::Reasoning& reasoning = request_.reasoning;
    if (is("includeThoughts", "include_thoughts")) {
      read_flag(in_, reasoning.include_thoughts);
    } else if (is("thinkingLevel", "thinking_level")) {
      read_text(in_, reasoning.effort);
    } else if (is("thinkingBudget", "thinking_budget")) {
      int64_t budget = 0;
      if (in_.read_integer(budget))
        reasoning.budget_tokens = budget;
      else
        in_.skip();
    } else {
      in_.skip();
    }
  }

  std::string_view body_;
  JsonReader in_;
  chat::Request& request_;
  Message system_;
  std::vector<chat::Text> calls_;  // the ids of those in the last model turn
  uint64_t made_ = 0;
  std::optional<chat::Refused> refused_;
};

}  // namespace

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request) {
  return RequestReader(body, request).read();
}

}  // namespace postern::dialect::gemini_wire
