// What a stream of chunks has to remember: which calls there are, whether their arguments are
// whole, how each choice ended, what was used.
#include "codec/json_writer.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/said.h"

namespace postern::dialect {

using chat::Delta;
using chat::Finish;
using codec::JsonReader;
using namespace chat_completions;

namespace {

// OpenAI's n goes up to 128, and its tools do too. More choices or calls than these are a provider
// gone wrong, and looking one up among them would take its time.
constexpr size_t choices_max = 256;
constexpr size_t calls_max = 512;

void add_count(std::optional<uint64_t>& to, const std::optional<uint64_t>& count) {
  if (!count) return;
  const uint64_t before = to.value_or(0);
  to = before > UINT64_MAX - *count ? UINT64_MAX : before + *count;
}

}  // namespace

Delta& ChatStreamReader::add(Delta::Kind kind, const Choice& choice, std::vector<Delta>& out) {
  Delta& delta = out.emplace_back();
  delta.kind = kind;
  delta.choice = choice.index;
  return delta;
}

void ChatStreamReader::start(std::vector<Delta>& out) {
  if (started_) return;
  started_ = starting_ = true;
  start_at_ = out.size();
  out.emplace_back().kind = Delta::Kind::kStart;
}

void ChatStreamReader::overflow() {
  if (error_) return;
  error_.emplace();
  error_->kind = chat::Error::Kind::kBadResponse;
  error_->message = "the provider sent more choices or tool calls than any model makes";
}

ChatStreamReader::Choice* ChatStreamReader::choice_of(int64_t index) {
  for (Choice& choice : choices_)
    if (choice.index == index) return &choice;
  if (choices_.size() == choices_max) return overflow(), nullptr;
  choices_.emplace_back().index = index;
  return &choices_.back();
}

void ChatStreamReader::text(int64_t index, const chat::Text& text, std::vector<Delta>& out) {
  start(out);
  Choice* const choice = choice_of(index);
  if (!choice || text.raw.empty()) return;
  choice->spoke = true;
  add(Delta::Kind::kText, *choice, out).text = text;
}

void ChatStreamReader::reasoning(int64_t index, const chat::Text& text, std::vector<Delta>& out) {
  start(out);
  Choice* const choice = choice_of(index);
  if (!choice || text.raw.empty()) return;
  choice->spoke = true;
  add(Delta::Kind::kReasoning, *choice, out).text = text;
}

void ChatStreamReader::tool_calls(int64_t index, chat::Json list, std::vector<Delta>& out) {
  start(out);
  Choice* const choice = choice_of(index);
  if (!choice) return;
  read_calls(*choice, list, out);
  tell_finishes(out);
}

void ChatStreamReader::finish(int64_t index, const chat::Text& word, std::vector<Delta>& out) {
  start(out);
  Choice* const choice = choice_of(index);
  const Finish finish = read_finish(word);
  if (!choice || finish == Finish::kNone) return;
  choice->said = finish;
  choice->touched = true;
  tell_finishes(out);
}

void ChatStreamReader::usage(const chat::Usage& usage, std::vector<Delta>& out) {
  start(out);
  usage_ = usage;
  Delta& delta = out.emplace_back();
  delta.kind = Delta::Kind::kUsage;
  delta.usage = usage;
}

void ChatStreamReader::add_usage(const chat::Usage& usage, std::vector<Delta>& out) {
  chat::Usage all = usage_;
  add_count(all.input, usage.input);
  add_count(all.cache_read, usage.cache_read);
  add_count(all.cache_write, usage.cache_write);
  add_count(all.output, usage.output);
  add_count(all.reasoning, usage.reasoning);
  this->usage(all, out);
}

void ChatStreamReader::fail(chat::Error error, std::vector<Delta>& out) {
  closed_ = true;
  Delta& delta = out.emplace_back();
  delta.kind = Delta::Kind::kError;
  delta.error = std::move(error);
}

void ChatStreamReader::close(std::vector<Delta>& out) {
  for (Choice& choice : choices_) choice.touched = choice.said != Finish::kNone;
  tell_finishes(out);
  closed_ = true;
}

void ChatStreamReader::read_calls(Choice& choice, chat::Json list, std::vector<Delta>& out) {
  JsonReader in(list);
  for (in.enter_array(); in.next_element();) take_piece(choice, read_call_piece(in, list), out);
}

void ChatStreamReader::take_piece(Choice& choice, const CallPiece& piece, std::vector<Delta>& out) {
  const bool empty = piece.id.raw.empty() && piece.name.raw.empty() &&
                     piece.arguments.raw.empty() && piece.arguments_json.empty();
  if (empty && piece.signature.raw.empty()) return;  // Workers AI ends its calls with such ones
  Call* const call = call_of(choice, piece);
  if (!call) return;
  choice.touched = choice.spoke = true;
  call->custom |= piece.custom;
  if (call->id.empty()) call->id = piece.id.raw;
  if (call->name.empty()) call->name = piece.name.raw;
  if (!call->begun && !call->name.empty()) {
    begin_call(choice, *call, piece.signature, out);
  } else if (call->begun && !piece.signature.raw.empty()) {
    sign(choice, piece.signature, "gemini", out);
    out.back().tool = call->position;
  }
  if (!piece.arguments.raw.empty()) add_arguments(choice, *call, piece.arguments, out);
  if (piece.arguments_json.empty()) return;
  scratch_used_ = true;
  add_arguments(choice, *call, scratch_.escape(piece.arguments_json), out);
}

// By its index, else by its id, else by its place: a piece without any of them belongs to the last
// call, unless it has a name and that one is complete. Google counts all calls as 0, with ids of
// their own.
ChatStreamReader::Call* ChatStreamReader::call_of(Choice& choice, const CallPiece& piece) {
  std::vector<Call>& calls = choice.calls;
  const bool named = !piece.name.raw.empty();
  for (size_t at = calls.size(); at > 0; --at) {
    Call& call = calls[at - 1];
    const bool other_id = !piece.id.raw.empty() && call.id != piece.id.raw;
    if (piece.index) {
      if (call.index != piece.index) continue;
      if (other_id && named && !call.id.empty() && call.arguments.whole()) break;
      return &call;
    }
    if (!piece.id.raw.empty()) {
      if (other_id) continue;
      return &call;
    }
    if (named && !(call.name == piece.name.raw && !call.arguments.whole())) break;
    return &call;
  }
  if (calls.size() == calls_max) return overflow(), nullptr;
  Call& call = calls.emplace_back();
  call.position = static_cast<int64_t>(calls.size() - 1);
  call.index = piece.index;
  return &call;
}

// The call is told once its name is known. Views into its own strings would not outlive the growth
// of the list.
void ChatStreamReader::begin_call(const Choice& choice, Call& call, const chat::Text& signature,
                                  std::vector<Delta>& out) {
  call.begun = true;
  scratch_used_ = true;
  if (call.id.empty()) call.id = made_call_id(request_id_, made_ids_++);
  const auto kept = [&](const std::string& raw) -> chat::Text {
    return {scratch_.keep(raw), raw.find('\\') != raw.npos};
  };
  Delta& delta = add(Delta::Kind::kToolCall, choice, out);
  delta.tool = call.position;
  delta.id = kept(call.id);
  delta.name = kept(call.name);
  delta.custom = call.custom;
  delta.signature = signature;
  if (!signature.raw.empty()) delta.signer = "gemini";
  if (call.held.empty()) return;
  Delta& held = add(Delta::Kind::kArguments, choice, out);
  held.tool = call.position;
  held.text = {scratch_.keep(std::move(call.held)), call.held_escaped};
  call.held.clear();
}

void ChatStreamReader::add_arguments(const Choice& choice, Call& call, const chat::Text& piece,
                                     std::vector<Delta>& out) {
  call.arguments.take(piece);
  if (!call.begun) {
    call.held += piece.raw;
    call.held_escaped |= piece.escaped;
    return;
  }
  Delta& delta = add(Delta::Kind::kArguments, choice, out);
  delta.tool = call.position;
  delta.text = piece;
}

// Told when the provider says a finish, and again when what it said before turns out otherwise:
// arguments may come behind it.
void ChatStreamReader::tell_finishes(std::vector<Delta>& out) {
  for (Choice& choice : choices_) {
    if (!choice.touched || choice.said == Finish::kNone) continue;
    for (Call& call : choice.calls)
      if (!call.begun) begin_call(choice, call, {}, out);  // a call whose name never came
    const Finish finish = finish_of(choice);
    if (finish == choice.told) continue;
    choice.told = finish;
    add(Delta::Kind::kFinish, choice, out).finish = finish;
  }
}

Finish ChatStreamReader::finish_of(const Choice& choice) const {
  Finish finish = choice.said;
  if (finish == Finish::kStop && !choice.calls.empty()) finish = Finish::kToolCalls;
  if (finish != Finish::kToolCalls) return finish;
  for (const Call& call : choice.calls)
    if (!call.custom && !call.arguments.whole()) return Finish::kLength;
  return finish;
}

}  // namespace postern::dialect
