#include "codec/json_writer.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/reasoning_details.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::Choice;
using chat::Part;

bool has(const Choice& choice, Part::Kind kind) {
  for (const Part& part : choice.parts)
    if (part.kind == kind) return true;
  return false;
}

class ReplyWriter {
 public:
  ReplyWriter(const chat::Reply& reply, const ReplyContext& context, std::string& out)
      : reply_(reply), context_(context), out_(out), json_(out) {}

  void write() {
    json_.begin_object().name("id");
    if (reply_.id.raw.empty()) {
      json_.string("chatcmpl-" + std::string(context_.request_id));
    } else {
      json_.text(reply_.id);
    }
    json_.name("object").string("chat.completion");
    json_.name("created").number(reply_.created_s.value_or(context_.now_s)).name("model");
    if (reply_.model.raw.empty()) {
      json_.string(context_.model);
    } else {
      json_.text(reply_.model);
    }
    json_.name("choices").begin_array();
    for (const Choice& choice : reply_.choices) write_choice(choice);
    json_.end_array();
    if (reply_.usage.reported()) {
      json_.name("usage").raw("");
      write_usage(reply_.usage, out_);
    }
    if (!reply_.service_tier.raw.empty()) json_.name("service_tier").text(reply_.service_tier);
    if (!reply_.system_fingerprint.raw.empty())
      json_.name("system_fingerprint").text(reply_.system_fingerprint);
    json_.end_object();
  }

 private:
  void write_choice(const Choice& choice) {
    const bool calls = has(choice, Part::Kind::kToolCall);
    const bool refusal = has(choice, Part::Kind::kRefusal);
    json_.begin_object().name("index").number(choice.index).name("message").begin_object();
    json_.name("role").string("assistant").name("content");
    if (has(choice, Part::Kind::kText) || (!calls && !refusal)) {
      write_joined(choice, Part::Kind::kText);
    } else {
      json_.null();
    }
    json_.name("refusal");
    if (refusal) {
      write_joined(choice, Part::Kind::kRefusal);
    } else {
      json_.null();
    }
    write_reasoning(choice);
    if (calls) write_calls(choice);
    if (has(choice, Part::Kind::kImage)) write_images(choice);
    json_.name("annotations").raw(choice.annotations.empty() ? "[]" : choice.annotations);
    json_.end_object();
    json_.name("logprobs").raw(choice.logprobs.empty() ? "null" : choice.logprobs);
    const std::string_view finish = finish_word(choice.finish);
    json_.name("finish_reason").string(!finish.empty() ? finish : calls ? "tool_calls" : "stop");
    json_.end_object();
  }

  void write_joined(const Choice& choice, Part::Kind kind) {
    json_.raw("\"");
    for (const Part& part : choice.parts)
      if (part.kind == kind) out_ += part.text.raw;
    out_ += '"';
  }

  void write_reasoning(const Choice& choice) {
    bool text = false, details = false;
    for (const Part& part : choice.parts) {
      const bool reasoning = part.kind == Part::Kind::kReasoning;
      text |= reasoning && !part.text.raw.empty();
      details |= part.kind == Part::Kind::kSealedReasoning;
      details |= (reasoning || part.kind == Part::Kind::kText) && !part.signature.raw.empty();
    }
    if (text) {
      json_.name("reasoning_content");
      write_joined(choice, Part::Kind::kReasoning);
    }
    if (!details) return;
    json_.name("reasoning_details").begin_array();
    int64_t index = 0;
    for (const Part& part : choice.parts) {
      const bool signed_text = part.kind == Part::Kind::kText && !part.signature.raw.empty();
      if (part.kind != Part::Kind::kReasoning && part.kind != Part::Kind::kSealedReasoning &&
          !signed_text)
        continue;
      if (index > 0) out_ += ',';
      write_reasoning_detail(part, part.signer, index++, Summaries::kAsText, out_);
    }
    json_.end_array();
  }

  void write_calls(const Choice& choice) {
    json_.name("tool_calls").begin_array();
    for (const Part& part : choice.parts) {
      if (part.kind != Part::Kind::kToolCall) continue;
      const std::string_view type = part.custom ? "custom" : "function";
      json_.begin_object().name("id").text(part.id).name("type").string(type);
      json_.name(type).begin_object().name("name").text(part.name);
      json_.name(part.custom ? "input" : "arguments");
      if (part.custom || part.arguments_cut) {
        json_.text(part.text);
      } else {
        json_.string(part.arguments.empty() ? "{}" : part.arguments);
      }
      json_.end_object();
      if (!part.signature.raw.empty()) {
        json_.name("extra_content").begin_object().name("google").begin_object();
        json_.name("thought_signature").text(part.signature).end_object().end_object();
      }
      json_.end_object();
    }
    json_.end_array();
  }

  void write_images(const Choice& choice) {
    json_.name("images").begin_array();
    for (const Part& part : choice.parts)
      if (part.kind == Part::Kind::kImage) write_drawn_image(part, out_, json_);
    json_.end_array();
  }

  static void write_drawn_image(const Part& part, std::string& out, codec::JsonWriter& json) {
    json.begin_object().name("type").string("image_url").name("image_url").begin_object();
    json.name("url");
    if (part.data.raw.empty()) {
      json.text(part.url);
    } else {
      json.raw("\"data:");
      out += part.media_type.raw.empty() ? "image/png" : part.media_type.raw;
      out += ";base64,";
      out += part.data.raw;
      out += '"';
    }
    json.end_object().end_object();
  }

  const chat::Reply& reply_;
  const ReplyContext& context_;
  std::string& out_;
  codec::JsonWriter json_;
};

}  // namespace

void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out) {
  ReplyWriter(reply, context, out).write();
}

}  // namespace postern::dialect::chat_completions
