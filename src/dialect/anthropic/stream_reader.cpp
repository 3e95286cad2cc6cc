#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/marks.h"
#include "dialect/anthropic/reply_words.h"
#include "dialect/anthropic/stream_event.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

using chat::Delta;
using codec::equals_unescaped;
using codec::JsonReader;

// Real streams have one block open at a time.
constexpr size_t open_blocks_max = 64;

class Reader final : public StreamReader {
 public:
  void read(std::string_view type, std::string_view data, std::vector<Delta>& out) override {
    if (progress_ == Progress::kClosed) return;
    if (is_done(data)) {
      if (progress_ == Progress::kWhole) progress_ = Progress::kClosed;
      return;
    }
    if (scratch_used_) scratch_ = chat::Arena();
    scratch_used_ = false;
    Event event;
    if (!read_event(data, usage_, event))
      return fail("an event of the provider's stream is no JSON", out);
    if (event.type.raw.empty()) event.type = chat::literal(type);
    dispatch(event, out);
  }

  Progress progress() const override { return progress_; }

 private:
  enum class Kind : uint8_t { kText, kThinking, kCall, kJsonAnswer, kSealed, kOther };
  struct Open {
    int64_t index = 0;
    Kind kind = Kind::kOther;
    int64_t tool = 0;
    bool said = false;  // arguments or thoughts came
    std::string held;   // the block itself, or the input that it started with
    std::string input;  // of a sealed block, as it comes
    std::vector<std::string> citations;
    uint64_t begin = 0;  // where its text begins in the answer's
  };

  static bool is_done(std::string_view data) {
    const size_t begin = data.find_first_not_of(" \t");
    if (begin == data.npos || data[begin] != '[') return false;
    return data.substr(begin, data.find_last_not_of(" \t\r\n") + 1 - begin) == "[DONE]";
  }

  void dispatch(const Event& event, std::vector<Delta>& out) {
    const auto is = [&event](std::string_view type) { return equals_unescaped(event.type, type); };
    if (event.error) {
      Delta& delta = add(Delta::Kind::kError, out);
      delta.error = event.fault;
      progress_ = Progress::kClosed;
    } else if (is("content_block_delta")) {
      piece(event, out);
    } else if (is("content_block_start")) {
      start_block(event, out);
    } else if (is("content_block_stop")) {
      stop_block(event.index, out);
    } else if (is("message_start")) {
      start(event, out);
    } else if (is("message_delta")) {
      finish(event, out);
    } else if (is("message_stop")) {
      while (!open_.empty()) stop_block(open_.back().index, out);
      if (progress_ == Progress::kWhole) progress_ = Progress::kClosed;
    }
    // Anything else, such as ping, says nothing.
  }

  static Delta& add(Delta::Kind kind, std::vector<Delta>& out) {
    Delta& delta = out.emplace_back();
    delta.kind = kind;
    return delta;
  }

  void fail(std::string_view why, std::vector<Delta>& out) {
    Delta& delta = add(Delta::Kind::kError, out);
    delta.error.kind = chat::Error::Kind::kBadResponse;
    delta.error.message = why;
    progress_ = Progress::kClosed;
  }

  void start(const Event& event, std::vector<Delta>& out) {
    // Said twice it is one start; in the middle of an answer it is another answer.
    if (begun_) return fail("the provider began its answer a second time", out);
    if (!started_) {
      Delta& delta = add(Delta::Kind::kStart, out);
      delta.id = event.message_id;
      delta.model = event.model;
      delta.service_tier = event.service_tier;
      delta.usage = usage_.usage();
    }
    started_ = true;
    report_usage(event, out);
  }

  void report_usage(const Event& event, std::vector<Delta>& out) {
    if (!event.usage) return;
    add(Delta::Kind::kUsage, out).usage = usage_.usage();
  }

  void start_block(const Event& event, std::vector<Delta>& out) {
    const auto is = [&event](std::string_view type) {
      return equals_unescaped(event.block_type, type);
    };
    begun_ = true;
    stop_block(event.index, out);
    if (open_.size() == open_blocks_max) return fail("the provider opened too many blocks", out);
    Open& open = open_.emplace_back();
    open.index = event.index;
    if (is("text")) {
      open.kind = Kind::kText;
      open.begin = characters_;
      say_text(event.text, out);
      cite_all(event.citations, open, out);
    } else if (is("thinking")) {
      open.kind = Kind::kThinking;
      think(open, event.thinking, event.signature, out);
    } else if (is("redacted_thinking")) {
      seal(event.data, out);
    } else if (is("tool_use") && equals_unescaped(event.name, json_answer_tool)) {
      open.kind = Kind::kJsonAnswer;
      open.held = event.input;
      json_answer_ = true;
    } else if (is("tool_use")) {
      open.kind = Kind::kCall;
      open.tool = tools_++;
      open.held = event.input;
      Delta& delta = add(Delta::Kind::kToolCall, out);
      delta.tool = open.tool;
      delta.id = event.id;
      delta.name = event.name;
    } else {
      open.kind = Kind::kSealed;
      open.held = event.block;
    }
  }

  void piece(const Event& event, std::vector<Delta>& out) {
    Open* const open = find(event.index);
    if (!open) return;
    switch (open->kind) {
      case Kind::kText:
        say_text(event.text, out);
        if (!event.citation.empty()) cite(event.citation, *open, out);
        return;
      case Kind::kThinking:
        return think(*open, event.text, event.signature, out);
      case Kind::kCall:
        if (event.partial_json.raw.empty()) return;
        open->said = true;
        say_arguments(open->tool, event.partial_json, out);
        return;
      case Kind::kJsonAnswer:
        if (event.partial_json.raw.empty()) return;
        open->said = true;
        say_text(event.partial_json, out);
        return;
      case Kind::kSealed:
        codec::append_unescaped(event.partial_json, open->input);
        return;
      case Kind::kOther:
        return;
    }
  }

  void stop_block(int64_t index, std::vector<Delta>& out) {
    Open* const open = find(index);
    if (!open) return;
    switch (open->kind) {
      case Kind::kCall:
        // Providers that imitate this stream may give the whole input at the start.
        if (!open->said && has_members(open->held))
          say_arguments(open->tool, keep_escaped(open->held), out);
        break;
      case Kind::kJsonAnswer:
        if (!open->said) say_text(keep_escaped(open->held.empty() ? "{}" : open->held), out);
        break;
      case Kind::kSealed:
        seal_block(*open, out);
        break;
      case Kind::kText:
        annotate(*open, out);
        break;
      case Kind::kThinking:
      case Kind::kOther:
        break;
    }
    open_.erase(open_.begin() + (open - open_.data()));
  }

  void finish(const Event& event, std::vector<Delta>& out) {
    if (!event.stop_reason.raw.empty()) {
      while (!open_.empty()) stop_block(open_.back().index, out);
      Delta& delta = add(Delta::Kind::kFinish, out);
      delta.finish = finish_of(event.stop_reason);
      if (delta.finish == chat::Finish::kToolCalls && json_answer_ && tools_ == 0)
        delta.finish = chat::Finish::kStop;
      delta.text = event.stop_sequence;
      progress_ = Progress::kWhole;
    }
    report_usage(event, out);
  }

  void say(Delta::Kind kind, const chat::Text& text, std::vector<Delta>& out) {
    if (!text.raw.empty()) add(kind, out).text = text;
  }

  void say_text(const chat::Text& text, std::vector<Delta>& out) {
    characters_ += count_characters(text);
    say(Delta::Kind::kText, text, out);
  }

  void say_arguments(int64_t tool, const chat::Text& text, std::vector<Delta>& out) {
    Delta& delta = add(Delta::Kind::kArguments, out);
    delta.tool = tool;
    delta.text = text;
  }

  // Thoughts that are not shown have a signature all the same, and are a part of their own.
  void think(Open& open, const chat::Text& text, const chat::Text& signature,
             std::vector<Delta>& out) {
    const bool begins = !open.said && !signature.raw.empty();
    if (begins || !text.raw.empty()) {
      open.said = true;
      add(Delta::Kind::kReasoning, out).text = text;
    }
    if (signature.raw.empty()) return;
    Delta& delta = add(Delta::Kind::kSignature, out);
    delta.text = signature;
    delta.signer = anthropic.name;
  }

  void seal(const chat::Text& sealed, std::vector<Delta>& out) {
    if (sealed.raw.empty()) return;
    Delta& delta = add(Delta::Kind::kSealedReasoning, out);
    delta.text = sealed;
    delta.signer = anthropic.name;
  }

  // The block with the input that came after its start.
  void seal_block(const Open& open, std::vector<Delta>& out) {
    std::string whole = open.held;
    if (!open.input.empty() && is_json_object(open.input)) {
      JsonReader in(open.held);
      codec::JsonSpan input;
      bool found = false;
      if (in.enter_object()) {
        while (in.next_member()) {
          found |= in.name_is("input");
          in.skip(in.name_is("input") ? &input : nullptr);
        }
      }
      if (found) whole.replace(input.begin, input.end - input.begin, open.input);
    }
    scratch_used_ = true;
    seal(sealed_block(whole, scratch_).signature, out);
  }

  // In the provider's own words, and, of pages, in OpenAI's when the text is whole.
  void cite(chat::Json citation, Open& open, std::vector<Delta>& out) {
    Delta& delta = add(Delta::Kind::kText, out);
    delta.json = citation;
    delta.signer = anthropic.name;
    open.citations.emplace_back(citation);
  }

  void cite_all(chat::Json citations, Open& open, std::vector<Delta>& out) {
    JsonReader in(citations);
    if (!in.enter_array()) return;
    while (in.next_element()) cite(read_json(in, citations), open, out);
  }

  void annotate(const Open& open, std::vector<Delta>& out) {
    std::string annotations;
    for (const std::string& citation : open.citations)
      append_annotation(citation, open.begin, characters_, annotations);
    if (annotations.empty()) return;
    scratch_used_ = true;
    add(Delta::Kind::kAnnotations, out).json = scratch_.keep('[' + annotations + ']');
  }

  static bool has_members(chat::Json object) {
    JsonReader in(object);
    return in.enter_object() && in.next_member();
  }

  chat::Text keep_escaped(std::string_view characters) {
    scratch_used_ = true;
    return scratch_.escape(characters);
  }

  Open* find(int64_t index) {
    for (Open& open : open_)
      if (open.index == index) return &open;
    return nullptr;
  }

  Progress progress_ = Progress::kOpen;
  bool started_ = false;
  bool begun_ = false;  // a block was started
  bool json_answer_ = false;
  int64_t tools_ = 0;
  uint64_t characters_ = 0;  // of the text so far
  std::vector<Open> open_;
  UsageReader usage_;
  chat::Arena scratch_;  // what deltas of one call point into
  bool scratch_used_ = false;
};

}  // namespace

std::unique_ptr<StreamReader> stream_reader(const Quirks&, const ReplyContext&) {
  return std::make_unique<Reader>();
}

}  // namespace postern::dialect::messages
