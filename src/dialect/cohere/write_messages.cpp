#include "dialect/cohere/request_writer.h"

namespace postern::dialect::cohere_wire {

using chat::Field;
using chat::Message;
using chat::Part;
using chat::Role;

bool RequestWriter::write_messages() {
  json_.name("messages").begin_array();
  for (const Message& message : request_.messages)
    if (!write_message(message)) return false;
  json_.end_array();
  return true;
}

bool RequestWriter::write_message(const Message& message) {
  if (message.role == Role::kTool) return write_results(message);
  if (!message.name.raw.empty() && !message.parts.empty())
    drop(Field::kSpeakerName, message.parts.front().place);
  if (message.role == Role::kAssistant) return write_turn(message);
  json_.begin_object().name("role").string(message.role == Role::kUser ? "user" : "system");
  json_.name("content");
  const bool whole =
      message.role == Role::kUser ? write_content(message.parts) : write_texts(message.parts);
  json_.end_object();
  return whole;
}

// A message for each result.
bool RequestWriter::write_results(const Message& message) {
  for (const Part& result : message.parts) {
    drop_marks(result);
    if (result.is_error) drop(Field::kResultError, result.place);
    json_.begin_object().name("role").string("tool").name("tool_call_id").text(result.id);
    json_.name("content");
    if (!write_texts(result.content)) return false;
    json_.end_object();
  }
  return true;
}

bool RequestWriter::write_content(const std::vector<Part>& parts) {
  bool texts = true;
  for (const Part& part : parts) texts &= part.kind == Part::Kind::kText;
  if (texts) return write_texts(parts);
  json_.begin_array();
  for (const Part& part : parts) {
    if (part.kind == Part::Kind::kImage) {
      if (!write_image(part)) return false;
    } else if (part.kind == Part::Kind::kText) {
      json_.begin_object().name("type").string("text").name("text").text(part.text).end_object();
    } else {
      return refuse(Field::kMessages, part.place,
                    "this provider reads text and images only; send the content as text");
    }
    drop_marks(part);
  }
  json_.end_array();
  return true;
}

// One text is a string, several are a list.
bool RequestWriter::write_texts(const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    if (part.kind != Part::Kind::kText && part.kind != Part::Kind::kRefusal)
      return refuse(Field::kMessages, part.place,
                    "this provider reads nothing but text here; images belong into user messages");
    drop_marks(part);
  }
  if (parts.size() < 2) {
    json_.text(parts.empty() ? chat::Text{} : parts.front().text);
    return true;
  }
  json_.begin_array();
  for (const Part& part : parts)
    json_.begin_object().name("type").string("text").name("text").text(part.text).end_object();
  json_.end_array();
  return true;
}

bool RequestWriter::write_image(const Part& part) {
  if (!part.url.raw.empty() && !quirks_.image_urls)
    return refuse(Field::kMessages, part.place,
                  "this provider takes no image by its address, and the gateway fetches nothing; "
                  "send the image as a data URL");
  if (part.url.raw.empty() && (part.data.raw.empty() || part.media_type.raw.empty()))
    return refuse(Field::kMessages, part.place,
                  "an image for this provider is a data URL with its media type, for example "
                  "data:image/png;base64,...");
  json_.begin_object().name("type").string("image_url").name("image_url").begin_object();
  json_.name("url");
  if (!part.url.raw.empty()) {
    json_.text(part.url);
  } else {
    json_.raw("\"data:");
    out_.append(part.media_type.raw).append(";base64,").append(part.data.raw).append("\"");
  }
  if (!part.detail.raw.empty()) json_.name("detail").text(part.detail);
  json_.end_object().end_object();
  return true;
}

// A turn of the model. What it thought before it called tools is called its plan, which models
// without thinking have as well.
bool RequestWriter::write_turn(const Message& message) {
  bool calls = false, said = false, planned = false;
  for (const Part& part : message.parts) {
    drop_marks(part);
    calls |= part.kind == Part::Kind::kToolCall;
    said |= part.kind == Part::Kind::kText || part.kind == Part::Kind::kRefusal;
    planned |= part.kind == Part::Kind::kReasoning;
    if (part.kind == Part::Kind::kSealedReasoning) drop(Field::kMessages, part.place);
    if (part.kind == Part::Kind::kImage || part.kind == Part::Kind::kAudio ||
        part.kind == Part::Kind::kFile)
      return refuse(Field::kMessages, part.place,
                    "this provider reads nothing but text in the turns of the model; leave it out");
  }
  json_.begin_object().name("role").string("assistant");
  if (calls && planned) write_plan(message);
  if (said || !calls) write_thoughts(message, calls);
  if (calls) {
    json_.name("tool_calls").begin_array();
    for (const Part& part : message.parts)
      if (part.kind == Part::Kind::kToolCall && !write_call(part)) return false;
    json_.end_array();
  }
  json_.end_object();
  return true;
}

void RequestWriter::write_thoughts(const Message& message, bool calls) {
  json_.name("content");
  bool any = false;
  for (const Part& part : message.parts) {
    const bool thought = part.kind == Part::Kind::kReasoning;
    if (thought ? calls : part.kind != Part::Kind::kText && part.kind != Part::Kind::kRefusal)
      continue;
    if (!any) json_.begin_array();
    any = true;
    const std::string_view word = thought ? "thinking" : "text";
    json_.begin_object().name("type").string(word).name(word).text(part.text).end_object();
  }
  if (any) {
    json_.end_array();
  } else {
    json_.text({});
  }
}

void RequestWriter::write_plan(const Message& message) {
  json_.name("tool_plan").raw("\"");
  for (const Part& part : message.parts)
    if (part.kind == Part::Kind::kReasoning) out_.append(part.text.raw);
  out_.append("\"");
}

bool RequestWriter::write_call(const Part& part) {
  if (part.custom)
    return refuse(Field::kMessages, part.place,
                  "this provider knows no custom tools; use function tools");
  if (part.arguments_cut)
    return refuse(Field::kMessages, part.place,
                  "the arguments of this tool call are no JSON object; this provider takes only "
                  "whole objects, so correct them or leave the call out");
  json_.begin_object().name("id").text(part.id).name("type").string("function");
  json_.name("function").begin_object().name("name").text(part.name);
  json_.name("arguments").string(part.arguments.empty() ? "{}" : part.arguments);
  json_.end_object().end_object();
  return true;
}

void RequestWriter::drop_marks(const Part& part) {
  if (!part.cache_control.empty()) drop(Field::kCacheControl, part.place);
  if (!part.signature.raw.empty() && part.kind != Part::Kind::kSealedReasoning)
    drop(Field::kSignature, part.place);
  if (!part.citations.empty()) drop(front_.field_name(Field::kMessages, part.place) + ".citations");
}

}  // namespace postern::dialect::cohere_wire
