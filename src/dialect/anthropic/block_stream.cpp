#include "dialect/anthropic/block_stream.h"

#include "codec/json_writer.h"
#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/marks.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

void append_number(int64_t value, std::string& out) {
  codec::JsonWriter json(out);
  json.number(value);
}

// Text that stands in JSON, as the inside of a string in JSON text that stands in JSON.
void append_escaped_again(std::string_view raw, std::string& out) {
  for (const char byte : raw) {
    if (byte == '\\' || byte == '"') out += '\\';
    out += byte;
  }
}

std::string redacted(std::string_view data) {
  return R"({"type":"redacted_thinking","data":")" + std::string(data) + "\"}";
}

}  // namespace

void BlockStream::open(Open kind, std::string_view block, std::string& out) {
  open_ = kind;
  out += "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":";
  append_number(++index_, out);
  out += ",\"content_block\":";
  append_on_one_line(block, out);
  out += "}\n\n";
}

void BlockStream::begin_delta(std::string_view type, std::string_view member,
                              std::string& out) const {
  out += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":";
  append_number(index_, out);
  out += ",\"delta\":{\"type\":\"";
  out += type;
  out += "\",\"";
  out += member;
  out += "\":";
}

void BlockStream::delta(std::string_view type, std::string_view member, std::string_view raw,
                        std::string& out) const {
  begin_delta(type, member, out);
  out += '"';
  out += raw;
  out += "\"}}\n\n";
}

void BlockStream::close(std::string& out) {
  if (open_ == Open::kNothing) return;
  if (!signature_.empty()) delta("signature_delta", "signature", signature_, out);
  signature_.clear();
  open_ = Open::kNothing;
  out += "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":";
  append_number(index_, out);
  out += "}\n\n";
}

void BlockStream::whole_block(std::string_view json, std::string& out) {
  open(Open::kNothing, json, out);
  open_ = Open::kText;
  close(out);
}

void BlockStream::flush_mark(std::string& out) {
  thoughts_due_ = false;
  if (mark_.empty()) return;
  leave(out);
  const std::string mark = std::move(mark_);
  mark_.clear();
  whole_block(redacted(mark), out);
}

void BlockStream::leave(std::string& out) {
  settle_calls(out);
  close(out);
}

void BlockStream::text(const chat::Text& text, std::string& out) {
  if (text.raw.empty()) return;
  flush_mark(out);
  if (open_ != Open::kText) {
    leave(out);
    open(Open::kText, R"({"type":"text","text":""})", out);
  }
  delta("text_delta", "text", text.raw, out);
}

void BlockStream::citation(chat::Json citation, std::string& out) {
  flush_mark(out);
  if (open_ != Open::kText) {
    leave(out);
    open(Open::kText, R"({"type":"text","text":"","citations":[]})", out);
  }
  begin_delta("citations_delta", "citation", out);
  append_on_one_line(citation, out);
  out += "}}\n\n";
}

void BlockStream::reasoning(const chat::Text& text, std::string& out) {
  if (text.raw.empty()) {
    // Nothing may come of it, so no block is opened yet.
    if (open_ != Open::kThinking || !signature_.empty()) {
      flush_mark(out);
      thoughts_due_ = true;
    }
    return;
  }
  flush_mark(out);
  // A signature ends what it signs.
  if (open_ != Open::kThinking || !signature_.empty()) {
    leave(out);
    open(Open::kThinking, R"({"type":"thinking","thinking":"","signature":""})", out);
  }
  delta("thinking_delta", "thinking", text.raw, out);
}

void BlockStream::signature(std::string_view signer, const chat::Text& piece, std::string& out) {
  if (piece.raw.empty()) return;
  if (thoughts_due_) {
    thoughts_due_ = false;
    leave(out);
    open(Open::kThinking, R"({"type":"thinking","thinking":"","signature":""})", out);
  }
  if (open_ == Open::kThinking) {
    if (signature_.empty()) append_signature_mark(signer, signature_);
    signature_ += piece.raw;
    return;
  }
  if (mark_.empty())
    append_mark(open_ == Open::kText ? Mark::Target::kPrevious : Mark::Target::kAlone, signer,
                mark_);
  mark_ += piece.raw;
}

void BlockStream::sealed(std::string_view signer, const chat::Text& sealed, std::string& out) {
  flush_mark(out);
  leave(out);
  if (const std::optional<std::string> block = block_in(sealed)) {
    whole_block(*block, out);
    return;
  }
  std::string data;
  append_signature(signer, sealed, data);
  whole_block(redacted(data), out);
}

// As in a whole reply: Markdown, which shows where it is understood.
void BlockStream::image(const chat::Text& media_type, const chat::Text& data, std::string& out) {
  flush_mark(out);
  leave(out);
  open(Open::kText, R"({"type":"text","text":""})", out);
  begin_delta("text_delta", "text", out);
  out += "\"![image](data:";
  out += media_type.raw;
  out += ";base64,";
  out += data.raw;
  out += ")\"}}\n\n";
  close(out);
}

// --- Calls
// ----------------------------------------------------------------------------------------

BlockStream::Call* BlockStream::find(int64_t tool) {
  const auto at = static_cast<size_t>(tool);
  if (tool >= 0 && at < calls_.size() && calls_[at].tool == tool) return &calls_[at];
  for (Call& call : calls_)
    if (call.tool == tool) return &call;
  return nullptr;
}

void BlockStream::begin_call(const chat::Delta& delta, std::string& out) {
  flush_mark(out);
  if (open_ == Open::kText || open_ == Open::kThinking) close(out);
  Call& call = calls_.emplace_back();
  call.tool = delta.tool;
  call.id = delta.id.raw;
  call.name = delta.name.raw;
  call.custom = delta.custom;
  if (!delta.signature.raw.empty()) {
    append_mark(Mark::Target::kNext, delta.signer, call.mark);
    call.mark += delta.signature.raw;
  }
  const size_t last = calls_.size() - 1;
  if (turn_ + 1 == last && calls_[turn_].scan.complete()) {
    close_call(calls_[turn_], out);
    ++turn_;
  }
  if (turn_ == last) open_call(calls_[turn_], out);
}

void BlockStream::open_call(Call& call, std::string& out) {
  if (!call.mark.empty()) whole_block(redacted(call.mark), out);
  std::string block = R"({"type":"tool_use","id":")";
  block += call.id;
  block += R"(","name":")";
  block += call.name;
  block += R"(","input":{}})";
  open(Open::kCall, block, out);
  call.state = CallState::kOpen;
  if (call.custom) delta("input_json_delta", "partial_json", R"({\"input\":\")", out);
  if (!call.held.empty()) delta("input_json_delta", "partial_json", call.held, out);
  call.held = {};
}

void BlockStream::close_call(Call& call, std::string& out) {
  if (call.custom) {
    delta("input_json_delta", "partial_json", R"(\"})", out);
  } else if (!call.said) {
    delta("input_json_delta", "partial_json", "{}", out);
  }
  call.state = CallState::kClosed;
  call.mark = {};
  close(out);
}

void BlockStream::arguments(int64_t tool, const chat::Text& piece, std::string& out) {
  Call* const call = find(tool);
  // What comes after the end of a call has no place any more.
  if (!call || call->state == CallState::kClosed || piece.raw.empty()) return;
  std::string again;
  std::string_view raw = piece.raw;
  if (call->custom) {
    append_escaped_again(raw, again);
    raw = again;
  } else {
    call->scan.take(piece);
  }
  call->said = true;
  if (call->state == CallState::kHeld) {
    call->held += raw;
    return;
  }
  delta("input_json_delta", "partial_json", raw, out);
  if (call->scan.complete()) next_call(out);
}

// The open call is whole: those that wait take their turns, up to one that is not.
void BlockStream::next_call(std::string& out) {
  while (turn_ + 1 < calls_.size() && calls_[turn_].scan.complete()) {
    close_call(calls_[turn_], out);
    open_call(calls_[++turn_], out);
  }
}

void BlockStream::settle_calls(std::string& out) {
  for (; turn_ < calls_.size(); ++turn_) {
    if (calls_[turn_].state == CallState::kHeld) open_call(calls_[turn_], out);
    close_call(calls_[turn_], out);
  }
}

void BlockStream::end(std::string& out) {
  flush_mark(out);
  leave(out);
}

}  // namespace postern::dialect::messages
