#include "codec/json_writer.h"
#include "dialect/responses/reply_reading.h"
#include "dialect/responses/response_writing.h"
#include "dialect/responses/responses.h"

namespace postern::dialect::responses_wire {
namespace {

using chat::Part;

class OutputWriter {
 public:
  OutputWriter(const chat::Choice& choice, std::string_view request_id)
      : choice_(choice), request_id_(request_id) {
    for (const Part& part : choice.parts)
      if (part.kind == Part::Kind::kText) last_text_ = &part;
  }

  std::string write() {
    for (const Part& part : choice_.parts) write_part(part);
    close_message();
    return std::move(output_);
  }

 private:
  void write_part(const Part& part) {
    switch (part.kind) {
      case Part::Kind::kText:
      case Part::Kind::kRefusal:
        return write_text(part);
      case Part::Kind::kReasoning:
        return write_reasoning(part, Sealed::Form::kThought);
      case Part::Kind::kSealedReasoning:
        return write_reasoning(part, Sealed::Form::kSealed);
      case Part::Kind::kToolCall:
        return write_call(part);
      case Part::Kind::kImage:
        if (part.data.raw.empty()) return;
        close_message();
        return append_image_item(begin_item("ig_"), "completed", part.media_type, part.data,
                                 output_);
      default:
        return;
    }
  }

  void write_text(const Part& part) {
    if (!part.text.raw.empty()) {
      if (!content_.empty()) content_ += ',';
      if (part.kind == Part::Kind::kRefusal) {
        append_refusal_part(part.text.raw, content_);
      } else {
        std::string annotations, logprobs;
        if (&part == last_text_) {
          append_own_annotations(choice_.annotations, annotations);
          append_own_logprobs(content_of_logprobs(choice_.logprobs), logprobs);
        }
        append_text_part(part.text.raw, annotations, logprobs, content_);
      }
    }
    if (part.signature.raw.empty()) return;
    close_message();
    write_signature(part, Sealed::Form::kLast);
  }

  void write_reasoning(const Part& part, Sealed::Form form) {
    close_message();
    const Sealed sealed = {form, false, part.signature, part.signer};
    const bool is_sealed = !part.signature.raw.empty();
    if (!is_sealed && part.text.raw.empty()) return;
    const std::string_view text = form == Sealed::Form::kThought ? part.text.raw : "";
    append_reasoning_item(begin_item("rs_"), "completed", text, is_sealed ? &sealed : nullptr,
                          output_);
  }

  void write_signature(const Part& part, Sealed::Form form) {
    const Sealed sealed = {form, false, part.signature, part.signer};
    append_reasoning_item(begin_item("rs_"), "completed", {}, &sealed, output_);
  }

  void write_call(const Part& part) {
    close_message();
    if (!part.signature.raw.empty()) write_signature(part, Sealed::Form::kNext);
    std::string quoted;
    CallItem call;
    call.custom = part.custom;
    call.call_id = part.id.raw;
    call.name = part.name.raw;
    call.arguments = part.text.raw;
    if (!part.custom && !part.arguments_cut) {
      codec::append_json_string(part.arguments.empty() ? "{}" : part.arguments, quoted);
      call.arguments = std::string_view(quoted).substr(1, quoted.size() - 2);
    }
    const std::string id = begin_item(part.custom ? "ctc_" : "fc_");
    call.id = id;
    call.status = part.arguments_cut ? "incomplete" : "completed";
    append_call_item(call, output_);
  }

  // Words that were cut off are so in their item too.
  void close_message() {
    if (content_.empty()) return;
    const bool cut = choice_.finish == chat::Finish::kLength && &choice_.parts.back() == last_text_;
    append_message_item(begin_item("msg_"), cut ? "incomplete" : "completed", content_, output_);
    content_.clear();
  }

  std::string begin_item(std::string_view prefix) {
    if (!output_.empty()) output_ += ',';
    return item_id(prefix, request_id_, items_++);
  }

  const chat::Choice& choice_;
  const std::string_view request_id_;
  const Part* last_text_ = nullptr;
  std::string content_;  // of the message that is open
  std::string output_;
  int64_t items_ = 0;
};

}  // namespace

void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out) {
  const ResponseHead head = head_of(reply.id, reply.model, reply.service_tier, reply.created_s,
                                    context.request_id, context.model, context.now_s);
  const chat::Choice none;
  const chat::Choice& choice = reply.choices.empty() ? none : reply.choices.front();
  Ending ending = ending_of(choice.finish);
  ending.usage = &reply.usage;
  append_response(head, ending, OutputWriter(choice, context.request_id).write(), out);
}

}  // namespace postern::dialect::responses_wire
