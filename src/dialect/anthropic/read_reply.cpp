#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/blocks.h"
#include "dialect/anthropic/marks.h"
#include "dialect/anthropic/reply_words.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

using codec::equals_unescaped;
using codec::JsonKind;
using codec::JsonReader;

class ReplyReader {
 public:
  ReplyReader(std::string_view body, chat::Reply& reply) : body_(body), in_(body), reply_(reply) {}

  bool read() {
    if (!in_.enter_object()) return false;
    chat::Choice& choice = reply_.choices.emplace_back();
    while (in_.next_member()) member(choice);
    if (!in_.finish() || !content_seen_ || error_) return false;
    choice.finish = finish_of(stop_reason_);
    const bool answered_by_call = json_answer_ && !calls_;
    if (choice.finish == chat::Finish::kToolCalls && answered_by_call)
      choice.finish = chat::Finish::kStop;
    if (!annotations_.empty()) choice.annotations = reply_.arena.keep('[' + annotations_ + ']');
    reply_.usage = usage_.usage();
    return true;
  }

 private:
  void member(chat::Choice& choice) {
    if (in_.name_is("id")) {
      read_text(in_, reply_.id);
    } else if (in_.name_is("model")) {
      read_text(in_, reply_.model);
    } else if (in_.name_is("content") && in_.enter_array()) {
      content_seen_ = true;
      while (in_.next_element()) block(choice);
    } else if (in_.name_is("stop_reason")) {
      read_text(in_, stop_reason_);
    } else if (in_.name_is("stop_sequence")) {
      read_text(in_, choice.stop_sequence);
    } else if (in_.name_is("stop_details") && in_.enter_object()) {
      while (in_.next_member()) {
        if (in_.name_is("explanation")) {
          read_text(in_, choice.finish_message);
        } else {
          in_.skip();
        }
      }
    } else if (in_.name_is("usage")) {
      usage_.read(in_, reply_.service_tier);
    } else if (in_.name_is("error") && in_.kind() != JsonKind::kNull) {
      error_ = true;
      in_.skip();
    } else {
      in_.skip();
    }
  }

  void block(chat::Choice& choice) {
    Block block;
    read_block(in_, body_, block);
    const auto is = [&block](std::string_view type) { return equals_unescaped(block.type, type); };
    chat::Part part;
    if (is("text")) {
      text(block, part);
      if (part.text.raw.empty()) return;
    } else if (is("thinking")) {
      part.kind = chat::Part::Kind::kReasoning;
      part.text = block.thinking;
      part.signature = block.signature;
      if (!block.signature.raw.empty()) part.signer = anthropic.name;
      if (part.text.raw.empty() && part.signature.raw.empty()) return;
    } else if (is("redacted_thinking")) {
      part.kind = chat::Part::Kind::kSealedReasoning;
      part.signature = block.data;
      part.signer = anthropic.name;
    } else if (is("tool_use") && equals_unescaped(block.name, json_answer_tool)) {
      json_answer_ = true;
      part.text = reply_.arena.escape(block.input.empty() ? "{}" : block.input);
      characters_ += count_characters(part.text);
    } else if (is("tool_use")) {
      calls_ = true;
      part.kind = chat::Part::Kind::kToolCall;
      part.id = block.id;
      part.name = block.name;
      part.arguments = block.input.empty() ? "{}" : block.input;
    } else if (!block.whole.empty()) {
      part = sealed_block(block.whole, reply_.arena);
    } else {
      return;
    }
    choice.parts.push_back(std::move(part));
  }

  void text(const Block& block, chat::Part& part) {
    part.text = block.text;
    const uint64_t begin = characters_;
    characters_ += count_characters(part.text);
    JsonReader citations(block.citations);
    if (!citations.enter_array()) return;
    bool any = false;
    while (citations.next_element()) {
      any = true;
      append_annotation(read_json(citations, block.citations), begin, characters_, annotations_);
    }
    if (any) part.citations = block.citations;
  }

  std::string_view body_;
  JsonReader in_;
  chat::Reply& reply_;
  UsageReader usage_;
  chat::Text stop_reason_;
  std::string annotations_;
  uint64_t characters_ = 0;
  bool content_seen_ = false;
  bool error_ = false;
  bool calls_ = false;
  bool json_answer_ = false;
};

}  // namespace

bool read_reply(std::string_view body, const Quirks&, const ReplyContext&, chat::Reply& reply) {
  return ReplyReader(body, reply).read();
}

}  // namespace postern::dialect::messages
