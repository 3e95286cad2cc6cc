#include <deque>

#include "codec/json_writer.h"
#include "codec/utc_time.h"
#include "dialect/gemini/citations.h"
#include "dialect/gemini/gemini.h"
#include "dialect/gemini/logprobs.h"
#include "dialect/gemini/partial_arguments.h"
#include "dialect/gemini/response.h"

namespace postern::dialect::gemini_wire {
namespace {

using chat::Delta;
using Kind = chat::Delta::Kind;

// What of a candidate has to be remembered between two events.
struct ChoiceState {
  bool seen = false;
  chat::Finish finish = chat::Finish::kNone;  // as the last finishReason said
  bool signable = false;  // what came last is text or reasoning that bears no signature
  int64_t calls = 0;
  bool calls_told = false;  // the finish that was given knows of calls
  Spoken spoken;

  // A call whose arguments still come.
  bool open = false;
  std::string name, id, signature, args;
  bool name_escaped = false, id_escaped = false;
  PartialArguments arguments;
};

class Reader final : public StreamReader {
 public:
  explicit Reader(const ReplyContext& context) : request_id_(context.request_id) {}

  void read(std::string_view, std::string_view data, std::vector<Delta>& out) override {
    if (failed_) return;
    used_ = 0;
    response_.clear();
    const bool whole = read_response(data, response_);
    if (response_.error || (!whole && is_bare_error(data))) return fail(read_error({}, data), out);
    if (!whole || !response_.known) return fail("an event that is no part of an answer", out);
    if (!started_) start(out);
    for (const WireCandidate& candidate : response_.candidates) {
      read_candidate(candidate, out);
      if (failed_) return;
    }
    if (response_.candidates.empty() && !response_.block_reason.raw.empty()) block(out);
    if (!response_.usage.reported() || response_.usage == usage_) return;
    usage_ = response_.usage;
    add(Kind::kUsage, 0, out).usage = usage_;
  }

  // The format has no last event: a finishReason of every candidate is the end.
  Progress progress() const override {
    if (failed_) return Progress::kClosed;
    bool any = false;
    for (const ChoiceState& state : choices_) {
      if (!state.seen) continue;
      if (state.finish == chat::Finish::kNone) return Progress::kOpen;
      any = true;
    }
    return any ? Progress::kWhole : Progress::kOpen;
  }

 private:
  static Delta& add(Kind kind, int64_t choice, std::vector<Delta>& out) {
    Delta& delta = out.emplace_back();
    delta.kind = kind;
    delta.choice = choice;
    return delta;
  }

  void fail(chat::Error error, std::vector<Delta>& out) {
    failed_ = true;
    add(Kind::kError, 0, out).error = std::move(error);
  }

  void fail(const char* message, std::vector<Delta>& out) {
    chat::Error error;
    error.kind = chat::Error::Kind::kBadResponse;
    error.message = message;
    fail(std::move(error), out);
  }

  // A string that lives until the next event; its memory is used again.
  std::string& scratch() {
    if (used_ == scratch_.size()) scratch_.emplace_back();
    std::string& text = scratch_[used_++];
    text.clear();
    return text;
  }

  void start(std::vector<Delta>& out) {
    started_ = true;
    Delta& delta = add(Kind::kStart, 0, out);
    delta.id = response_.id;
    delta.model = response_.model;
    if (const auto ms = codec::read_utc_time(chat::plain(response_.created)))
      delta.created_s = *ms / 1000;
  }

  void block(std::vector<Delta>& out) {
    if (choices_.empty()) choices_.resize(1);
    choices_[0].seen = true;
    choices_[0].finish = chat::Finish::kContentFilter;
    add(Kind::kFinish, 0, out).finish = chat::Finish::kContentFilter;
  }

  void read_candidate(const WireCandidate& candidate, std::vector<Delta>& out) {
    const size_t index = static_cast<size_t>(candidate.index);
    if (index >= choices_.size()) choices_.resize(index + 1);
    ChoiceState& state = choices_[index];
    state.seen = true;
    for (size_t at = candidate.parts_begin; at < candidate.parts_end; ++at) {
      read_part(response_.parts[at], candidate.index, state, out);
      if (failed_) return;
    }
    read_metadata(candidate, state, out);
    const chat::Finish finish = finish_of(candidate.finish_reason);
    if (finish != chat::Finish::kNone) {
      if (state.open) end_call(candidate.index, state, out);
      state.finish = finish;
    } else if (state.finish != chat::Finish::kStop || state.calls_told == (state.calls > 0)) {
      return;
    }
    state.calls_told = state.calls > 0;
    const bool calls = state.finish == chat::Finish::kStop && state.calls_told;
    add(Kind::kFinish, candidate.index, out).finish =
        calls ? chat::Finish::kToolCalls : state.finish;
  }

  void read_metadata(const WireCandidate& candidate, ChoiceState& state, std::vector<Delta>& out) {
    if (!candidate.logprobs.empty()) {
      std::string& logprobs = scratch();
      append_logprobs(candidate.logprobs, logprobs);
      if (!logprobs.empty()) add(Kind::kLogprobs, candidate.index, out).json = logprobs;
    }
    if (candidate.grounding.empty() && candidate.citations.empty()) return;
    std::string& annotations = scratch();
    append_annotations(candidate.grounding, candidate.citations, state.spoken, annotations);
    if (!annotations.empty()) add(Kind::kAnnotations, candidate.index, out).json = annotations;
  }

  void read_part(const WirePart& part, int64_t choice, ChoiceState& state,
                 std::vector<Delta>& out) {
    if (part.call) return read_call(part, choice, state, out);
    const bool image = part.media_type.raw.starts_with("image/") && !part.data.raw.empty();
    if (image && !part.thought) {
      Delta& delta = add(Kind::kImage, choice, out);
      delta.media_type = part.media_type;
      delta.text = part.data;
      state.signable = false;
    }
    if (!part.text.raw.empty()) {
      add(part.thought ? Kind::kReasoning : Kind::kText, choice, out).text = part.text;
      if (!part.thought) state.spoken.add(part.text);
      state.signable = true;
    }
    if (!part.signature.raw.empty()) sign(part.signature, choice, state, out);
  }

  // After a call an empty text comes before the signature, which would else be taken for the
  // call's.
  static void sign(const chat::Text& signature, int64_t choice, ChoiceState& state,
                   std::vector<Delta>& out) {
    if (!state.signable) add(Kind::kText, choice, out);
    Delta& delta = add(Kind::kSignature, choice, out);
    delta.text = signature;
    delta.signer = signer;
    state.signable = false;
  }

  void read_call(const WirePart& part, int64_t choice, ChoiceState& state,
                 std::vector<Delta>& out) {
    if (!part.name.raw.empty()) {
      if (state.open) end_call(choice, state, out);
      if (!part.will_continue && part.partial_args.empty())
        return give_call(part.name, part.id, part.signature, part.args, choice, state, out);
      begin_call(part, state);
    }
    if (!state.open) return;  // the end of a call that has ended
    if (!part.args.empty()) state.args = part.args;
    if (!part.partial_args.empty() && !state.arguments.add(part.partial_args))
      return fail("arguments of a call whose parts do not fit together", out);
    if (!part.will_continue) end_call(choice, state, out);
  }

  static void begin_call(const WirePart& part, ChoiceState& state) {
    state.open = true;
    state.name = part.name.raw;
    state.name_escaped = part.name.escaped;
    state.id = part.id.raw;
    state.id_escaped = part.id.escaped;
    state.signature = part.signature.raw;
    state.args.clear();
    state.arguments.clear();
  }

  void end_call(int64_t choice, ChoiceState& state, std::vector<Delta>& out) {
    state.open = false;
    std::string& args = scratch();
    args = state.args;
    if (!state.arguments.empty()) {
      args.clear();
      state.arguments.write(args);
    }
    // Another call may begin in this same event: the views go to copies.
    give_call({copy(state.name), state.name_escaped}, {copy(state.id), state.id_escaped},
              {copy(state.signature), true}, args, choice, state, out);
  }

  std::string_view copy(const std::string& text) { return scratch() = text; }

  void give_call(const chat::Text& name, const chat::Text& id, const chat::Text& signature,
                 chat::Json args, int64_t choice, ChoiceState& state, std::vector<Delta>& out) {
    Delta& call = add(Kind::kToolCall, choice, out);
    call.tool = state.calls;
    call.name = name;
    call.id = id;
    if (id.raw.empty()) call.id = chat::literal(scratch() = made_id(request_id_, made_++));
    if (!signature.raw.empty()) {
      call.signature = signature;
      call.signer = signer;
    }
    Delta& arguments = add(Kind::kArguments, choice, out);
    arguments.tool = state.calls;
    std::string& quoted = scratch();
    codec::append_json_string(args.empty() ? "{}" : args, quoted);
    arguments.text = {std::string_view(quoted).substr(1, quoted.size() - 2), true};
    ++state.calls;
    state.signable = false;
  }

  const std::string request_id_;
  Response response_;
  std::vector<ChoiceState> choices_;
  std::deque<std::string> scratch_;
  size_t used_ = 0;
  chat::Usage usage_;
  uint64_t made_ = 0;
  bool started_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<StreamReader> stream_reader(const Quirks&, const ReplyContext& context) {
  return std::make_unique<Reader>(context);
}

}  // namespace postern::dialect::gemini_wire
