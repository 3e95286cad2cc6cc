// One streamed reply on its way from the provider to the client: read for metering, and, where its
// bytes pass through the core, handed on as events that the client's dialect knows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat/reply.h"
#include "chat/usage.h"
#include "dialect/envelope.h"
#include "policy/refusal.h"

namespace postern::exchange {

// What must never reach a client: the credentials by which a provider knows the gateway.
using Secrets = std::vector<std::string_view>;

class ReplyStream {
 public:
  virtual ~ReplyStream() = default;

  // Takes upstream bytes, cut anywhere. What the client gets now is appended to `out`: whole
  // events only, so that an event of ours may follow at any time.
  virtual void push(std::string_view bytes, std::string& out) = 0;

  // The upstream ended. Appends what is left to say, when that is the stream's regular end.
  virtual void finish(std::string& out) = 0;

  // The gateway's own last word.
  virtual void fail(policy::Reason reason, std::string& out) = 0;

  // Something that keeps proxies from closing a silent connection, and that clients pass over.
  virtual void keep_alive(std::string& out) const = 0;

  // The bytes flow past the core, which sees a copy of them and writes nothing.
  virtual bool relayed() const { return false; }
  // From here the bytes go on through the core; nothing may be half said.
  virtual void retake() {}
  // A relayed stream stopped inside an event: an empty line must come before anything of ours.
  virtual bool inside_event() const { return false; }
  // An event of a relayed stream outgrew the reader: nothing is known of it from there on.
  virtual bool unreadable() const { return false; }

  bool done() const { return done_; }                // its terminal event was seen
  bool error_reported() const { return reported_; }  // the provider reported an error
  bool broken() const { return broken_; }            // not a stream that we can hand on
  // What the provider reported, where it is known in our words.
  const chat::Error& error() const { return error_; }

  const chat::Usage& usage() const { return usage_; }
  uint64_t content_events() const { return content_events_; }
  uint64_t bytes() const { return bytes_; }

 protected:
  // Takes down what one step says; true when it is an error.
  bool note(const chat::Delta& delta);

  chat::Usage usage_;
  chat::Error error_;
  uint64_t content_events_ = 0;
  uint64_t bytes_ = 0;
  bool done_ = false, reported_ = false, broken_ = false;
};

// `text` with every secret replaced by `[redacted]`.
std::string without_secrets(std::string_view text, const Secrets& secrets);

}  // namespace postern::exchange
