// A whole answer of Converse.
#include "dialect/bedrock/bedrock.h"
#include "dialect/bedrock/content.h"
#include "dialect/bedrock/walk.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using codec::JsonReader;

class ReplyReader {
 public:
  ReplyReader(std::string_view body, const ReplyContext& context, chat::Reply& reply)
      : body_(body), context_(context), reply_(reply) {}

  bool read() {
    JsonReader in(body_);
    if (!in.enter_object()) return false;
    while (in.next_member()) {
      if (in.name_is("output")) {
        read_output(in);
      } else if (in.name_is("stopReason")) {
        read_text(in, stop_reason_);
      } else if (in.name_is("usage")) {
        read_usage(in, reply_.usage);
      } else if (in.name_is("serviceTier")) {
        read_service_tier(in);
      } else {
        in.skip();
      }
    }
    if (!in.finish() || !content_) return false;
    finish();
    return true;
  }

 private:
  void read_output(JsonReader& in) {
    each_member(in, [&] {
      if (!in.name_is("message")) {
        in.skip();
        return;
      }
      each_member(in, [&] {
        if (in.name_is("content") && in.kind() == codec::JsonKind::kArray) {
          content_ = true;
          each_element(in, [&] { take_block(in); });
        } else {
          in.skip();
        }
      });
    });
  }

  void take_block(JsonReader& in) {
    Block block;
    each_member(in, [&] {
      // Results of tools that Bedrock ran are not for the client, and what is newer is not known.
      if (!read_block_member(in, body_, reply_.arena, block)) in.skip();
    });
    const uint64_t begin = characters_;
    for (chat::Part& part : block.parts) {
      if (part.kind == chat::Part::Kind::kText) characters_ += characters_in(part.text);
      if (part.kind == chat::Part::Kind::kToolCall) {
        if (part.id.raw.empty())
          part.id = reply_.arena.escape(made_tool_id(context_.request_id, calls_));
        ++calls_;
      }
      choice_.parts.push_back(std::move(part));
    }
    for (const Citation& citation : block.citations)
      if (!citation.url.raw.empty()) append_annotation(citation, begin, characters_, annotations_);
  }

  void read_service_tier(JsonReader& in) {
    each_member(in, [&] {
      if (in.name_is("type")) {
        read_text(in, reply_.service_tier);
      } else {
        in.skip();
      }
    });
  }

  void finish() {
    choice_.finish = finish_with_calls(finish_of(stop_reason_), calls_);
    if (choice_.finish == chat::Finish::kError) choice_.finish_message = stop_reason_;
    if (!annotations_.empty()) choice_.annotations = reply_.arena.keep("[" + annotations_ + "]");
    reply_.choices.push_back(std::move(choice_));
  }

  const std::string_view body_;
  const ReplyContext& context_;
  chat::Reply& reply_;
  chat::Choice choice_;
  chat::Text stop_reason_;
  std::string annotations_;  // the list without its brackets
  uint64_t characters_ = 0;  // of text so far
  int64_t calls_ = 0;
  bool content_ = false;
};

}  // namespace

bool read_reply(std::string_view body, const Quirks&, const ReplyContext& context,
                chat::Reply& reply) {
  return ReplyReader(body, context, reply).read();
}

}  // namespace postern::dialect::bedrock_wire
