#include <algorithm>

#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/reasoning_details.h"
#include "dialect/openai_chat/request_writer.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::Field;
using chat::Message;
using chat::Part;
using chat::Role;
using Member = Quirks::ReasoningMember;

bool is_reasoning(const Part& part) {
  return part.kind == Part::Kind::kReasoning || part.kind == Part::Kind::kSealedReasoning;
}

bool is_picture(const Part& part) {
  return part.kind == Part::Kind::kImage || part.kind == Part::Kind::kFile ||
         part.kind == Part::Kind::kAudio;
}

}  // namespace

bool RequestWriter::write_messages() {
  json_.name("messages").begin_array();
  for (const Message& message : request_.messages)
    if (!write_message(message)) return false;
  json_.end_array();
  return true;
}

bool RequestWriter::write_message(const Message& message) {
  switch (message.role) {
    case Role::kSystem:
      write_system(message, "system");
      return true;
    case Role::kDeveloper:
      write_system(message, quirks_.developer_role ? "developer" : "system");
      return true;
    case Role::kUser:
      return write_user(message);
    case Role::kAssistant:
      return write_assistant(message);
    case Role::kTool:
      return write_results(message);
  }
  return true;
}

void RequestWriter::write_system(const Message& message, std::string_view role) {
  json_.begin_object().name("role").string(role).name("content");
  write_texts(message.parts);
  write_speaker(message);
  json_.end_object();
}

bool RequestWriter::write_user(const Message& message) {
  json_.begin_object().name("role").string("user").name("content");
  bool text = true;
  for (const Part& part : message.parts) text &= part.kind == Part::Kind::kText;
  if (text) {
    write_texts(message.parts);
  } else {
    json_.begin_array();
    for (const Part& part : message.parts)
      if (!write_part(part)) return false;
    json_.end_array();
  }
  write_speaker(message);
  json_.end_object();
  return true;
}

// One text is a string, which everybody takes; several stay apart.
void RequestWriter::write_texts(const std::vector<Part>& parts) {
  const bool marked = quirks_.cache_control && parts.size() == 1 && !parts[0].cache_control.empty();
  if (parts.empty()) {
    json_.string("");
  } else if (parts.size() == 1 && !marked) {
    write_mark(parts[0]);
    json_.text(parts[0].text);
  } else {
    json_.begin_array();
    for (const Part& part : parts) write_text(part);
    json_.end_array();
  }
}

void RequestWriter::write_speaker(const Message& message) {
  if (message.name.raw.empty()) return;
  if (quirks_.rewritten) {
    const chat::Place place = message.parts.empty() ? chat::Place{} : message.parts[0].place;
    drop(Field::kSpeakerName, place);
  } else {
    json_.name("name").text(message.name);
  }
}

bool RequestWriter::write_assistant(const Message& message) {
  json_.begin_object().name("role").string("assistant");
  bool calls = false;
  for (const Part& part : message.parts) calls |= part.kind == Part::Kind::kToolCall;
  write_said(message, calls);
  write_reasoning_of(message);
  write_speaker(message);
  if (!write_drawn(message)) return false;
  if (calls) write_calls(message);
  json_.end_object();
  return true;
}

// All texts are one string: what a model said in pieces is one answer, and lists are refused here
// by many. Providers that do not know refusals get them as what they are, text.
void RequestWriter::write_said(const Message& message, bool calls) {
  const auto is_text = [&](const Part& part) {
    return part.kind == Part::Kind::kText ||
           (part.kind == Part::Kind::kRefusal && quirks_.rewritten);
  };
  const auto is_refusal = [&](const Part& part) {
    return part.kind == Part::Kind::kRefusal && !quirks_.rewritten;
  };
  const bool text = std::any_of(message.parts.begin(), message.parts.end(), is_text);
  const bool refusal = std::any_of(message.parts.begin(), message.parts.end(), is_refusal);
  const bool marked = quirks_.cache_control &&
                      std::any_of(message.parts.begin(), message.parts.end(),
                                  [](const Part& part) { return !part.cache_control.empty(); });
  json_.name("content");
  if (!text && (calls || refusal) && !quirks_.bare_json_schema) {
    json_.null();
  } else if (marked) {
    json_.begin_array();
    for (const Part& part : message.parts)
      if (is_text(part)) write_text(part);
    json_.end_array();
  } else {
    json_.raw("\"");
    for (const Part& part : message.parts) {
      if (!is_text(part)) continue;
      write_mark(part);
      out_ += part.text.raw;
    }
    out_ += '"';
  }
  if (!refusal) return;
  json_.name("refusal").raw("\"");
  for (const Part& part : message.parts)
    if (is_refusal(part)) out_ += part.text.raw;
  out_ += '"';
}

// OpenRouter takes back what its models drew. Others do not know of it.
bool RequestWriter::write_drawn(const Message& message) {
  const auto is_image = [](const Part& part) { return part.kind == Part::Kind::kImage; };
  if (std::none_of(message.parts.begin(), message.parts.end(), is_image)) return true;
  if (!quirks_.reasoning_details) {
    for (const Part& part : message.parts)
      if (is_image(part)) drop(Field::kMessages, part.place);
    return true;
  }
  json_.name("images").begin_array();
  for (const Part& part : message.parts)
    if (is_image(part) && !write_image(part)) return false;
  json_.end_array();
  return true;
}

void RequestWriter::write_reasoning_of(const Message& message) {
  const bool details = quirks_.reasoning_details;
  const auto belongs_to_details = [&](const Part& part) {
    return is_reasoning(part) || (part.kind == Part::Kind::kText && !part.signature.raw.empty());
  };
  if (details && std::any_of(message.parts.begin(), message.parts.end(), belongs_to_details)) {
    json_.name("reasoning_details").begin_array();
    int64_t index = 0;
    for (const Part& part : message.parts) {
      if (!belongs_to_details(part)) continue;
      if (index > 0) out_ += ',';
      write_reasoning_detail(part, openrouter_format(part.signer), index++, Summaries::kApart,
                             out_);
    }
    json_.end_array();
    return;
  }
  if (details) return;
  bool text = false;
  for (const Part& part : message.parts) {
    if (part.kind == Part::Kind::kReasoning && !part.text.raw.empty()) text = true;
    if (belongs_to_details(part) && !part.signature.raw.empty())
      drop(Field::kSignature, part.place);
    if (part.kind == Part::Kind::kReasoning && quirks_.reasoning_member == Member::kNone)
      drop(Field::kMessages, part.place);
  }
  if (!text || quirks_.reasoning_member == Member::kNone) return;
  json_.name(quirks_.reasoning_member == Member::kReasoning ? "reasoning" : "reasoning_content");
  json_.raw("\"");
  for (const Part& part : message.parts)
    if (part.kind == Part::Kind::kReasoning) out_ += part.text.raw;
  out_ += '"';
}

void RequestWriter::write_calls(const Message& message) {
  json_.name("tool_calls").begin_array();
  for (const Part& part : message.parts) {
    if (part.kind != Part::Kind::kToolCall) continue;
    json_.begin_object().name("id").text(part.id);
    const std::string_view type = part.custom ? "custom" : "function";
    json_.name("type").string(type).name(type).begin_object().name("name").text(part.name);
    json_.name(part.custom ? "input" : "arguments");
    if (part.custom || part.arguments_cut) {
      json_.text(part.text);
    } else {
      json_.string(part.arguments.empty() ? "{}" : part.arguments);
    }
    json_.end_object();
    if (!part.signature.raw.empty()) {
      if (quirks_.reasoning_details && part.signer == "gemini") {
        json_.name("extra_content").begin_object().name("google").begin_object();
        json_.name("thought_signature").text(part.signature).end_object().end_object();
      } else {
        drop(Field::kSignature, part.place);
      }
    }
    json_.end_object();
  }
  json_.end_array();
}

// OpenAI takes nothing but text from a tool. A client that writes pictures there in OpenAI's words
// knows a provider that does; those of other clients follow in a message of the user, behind all
// results, which must not be torn apart.
bool RequestWriter::write_results(const Message& message) {
  bool pictures = false;
  for (const Part& result : message.parts) {
    if (!write_result(result)) return false;
    pictures |= std::any_of(result.content.begin(), result.content.end(), is_picture);
  }
  return !pictures || same_words_ || write_pictures_of_results(message);
}

bool RequestWriter::write_result(const Part& result) {
  json_.begin_object().name("role").string("tool").name("tool_call_id").text(result.id);
  // Workers AI and Mistral want the name too; OpenAI does not know it here.
  if (quirks_.rewritten && !result.name.raw.empty()) json_.name("name").text(result.name);
  json_.name("content");
  if (!write_result_content(result)) return false;
  json_.end_object();
  if (result.is_error) drop(Field::kResultError, result.place);
  return true;
}

bool RequestWriter::write_result_content(const Part& result) {
  const bool pictures = std::any_of(result.content.begin(), result.content.end(), is_picture);
  if (!pictures) {
    write_texts(result.content);
    return true;
  }
  json_.begin_array();
  for (const Part& part : result.content)
    if ((same_words_ || !is_picture(part)) && !write_part(part)) return false;
  json_.end_array();
  return true;
}

bool RequestWriter::write_pictures_of_results(const Message& message) {
  json_.begin_object().name("role").string("user").name("content").begin_array();
  for (const Part& result : message.parts) {
    if (std::none_of(result.content.begin(), result.content.end(), is_picture)) continue;
    json_.begin_object().name("type").string("text").name("text").raw("\"Of the result of ");
    out_ += result.id.raw;
    out_ += ":\"";
    json_.end_object();
    for (const Part& part : result.content)
      if (is_picture(part) && !write_part(part)) return false;
  }
  json_.end_array().end_object();
  return true;
}

}  // namespace postern::dialect::chat_completions
