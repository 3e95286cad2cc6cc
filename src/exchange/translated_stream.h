// A streamed reply whose client and provider speak different dialects: every event is read into
// the neutral steps of a conversation and written anew.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/aws_event_stream.h"
#include "codec/sse.h"
#include "dialect/dialect.h"
#include "exchange/reply_stream.h"

namespace postern::exchange {

enum class Framing : uint8_t {
  kEventStream,     // server-sent events
  kAwsEventStream,  // application/vnd.amazon.eventstream
};

class TranslatedStream : public ReplyStream {
 public:
  // `secrets` are cut out of errors that the provider reports; they outlive the stream.
  TranslatedStream(Framing framing, std::unique_ptr<dialect::StreamReader> reader,
                   std::unique_ptr<dialect::StreamWriter> writer, Secrets secrets);

  void push(std::string_view bytes, std::string& out) override;
  void finish(std::string& out) override;
  void fail(policy::Reason reason, std::string& out) override;
  void keep_alive(std::string& out) const override { writer_->keep_alive(out); }

 private:
  void push_events(std::string_view bytes, std::string& out);
  void push_frames(std::string_view bytes, std::string& out);
  void take_block(const codec::SseBlock& block, std::string& out);
  void take(std::string_view type, std::string_view data, std::string& out);

  std::unique_ptr<dialect::StreamReader> reader_;
  std::unique_ptr<dialect::StreamWriter> writer_;
  Secrets secrets_;
  codec::SseReader events_;
  std::optional<codec::AwsEventReader> frames_;  // instead of events_
  std::vector<chat::Delta> deltas_;              // of one event; kept for its memory
};

}  // namespace postern::exchange
