#include "dialect/cohere/cohere.h"
#include "dialect/json_members.h"
#include "dialect/untouched.h"

namespace postern::dialect::cohere_wire {
namespace {

using chat::Delta;
using codec::JsonKind;
using codec::JsonReader;

// What one event says. Its members may come in any order, so they are collected first.
struct Event {
  chat::Text type, id, message, error;
  std::optional<uint64_t> index;
  chat::Text text, thinking, plan;
  chat::Text call_id, call_name, arguments;
  chat::Text finish;
  chat::Usage usage;
};

class Reader final : public StreamReader {
 public:
  explicit Reader(const ReplyContext& context) : request_id_(context.request_id) {}

  void read(std::string_view type, std::string_view data, std::vector<Delta>& out) override {
    if (progress_ == Progress::kClosed) return;
    if (is_done(data)) {
      progress_ = Progress::kClosed;
      return;
    }
    Event event;
    annotations_.clear();
    if (!read_event(data, event)) {
      fail(chat::Error::Kind::kBadResponse, "an event of the stream is not valid JSON", out);
      return;
    }
    if (event.type.raw.empty()) event.type = chat::literal(type);
    tell(event, out);
  }

  Progress progress() const override { return progress_; }

 private:
  bool read_event(std::string_view data, Event& event) {
    JsonReader in(data);
    if (!in.enter_object()) return false;
    while (in.next_member()) {
      if (in.name_is("type")) {
        read_text(in, event.type);
      } else if (in.name_is("index")) {
        read_count(in, event.index);
      } else if (in.name_is("delta") && in.enter_object()) {
        read_delta(in, event);
      } else if (in.name_is("id")) {
        read_text(in, event.id);
      } else if (in.name_is("message")) {
        read_text(in, event.message);
      } else {
        in.skip();
      }
    }
    return in.finish();
  }

  void read_delta(JsonReader& in, Event& event) {
    while (in.next_member()) {
      if (in.name_is("message") && in.enter_object()) {
        read_message(in, event);
      } else if (in.name_is("finish_reason")) {
        read_text(in, event.finish);
      } else if (in.name_is("usage")) {
        read_usage(in, event.usage);
      } else if (in.name_is("error")) {
        read_text(in, event.error);
      } else {
        in.skip();
      }
    }
  }

  void read_message(JsonReader& in, Event& event) {
    while (in.next_member()) {
      if (in.name_is("content") && in.enter_object()) {
        while (in.next_member()) {
          if (in.name_is("text")) {
            read_text(in, event.text);
          } else if (in.name_is("thinking")) {
            read_text(in, event.thinking);
          } else {
            in.skip();
          }
        }
      } else if (in.name_is("tool_plan")) {
        read_text(in, event.plan);
      } else if (in.name_is("tool_calls") && in.enter_object()) {
        read_call(in, event);
      } else if (in.name_is("citations") && in.kind() == JsonKind::kObject) {
        append_annotations(in, annotations_);
      } else {
        in.skip();
      }
    }
  }

  static void read_call(JsonReader& in, Event& event) {
    while (in.next_member()) {
      if (in.name_is("id")) {
        read_text(in, event.call_id);
      } else if (in.name_is("function") && in.enter_object()) {
        while (in.next_member()) {
          if (in.name_is("name")) {
            read_text(in, event.call_name);
          } else if (in.name_is("arguments")) {
            read_text(in, event.arguments);
          } else {
            in.skip();
          }
        }
      } else {
        in.skip();
      }
    }
  }

  // What an event says is told by what is in it; only a call's beginning needs the type.
  void tell(const Event& event, std::vector<Delta>& out) {
    const auto is = [&](std::string_view type) {
      return codec::equals_unescaped(event.type, type);
    };
    if (is("error") || (!event.message.raw.empty() && event.type.raw.empty())) {
      fail(chat::Error::Kind::kServer, chat::plain(event.message), out);
      return;
    }
    start(event, out);
    say(Delta::Kind::kReasoning, event.plan, out);
    say(Delta::Kind::kReasoning, event.thinking, out);
    say(Delta::Kind::kText, event.text, out);
    if (is("tool-call-start")) begin_call(event, out);
    if (is("tool-call-start") || is("tool-call-delta")) continue_call(event, out);
    // A citation without an address has no place in OpenAI's annotations; whole replies keep it.
    if (!annotations_.empty()) {
      annotations_.insert(0, 1, '[').push_back(']');
      out.emplace_back().kind = Delta::Kind::kAnnotations;
      out.back().json = annotations_;
    }
    if (is("message-end")) end(event, out);
  }

  void start(const Event& event, std::vector<Delta>& out) {
    if (started_) return;
    started_ = true;
    out.emplace_back().kind = Delta::Kind::kStart;
    out.back().id = event.id;
  }

  static void say(Delta::Kind kind, const chat::Text& text, std::vector<Delta>& out) {
    if (text.raw.empty()) return;
    out.emplace_back().kind = kind;
    out.back().text = text;
  }

  void begin_call(const Event& event, std::vector<Delta>& out) {
    ++calls_;
    index_ = event.index;
    arguments_begun_ = false;
    Delta& delta = out.emplace_back();
    delta.kind = Delta::Kind::kToolCall;
    delta.tool = calls_ - 1;
    delta.name = event.call_name;
    delta.id = event.call_id;
    if (!delta.id.raw.empty()) return;
    made_id_ = "call_" + request_id_ + "_" + std::to_string(delta.tool);
    delta.id = chat::literal(made_id_);
  }

  // Calls come one after the other. A call without parameters has no arguments, or "null".
  void continue_call(const Event& event, std::vector<Delta>& out) {
    if (calls_ == 0 || event.arguments.raw.empty()) return;
    if (event.index && index_ && *event.index != *index_) return;
    if (!arguments_begun_ && codec::equals_unescaped(event.arguments, "null")) return;
    arguments_begun_ = true;
    say(Delta::Kind::kArguments, event.arguments, out);
    out.back().tool = calls_ - 1;
  }

  void end(const Event& event, std::vector<Delta>& out) {
    if (!event.error.raw.empty()) {
      const bool late = codec::equals_unescaped(event.finish, "TIMEOUT");
      fail(late ? chat::Error::Kind::kTimeout : chat::Error::Kind::kServer,
           chat::plain(event.error), out);
      return;
    }
    progress_ = Progress::kWhole;
    Delta& delta = out.emplace_back();
    delta.kind = Delta::Kind::kFinish;
    delta.finish = finish_of(event.finish);
    if (calls_ != 0 && delta.finish == chat::Finish::kStop) delta.finish = chat::Finish::kToolCalls;
    if (!event.usage.reported()) return;
    out.emplace_back().kind = Delta::Kind::kUsage;
    out.back().usage = event.usage;
  }

  void fail(chat::Error::Kind kind, std::string message, std::vector<Delta>& out) {
    progress_ = Progress::kClosed;
    Delta& delta = out.emplace_back();
    delta.kind = Delta::Kind::kError;
    delta.error.kind = kind;
    delta.error.message = std::move(message);
  }

  std::string request_id_, made_id_;
  std::string annotations_;
  Progress progress_ = Progress::kOpen;
  bool started_ = false;
  int64_t calls_ = 0;
  std::optional<uint64_t> index_;  // of the call that is open
  bool arguments_begun_ = false;   // of that call
};

}  // namespace

std::unique_ptr<StreamReader> stream_reader(const Quirks&, const ReplyContext& context) {
  return std::make_unique<Reader>(context);
}

}  // namespace postern::dialect::cohere_wire
