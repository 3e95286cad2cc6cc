#include <algorithm>

#include "dialect/openai_chat/openai_chat.h"
#include "dialect/untouched.h"
#include "dialect/workers_ai/workers_ai.h"

namespace postern::dialect::workers_ai_wire {
namespace {

using chat::Delta;

void add(std::optional<uint64_t>& sum, const std::optional<uint64_t>& count) {
  if (!count) return;
  const uint64_t before = sum.value_or(0);
  sum = before > INT64_MAX - *count ? uint64_t{INT64_MAX} : before + *count;
}

class Reader final : public StreamReader {
 public:
  Reader(const Quirks& quirks, const ReplyContext& context)
      : quirks_(quirks), chat_(quirks, context) {}

  void read(std::string_view type, std::string_view data, std::vector<Delta>& out) override {
    if (chat_.progress() == Progress::kClosed) return;
    if (is_done(data)) return end(out);
    Shape shape;
    const bool whole = shape.read(data, quirks_);
    const size_t begin = out.size();
    if (!whole || shape.choices || type == "error") {
      chat_.read(type, data, out);
      // Its own reading of usage is not of this provider.
      const auto from = out.begin() + static_cast<ptrdiff_t>(begin);
      const auto reports = [](const Delta& delta) { return delta.kind == Delta::Kind::kUsage; };
      out.erase(std::remove_if(from, out.end(), reports), out.end());
    } else if (shape.failed) {
      chat_.begin_event();
      chat::Error error = read_error({}, data);
      error.status = 0;
      chat_.fail(std::move(error), out);
      return;
    } else {
      read_native(shape, out);
    }
    for (size_t at = begin; at < out.size(); ++at) note(out[at]);
    if (chat_.progress() != Progress::kClosed) report(shape.usage, out);  // not after an error
  }

  Progress progress() const override { return chat_.progress(); }

 private:
  void read_native(const Shape& shape, std::vector<Delta>& out) {
    if (scratch_used_) scratch_ = {};
    // JSON mode: what is no string has to be escaped.
    scratch_used_ = !shape.response.empty() && shape.response.front() != '"';
    chat_.begin_event();
    chat_.reasoning(0, shape.reasoning, out);
    chat_.text(0, shape.said(scratch_), out);  // an empty one begins the answer, at least
    if (!shape.tool_calls.empty()) chat_.tool_calls(0, shape.tool_calls, out);
    if (!shape.finish.raw.empty()) chat_.finish(0, shape.finish, out);
  }

  // Native streams may end without a reason; the end mark alone says that they are whole.
  void end(std::vector<Delta>& out) {
    const size_t begin = out.size();
    if (!finished_) {
      chat_.begin_event();
      chat_.finish(0, chat::literal(called_ ? "tool_calls" : "stop"), out);
    }
    chat_.close(out);
    for (size_t at = begin; at < out.size(); ++at) note(out[at]);
  }

  void note(const Delta& delta) {
    finished_ |= delta.kind == Delta::Kind::kFinish;
    called_ |= delta.kind == Delta::Kind::kToolCall;
  }

  void report(const chat::Usage& usage, std::vector<Delta>& out) {
    if (!usage.reported()) return;
    if (usage.prompt() != 0) {
      usage_ = usage;
    } else {
      add(usage_.input, usage.input);
      add(usage_.output, usage.output);
      add(usage_.reasoning, usage.reasoning);
    }
    out.emplace_back().kind = Delta::Kind::kUsage;
    out.back().usage = usage_;
  }

  const Quirks quirks_;
  ChatStreamReader chat_;
  chat::Arena scratch_;  // of one event
  bool scratch_used_ = false;
  chat::Usage usage_;
  bool finished_ = false, called_ = false;
};

}  // namespace

std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context) {
  return std::make_unique<Reader>(quirks, context);
}

}  // namespace postern::dialect::workers_ai_wire
