#include <algorithm>
#include <cstdint>

#include "dialect/gemini/gemini.h"
#include "dialect/gemini/request_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::gemini_wire {
namespace {

using chat::Field;
using chat::Part;
using chat::Role;

constexpr int signed_calls_version = 30;  // from here on calls must bear a signature

bool is_system(const chat::Message& message) {
  return message.role == Role::kSystem || message.role == Role::kDeveloper;
}

// Is the first character that is no white space a brace? So that only such texts are looked into.
bool opens_object(std::string_view raw) {
  while (!raw.empty()) {
    const bool escaped = raw[0] == '\\' && raw.size() > 1;
    const char byte = escaped ? raw[1] : raw[0];
    const bool blank = escaped ? byte == 'n' || byte == 'r' || byte == 't' : byte == ' ';
    if (!blank) return !escaped && byte == '{';
    raw.remove_prefix(escaped ? 2 : 1);
  }
  return false;
}

}  // namespace

// System messages before the first turn are the instruction. Later ones stay where they are, as
// user turns: hoisted, they would speak of what has not been said yet. A conversation of system
// messages alone is written as user turns, because Google wants at least one.
size_t RequestWriter::first_turn() const {
  const auto& messages = request_.messages;
  const size_t first = static_cast<size_t>(
      std::find_if_not(messages.begin(), messages.end(), is_system) - messages.begin());
  return first == messages.size() ? 0 : first;
}

bool RequestWriter::write_contents() {
  const size_t first = first_turn();
  if (!write_system(first)) return false;
  json_.name("contents").begin_array();
  const size_t empty = out_.size();
  for (size_t at = first; at < request_.messages.size(); ++at) {
    const chat::Message& message = request_.messages[at];
    if (message.role == Role::kTool ? !write_results(message) : !write_message(message))
      return false;
  }
  if (out_.size() == empty)
    return refuse(Field::kMessages, {}, "the messages are empty: send at least one with content");
  json_.end_array();
  return true;
}

bool RequestWriter::write_system(size_t end) {
  bool any = false;
  for (size_t at = 0; at < end; ++at) {
    drop_speaker(request_.messages[at]);
    for (const Part& part : request_.messages[at].parts) {
      if (part.kind != Part::Kind::kText)
        return refuse(
            Field::kMessages, part.place,
            "this provider takes only text in system messages: send it as a user message");
      if (!any) json_.name("systemInstruction").begin_object().name("parts").begin_array();
      any = true;
      if (!part.cache_control.empty()) drop(Field::kCacheControl, part.place);
      write_text(part);
    }
  }
  if (any) json_.end_array().end_object();
  return true;
}

bool RequestWriter::write_message(const chat::Message& message) {
  const bool model = message.role == Role::kAssistant;
  drop_speaker(message);
  if (model) note_calls(message);
  role_ = model ? "model" : "user";
  for (const Part& part : message.parts)
    if (!write_part(part)) return false;
  close_content();
  return true;
}

void RequestWriter::drop_speaker(const chat::Message& message) {
  if (message.name.raw.empty()) return;
  const auto index = static_cast<uint32_t>(&message - request_.messages.data());
  drop(Field::kSpeakerName, {message.parts.empty() ? index : message.parts[0].place.message, 0});
}

void RequestWriter::open_content(std::string_view role) {
  if (!open_) json_.begin_object().name("role").string(role).name("parts").begin_array();
  open_ = true;
}

void RequestWriter::close_content() {
  if (open_) json_.end_array().end_object();
  open_ = false;
}

bool RequestWriter::write_part(const Part& part) {
  if (!part.cache_control.empty()) drop(Field::kCacheControl, part.place);
  if (!part.citations.empty()) drop(front_.field_name(Field::kMessages, part.place) + ".citations");
  switch (part.kind) {
    case Part::Kind::kText:
    case Part::Kind::kRefusal:
      open_content(role_);
      write_text(part);
      return true;
    case Part::Kind::kReasoning:
    case Part::Kind::kSealedReasoning:
      write_reasoning(part);
      return true;
    case Part::Kind::kImage:
    case Part::Kind::kAudio:
    case Part::Kind::kFile:
      return write_media(part);
    case Part::Kind::kToolCall:
      return write_call(part);
    case Part::Kind::kToolResult:
      break;  // stands in messages of its own
  }
  return true;
}

void RequestWriter::write_text(const Part& part) {
  json_.begin_object().name("text").text(part.text);
  write_signature(part);
  json_.end_object();
}

// Thoughts that Google did not sign say nothing to its models.
void RequestWriter::write_reasoning(const Part& part) {
  if (!is_ours(part) || part.kind == Part::Kind::kSealedReasoning)
    return drop(Field::kMessages, part.place);
  open_content(role_);
  json_.begin_object().name("text").text(part.text).name("thought").boolean(true);
  write_signature(part);
  json_.end_object();
}

// No other provider signs texts and calls; thoughts without a signer may be anybody's.
bool RequestWriter::is_ours(const Part& part) const {
  if (part.signature.raw.empty()) return false;
  return part.signer == signer || (part.signer.empty() && part.kind != Part::Kind::kReasoning);
}

void RequestWriter::write_signature(const Part& part) {
  if (is_ours(part)) {
    json_.name("thoughtSignature").text(part.signature);
  } else if (!part.signature.raw.empty()) {
    drop(Field::kSignature, part.place);
  }
}

// Ids go back only in turns that are known to be Google's own; those that we made stay here, and
// those of other providers mean nothing there.
void RequestWriter::note_calls(const chat::Message& message) {
  with_ids_ = false;
  first_call_ = true;
  for (const Part& part : message.parts) with_ids_ |= is_ours(part);
}

bool RequestWriter::write_call(const Part& part) {
  open_content(role_);
  std::string id = chat::plain(part.id);
  const bool with_id = with_ids_ && !id.empty() && !is_made_id(id);
  json_.begin_object().name("functionCall").begin_object();
  json_.name("name").text(part.name);
  if (part.custom || part.arguments_cut) {
    // Arguments must be an object; what is none is carried inside of one.
    json_.name("args").begin_object().name(part.custom ? "input" : "arguments").text(part.text);
    json_.end_object();
  } else {
    json_.name("args").raw(part.arguments.empty() ? "{}" : part.arguments);
  }
  if (with_id) json_.name("id").text(part.id);
  json_.end_object();
  const bool needs_signature = first_call_ && version_ >= signed_calls_version && !is_ours(part);
  write_signature(part);
  if (needs_signature) json_.name("thoughtSignature").string(dummy_signature);
  json_.end_object();
  first_call_ = false;
  calls_[std::move(id)] = {part.name, calls_seen_++, with_id};
  return true;
}

// Without ids Google pairs results with calls by their order, so results are put in that of the
// calls. Media of results follow all of them: inside, only newer models look at them.
bool RequestWriter::write_results(const chat::Message& message) {
  struct Ranked {
    size_t rank;
    const Part* part;
  };
  std::vector<Ranked> results;
  for (const Part& part : message.parts) {
    const auto call = calls_.find(chat::plain(part.id));
    results.push_back({call == calls_.end() ? SIZE_MAX : call->second.order, &part});
  }
  std::sort(results.begin(), results.end(), [](const Ranked& left, const Ranked& right) {
    return left.rank != right.rank ? left.rank < right.rank : left.part < right.part;
  });
  role_ = "user";
  for (const Ranked& result : results)
    if (!write_result(*result.part)) return false;
  for (const Ranked& result : results)
    for (const Part& inner : result.part->content)
      if (inner.kind != Part::Kind::kText && !write_part(inner)) return false;
  close_content();
  return true;
}

bool RequestWriter::write_result(const Part& result) {
  if (!result.cache_control.empty()) drop(Field::kCacheControl, result.place);
  const auto call = calls_.find(chat::plain(result.id));
  chat::Text name = result.name;
  if (name.raw.empty() && call != calls_.end()) name = call->second.name;
  if (name.raw.empty())
    return refuse(Field::kMessages, result.place,
                  "this tool result answers no call of the conversation: this provider needs the "
                  "name of the tool, so send the assistant message with the call as well");
  open_content(role_);
  json_.begin_object().name("functionResponse").begin_object();
  json_.name("name").text(name);
  if (call != calls_.end() && call->second.with_id) json_.name("id").text(result.id);
  json_.name("response");
  write_response(result);
  json_.end_object().end_object();
  return true;
}

// An object goes as it is; other text inside of one.
void RequestWriter::write_response(const Part& result) {
  const Part* only = nullptr;
  size_t texts = 0;
  for (const Part& part : result.content) {
    if (part.kind != Part::Kind::kText) continue;
    if (!part.cache_control.empty()) drop(Field::kCacheControl, part.place);
    only = &part;
    ++texts;
  }
  std::optional<chat::Json> object;
  if (texts == 1 && opens_object(only->text.raw)) object = object_in_text(only->text, arena_);
  if (object && !result.is_error) {
    json_.raw(*object);
    return;
  }
  json_.begin_object().name(result.is_error ? "error" : "result");
  if (object) {
    json_.raw(*object);
  } else {
    std::string joined;
    for (const Part& part : result.content)
      if (part.kind == Part::Kind::kText) joined += part.text.raw;
    json_.text({joined, true});
  }
  json_.end_object();
}

}  // namespace postern::dialect::gemini_wire
