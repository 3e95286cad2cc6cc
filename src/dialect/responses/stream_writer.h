// Writes the events of a stream. Items follow one another and never overlap, as their indexes and
// the official clients want it: what belongs to a later item while a call is still incomplete
// waits. The last event repeats the whole answer, and the end of an item the whole item, so the
// writer keeps the answer in memory: once as items, and the open item again as text. Both are
// bounded by what a stream may carry (bounds::stream_bytes_max).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/openai_chat/arguments_state.h"
#include "dialect/responses/event_writer.h"
#include "dialect/responses/response_writing.h"

namespace postern::dialect::responses_wire {

class ResponsesStreamWriter : public StreamWriter {
 public:
  explicit ResponsesStreamWriter(const ReplyContext& context);

  void write(const chat::Delta& delta, std::string& out) override;
  void end(std::string& out) override;
  void fail(const chat::Error& error, std::string& out) override;
  void keep_alive(std::string& out) const override { out += ": keep-alive\n\n"; }

 private:
  enum class Open : uint8_t { kNothing, kMessage, kReasoning, kCall };
  enum class InPart : uint8_t { kNothing, kText, kRefusal };

  // A delta that waits, with its bytes. Of a call, `text` collects the arguments.
  struct Step {
    chat::Delta::Kind kind = chat::Delta::Kind::kText;
    int64_t tool = 0;
    std::string text, id, name, media_type, signature, signer, json;
    bool custom = false;
  };

  void start(const chat::Delta& delta, std::string& out);
  void start_if_needed(std::string& out);
  void write_arguments(const chat::Delta& delta, std::string& out);
  bool call_is_open() const;
  void hold(const chat::Delta& delta);
  // Lets go what waits, until a call is incomplete again.
  void drain(std::string& out);
  void apply(const Step& step, std::string& out);
  void apply(const chat::Delta& delta, std::string& out);

  void write_text(InPart part, std::string_view text, std::string& out);
  void write_thought(std::string_view text, std::string& out);
  void write_signature(std::string_view signature, std::string_view signer, std::string& out);
  void write_annotations(chat::Json list, std::string& out);
  void write_image(const chat::Text& media_type, const chat::Text& data, std::string& out);
  void write_whole_reasoning(const Sealed& sealed, std::string& out);
  void open_call(const Step& step, std::string& out);
  void add_arguments(std::string_view piece, std::string& out);

  void open_item(Open kind, std::string_view prefix, std::string& out);
  void begin_part(InPart part, std::string& out);
  void announce_reasoning(std::string& out);
  void end_part(std::string& out);
  void close(std::string_view status, std::string& out);
  void close_message(std::string_view status, std::string& out);
  void close_reasoning(std::string_view status, std::string& out);
  void close_call(std::string& out);
  // The event about an item that `append` writes, which is kept when it is done.
  template <typename Append>
  void write_item_event(std::string_view type, Append append, std::string& out);
  void write_response_event(std::string_view type, const Ending& ending, std::string& out);

  const std::string request_id_, asked_model_;
  const int64_t now_s_;
  ResponseHead head_;
  EventWriter events_;
  bool started_ = false;
  chat::Finish finish_ = chat::Finish::kNone;
  chat::Usage usage_;

  std::string output_;  // the items that are done
  int64_t items_ = 0;

  // The open item.
  Open open_ = Open::kNothing;
  std::string item_id_;
  std::string text_;       // of the open part, of the thoughts, or of the arguments
  std::string signature_;  // of the item
  std::string signer_;
  // Of a message.
  InPart in_part_ = InPart::kNothing;
  std::string content_;  // the parts that are done
  int64_t parts_ = 0;
  std::string annotations_, logprobs_;
  int64_t annotation_count_ = 0;
  // Of a call.
  int64_t tool_ = 0;
  std::string call_id_, call_name_;
  bool custom_ = false;
  ArgumentsState arguments_;
  // Of reasoning.
  bool announced_ = false;

  std::vector<Step> waiting_;
  size_t next_waiting_ = 0;
  std::map<int64_t, size_t> waiting_calls_;
};

}  // namespace postern::dialect::responses_wire
