// A streamed reply whose client and provider speak the same dialect: its events go on as they are,
// but for what the client did not ask for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sse.h"
#include "dialect/dialect.h"
#include "dialect/untouched.h"
#include "exchange/reply_stream.h"

namespace postern::exchange {

enum class Path {
  kFed,      // the core hands every byte on
  kRelayed,  // the bytes flow past the core, which sees a copy
};

enum class UsageChunk { kKeep, kTakeOut };

struct UntouchedWay {
  Path path = Path::kFed;
  UsageChunk usage_chunk = UsageChunk::kKeep;
  dialect::Envelope envelope = dialect::Envelope::kOpenai;
  Secrets secrets = {};  // are cut out of errors that the provider reports; they outlive the stream
  dialect::Quirks quirks = {};
  std::string_view request_id = {};
};

class UntouchedStream : public ReplyStream {
 public:
  // Without a `meter` the stream speaks OpenAI's chat completions, which are read where they lie;
  // with one, another dialect, which the meter reads.
  explicit UntouchedStream(UntouchedWay way, std::unique_ptr<dialect::StreamReader> meter = nullptr)
      : way_(std::move(way)), meter_(std::move(meter)) {}

  void push(std::string_view bytes, std::string& out) override;
  void finish(std::string& out) override;
  void fail(policy::Reason reason, std::string& out) override;
  void keep_alive(std::string& out) const override;

  bool relayed() const override { return way_.path == Path::kRelayed; }
  void retake() override;
  bool inside_event() const override { return !closed_ && !reader_.between_blocks(); }
  bool unreadable() const override { return relayed() && reader_.failed(); }

 private:
  void take(const codec::SseBlock& block, std::string& out);
  void take_chunk(const codec::SseBlock& block, std::string& out);
  void take_metered(const codec::SseBlock& block, std::string& out);
  void take_error(const codec::SseBlock& block, bool envelope, std::string& out);
  void end_line(std::string_view bytes, std::string& out);
  bool is_whole(const codec::SseBlock& block) const;
  void write_event(policy::Reason reason, std::string& out) const;

  UntouchedWay way_;
  std::unique_ptr<dialect::StreamReader> meter_;
  std::vector<chat::Delta> deltas_;  // of one event; kept for its memory
  codec::SseReader reader_;
  int64_t events_ = 0;
  bool finished_ = false;  // a finish_reason was seen
  bool lf_due_ = false;    // the terminal event ended with half a CRLF, perhaps
  bool closed_ = false;    // the empty line that an unfinished event lacked was added
};

}  // namespace postern::exchange
