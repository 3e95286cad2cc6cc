#include <algorithm>

#include "codec/json_writer.h"
#include "dialect/completions/completions.h"
#include "dialect/error_words.h"
#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect::completions_wire {
namespace {

using chat::Delta;
using codec::JsonWriter;

// The members that a reply and each of its chunks begin with.
void write_head(const chat::Text& id, std::optional<int64_t> created_s, const ReplyContext& context,
                std::string& out) {
  JsonWriter json(out);
  json.begin_object().name("id");
  if (id.raw.empty()) {
    json.string("cmpl-" + std::string(context.request_id));
  } else {
    json.text(id);
  }
  json.name("object").string("text_completion");
  json.name("created").number(created_s.value_or(context.now_s)).name("model");
}

void write_model(const chat::Text& model, const ReplyContext& context, std::string& out) {
  if (model.raw.empty()) {
    codec::append_json_string(context.model, out);
  } else {
    out.append("\"").append(model.raw).append("\"");
  }
}

void write_end_of_choice(int64_t index, chat::Finish finish, std::string& out) {
  out.append("\",\"index\":").append(std::to_string(index));
  out.append(",\"logprobs\":null,\"finish_reason\":");
  const std::string_view word = finish_word(finish);
  if (word.empty()) {
    out.append("null}");
  } else {
    out.append("\"").append(word).append("\"}");
  }
}

class Writer final : public StreamWriter {
 public:
  explicit Writer(const ReplyContext& context)
      : request_id_(context.request_id), model_(context.model), context_(context) {
    context_.request_id = request_id_;
    context_.model = model_;
  }

  void write(const Delta& delta, std::string& out) override {
    switch (delta.kind) {
      case Delta::Kind::kStart:
        begin(delta);
        return;
      case Delta::Kind::kText:
      case Delta::Kind::kRefusal:
        write_text(delta.choice, delta.text, out);
        return;
      case Delta::Kind::kFinish:
        // It may come again, and the last one counts.
        if (delta.choice < 0 || delta.choice >= choices_max) return;
        finishes_.resize(std::max(finishes_.size(), static_cast<size_t>(delta.choice) + 1));
        finishes_[static_cast<size_t>(delta.choice)] = delta.finish;
        return;
      case Delta::Kind::kUsage:
        usage_ = delta.usage;
        return;
      default:  // thoughts, calls and images have no place in a text
        return;
    }
  }

  void end(std::string& out) override {
    for (size_t index = 0; index < finishes_.size(); ++index) {
      if (finishes_[index] == chat::Finish::kNone) continue;
      open_chunk(out);
      out.append("{\"text\":\"");
      write_end_of_choice(static_cast<int64_t>(index), finishes_[index], out);
      close_chunk(out);
    }
    if (context_.include_usage) {
      open_chunk(out);
      out.append("],\"usage\":");
      chat_completions::write_usage(usage_, out);
      out.append("}\n\n");
    }
    out.append("data: [DONE]\n\n");
  }

  void fail(const chat::Error& error, std::string& out) override {
    write_error_event(Envelope::kOpenai, error_text(error, Envelope::kOpenai, request_id_), 0, out);
  }

  void keep_alive(std::string& out) const override { out.append(": keep-alive\n\n"); }

 private:
  // The members that every chunk begins with are written once.
  void begin(const Delta& delta) {
    head_ = "data: ";
    write_head(delta.id, delta.created_s, context_, head_);
    write_model(delta.model, context_, head_);
    if (!delta.system_fingerprint.raw.empty())
      head_.append(",\"system_fingerprint\":\"").append(delta.system_fingerprint.raw).append("\"");
    head_.append(",\"choices\":[");
  }

  void open_chunk(std::string& out) {
    if (head_.empty()) begin({});
    out.append(head_);
  }

  void close_chunk(std::string& out) const {
    out.append(context_.include_usage ? "],\"usage\":null}\n\n" : "]}\n\n");
  }

  void write_text(int64_t index, const chat::Text& text, std::string& out) {
    if (text.raw.empty()) return;
    open_chunk(out);
    out.append("{\"text\":\"").append(text.raw);
    write_end_of_choice(index, chat::Finish::kNone, out);
    close_chunk(out);
  }

  const std::string request_id_, model_;
  ReplyContext context_;  // with views into these two
  std::string head_;
  std::vector<chat::Finish> finishes_;
  chat::Usage usage_;
};

}  // namespace

void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out) {
  write_head(reply.id, reply.created_s, context, out);
  write_model(reply.model, context, out);
  if (!reply.system_fingerprint.raw.empty())
    out.append(",\"system_fingerprint\":\"").append(reply.system_fingerprint.raw).append("\"");
  out.append(",\"choices\":[");
  bool first = true;
  for (const chat::Choice& choice : reply.choices) {
    out.append(first ? "{\"text\":\"" : ",{\"text\":\"");
    first = false;
    for (const chat::Part& part : choice.parts)
      if (part.kind == chat::Part::Kind::kText || part.kind == chat::Part::Kind::kRefusal)
        out.append(part.text.raw);
    write_end_of_choice(choice.index, choice.finish, out);
  }
  out.append("],\"usage\":");
  chat_completions::write_usage(reply.usage, out);
  out.append("}");
}

std::unique_ptr<StreamWriter> stream_writer(const ReplyContext& context) {
  return std::make_unique<Writer>(context);
}

}  // namespace postern::dialect::completions_wire
