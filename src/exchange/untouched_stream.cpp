#include "exchange/untouched_stream.h"

#include "dialect/dialects.h"

namespace postern::exchange {

using Progress = dialect::StreamReader::Progress;

void UntouchedStream::push(std::string_view bytes, std::string& out) {
  bytes_ += bytes.size();
  if (done_ && !relayed()) return end_line(bytes, out);
  if (broken_ || unreadable()) return;
  reader_.push(bytes);
  for (codec::SseBlock block; !broken_ && reader_.next(block);) take(block, out);
  if (reader_.failed() && !relayed()) broken_ = true;
}

// The terminal event may end with a CR whose LF comes with the next bytes.
void UntouchedStream::end_line(std::string_view bytes, std::string& out) {
  if (lf_due_ && bytes.starts_with('\n')) out += '\n';
  lf_due_ = false;
}

void UntouchedStream::finish(std::string& out) {
  const bool unfinished = relayed() && inside_event() && !unreadable();
  codec::SseBlock block;
  const bool whole =
      !broken_ && !done_ && reader_.flush(block) && block.dispatched && is_whole(block);
  if (whole) take(block, out);
  if (whole || unfinished) out += "\n\n";
  closed_ = true;
  // The second half of a CRLF at the very end is no block of its own.
  if (!relayed() && !done_ && reader_.between_blocks()) out += reader_.rest();
  if (done_ || broken_ || reported_) return;
  if (meter_) {
    done_ = meter_->progress() != Progress::kOpen;
  } else if (finished_) {  // several providers leave the last word out; clients wait for it
    done_ = true;
    out += "data: [DONE]\n\n";
  }
}

// The unfinished last block of a stream: is it an event that only lacks its empty line?
bool UntouchedStream::is_whole(const codec::SseBlock& block) const {
  return dialect::is_done(block.data) || dialect::read_chat_chunk(block.data).valid;
}

void UntouchedStream::take(const codec::SseBlock& block, std::string& out) {
  if (done_) return;
  if (!block.dispatched) {
    if (!relayed()) out += block.raw;
    return;
  }
  ++events_;
  if (meter_) return take_metered(block, out);
  if (dialect::is_done(block.data)) {
    done_ = true;
    lf_due_ = block.raw.ends_with('\r');
    if (!relayed()) out += block.raw;
    return;
  }
  take_chunk(block, out);
}

void UntouchedStream::take_chunk(const codec::SseBlock& block, std::string& out) {
  const dialect::ChatChunk chunk = dialect::read_chat_chunk(block.data, way_.quirks);
  if (chunk.error || block.type == "error") return take_error(block, chunk.envelope, out);
  if (!chunk.valid) {
    broken_ = !relayed();  // what flows past the core cannot be held back any more
    return;
  }
  if (chunk.usage_reported) usage_ = chunk.usage;
  if (chunk.content) ++content_events_;
  finished_ |= chunk.finished;
  if (relayed()) return;
  if (way_.usage_chunk == UsageChunk::kTakeOut) {
    if (chunk.choices_empty && chunk.usage_reported) return;
    // Data that lies in the block as one piece can lose a member without being written again.
    const size_t data_at = block.raw.find(block.data);
    if (chunk.null_usage && data_at != std::string_view::npos) {
      out += block.raw.substr(0, data_at + chunk.null_usage->begin);
      out += block.raw.substr(data_at + chunk.null_usage->end);
      return;
    }
  }
  out += block.raw;
}

void UntouchedStream::take_metered(const codec::SseBlock& block, std::string& out) {
  deltas_.clear();
  meter_->read(block.type, block.data, deltas_);
  bool error = false, readable = true;
  for (const chat::Delta& delta : deltas_) {
    error |= note(delta);
    if (delta.kind == chat::Delta::Kind::kError)
      readable = delta.error.kind != chat::Error::Kind::kBadResponse;
  }
  if (!readable) {
    reported_ = false;
    broken_ = !relayed();
    return;
  }
  done_ = meter_->progress() == Progress::kClosed;
  lf_due_ = done_ && block.raw.ends_with('\r');
  if (error) return take_error(block, true, out);
  if (!relayed()) out += block.raw;
}

void UntouchedStream::take_error(const codec::SseBlock& block, bool envelope, std::string& out) {
  reported_ = true;
  if (!meter_) error_ = dialect::openai_chat.read_error({}, block.data);
  if (relayed()) return;
  if (!envelope) return write_event(policy::Reason::kUpstreamError, out);
  out += without_secrets(block.raw, way_.secrets);
}

void UntouchedStream::fail(policy::Reason reason, std::string& out) {
  if (relayed() && inside_event()) out += "\n\n";
  write_event(reason, out);
}

void UntouchedStream::write_event(policy::Reason reason, std::string& out) const {
  const policy::Refusal& refusal = policy::refusal(reason);
  dialect::write_error_event(way_.envelope,
                             {.status = refusal.status,
                              .message = refusal.message,
                              .code = refusal.code,
                              .param = {},
                              .request_id = way_.request_id},
                             events_, out);
}

void UntouchedStream::retake() {
  way_.path = Path::kFed;
  bytes_ = 0;  // its bound is for what comes through the core
}

void UntouchedStream::keep_alive(std::string& out) const {
  out += way_.envelope == dialect::Envelope::kAnthropic
             ? "event: ping\ndata: {\"type\":\"ping\"}\n\n"
             : ": keep-alive\n\n";
}

}  // namespace postern::exchange
