#include <algorithm>

#include "dialect/anthropic/request_writer.h"

namespace postern::dialect::messages {

using Role = TurnWriter::Role;
using Join = TurnWriter::Join;

void TurnWriter::turn(Role role, Join join) {
  if (open_ && (join == Join::kNo || role != role_)) {
    out_ += "]}";
    open_ = false;
  }
  role_ = role;
}

void TurnWriter::block() {
  if (open_) {
    out_ += ',';
    return;
  }
  if (any_) out_ += ',';
  open_ = any_ = true;
  out_ += role_ == Role::kUser        ? R"({"role":"user","content":[)"
          : role_ == Role::kAssistant ? R"({"role":"assistant","content":[)"
                                      : R"({"role":"system","content":[)";
}

void TurnWriter::end() { turn(Role::kNone, Join::kNo); }

size_t RequestWriter::leading_system_messages() const {
  size_t count = 0;
  for (const chat::Message& message : request_.messages) {
    if (message.role != chat::Role::kSystem && message.role != chat::Role::kDeveloper) return count;
    ++count;
  }
  // Nothing else: the last one is what the model is to answer.
  return count > 0 ? count - 1 : 0;
}

bool RequestWriter::conversation() {
  const size_t leading = leading_system_messages();
  if (!system(leading)) return false;
  out_ += ",\"messages\":[";
  const bool all_system = leading + 1 == request_.messages.size();
  for (size_t at = leading; at < request_.messages.size(); ++at) {
    const bool as_user = (all_system && at == leading) || !plan_.model.system_turns;
    if (!message(request_.messages[at], as_user)) return false;
  }
  turns_.end();
  out_ += ']';
  if (turns_.any()) return true;
  refused_ = {chat::Refused::Kind::kUnsupported,
              "the messages hold nothing to answer: add a user message with text", "messages"};
  return false;
}

bool RequestWriter::system(size_t count) {
  constexpr std::string_view instruction =
      "Answer with a single JSON value and nothing else: no text before or after it, no code "
      "fence.";
  bool open = false;
  const auto next = [&] {
    out_ += open ? "," : ",\"system\":[";
    open = true;
  };
  for (size_t at = 0; at < count; ++at) {
    for (const chat::Part& part : request_.messages[at].parts) {
      if (part.kind != chat::Part::Kind::kText && part.kind != chat::Part::Kind::kRefusal)
        return refuse(chat::Field::kMessages, part.place, "system messages can only hold text");
      if (is_blank(part.text)) {
        if (!part.text.raw.empty()) drop_.add(chat::Field::kMessages, part.place);
        continue;
      }
      next();
      text(part);
    }
  }
  if (plan_.answer == Plan::Answer::kInstruction) {
    next();
    begin_block("text");
    out_ += ",\"text\":\"";
    out_ += instruction;
    const chat::Json schema = request_.response_format.schema;
    if (!schema.empty()) {
      chat::Arena arena;
      out_ += " It must match this JSON Schema:\\n";
      out_ += arena.escape(schema).raw;
    }
    out_ += "\"}";
  }
  if (open) out_ += ']';
  return true;
}

bool RequestWriter::message(const chat::Message& message, bool as_user) {
  const chat::Place place = message.parts.empty() ? chat::Place{} : message.parts.front().place;
  if (!message.name.raw.empty()) drop_.add(chat::Field::kSpeakerName, place);
  switch (message.role) {
    case chat::Role::kSystem:
    case chat::Role::kDeveloper:
      turns_.turn(as_user ? Role::kUser : Role::kSystem, Join::kNo);
      break;
    case chat::Role::kUser:
      // After results: they and the text are one turn, the results first.
      turns_.turn(Role::kUser, after_results_ ? Join::kYes : Join::kNo);
      break;
    case chat::Role::kTool:
      turns_.turn(Role::kUser, Join::kNo);
      break;
    case chat::Role::kAssistant:
      turns_.turn(Role::kAssistant, Join::kNo);
      break;
  }
  after_results_ = message.role == chat::Role::kTool;
  if (message.role == chat::Role::kAssistant) return answer(message.parts);
  for (const chat::Part& each : message.parts)
    if (!part(each)) return false;
  return true;
}

// Anthropic looks for a call's result right behind it, and takes text there for a turn that goes
// on: what is said after a call is moved before the first one.
bool RequestWriter::answer(const std::vector<chat::Part>& parts) {
  const auto is_call = [](const chat::Part& each) {
    return each.kind == chat::Part::Kind::kToolCall;
  };
  const auto is_text = [](const chat::Part& each) {
    return each.kind == chat::Part::Kind::kText || each.kind == chat::Part::Kind::kRefusal;
  };
  const auto first_call = std::find_if(parts.begin(), parts.end(), is_call);
  for (auto each = parts.begin(); each != first_call; ++each)
    if (!part(*each)) return false;
  for (auto each = first_call; each != parts.end(); ++each)
    if (is_text(*each) && !part(*each)) return false;
  for (auto each = first_call; each != parts.end(); ++each)
    if (!is_text(*each) && !part(*each)) return false;
  return true;
}

bool RequestWriter::part(const chat::Part& part) {
  using Kind = chat::Part::Kind;
  switch (part.kind) {
    case Kind::kText:
    case Kind::kRefusal:
      if (part.text.raw.empty() && part.signature.raw.empty()) return true;
      drop_signature(part);
      if (is_blank(part.text)) {
        if (!part.text.raw.empty()) drop_.add(chat::Field::kMessages, part.place);
        return true;
      }
      separate();
      return text(part);
    case Kind::kReasoning:
    case Kind::kSealedReasoning:
      return reasoning(part);
    case Kind::kImage:
    case Kind::kFile:
      if (turns_.role() == Role::kAssistant)
        return refuse(chat::Field::kMessages, part.place,
                      "this provider takes no images or files of the assistant: send them as the "
                      "user's");
      return part.kind == Kind::kImage ? image(part) : file(part);
    case Kind::kToolCall:
      drop_signature(part);
      return call(part);
    case Kind::kToolResult:
      return result(part);
    case Kind::kAudio:
      break;
  }
  return refuse(chat::Field::kMessages, part.place,
                "audio cannot be sent to this provider: send its transcript as text");
}

}  // namespace postern::dialect::messages
