#include "dialect/json_members.h"
#include "dialect/responses/request_reading.h"
#include "dialect/responses/responses.h"

namespace postern::dialect::responses_wire {
namespace {

using chat::Part;
using chat::Role;
using codec::JsonKind;

std::optional<Role> role_of(const chat::Text& word) {
  if (codec::equals_unescaped(word, "user")) return Role::kUser;
  if (codec::equals_unescaped(word, "assistant")) return Role::kAssistant;
  if (codec::equals_unescaped(word, "system")) return Role::kSystem;
  if (codec::equals_unescaped(word, "developer")) return Role::kDeveloper;
  return std::nullopt;
}

}  // namespace

bool InputReader::read() {
  chat::Text text;
  if (reading_.in.read_string(text)) {
    chat::Message& user = message(Role::kUser);
    if (text.raw.empty()) return true;
    Part& part = user.parts.emplace_back();
    part.text = text;
    part.place = {input_text, whole_item};
    return true;
  }
  return read_items();
}

bool InputReader::read_items() {
  if (!reading_.in.enter_array()) {
    reading_.in.skip();
    return reading_.refuse("input", "must be a string or a list of items");
  }
  for (; reading_.in.next_element(); ++index_) {
    Item item;
    read_item(reading_.in, reading_.body, reading_.request.arena, item);
    if (reading_.in.error().reason) break;
    if (item.json.empty()) return reading_.refuse(here(), "must be an object");
    if (!take(item)) return false;
  }
  return true;
}

bool InputReader::take(Item& item) {
  const bool known = item.is_message() || item.is_call() || item.is("reasoning") ||
                     item.is("function_call_output") || item.is("custom_tool_call_output");
  if ((known || item.type.raw.empty()) && !item.no_string.empty())
    return reading_.refuse(here() + "." + std::string(item.no_string), "must be a string");
  if (item.is_message()) return take_message(item);
  if (item.is_call()) return take_call(item);
  if (item.is("function_call_output") || item.is("custom_tool_call_output"))
    return take_result(item);
  if (item.is("reasoning")) {
    if (item.fault) return blame(*item.fault);
    take_reasoning(item);
    return true;
  }
  return take_other(item);
}

bool InputReader::take_message(Item& item) {
  const auto role = role_of(item.role);
  if (!role)
    return reading_.refuse(here() + ".role", "must be one of user, assistant, system, developer");
  if (!item.has_content) return reading_.refuse(here() + ".content", "is required");
  if (item.fault) return blame(*item.fault);
  keep_notes(item);
  chat::Message& to = message(*role);
  for (Part& part : item.content) {
    if (*role == Role::kAssistant) {
      add(std::move(part));
      continue;
    }
    part.place.message = index_;
    to.parts.push_back(std::move(part));
  }
  return true;
}

bool InputReader::take_call(const Item& item) {
  if (item.call_id.raw.empty()) return reading_.refuse(here() + ".call_id", "is required");
  if (item.name.raw.empty()) return reading_.refuse(here() + ".name", "is required");
  Part call = call_of(item, reading_.request.arena);
  names_.insert_or_assign(call.id.raw, call.name);
  add(std::move(call));
  return true;
}

bool InputReader::take_result(Item& item) {
  if (item.call_id.raw.empty()) return reading_.refuse(here() + ".call_id", "is required");
  if (!item.has_output) return reading_.refuse(here() + ".output", "is required");
  if (item.fault) return blame(*item.fault);
  keep_notes(item);
  Part result;
  result.kind = Part::Kind::kToolResult;
  result.place = {index_, whole_item};
  result.id = item.call_id;
  result.name = item.name;
  if (const auto call = names_.find(item.call_id.raw); call != names_.end())
    result.name = call->second;
  for (Part& part : item.output) part.place.message = index_;
  result.content = std::move(item.output);
  message(Role::kTool).parts.push_back(std::move(result));
  return true;
}

void InputReader::take_reasoning(const Item& item) {
  Part part;
  part.place.part = whole_item;
  part.text = thoughts_of(item, reading_.request.arena);
  part.kind = Part::Kind::kReasoning;
  const bool sealed = !item.encrypted_content.raw.empty();
  const Sealed signature = read_sealed(item.encrypted_content);
  if (sealed && signature.form == Sealed::Form::kLast) {
    chat::Message& turn = message(Role::kAssistant);
    // What signs a text without characters has no part before it.
    if (turn.parts.empty() || !turn.parts.back().signature.raw.empty())
      turn.parts.emplace_back().place = {index_, whole_item};
    turn.parts.back().signature = signature.bytes;
    turn.parts.back().signer = signature.signer;
    return;
  }
  if (sealed && signature.form == Sealed::Form::kNext) {
    message(Role::kAssistant);
    pending_ = signature;
    return;
  }
  if (sealed) {
    part.signature = signature.bytes;
    part.signer = signature.signer;
    const bool unsaid = part.text.raw.empty() && !signature.marked;
    if (unsaid || signature.form == Sealed::Form::kSealed) {
      part.kind = Part::Kind::kSealedReasoning;
      part.text = {};
    }
  }
  if (!sealed && part.text.raw.empty()) return;
  part.place.message = index_;
  message(Role::kAssistant).parts.push_back(std::move(part));
}

// Items of the provider's own tools are kept as they are, for a provider that knows them; anywhere
// else they are left out under the name of their place.
bool InputReader::take_other(const Item& item) {
  if (item.is("item_reference"))
    return reading_.unsupported(
        here(),
        "refers to an item at the server, but nothing is stored here: send the item itself");
  if (item.is("image_generation_call") && !item.result.raw.empty()) {
    add(image_of(item));
    return true;
  }
  if (item.type.raw.empty()) return reading_.refuse(here() + ".type", "is required");
  reading_.extra(here(), item.json);
  return true;
}

void InputReader::keep_notes(const Item& item) {
  for (const Item::Note& note : item.notes) {
    std::string path = here();
    if (note.part != whole_item)
      path += (item.has_output ? ".output[" : ".content[") + std::to_string(note.part) + "]";
    reading_.extra(path + "." + std::string(note.member), note.value);
  }
}

bool InputReader::blame(const Item::Fault& fault) {
  return reading_.refuse(here() + fault.member, fault.message);
}

chat::Message& InputReader::message(Role role) {
  std::vector<chat::Message>& messages = reading_.request.messages;
  if (role != Role::kAssistant) pending_ = {};
  const bool goes_on = role == Role::kAssistant || role == Role::kTool;
  if (!goes_on || messages.empty() || messages.back().role != role)
    messages.emplace_back().role = role;
  return messages.back();
}

Part& InputReader::add(Part part) {
  chat::Message& turn = message(Role::kAssistant);
  part.place.message = index_;
  if (!pending_.bytes.raw.empty()) {
    part.signature = pending_.bytes;
    part.signer = pending_.signer;
    pending_ = {};
  }
  turn.parts.push_back(std::move(part));
  return turn.parts.back();
}

}  // namespace postern::dialect::responses_wire
