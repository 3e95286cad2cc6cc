#include "dialect/responses/stream_reader.h"

#include <algorithm>

#include "codec/json_writer.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/responses/responses.h"
#include "dialect/untouched.h"

namespace postern::dialect::responses_wire {

using Kind = chat::Delta::Kind;
using codec::equals_unescaped;
using codec::JsonReader;

void ResponsesStreamReader::read(std::string_view, std::string_view data,
                                 std::vector<chat::Delta>& out) {
  if (closed_) return;
  if (scratch_used_) scratch_ = {};
  scratch_used_ = false;
  if (is_done(data)) {
    closed_ = true;
    return;
  }
  Event event;
  if (read_event(data, event)) return take(event, out);
  closed_ = true;
  chat::Delta& bad = out.emplace_back();
  bad.kind = Kind::kError;
  bad.error.kind = chat::Error::Kind::kBadResponse;
  bad.error.message = "an event of the stream is no JSON object";
}

void ResponsesStreamReader::take(const Event& event, std::vector<chat::Delta>& out) {
  if (event.is("response.output_text.delta")) return take_text(event, Kind::kText, out);
  if (event.is("response.reasoning_summary_text.delta")) return take_thought(event, true, out);
  if (event.is("response.reasoning_text.delta")) return take_thought(event, false, out);
  if (event.is("response.function_call_arguments.delta") ||
      event.is("response.custom_tool_call_input.delta"))
    return take_arguments(event, event.delta, false, out);
  if (event.is("response.function_call_arguments.done"))
    return take_arguments(event, event.arguments, true, out);
  if (event.is("response.custom_tool_call_input.done"))
    return take_arguments(event, event.input, true, out);
  if (event.is("response.output_item.added")) return take_item(event, false, out);
  if (event.is("response.output_item.done")) return take_item(event, true, out);
  if (event.is("response.refusal.delta")) return take_text(event, Kind::kRefusal, out);
  if (event.is("response.output_text.annotation.added")) return take_annotation(event, out);
  if (event.is("error") || (event.type.raw.empty() && !event.error.empty()))
    return take_flat_error(event, out);
  if (!event.response.empty()) take_response(event, out);
  // The rest repeats what was said, or tells how the provider's own tools get on.
}

// --- Pieces -------------------------------------------------------------------------------------

void ResponsesStreamReader::take_text(const Event& event, Kind kind,
                                      std::vector<chat::Delta>& out) {
  Open& open = open_at(event.output_index);
  open.told_content = std::max(open.told_content, event.content_index);
  if (!event.delta.raw.empty()) add(kind, out).text = event.delta;
  if (!event.logprobs.empty()) tell_logprobs(event.logprobs, out);
}

void ResponsesStreamReader::take_thought(const Event& event, bool summary,
                                         std::vector<chat::Delta>& out) {
  if (event.delta.raw.empty()) return;
  Open& open = open_at(event.output_index);
  int64_t& told = summary ? open.told_summary : open.told_content;
  const int64_t index = summary ? event.summary_index : event.content_index;
  if (open.thought && index > told) tell_separator(out);
  told = std::max(told, index);
  open.thought = true;
  add(Kind::kReasoning, out).text = event.delta;
}

// Paragraphs of thoughts are parts of their own here, and one text elsewhere.
void ResponsesStreamReader::tell_separator(std::vector<chat::Delta>& out) {
  add(Kind::kReasoning, out).text = {"\\n\\n", true};
}

void ResponsesStreamReader::take_arguments(const Event& event, const chat::Text& piece, bool whole,
                                           std::vector<chat::Delta>& out) {
  Open& open = open_at(event.output_index);
  // Of a call that has not begun, the end of its item tells all.
  if (!open.begun || piece.raw.empty() || (whole && open.argued)) return;
  open.argued = true;
  open.arguments.take(piece);
  chat::Delta& delta = add(Kind::kArguments, out);
  delta.tool = open.tool;
  delta.text = piece;
}

void ResponsesStreamReader::take_annotation(const Event& event, std::vector<chat::Delta>& out) {
  std::string list = "[";
  if (!append_chat_annotation(event.annotation, list)) return;
  open_at(event.output_index).annotated = true;
  scratch_used_ = true;
  add(Kind::kAnnotations, out).json = scratch_.keep(std::move(list) + "]");
}

void ResponsesStreamReader::tell_annotations(const std::vector<chat::Json>& lists,
                                             std::vector<chat::Delta>& out) {
  std::string joined = "[";
  for (const chat::Json list : lists) append_chat_annotations(list, joined);
  if (joined.size() == 1) return;
  scratch_used_ = true;
  add(Kind::kAnnotations, out).json = scratch_.keep(std::move(joined) + "]");
}

void ResponsesStreamReader::tell_logprobs(chat::Json list, std::vector<chat::Delta>& out) {
  if (list.size() <= 2) return;
  std::string joined = R"({"content":[)";
  append_elements(list, joined);
  if (joined.back() == '[') return;
  scratch_used_ = true;
  add(Kind::kLogprobs, out).json = scratch_.keep(std::move(joined) + "]}");
}

// --- Items --------------------------------------------------------------------------------------

void ResponsesStreamReader::take_item(const Event& event, bool done,
                                      std::vector<chat::Delta>& out) {
  if (event.item.empty()) return;
  Item item;
  JsonReader in(event.item);
  scratch_used_ = true;
  read_item(in, event.item, scratch_, item);
  Open& open = open_at(event.output_index);
  if (done) {
    finish_item(item, open, out);
    open_.erase(event.output_index);
    return;
  }
  open = {};
  if (item.is_call() && !item.name.raw.empty()) begin_call(item, open, out);
}

void ResponsesStreamReader::begin_call(const Item& item, Open& open,
                                       std::vector<chat::Delta>& out) {
  open.begun = true;
  open.custom = item.is("custom_tool_call");
  open.tool = calls_++;
  chat::Delta& call = add(Kind::kToolCall, out);
  call.tool = open.tool;
  call.name = item.name;
  call.custom = open.custom;
  call.id = item.call_id.raw.empty() ? item.id : item.call_id;
  if (!call.id.raw.empty()) return;
  scratch_used_ = true;
  const auto number = static_cast<uint64_t>(open.tool);
  call.id = chat::literal(scratch_.keep(chat_completions::made_call_id(request_id_, number)));
}

// The end of an item repeats all of it: what no event told before is told now.
void ResponsesStreamReader::finish_item(const Item& item, Open& open,
                                        std::vector<chat::Delta>& out) {
  if (item.is("message")) return finish_message(item, open, out);
  if (item.is_call()) return finish_call(item, open, out);
  if (item.is("reasoning")) return finish_reasoning(item, open, out);
  if (!item.is("image_generation_call") || item.result.raw.empty()) return;
  const chat::Part image = image_of(item);
  chat::Delta& delta = add(Kind::kImage, out);
  delta.media_type = image.media_type;
  delta.text = image.data;
}

void ResponsesStreamReader::finish_message(const Item& item, Open& open,
                                           std::vector<chat::Delta>& out) {
  for (const chat::Part& part : item.content) {
    if (static_cast<int64_t>(part.place.part) <= open.told_content) continue;
    const bool refusal = part.kind == chat::Part::Kind::kRefusal;
    if (!refusal && part.kind != chat::Part::Kind::kText) continue;
    add(refusal ? Kind::kRefusal : Kind::kText, out).text = part.text;
  }
  if (!open.annotated) tell_annotations(item.annotations, out);
}

void ResponsesStreamReader::finish_call(const Item& item, Open& open,
                                        std::vector<chat::Delta>& out) {
  if (!open.begun) begin_call(item, open, out);
  chat::Text all = open.custom ? item.input : item.arguments;
  if (!item.arguments_object.empty()) all = scratch_.escape(item.arguments_object);
  if (!open.argued && !all.raw.empty()) {
    open.arguments.take(all);
    chat::Delta& delta = add(Kind::kArguments, out);
    delta.tool = open.tool;
    delta.text = all;
  }
  cut_ |= !open.custom && !open.arguments.whole();
}

void ResponsesStreamReader::finish_reasoning(const Item& item, Open& open,
                                             std::vector<chat::Delta>& out) {
  if (!open.thought) {
    const chat::Text thoughts = thoughts_of(item, scratch_);
    if (!thoughts.raw.empty()) {
      add(Kind::kReasoning, out).text = thoughts;
      open.thought = true;
    }
  }
  if (item.encrypted_content.raw.empty()) return;
  chat::Delta& sealed = add(open.thought ? Kind::kSignature : Kind::kSealedReasoning, out);
  sealed.text = item.encrypted_content;
  sealed.signer = name;
}

// --- The response as a whole --------------------------------------------------------------------

void ResponsesStreamReader::take_response(const Event& event, std::vector<chat::Delta>& out) {
  ResponseView view;
  if (!read_response(event.response, view)) return;
  if (!started_) begin(view, out);
  if (event.is("response.failed") || !view.error.empty()) {
    if (view.usage.reported()) add(Kind::kUsage, out).usage = view.usage;
    return take_failure(event.response, out);
  }
  if (event.is("response.completed") || event.is("response.incomplete") ||
      event.is("response.cancelled"))
    end(view, out);
}

void ResponsesStreamReader::begin(const ResponseView& view, std::vector<chat::Delta>& out) {
  started_ = true;
  chat::Delta& start = out.emplace_back();
  start.kind = Kind::kStart;
  start.id = view.id;
  start.model = view.model;
  start.created_s = view.created_s;
  start.service_tier = view.service_tier;
}

void ResponsesStreamReader::end(const ResponseView& view, std::vector<chat::Delta>& out) {
  if (!said_) read_missed_output(view.output, out);
  closed_ = true;
  // Not every provider says that the arguments it left unfinished are so.
  for (const auto& [index, open] : open_)
    cut_ |= open.begun && !open.custom && !open.arguments.whole();
  add(Kind::kFinish, out).finish = finish_of(view, calls_ > 0, cut_);
  if (view.usage.reported()) add(Kind::kUsage, out).usage = view.usage;
}

// A stream may consist of its last event alone.
void ResponsesStreamReader::read_missed_output(chat::Json output, std::vector<chat::Delta>& out) {
  JsonReader in(output);
  if (!in.enter_array()) return;
  scratch_used_ = true;
  while (in.next_element()) {
    Item item;
    read_item(in, output, scratch_, item);
    Open open;
    finish_item(item, open, out);
  }
}

// --- Errors -------------------------------------------------------------------------------------

void ResponsesStreamReader::take_failure(std::string_view error_body,
                                         std::vector<chat::Delta>& out) {
  closed_ = true;
  chat::Delta& failed = out.emplace_back();
  failed.kind = Kind::kError;
  failed.error = read_error({}, error_body);
}

// {"type":"error","error":{...}}, or its members without the object around them.
void ResponsesStreamReader::take_flat_error(const Event& event, std::vector<chat::Delta>& out) {
  std::string body;
  codec::JsonWriter json(body);
  json.begin_object().name("error");
  if (!event.error.empty()) {
    json.raw(event.error);
  } else {
    json.begin_object().name("message").text(event.message).name("code").text(event.code);
    if (!event.param.raw.empty()) json.name("param").text(event.param);
    json.end_object();
  }
  json.end_object();
  take_failure(body, out);
}

chat::Delta& ResponsesStreamReader::add(Kind kind, std::vector<chat::Delta>& out) {
  if (!started_) begin({}, out);
  said_ |= kind != Kind::kFinish && kind != Kind::kUsage;
  chat::Delta& delta = out.emplace_back();
  delta.kind = kind;
  return delta;
}

ResponsesStreamReader::Open& ResponsesStreamReader::open_at(int64_t output_index) {
  return open_[output_index];
}

std::unique_ptr<StreamReader> stream_reader(const Quirks&, const ReplyContext& context) {
  return std::make_unique<ResponsesStreamReader>(context);
}

}  // namespace postern::dialect::responses_wire
