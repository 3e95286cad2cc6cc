#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/request_reader.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {

using codec::equals_unescaped;
using codec::JsonKind;
using codec::JsonReader;

namespace {

// The block under its own type, for a content that is one string.
Block text_block(const chat::Text& text) {
  Block block;
  block.type = chat::literal("text");
  block.text = text;
  return block;
}

}  // namespace

bool RequestReader::content(JsonReader& in, std::string_view document, PartReader::Speaker speaker,
                            BlockPlace where, std::vector<chat::Part>& parts) {
  const bool assistant = speaker == PartReader::Speaker::kAssistant;
  chat::Text text;
  if (in.read_string(text)) return parts_.read(text_block(text), speaker, where, parts);
  if (!in.enter_array()) {
    // What is no JSON is told by the reader of the whole.
    std::string name = where.message == system_place
                           ? "system"
                           : "messages." + std::to_string(where.message) + ".content";
    return in.kind() == JsonKind::kNone || refuse(std::move(name), "must be a string or a list");
  }
  pending_mark_.reset();
  for (; in.next_element(); ++where.block) {
    Block block;
    read_block(in, document, block);
    if (in.error().reason) return false;
    if (assistant ? !assistant_block(block, where, parts)
                  : !parts_.read(block, speaker, where, parts))
      return false;
  }
  return true;
}

// Puts signatures back to what they signed.
bool RequestReader::assistant_block(const Block& block, const BlockPlace& where,
                                    std::vector<chat::Part>& parts) {
  const auto sign = [](chat::Part& part, const Signature& signature) {
    part.signature = signature.text;
    part.signer = signature.signer;
  };
  if (equals_unescaped(block.type, "redacted_thinking")) {
    if (const std::optional<Mark> mark = read_mark(block.data)) {
      switch (mark->target) {
        case Mark::Target::kNext:
          pending_mark_ = mark;
          return true;
        case Mark::Target::kPrevious:
          if (parts.empty() || !parts.back().signature.raw.empty())
            parts.emplace_back().place = where.place();
          sign(parts.back(), mark->signature);
          return true;
        case Mark::Target::kAlone:
          parts.emplace_back().place = where.place();
          sign(parts.back(), mark->signature);
          return true;
      }
    }
  }
  const size_t before = parts.size();
  if (!parts_.read(block, PartReader::Speaker::kAssistant, where, parts)) return false;
  if (pending_mark_ && parts.size() > before) sign(parts[before], pending_mark_->signature);
  pending_mark_.reset();
  return true;
}

bool RequestReader::messages() {
  messages_seen_ = true;
  if (!in_.enter_array())
    return in_.kind() == JsonKind::kNone || refuse("messages", "must be a list of messages");
  for (uint32_t index = 0; in_.next_element(); ++index)
    if (!message(index)) return false;
  return true;
}

bool RequestReader::message(uint32_t index) {
  const std::string name = "messages." + std::to_string(index);
  if (!in_.enter_object())
    return in_.kind() == JsonKind::kNone || refuse(name, "must be an object");
  std::optional<chat::Role> role;
  std::vector<chat::Part> parts;
  chat::Json late;  // content that came before the role
  bool content_seen = false;
  const auto read = [&](JsonReader& in, std::string_view document) {
    const auto speaker = *role == chat::Role::kAssistant ? PartReader::Speaker::kAssistant
                         : *role == chat::Role::kSystem  ? PartReader::Speaker::kSystem
                                                         : PartReader::Speaker::kUser;
    return content(in, document, speaker, {index, 0, {}}, parts);
  };
  while (in_.next_member()) {
    chat::Text word;
    if (in_.name_is("role") && in_.read_string(word)) {
      if (equals_unescaped(word, "user")) role = chat::Role::kUser;
      if (equals_unescaped(word, "assistant")) role = chat::Role::kAssistant;
      if (equals_unescaped(word, "system")) role = chat::Role::kSystem;
    } else if (in_.name_is("content") && !content_seen) {
      content_seen = true;
      if (!role) {
        late = read_json(in_, body_);
        content_seen = !late.empty();
      } else if (!read(in_, body_)) {
        return false;
      }
    } else {
      in_.skip();
    }
  }
  if (in_.error().reason) return false;
  if (!role) return refuse(name + ".role", "must be user, assistant or system");
  if (!content_seen) return refuse(name + ".content", "Field required");
  if (!late.empty()) {
    JsonReader in(late);
    if (!read(in, late)) return false;
  }
  take_message(*role, parts);
  return true;
}

void RequestReader::take_message(chat::Role role, std::vector<chat::Part>& parts) {
  using Kind = chat::Part::Kind;
  std::vector<chat::Part> results;
  if (role == chat::Role::kUser) {
    size_t kept = 0;
    for (size_t at = 0; at < parts.size(); ++at) {
      if (parts[at].kind == Kind::kToolResult) {
        results.push_back(std::move(parts[at]));
      } else {
        if (kept != at) parts[kept] = std::move(parts[at]);
        ++kept;
      }
    }
    parts.resize(kept);
  }
  for (const chat::Part& part : parts)
    if (part.kind == Kind::kToolCall) names_of_calls_[part.id.raw] = part.name;
  if (role == chat::Role::kAssistant) results_at_.reset();
  const bool had_results = !results.empty();
  if (had_results) take_results(std::move(results));
  if (had_results && parts.empty()) return;
  chat::Message& message = request_.messages.emplace_back();
  message.role = role;
  message.parts = std::move(parts);
}

// All results that follow one assistant turn stand in one message.
void RequestReader::take_results(std::vector<chat::Part> results) {
  for (chat::Part& result : results) {
    const auto name = names_of_calls_.find(result.id.raw);
    if (name != names_of_calls_.end()) result.name = name->second;
  }
  if (!results_at_) {
    results_at_ = request_.messages.size();
    request_.messages.emplace_back().role = chat::Role::kTool;
  }
  std::vector<chat::Part>& all = request_.messages[*results_at_].parts;
  for (chat::Part& result : results) all.push_back(std::move(result));
}

bool RequestReader::system() {
  if (in_.kind() == JsonKind::kNull) return in_.skip();
  system_.role = chat::Role::kSystem;
  return content(in_, body_, PartReader::Speaker::kSystem, {system_place, 0, {}}, system_.parts);
}

}  // namespace postern::dialect::messages
