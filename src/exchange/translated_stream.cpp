#include "exchange/translated_stream.h"

#include "codec/json_writer.h"
#include "exchange/upstream_fault.h"

namespace postern::exchange {

using Progress = dialect::StreamReader::Progress;

namespace {

// A frame of the type `error` has its words in a header, an exception in its payload.
std::string message_of(const codec::AwsEvent& error) {
  std::string payload;
  codec::JsonWriter(payload)
      .begin_object()
      .name("message")
      .string(error.error_message)
      .end_object();
  return payload;
}

}  // namespace

TranslatedStream::TranslatedStream(Framing framing, std::unique_ptr<dialect::StreamReader> reader,
                                   std::unique_ptr<dialect::StreamWriter> writer, Secrets secrets)
    : reader_(std::move(reader)), writer_(std::move(writer)), secrets_(std::move(secrets)) {
  if (framing == Framing::kAwsEventStream) frames_.emplace();
}

void TranslatedStream::push(std::string_view bytes, std::string& out) {
  bytes_ += bytes.size();
  if (done_ || broken_ || reported_) return;
  if (frames_) {
    push_frames(bytes, out);
  } else {
    push_events(bytes, out);
  }
}

void TranslatedStream::push_events(std::string_view bytes, std::string& out) {
  events_.push(bytes);
  for (codec::SseBlock block; events_.next(block);) take_block(block, out);
  if (events_.failed()) broken_ = true;
}

void TranslatedStream::take_block(const codec::SseBlock& block, std::string& out) {
  if (block.dispatched) return take(block.type, block.data, out);
  // Gemini reports an error in mid-stream as bare JSON, which is no event at all.
  const size_t begin = block.raw.find_first_not_of(" \t\r\n");
  if (begin == block.raw.npos) return;
  const char first = block.raw[begin];
  if (first == '{' || first == '[') take({}, block.raw.substr(begin), out);
}

void TranslatedStream::push_frames(std::string_view bytes, std::string& out) {
  frames_->push(bytes);
  for (codec::AwsEvent event; frames_->next(event);) {
    if (event.message_type == "event") {
      take(event.event_type, event.payload, out);
    } else if (event.message_type == "exception") {
      take("exception:" + std::string(event.exception_type), event.payload, out);
    } else {
      take("exception:" + std::string(event.error_code), message_of(event), out);
    }
  }
  if (frames_->failed()) broken_ = true;
}

void TranslatedStream::take(std::string_view type, std::string_view data, std::string& out) {
  if (done_ || reported_ || broken_) return;
  deltas_.clear();
  reader_->read(type, data, deltas_);
  for (const chat::Delta& delta : deltas_) {
    if (note(delta)) {
      error_.message = without_secrets(error_.message, secrets_);
      writer_->fail(error_, out);
      return;
    }
    writer_->write(delta, out);
  }
  if (reader_->progress() != Progress::kClosed) return;
  done_ = true;
  writer_->end(out);
}

void TranslatedStream::finish(std::string& out) {
  codec::SseBlock block;
  if (!frames_ && !broken_ && events_.flush(block)) take_block(block, out);
  if (done_ || broken_ || reported_) return;
  if (reader_->progress() == Progress::kOpen) return;
  done_ = true;
  writer_->end(out);
}

void TranslatedStream::fail(policy::Reason reason, std::string& out) {
  writer_->fail(error_of(reason), out);
}

}  // namespace postern::exchange
