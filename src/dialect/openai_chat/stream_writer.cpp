#include "codec/json_writer.h"
#include "dialect/error_words.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/reasoning_details.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::Delta;
using chat::Finish;
using codec::JsonWriter;

// Writes chunks as OpenAI does: every event has the same head, which is made once. The finish is
// held until the end, because providers change their mind about it; so is what the answer took.
class ChunkWriter : public StreamWriter {
 public:
  explicit ChunkWriter(const ReplyContext& context)
      : request_id_(context.request_id),
        model_(context.model),
        now_s_(context.now_s),
        include_usage_(context.include_usage) {}

  void write(const Delta& delta, std::string& out) override;
  void end(std::string& out) override;
  void fail(const chat::Error& error, std::string& out) override;
  void keep_alive(std::string& out) const override { out += ": keep-alive\n\n"; }

 private:
  // The part of the answer that came last: a signature belongs to it.
  enum class Last : uint8_t { kNothing, kReasoning, kSigned, kSealed, kText, kSignedText, kCall };

  struct Choice {
    int64_t index = 0;
    bool begun = false;
    Last last = Last::kNothing;
    int64_t last_call = 0;
    std::string thought;          // the reasoning of the part that came last, as it was written
    int64_t detail = -1;          // index of the last entry of reasoning_details
    int64_t annotations = 0;      // how many were written
    std::vector<bool> argued;     // of each call: its arguments began
    std::vector<bool> free_text;  // of each call: it is a custom one
    Finish finish = Finish::kNone;
  };

  void make_head(const Delta& start);
  Choice& choice_of(int64_t index);
  // Up to the members of the delta, which follow, and from there to the end of the event.
  void open(const Choice& choice, std::string& out) const;
  void close(std::string_view logprobs, std::string_view finish, std::string& out) const;
  void close(std::string& out) const { close("null", {}, out); }
  void begin(Choice& choice, const Delta& delta, std::string& out);

  void write_text(std::string_view member, const Delta& delta, const Choice& choice,
                  std::string& out) const;
  void write_reasoning(const Delta& delta, Choice& choice, std::string& out);
  void write_signature(const Delta& delta, Choice& choice, std::string& out);
  void write_sealed(const Delta& delta, Choice& choice, std::string& out);
  void write_call(const Delta& delta, Choice& choice, std::string& out);
  void write_arguments(const Delta& delta, Choice& choice, std::string& out);
  void write_annotations(const Delta& delta, Choice& choice, std::string& out) const;
  void write_image(const Delta& delta, const Choice& choice, std::string& out) const;
  void finish_choice(Choice& choice, std::string& out);

  const std::string request_id_, model_;
  const int64_t now_s_;
  const bool include_usage_;
  std::string head_;  // `data: {...,"choices":[`
  std::vector<Choice> choices_;
  chat::Usage usage_;
};

void ChunkWriter::make_head(const Delta& start) {
  head_ = "data: ";
  JsonWriter json(head_);
  json.begin_object().name("id");
  if (start.id.raw.empty()) {
    json.string("chatcmpl-" + request_id_);
  } else {
    json.text(start.id);
  }
  json.name("object").string("chat.completion.chunk");
  json.name("created").number(start.created_s.value_or(now_s_)).name("model");
  if (start.model.raw.empty()) {
    json.string(model_);
  } else {
    json.text(start.model);
  }
  if (!start.service_tier.raw.empty()) json.name("service_tier").text(start.service_tier);
  if (!start.system_fingerprint.raw.empty())
    json.name("system_fingerprint").text(start.system_fingerprint);
  json.name("choices").begin_array();
}

ChunkWriter::Choice& ChunkWriter::choice_of(int64_t index) {
  for (Choice& choice : choices_)
    if (choice.index == index) return choice;
  choices_.emplace_back().index = index;
  return choices_.back();
}

void ChunkWriter::open(const Choice& choice, std::string& out) const {
  out += head_;
  JsonWriter(out).begin_object().name("index").number(choice.index);
  out += ",\"delta\":{";
}

void ChunkWriter::close(std::string_view logprobs, std::string_view finish,
                        std::string& out) const {
  out += "},\"logprobs\":";
  append_on_one_line(logprobs, out);
  out += ",\"finish_reason\":";
  if (finish.empty()) {
    out += "null";
  } else {
    out += '"';
    out += finish;
    out += '"';
  }
  out += include_usage_ ? "}],\"usage\":null}\n\n" : "}]}\n\n";
}

// The role comes first, with an empty text, or with none before a refusal or a call.
void ChunkWriter::begin(Choice& choice, const Delta& delta, std::string& out) {
  if (choice.begun) return;
  choice.begun = true;
  open(choice, out);
  out += "\"role\":\"assistant\",\"content\":";
  out += delta.kind == Delta::Kind::kToolCall  ? "null,\"refusal\":null"
         : delta.kind == Delta::Kind::kRefusal ? "null,\"refusal\":\"\""
                                               : "\"\",\"refusal\":null";
  close(out);
}

void ChunkWriter::write(const Delta& delta, std::string& out) {
  if (delta.kind == Delta::Kind::kStart) return make_head(delta);
  if (head_.empty()) make_head({});
  if (delta.kind == Delta::Kind::kUsage) {
    usage_ = delta.usage;
    return;
  }
  Choice& choice = choice_of(delta.choice);
  begin(choice, delta, out);
  switch (delta.kind) {
    case Delta::Kind::kText:
      choice.last = Last::kText;
      return write_text("content", delta, choice, out);
    case Delta::Kind::kRefusal:
      choice.last = Last::kNothing;
      return write_text("refusal", delta, choice, out);
    case Delta::Kind::kReasoning:
      return write_reasoning(delta, choice, out);
    case Delta::Kind::kSignature:
      return write_signature(delta, choice, out);
    case Delta::Kind::kSealedReasoning:
      return write_sealed(delta, choice, out);
    case Delta::Kind::kToolCall:
      return write_call(delta, choice, out);
    case Delta::Kind::kArguments:
      return write_arguments(delta, choice, out);
    case Delta::Kind::kLogprobs:
      open(choice, out);
      return close(delta.json, {}, out);
    case Delta::Kind::kAnnotations:
      return write_annotations(delta, choice, out);
    case Delta::Kind::kImage:
      return write_image(delta, choice, out);
    case Delta::Kind::kFinish:
      choice.finish = delta.finish;
      return;
    case Delta::Kind::kStart:
    case Delta::Kind::kUsage:
    case Delta::Kind::kError:
      return;
  }
}

void ChunkWriter::write_text(std::string_view member, const Delta& delta, const Choice& choice,
                             std::string& out) const {
  if (delta.text.raw.empty()) return;
  open(choice, out);
  JsonWriter(out).name(member).text(delta.text);
  close(out);
}

// Clients that put a streamed answer together want every entry of a list numbered.
void ChunkWriter::write_annotations(const Delta& delta, Choice& choice, std::string& out) const {
  open(choice, out);
  out += "\"annotations\":";
  JsonWriter json(out);
  json.begin_array();
  codec::JsonReader in(delta.json);
  for (in.enter_array(); in.next_element();) {
    if (!in.enter_object()) {
      in.skip();
      continue;
    }
    json.begin_object().name("index").number(choice.annotations++);
    while (in.next_member()) {
      const bool number = in.name_is("index");
      const chat::Text name = in.name();
      const chat::Json value = read_json(in, delta.json);
      if (number) continue;
      std::string line;
      append_on_one_line(value.empty() ? "null" : value, line);
      json.name(name.raw).raw(line);
    }
    json.end_object();
  }
  json.end_array();
  close(out);
}

// Remembered until it is known whether it will be signed.
void ChunkWriter::write_reasoning(const Delta& delta, Choice& choice, std::string& out) {
  if (choice.last != Last::kReasoning) {
    ++choice.detail;
    choice.thought.clear();
  }
  choice.last = Last::kReasoning;
  choice.thought += delta.text.raw;
  write_text("reasoning_content", delta, choice, out);
}

void ChunkWriter::write_signature(const Delta& delta, Choice& choice, std::string& out) {
  if (delta.text.raw.empty()) return;
  open(choice, out);
  if (choice.last == Last::kCall) {
    JsonWriter json(out);
    json.name("tool_calls").begin_array().begin_object().name("index").number(choice.last_call);
    json.name("extra_content").begin_object().name("google").begin_object();
    json.name("thought_signature").text(delta.text).end_object().end_object();
    json.end_object().end_array();
    return close(out);
  }
  const bool reasoning = choice.last == Last::kReasoning || choice.last == Last::kSigned;
  if (choice.last != Last::kReasoning && choice.last != Last::kSigned &&
      choice.last != Last::kSignedText)
    ++choice.detail;
  chat::Part part;
  part.kind = reasoning ? chat::Part::Kind::kReasoning : chat::Part::Kind::kText;
  // The first piece of a signature says once more what it signs, so that parts stay apart.
  if (choice.last == Last::kReasoning)
    part.text = {choice.thought, choice.thought.find('\\') != std::string::npos};
  choice.last = reasoning ? Last::kSigned : Last::kSignedText;
  part.signature = delta.text;
  out += "\"reasoning_details\":[";
  write_reasoning_detail(part, delta.signer, choice.detail, Summaries::kAsText, out);
  out += ']';
  close(out);
}

void ChunkWriter::write_sealed(const Delta& delta, Choice& choice, std::string& out) {
  choice.last = Last::kSealed;
  chat::Part part;
  part.kind = chat::Part::Kind::kSealedReasoning;
  part.signature = delta.text;
  part.id = delta.id;
  open(choice, out);
  out += "\"reasoning_details\":[";
  write_reasoning_detail(part, delta.signer, ++choice.detail, Summaries::kAsText, out);
  out += ']';
  close(out);
}

void ChunkWriter::write_call(const Delta& delta, Choice& choice, std::string& out) {
  choice.last = Last::kCall;
  choice.last_call = delta.tool;
  choice.argued.push_back(false);
  choice.free_text.push_back(delta.custom);
  const std::string_view type = delta.custom ? "custom" : "function";
  open(choice, out);
  JsonWriter json(out);
  json.name("tool_calls").begin_array().begin_object().name("index").number(delta.tool);
  json.name("id").text(delta.id).name("type").string(type);
  json.name(type).begin_object().name("name").text(delta.name);
  json.name(delta.custom ? "input" : "arguments").string("").end_object();
  if (!delta.signature.raw.empty()) {
    json.name("extra_content").begin_object().name("google").begin_object();
    json.name("thought_signature").text(delta.signature).end_object().end_object();
  }
  json.end_object().end_array();
  close(out);
}

void ChunkWriter::write_arguments(const Delta& delta, Choice& choice, std::string& out) {
  if (delta.text.raw.empty()) return;
  bool custom = false;
  if (delta.tool >= 0 && static_cast<size_t>(delta.tool) < choice.argued.size()) {
    choice.argued[static_cast<size_t>(delta.tool)] = true;
    custom = choice.free_text[static_cast<size_t>(delta.tool)];
  }
  open(choice, out);
  JsonWriter json(out);
  json.name("tool_calls").begin_array().begin_object().name("index").number(delta.tool);
  json.name(custom ? "custom" : "function").begin_object();
  json.name(custom ? "input" : "arguments").text(delta.text).end_object();
  json.end_object().end_array();
  close(out);
}

void ChunkWriter::write_image(const Delta& delta, const Choice& choice, std::string& out) const {
  open(choice, out);
  out += R"("images":[{"type":"image_url","image_url":{"url":"data:)";
  out += delta.media_type.raw.empty() ? "image/png" : delta.media_type.raw;
  out += ";base64,";
  out += delta.text.raw;
  out += "\"}}]";
  close(out);
}

void ChunkWriter::finish_choice(Choice& choice, std::string& out) {
  for (size_t tool = 0; tool < choice.argued.size(); ++tool) {
    if (choice.argued[tool] || choice.free_text[tool]) continue;
    Delta none;
    none.tool = static_cast<int64_t>(tool);
    none.text = chat::literal("{}");
    write_arguments(none, choice, out);
  }
  const std::string_view word = finish_word(choice.finish);
  open(choice, out);
  close("null", !word.empty() ? word : choice.argued.empty() ? "stop" : "tool_calls", out);
}

void ChunkWriter::end(std::string& out) {
  if (head_.empty()) make_head({});
  if (choices_.empty()) begin(choice_of(0), {}, out);
  for (Choice& choice : choices_) finish_choice(choice, out);
  if (include_usage_ && usage_.reported()) {
    out += head_;
    out += "],\"usage\":";
    write_usage(usage_, out);
    out += "}\n\n";
  }
  out += "data: [DONE]\n\n";
}

void ChunkWriter::fail(const chat::Error& error, std::string& out) {
  write_error_event(Envelope::kOpenai, error_text(error, Envelope::kOpenai, request_id_), 0, out);
}

}  // namespace

std::unique_ptr<StreamWriter> stream_writer(const ReplyContext& context) {
  return std::make_unique<ChunkWriter>(context);
}

}  // namespace postern::dialect::chat_completions
