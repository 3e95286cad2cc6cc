// Reads the events of a stream by what their data says they are, never by the framing's event name,
// which some providers leave out.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialect.h"
#include "dialect/openai_chat/arguments_state.h"
#include "dialect/responses/items.h"
#include "dialect/responses/reply_reading.h"

namespace postern::dialect::responses_wire {

// All members of events that matter. Which of them are there depends on the type, and in many
// streams the type comes last.
struct Event {
  chat::Text type, delta, text, arguments, input, refusal;
  chat::Json item, part, response, error, annotation, logprobs;
  // Flat errors.
  chat::Text code, message, param;
  int64_t output_index = -1, content_index = 0, summary_index = 0;

  bool is(std::string_view word) const { return codec::equals_unescaped(type, word); }
};

class ResponsesStreamReader : public StreamReader {
 public:
  explicit ResponsesStreamReader(const ReplyContext& context) : request_id_(context.request_id) {}

  void read(std::string_view type, std::string_view data, std::vector<chat::Delta>& out) override;
  Progress progress() const override { return closed_ ? Progress::kClosed : Progress::kOpen; }

 private:
  // What of an item was told, so that the events that repeat it add nothing.
  struct Open {
    bool begun = false;  // a call: its kToolCall was told
    bool custom = false;
    bool argued = false;
    int64_t tool = 0;
    int64_t told_content = -1, told_summary = -1;  // the last index
    bool thought = false, annotated = false;
    ArgumentsState arguments;
  };

  void take(const Event& event, std::vector<chat::Delta>& out);
  void take_text(const Event& event, chat::Delta::Kind kind, std::vector<chat::Delta>& out);
  void take_thought(const Event& event, bool summary, std::vector<chat::Delta>& out);
  void take_arguments(const Event& event, const chat::Text& piece, bool whole,
                      std::vector<chat::Delta>& out);
  void take_annotation(const Event& event, std::vector<chat::Delta>& out);
  void take_item(const Event& event, bool done, std::vector<chat::Delta>& out);
  void take_response(const Event& event, std::vector<chat::Delta>& out);
  void take_failure(std::string_view error_body, std::vector<chat::Delta>& out);
  void take_flat_error(const Event& event, std::vector<chat::Delta>& out);

  void begin(const ResponseView& view, std::vector<chat::Delta>& out);
  void end(const ResponseView& view, std::vector<chat::Delta>& out);
  void begin_call(const Item& item, Open& open, std::vector<chat::Delta>& out);
  void finish_item(const Item& item, Open& open, std::vector<chat::Delta>& out);
  void finish_message(const Item& item, Open& open, std::vector<chat::Delta>& out);
  void finish_call(const Item& item, Open& open, std::vector<chat::Delta>& out);
  void finish_reasoning(const Item& item, Open& open, std::vector<chat::Delta>& out);
  void tell_logprobs(chat::Json list, std::vector<chat::Delta>& out);
  void tell_annotations(const std::vector<chat::Json>& lists, std::vector<chat::Delta>& out);
  void tell_separator(std::vector<chat::Delta>& out);
  void read_missed_output(chat::Json output, std::vector<chat::Delta>& out);

  chat::Delta& add(chat::Delta::Kind kind, std::vector<chat::Delta>& out);
  Open& open_at(int64_t output_index);

  const std::string request_id_;
  std::map<int64_t, Open> open_;
  int64_t calls_ = 0;
  bool started_ = false, said_ = false, cut_ = false, closed_ = false;
  chat::Arena scratch_;  // of the event at hand
  bool scratch_used_ = false;
};

// False when the data is no JSON object.
bool read_event(std::string_view data, Event& event);

}  // namespace postern::dialect::responses_wire
