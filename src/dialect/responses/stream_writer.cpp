#include "dialect/responses/stream_writer.h"

#include "dialect/error_words.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/responses/reply_reading.h"
#include "dialect/responses/responses.h"

namespace postern::dialect::responses_wire {

using Kind = chat::Delta::Kind;

ResponsesStreamWriter::ResponsesStreamWriter(const ReplyContext& context)
    : request_id_(context.request_id), asked_model_(context.model), now_s_(context.now_s) {}

// --- Beginning and end
// ----------------------------------------------------------------------------

void ResponsesStreamWriter::start(const chat::Delta& delta, std::string& out) {
  started_ = true;
  head_ = head_of(delta.id, delta.model, delta.service_tier, delta.created_s, request_id_,
                  asked_model_, now_s_);
  write_response_event("response.created", {}, out);
  write_response_event("response.in_progress", {}, out);
}

void ResponsesStreamWriter::start_if_needed(std::string& out) {
  if (!started_) start({}, out);
}

void ResponsesStreamWriter::end(std::string& out) {
  start_if_needed(out);
  while (next_waiting_ < waiting_.size()) {
    close("completed", out);
    const size_t before = next_waiting_;
    drain(out);
    if (next_waiting_ == before) break;
  }
  Ending ending = ending_of(finish_);
  const bool cut = ending.status == "incomplete";
  close(cut ? "incomplete" : "completed", out);
  ending.usage = &usage_;
  std::string type = "response.";
  write_response_event(type += ending.status, ending, out);
}

void ResponsesStreamWriter::fail(const chat::Error& error, std::string& out) {
  start_if_needed(out);
  const ErrorText text = error_text(error, Envelope::kResponses, request_id_);
  write_error_event(Envelope::kResponses, text, events_.next_number(), out);
  Ending ending;
  ending.status = "failed";
  ending.error_code =
      error.kind == chat::Error::Kind::kRateLimited ? "rate_limit_exceeded" : "server_error";
  ending.error_message = text.message;
  ending.usage = &usage_;
  write_response_event("response.failed", ending, out);
}

void ResponsesStreamWriter::write_response_event(std::string_view type, const Ending& ending,
                                                 std::string& out) {
  events_.begin(type, out);
  EventWriter::add_value("response", out);
  append_response(head_, ending, output_, out);
  events_.end(out);
}

// --- Order
// ----------------------------------------------------------------------------------------

void ResponsesStreamWriter::write(const chat::Delta& delta, std::string& out) {
  if (delta.choice != 0) return;  // there is one answer in this format
  switch (delta.kind) {
    case Kind::kStart:
      if (!started_) start(delta, out);
      return;
    case Kind::kUsage:
      usage_ = delta.usage;
      return;
    case Kind::kFinish:
      finish_ = delta.finish;
      return;
    case Kind::kError:
      return;
    case Kind::kArguments:
      return write_arguments(delta, out);
    default:
      break;
  }
  start_if_needed(out);
  if (call_is_open() || next_waiting_ < waiting_.size()) {
    hold(delta);
  } else {
    apply(delta, out);
  }
}

void ResponsesStreamWriter::write_arguments(const chat::Delta& delta, std::string& out) {
  if (open_ == Open::kCall && tool_ == delta.tool) {
    add_arguments(delta.text.raw, out);
    if (next_waiting_ < waiting_.size()) drain(out);
    return;
  }
  const auto waiting = waiting_calls_.find(delta.tool);
  if (waiting != waiting_calls_.end()) waiting_[waiting->second].text += delta.text.raw;
}

// Will more be said of the open call? Whether the input of a custom tool is whole, nothing tells.
bool ResponsesStreamWriter::call_is_open() const {
  if (open_ != Open::kCall) return false;
  return custom_ || arguments_.empty() || !arguments_.whole();
}

// Pieces of one thing wait as one.
void ResponsesStreamWriter::hold(const chat::Delta& delta) {
  const bool piece = delta.kind == Kind::kText || delta.kind == Kind::kRefusal ||
                     delta.kind == Kind::kReasoning || delta.kind == Kind::kSignature;
  if (piece && next_waiting_ < waiting_.size() && waiting_.back().kind == delta.kind) {
    waiting_.back().text += delta.text.raw;
    return;
  }
  if (delta.kind == Kind::kToolCall) waiting_calls_[delta.tool] = waiting_.size();
  Step& step = waiting_.emplace_back();
  step.kind = delta.kind;
  step.tool = delta.tool;
  if (delta.kind != Kind::kToolCall) step.text = delta.text.raw;
  step.id = delta.id.raw;
  step.name = delta.name.raw;
  step.media_type = delta.media_type.raw;
  step.signature = delta.signature.raw;
  step.signer = delta.signer;
  step.json = delta.json;
  step.custom = delta.custom;
}

void ResponsesStreamWriter::drain(std::string& out) {
  while (next_waiting_ < waiting_.size() && !call_is_open()) {
    const Step step = std::move(waiting_[next_waiting_++]);
    if (step.kind == Kind::kToolCall) waiting_calls_.erase(step.tool);
    apply(step, out);
  }
  if (next_waiting_ < waiting_.size()) return;
  waiting_.clear();
  next_waiting_ = 0;
}

void ResponsesStreamWriter::apply(const chat::Delta& delta, std::string& out) {
  switch (delta.kind) {
    case Kind::kText:
      return write_text(InPart::kText, delta.text.raw, out);
    case Kind::kRefusal:
      return write_text(InPart::kRefusal, delta.text.raw, out);
    case Kind::kReasoning:
      return write_thought(delta.text.raw, out);
    case Kind::kSignature:
      return write_signature(delta.text.raw, delta.signer, out);
    case Kind::kSealedReasoning:
      return write_whole_reasoning({Sealed::Form::kSealed, false, delta.text, delta.signer}, out);
    case Kind::kLogprobs:
      return append_own_logprobs(content_of_logprobs(delta.json), logprobs_);
    case Kind::kAnnotations:
      return write_annotations(delta.json, out);
    case Kind::kImage:
      return write_image(delta.media_type, delta.text, out);
    case Kind::kToolCall: {
      Step step;
      step.tool = delta.tool;
      step.id = delta.id.raw;
      step.name = delta.name.raw;
      step.signature = delta.signature.raw;
      step.signer = delta.signer;
      step.custom = delta.custom;
      return open_call(step, out);
    }
    default:
      return;
  }
}

void ResponsesStreamWriter::apply(const Step& step, std::string& out) {
  if (step.kind == Kind::kToolCall) {
    open_call(step, out);
    if (!step.text.empty()) add_arguments(step.text, out);
    return;
  }
  chat::Delta delta;
  delta.kind = step.kind;
  delta.text = {step.text, true};
  delta.media_type = {step.media_type, true};
  delta.signer = step.signer;
  delta.json = step.json;
  apply(delta, out);
}

std::unique_ptr<StreamWriter> stream_writer(const ReplyContext& context) {
  return std::make_unique<ResponsesStreamWriter>(context);
}

}  // namespace postern::dialect::responses_wire
