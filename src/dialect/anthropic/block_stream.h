// The content blocks of a streamed answer, as events: opened and closed one after another, never
// two at once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat/reply.h"
#include "dialect/anthropic/arguments_scan.h"

namespace postern::dialect::messages {

class BlockStream {
 public:
  void text(const chat::Text& text, std::string& out);
  // A citation of the open text, as Anthropic says it.
  void citation(chat::Json citation, std::string& out);
  void reasoning(const chat::Text& text, std::string& out);
  void signature(std::string_view signer, const chat::Text& piece, std::string& out);
  void sealed(std::string_view signer, const chat::Text& sealed, std::string& out);
  void image(const chat::Text& media_type, const chat::Text& data, std::string& out);
  void begin_call(const chat::Delta& call, std::string& out);
  void arguments(int64_t tool, const chat::Text& piece, std::string& out);
  void end(std::string& out);

  bool any_call() const { return !calls_.empty(); }

 private:
  enum class Open : uint8_t { kNothing, kText, kThinking, kCall };
  enum class CallState : uint8_t { kHeld, kOpen, kClosed };

  // A call that begins while the arguments of another are not whole waits for its turn: some
  // providers mix the pieces of calls that they make at once.
  struct Call {
    int64_t tool = 0;
    std::string id, name;  // as they stand in JSON
    std::string mark;      // another provider's signature
    bool custom = false;
    bool said = false;
    CallState state = CallState::kHeld;
    std::string held;  // arguments that came meanwhile, as the inside of a JSON string
    ArgumentsScan scan;
  };

  void open(Open kind, std::string_view block, std::string& out);
  void open_call(Call& call, std::string& out);
  void close_call(Call& call, std::string& out);
  void next_call(std::string& out);
  void settle_calls(std::string& out);
  void close(std::string& out);
  void leave(std::string& out);  // whatever is open, and what waits
  void flush_mark(std::string& out);
  void whole_block(std::string_view json, std::string& out);
  void begin_delta(std::string_view type, std::string_view member, std::string& out) const;
  void delta(std::string_view type, std::string_view member, std::string_view raw,
             std::string& out) const;
  Call* find(int64_t tool);

  Open open_ = Open::kNothing;
  int64_t index_ = -1;         // of the block opened last
  bool thoughts_due_ = false;  // reasoning without a word was said: only a signature may come
  std::string signature_;      // of the open thinking block; clients take it whole
  std::string mark_;           // a redacted block's data, for the text before it
  std::vector<Call> calls_;
  size_t turn_ = 0;  // the first call that is not closed
};

}  // namespace postern::dialect::messages
