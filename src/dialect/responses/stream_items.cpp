// The items of a stream: how each is opened, grows and is closed.

#include "dialect/responses/reply_reading.h"
#include "dialect/responses/stream_writer.h"

namespace postern::dialect::responses_wire {

template <typename Append>
void ResponsesStreamWriter::write_item_event(std::string_view type, Append append,
                                             std::string& out) {
  events_.begin(type, out);
  events_.add_output_index(out);
  EventWriter::add_value("item", out);
  const size_t begin = out.size();
  append(out);
  if (type == "response.output_item.done") {
    if (!output_.empty()) output_ += ',';
    output_.append(out, begin);
  }
  events_.end(out);
}

void ResponsesStreamWriter::open_item(Open kind, std::string_view prefix, std::string& out) {
  close("completed", out);
  open_ = kind;
  item_id_ = item_id(prefix, request_id_, items_);
  events_.set_item(item_id_, items_++);
}

void ResponsesStreamWriter::close(std::string_view status, std::string& out) {
  const Open kind = open_;
  open_ = Open::kNothing;
  if (kind == Open::kMessage) close_message(status, out);
  if (kind == Open::kReasoning) close_reasoning(status, out);
  if (kind == Open::kCall) close_call(out);
  text_.clear();
  if (signature_.empty()) return;
  const std::string bytes = std::move(signature_);
  const std::string signer = std::move(signer_);
  signature_.clear();
  signer_.clear();
  if (kind != Open::kReasoning)
    write_whole_reasoning({Sealed::Form::kLast, false, {bytes, true}, signer}, out);
}

// --- Messages
// -------------------------------------------------------------------------------------

void ResponsesStreamWriter::write_text(InPart part, std::string_view text, std::string& out) {
  if (text.empty()) return;
  begin_part(part, out);
  text_ += text;
  events_.begin(part == InPart::kText ? "response.output_text.delta" : "response.refusal.delta",
                out);
  events_.add_item(out);
  EventWriter::add_number("content_index", parts_, out);
  EventWriter::add_text("delta", text, out);
  if (part == InPart::kText) out += ",\"logprobs\":[]";
  events_.end(out);
}

// A signature ends what it signs: what comes after it is another item.
void ResponsesStreamWriter::begin_part(InPart part, std::string& out) {
  if (open_ != Open::kMessage || !signature_.empty()) {
    open_item(Open::kMessage, "msg_", out);
    write_item_event(
        "response.output_item.added",
        [&](std::string& to) { append_message_item(item_id_, "in_progress", {}, to); }, out);
  }
  if (in_part_ == part) return;
  end_part(out);
  in_part_ = part;
  events_.begin("response.content_part.added", out);
  events_.add_item(out);
  EventWriter::add_number("content_index", parts_, out);
  EventWriter::add_value("part", out);
  if (part == InPart::kText) {
    append_text_part({}, {}, {}, out);
  } else {
    append_refusal_part({}, out);
  }
  events_.end(out);
}

void ResponsesStreamWriter::end_part(std::string& out) {
  if (in_part_ == InPart::kNothing) return;
  const bool text = in_part_ == InPart::kText;
  events_.begin(text ? "response.output_text.done" : "response.refusal.done", out);
  events_.add_item(out);
  EventWriter::add_number("content_index", parts_, out);
  EventWriter::add_text(text ? "text" : "refusal", text_, out);
  if (text) {
    EventWriter::add_value("logprobs", out);
    out += '[';
    out += logprobs_;
    out += ']';
  }
  events_.end(out);
  events_.begin("response.content_part.done", out);
  events_.add_item(out);
  EventWriter::add_number("content_index", parts_, out);
  EventWriter::add_value("part", out);
  const size_t begin = out.size();
  if (text) {
    append_text_part(text_, annotations_, logprobs_, out);
    annotations_.clear();
    logprobs_.clear();
    annotation_count_ = 0;
  } else {
    append_refusal_part(text_, out);
  }
  if (!content_.empty()) content_ += ',';
  content_.append(out, begin);
  events_.end(out);
  text_.clear();
  in_part_ = InPart::kNothing;
  ++parts_;
}

void ResponsesStreamWriter::close_message(std::string_view status, std::string& out) {
  end_part(out);
  write_item_event(
      "response.output_item.done",
      [&](std::string& to) { append_message_item(item_id_, status, content_, to); }, out);
  content_.clear();
  parts_ = 0;
}

void ResponsesStreamWriter::write_annotations(chat::Json list, std::string& out) {
  begin_part(InPart::kText, out);
  std::string elements;
  append_own_annotations(list, elements);
  codec::JsonReader in(elements.insert(0, "[") += "]");
  if (!in.enter_array()) return;
  while (in.next_element()) {
    codec::JsonSpan span;
    in.skip(&span);
    const std::string_view annotation =
        std::string_view(elements).substr(span.begin, span.end - span.begin);
    events_.begin("response.output_text.annotation.added", out);
    events_.add_item(out);
    EventWriter::add_number("content_index", parts_, out);
    EventWriter::add_number("annotation_index", annotation_count_++, out);
    EventWriter::add_value("annotation", out);
    out += annotation;
    events_.end(out);
    if (!annotations_.empty()) annotations_ += ',';
    annotations_ += annotation;
  }
}

// --- Reasoning
// ------------------------------------------------------------------------------------

// An item without a word and without a signature would be nothing: it is announced with the first.
void ResponsesStreamWriter::write_thought(std::string_view text, std::string& out) {
  if (open_ != Open::kReasoning || !signature_.empty()) {
    close("completed", out);
    open_ = Open::kReasoning;
    announced_ = false;
  }
  if (text.empty()) return;
  if (text_.empty()) {
    announce_reasoning(out);
    events_.begin("response.reasoning_summary_part.added", out);
    events_.add_item(out);
    out += ",\"summary_index\":0,\"part\":";
    append_summary_part({}, out);
    events_.end(out);
  }
  text_ += text;
  events_.begin("response.reasoning_summary_text.delta", out);
  events_.add_item(out);
  out += ",\"summary_index\":0";
  EventWriter::add_text("delta", text, out);
  events_.end(out);
}

void ResponsesStreamWriter::announce_reasoning(std::string& out) {
  if (announced_) return;
  announced_ = true;
  item_id_ = item_id("rs_", request_id_, items_);
  events_.set_item(item_id_, items_++);
  write_item_event(
      "response.output_item.added",
      [&](std::string& to) { append_reasoning_item(item_id_, "in_progress", {}, nullptr, to); },
      out);
}

// Signs the item that is open, or else the one before.
void ResponsesStreamWriter::write_signature(std::string_view signature, std::string_view signer,
                                            std::string& out) {
  if (signature.empty()) return;
  if (open_ == Open::kReasoning) announce_reasoning(out);
  signature_ += signature;
  if (!signer.empty()) signer_ = signer;
}

void ResponsesStreamWriter::close_reasoning(std::string_view status, std::string& out) {
  if (!announced_) return;
  if (!text_.empty()) {
    events_.begin("response.reasoning_summary_text.done", out);
    events_.add_item(out);
    out += ",\"summary_index\":0";
    EventWriter::add_text("text", text_, out);
    events_.end(out);
    events_.begin("response.reasoning_summary_part.done", out);
    events_.add_item(out);
    out += ",\"summary_index\":0,\"part\":";
    append_summary_part(text_, out);
    events_.end(out);
  }
  const Sealed sealed = {Sealed::Form::kThought, false, {signature_, true}, signer_};
  write_item_event(
      "response.output_item.done",
      [&](std::string& to) {
        append_reasoning_item(item_id_, status, text_, signature_.empty() ? nullptr : &sealed, to);
      },
      out);
}

void ResponsesStreamWriter::write_whole_reasoning(const Sealed& sealed, std::string& out) {
  close("completed", out);
  if (sealed.bytes.raw.empty()) return;
  announced_ = false;
  announce_reasoning(out);
  write_item_event(
      "response.output_item.done",
      [&](std::string& to) { append_reasoning_item(item_id_, "completed", {}, &sealed, to); }, out);
}

// --- Calls and images
// -----------------------------------------------------------------------------

void ResponsesStreamWriter::open_call(const Step& step, std::string& out) {
  if (!step.signature.empty())
    write_whole_reasoning({Sealed::Form::kNext, false, {step.signature, true}, step.signer}, out);
  open_item(Open::kCall, step.custom ? "ctc_" : "fc_", out);
  tool_ = step.tool;
  call_id_ = step.id;
  call_name_ = step.name;
  custom_ = step.custom;
  arguments_ = {};
  write_item_event(
      "response.output_item.added",
      [&](std::string& to) {
        append_call_item({item_id_, "in_progress", call_id_, call_name_, {}, custom_}, to);
      },
      out);
}

void ResponsesStreamWriter::add_arguments(std::string_view piece, std::string& out) {
  if (piece.empty()) return;
  arguments_.take({piece, true});
  text_ += piece;
  events_.begin(
      custom_ ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta",
      out);
  events_.add_item(out);
  EventWriter::add_text("delta", piece, out);
  events_.end(out);
}

void ResponsesStreamWriter::close_call(std::string& out) {
  if (!custom_ && arguments_.empty()) {
    text_.clear();
    add_arguments("{}", out);
  }
  events_.begin(
      custom_ ? "response.custom_tool_call_input.done" : "response.function_call_arguments.done",
      out);
  events_.add_item(out);
  if (!custom_) EventWriter::add_text("name", call_name_, out);
  EventWriter::add_text(custom_ ? "input" : "arguments", text_, out);
  events_.end(out);
  const bool whole = custom_ || arguments_.whole();
  write_item_event(
      "response.output_item.done",
      [&](std::string& to) {
        const std::string_view told = whole ? "completed" : "incomplete";
        append_call_item({item_id_, told, call_id_, call_name_, text_, custom_}, to);
      },
      out);
}

void ResponsesStreamWriter::write_image(const chat::Text& media_type, const chat::Text& data,
                                        std::string& out) {
  if (data.raw.empty()) return;
  open_item(Open::kNothing, "ig_", out);
  write_item_event(
      "response.output_item.added",
      [&](std::string& to) { append_image_item(item_id_, "in_progress", media_type, {}, to); },
      out);
  events_.begin("response.image_generation_call.completed", out);
  events_.add_item(out);
  events_.end(out);
  write_item_event(
      "response.output_item.done",
      [&](std::string& to) { append_image_item(item_id_, "completed", media_type, data, to); },
      out);
}

}  // namespace postern::dialect::responses_wire
