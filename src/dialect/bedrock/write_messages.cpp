// Turns: who speaks, in which order, and the blocks that only turns have.
#include <algorithm>

#include "codec/sha256.h"
#include "dialect/bedrock/request_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using chat::Field;
using Kind = chat::Part::Kind;

constexpr std::string_view user = "user";
constexpr std::string_view assistant = "assistant";
// Bedrock refuses a result without text. What a tool gave is not put into other words by this.
constexpr std::string_view no_output = "(no output)";
constexpr std::string_view json_instruction =
    "Answer with one JSON object and nothing else: no other text and no code fence.";
constexpr std::string_view schema_instruction =
    "Answer with one JSON value and nothing else: no other text and no code fence. It must be "
    "valid against this JSON Schema: ";

constexpr size_t tool_id_bytes_max = 64;

bool is_assistant(const chat::Message& message) { return message.role == chat::Role::kAssistant; }

// Claude's rule, which is narrower than that of Converse.
bool is_tool_id(const chat::Text& id) {
  return !id.escaped && !id.raw.empty() && id.raw.size() <= tool_id_bytes_max &&
         std::all_of(id.raw.begin(), id.raw.end(), [](char byte) {
           return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                  (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
         });
}

}  // namespace

// Bedrock's Claudes and Anthropic's accept each other's signatures. Sealed thoughts of Anthropic's
// dialect may be something else in disguise: what is no base64 is not for Bedrock.
bool is_signed_for_bedrock(const chat::Part& part) {
  constexpr std::string_view base64 =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=\\";
  const std::string_view signature = part.signature.raw;
  if (signature.empty()) return false;
  if (part.kind == Kind::kSealedReasoning && signature.find_first_not_of(base64) != signature.npos)
    return false;
  return part.signer.empty() || part.signer == "bedrock" || part.signer == "anthropic";
}

bool RequestWriter::write_system(size_t count) {
  bool open = false;
  const auto begin = [&] {
    if (!open) json_.name("system").begin_array();
    open = true;
    json_.begin_object();
  };
  for (size_t index = 0; index < count; ++index) {
    for (const chat::Part& part : request_.messages[index].parts) {
      if (part.kind != Kind::kText)
        return refuse(Field::kMessages, part.place, "a system message holds text only");
      if (is_blank(part.text)) {
        drop(Field::kMessages, part.place);
        continue;
      }
      begin();
      json_.name("text").text(part.text).end_object();
      write_cache_point(part);
    }
  }
  const chat::ResponseFormat& format = request_.response_format;
  const bool schema = format.kind == chat::ResponseFormat::Kind::kJsonSchema;
  if (schema && !model_.schemas && !format.schema.empty()) {
    begin();
    json_.name("text").string(std::string(schema_instruction).append(format.schema)).end_object();
  } else if (format.kind == chat::ResponseFormat::Kind::kJsonObject) {
    begin();
    json_.name("text").string(json_instruction).end_object();
  }
  if (open) json_.end_array();
  return true;
}

bool RequestWriter::write_turns(size_t begin) {
  json_.name("messages").begin_array();
  const chat::Message* message = request_.messages.data() + begin;
  const chat::Message* const end = request_.messages.data() + request_.messages.size();
  while (message != end) {
    if (is_assistant(*message)) {
      if (!write_assistant_turn(*message++)) return false;
      continue;
    }
    const chat::Message* const turn_end = std::find_if(message, end, is_assistant);
    if (!write_user_turn(message, turn_end)) return false;
    message = turn_end;
  }
  if (open_role_.empty())
    return refuse(Field::kMessages, {},
                  "nothing is said in them that this provider takes; send a message with text");
  json_.end_array().end_object().end_array();
  return true;
}

void RequestWriter::begin_block(std::string_view role) {
  if (in_result_) {
    result_has_content_ = true;
  } else if (open_role_ != role) {
    if (!open_role_.empty()) json_.end_array().end_object();
    json_.begin_object().name("role").string(role).name("content").begin_array();
    open_role_ = role;
  }
  json_.begin_object();
}

bool RequestWriter::write_user_turn(const chat::Message* begin, const chat::Message* end) {
  for (const chat::Message* message = begin; message != end; ++message)
    if (message->role == chat::Role::kTool && !write_results(*message)) return false;
  for (const chat::Message* message = begin; message != end; ++message) {
    if (message->role == chat::Role::kTool) continue;
    if (!message->name.raw.empty() && !message->parts.empty())
      drop(Field::kSpeakerName, message->parts.front().place);
    for (const chat::Part& part : message->parts) {
      if (!write_content(part, user)) return false;
      write_cache_point(part);
    }
  }
  return true;
}

bool RequestWriter::write_assistant_turn(const chat::Message& message) {
  if (!message.name.raw.empty() && !message.parts.empty())
    drop(Field::kSpeakerName, message.parts.front().place);
  for (const chat::Part& part : message.parts) {
    switch (part.kind) {
      case Kind::kReasoning:
      case Kind::kSealedReasoning:
        write_reasoning(part);
        continue;  // Thoughts take no cache point.
      case Kind::kToolCall:
        if (!write_call(part)) return false;
        break;
      default:
        if (!write_content(part, assistant)) return false;
    }
    write_cache_point(part);
  }
  return true;
}

bool RequestWriter::write_results(const chat::Message& message) {
  for (const chat::Part& part : message.parts) {
    if (part.kind != Kind::kToolResult)
      return refuse(Field::kMessages, part.place, "a tool message holds results only");
    if (!write_result(part)) return false;
    write_cache_point(part);
  }
  return true;
}

bool RequestWriter::write_result(const chat::Part& result) {
  begin_block(user);
  json_.name("toolResult").begin_object();
  write_tool_id(result.id);
  json_.name("content").begin_array();
  in_result_ = true;
  result_has_content_ = false;
  for (const chat::Part& part : result.content) {
    if (!write_content(part, user)) return false;
    if (!part.cache_control.empty()) drop(Field::kCacheControl, part.place);
  }
  if (!result_has_content_) json_.begin_object().name("text").string(no_output).end_object();
  in_result_ = false;
  json_.end_array();
  if (result.is_error && (model_.may_be_claude() || model_.nova)) {
    json_.name("status").string("error");
  } else if (result.is_error) {
    drop(Field::kResultError, result.place);
  }
  json_.end_object().end_object();
  return true;
}

// Thoughts without a signature, or with that of another provider, are refused by the models that
// sign theirs, and mean nothing to the others.
void RequestWriter::write_reasoning(const chat::Part& part) {
  if (!is_signed_for_bedrock(part) || !model_.may_be_claude())
    return drop(Field::kMessages, part.place);
  begin_block(assistant);
  json_.name("reasoningContent").begin_object();
  if (part.kind == Kind::kSealedReasoning) {
    json_.name("redactedContent").text(part.signature);
  } else {
    json_.name("reasoningText").begin_object();
    json_.name("text").text(part.text).name("signature").text(part.signature).end_object();
  }
  json_.end_object().end_object();
}

bool RequestWriter::write_call(const chat::Part& part) {
  if (part.custom)
    return refuse(Field::kMessages, part.place,
                  "this provider has no custom tools; use a function in their place");
  if (part.arguments_cut)
    return refuse(Field::kMessages, part.place,
                  "the arguments of the tool call are no JSON object; send them whole, or leave "
                  "the call and its result out");
  if (!part.signature.raw.empty()) drop(Field::kSignature, part.place);
  begin_block(assistant);
  json_.name("toolUse").begin_object();
  write_tool_id(part.id);
  json_.name("name").text(part.name);
  json_.name("input").raw(part.arguments.empty() ? "{}" : part.arguments);
  json_.end_object().end_object();
  return true;
}

void RequestWriter::write_tool_id(const chat::Text& id) {
  json_.name("toolUseId");
  if (is_tool_id(id)) {
    json_.text(id);
  } else {
    json_.string("id_" + codec::to_hex(codec::sha256(chat::plain(id))).substr(0, 32));
  }
}

void RequestWriter::write_cache_point(const chat::Part& part) {
  if (part.cache_control.empty()) return;
  if (!model_.caches) return drop(Field::kCacheControl, part.place);
  write_cache_point(part.cache_control);
}

// A mark stands in the list that the marked block stands in, after it. Five minutes need not be
// said.
void RequestWriter::write_cache_point(chat::Json mark) {
  chat::Text ttl;
  codec::JsonReader in(mark);
  if (in.enter_object()) {
    while (in.next_member()) {
      if (in.name_is("ttl")) {
        read_text(in, ttl);
      } else {
        in.skip();
      }
    }
  }
  json_.begin_object().name("cachePoint").begin_object().name("type").string("default");
  if (ttl.raw == "1h") json_.name("ttl").text(ttl);
  json_.end_object().end_object();
}

}  // namespace postern::dialect::bedrock_wire
