// One streamed reply on its way from the provider to the client: read for metering, and, where
// its bytes pass through the core, handed on with what the client did not ask for taken out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "chat/usage.h"
#include "codec/sse.h"

namespace postern::exchange {

enum class Path {
  kFed,      // the core hands every byte on
  kRelayed,  // the bytes flow past the core, which sees a copy
};

enum class UsageChunk { kKeep, kTakeOut };

class ChatStream {
 public:
  // `secret` is cut out of errors that the provider reports; empty for none. It must outlive this.
  ChatStream(Path path, UsageChunk usage_chunk, std::string_view secret)
      : path_(path), usage_chunk_(usage_chunk), secret_(secret) {}

  // Takes upstream bytes, cut anywhere. A fed stream appends to `out` what the client gets now:
  // whole events only, so that an event of ours may follow at any time.
  void push(std::string_view bytes, std::string& out);

  // The upstream ended. Appends what is left to say: the last event, when only its empty line was
  // missing, and nothing otherwise.
  void finish(std::string& out);

  bool done() const { return done_; }                // the terminal event was seen
  bool error_reported() const { return reported_; }  // the provider reported an error
  bool broken() const { return broken_; }            // not an event stream that we can hand on
  // An event of a relayed stream outgrew the reader: nothing is known of it from there on.
  bool unreadable() const { return path_ == Path::kRelayed && reader_.failed(); }
  // A relayed stream stopped inside an event: an empty line must come before anything of ours.
  bool inside_event() const { return !reader_.between_blocks(); }

  Path path() const { return path_; }
  const chat::Usage& usage() const { return usage_; }
  uint64_t content_events() const { return content_events_; }
  uint64_t bytes() const { return bytes_; }

 private:
  void take(const codec::SseBlock& block, std::string& out);
  void take_error(const codec::SseBlock& block, bool envelope, std::string& out);

  Path path_;
  UsageChunk usage_chunk_;
  std::string_view secret_;
  codec::SseReader reader_;
  chat::Usage usage_;
  uint64_t content_events_ = 0;
  uint64_t bytes_ = 0;
  bool done_ = false, reported_ = false, broken_ = false;
};

// `text` with every occurrence of `secret` replaced by `[redacted]`.
std::string without_secret(std::string_view text, std::string_view secret);

}  // namespace postern::exchange
