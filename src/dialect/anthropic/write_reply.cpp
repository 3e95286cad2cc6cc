#include "codec/json_writer.h"
#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/marks.h"
#include "dialect/anthropic/reply_words.h"

namespace postern::dialect::messages {
namespace {

using codec::JsonWriter;

class ReplyWriter {
 public:
  ReplyWriter(const chat::Reply& reply, const ReplyContext& context, std::string& out)
      : reply_(reply), context_(context), json_(out), out_(out) {}

  void write() {
    std::string id;
    append_message_id(reply_.id, context_.request_id, id);
    json_.begin_object().name("id").text({id, reply_.id.escaped});
    json_.name("type").string("message").name("role").string("assistant").name("model");
    if (reply_.model.raw.empty()) {
      json_.string(context_.model);
    } else {
      json_.text(reply_.model);
    }
    // Who speaks Messages cannot ask for more than one choice.
    const chat::Choice none;
    const chat::Choice& choice = reply_.choices.empty() ? none : reply_.choices.front();
    json_.name("content").begin_array();
    for (const chat::Part& each : choice.parts) part(each);
    json_.end_array();
    finish(choice);
    json_.name("usage").raw({});
    write_usage(reply_.usage, reply_.service_tier, out_);
    json_.end_object();
  }

 private:
  void finish(const chat::Choice& choice) {
    const std::string_view reason = stop_reason_of(choice.finish, calls_, refused_);
    json_.name("stop_reason").string(reason).name("stop_sequence");
    if (reason == "stop_sequence") {
      json_.text(choice.stop_sequence);
    } else {
      json_.null();
    }
    if (reason != "refusal") return;
    json_.name("stop_details").begin_object().name("type").string("refusal");
    json_.name("category").null().name("explanation");
    if (choice.finish_message.raw.empty()) {
      json_.null();
    } else {
      json_.text(choice.finish_message);
    }
    json_.end_object();
  }

  void part(const chat::Part& part) {
    using Kind = chat::Part::Kind;
    switch (part.kind) {
      case Kind::kRefusal:
        refused_ = true;
        return text(part);
      case Kind::kText:
        return text(part);
      case Kind::kReasoning:
        begin("thinking");
        json_.name("thinking").text(part.text).name("signature").raw("\"");
        append_signature(part.signer, part.signature, out_);
        out_ += '"';
        json_.end_object();
        return;
      case Kind::kSealedReasoning:
        return sealed(part);
      case Kind::kToolCall:
        return call(part);
      case Kind::kImage:
        return image(part);
      case Kind::kAudio:
      case Kind::kFile:
      case Kind::kToolResult:
        return;  // no model answers with these
    }
  }

  void begin(std::string_view type) { json_.begin_object().name("type").string(type); }

  void mark(Mark::Target target, const chat::Part& part) {
    if (part.signature.raw.empty()) return;
    begin("redacted_thinking");
    json_.name("data").raw("\"");
    append_mark(target, part.signer, out_);
    out_ += part.signature.raw;
    out_ += '"';
    json_.end_object();
  }

  void text(const chat::Part& part) {
    if (part.text.raw.empty()) return mark(Mark::Target::kAlone, part);
    mark(Mark::Target::kNext, part);
    begin("text");
    json_.name("text").text(part.text);
    if (!part.citations.empty()) json_.name("citations").raw(part.citations);
    json_.end_object();
  }

  void sealed(const chat::Part& part) {
    const std::optional<std::string> block = block_in(part.signature);
    if (block) {
      json_.raw(*block);
      return;
    }
    begin("redacted_thinking");
    json_.name("data").raw("\"");
    append_signature(part.signer, part.signature, out_);
    out_ += '"';
    json_.end_object();
  }

  void call(const chat::Part& part) {
    calls_ = true;
    mark(Mark::Target::kNext, part);
    begin("tool_use");
    json_.name("id").text(part.id).name("name").text(part.name).name("input");
    if (part.custom || part.arguments_cut) {
      // An input is an object, whatever was written.
      json_.begin_object().name(part.custom ? "input" : "cut_arguments").text(part.text);
      json_.end_object();
    } else {
      json_.raw(part.arguments.empty() ? "{}" : part.arguments);
    }
    json_.end_object();
  }

  // Answers in Messages hold no images; Markdown shows one where it is understood.
  void image(const chat::Part& part) {
    begin("text");
    json_.name("text").raw("\"![image](");
    if (part.url.raw.empty()) {
      out_ += "data:";
      out_ += part.media_type.raw;
      out_ += ";base64,";
      out_ += part.data.raw;
    } else {
      out_ += part.url.raw;
    }
    out_ += ")\"";
    json_.end_object();
  }

  const chat::Reply& reply_;
  const ReplyContext& context_;
  JsonWriter json_;
  std::string& out_;
  bool calls_ = false;
  bool refused_ = false;
};

}  // namespace

void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out) {
  ReplyWriter(reply, context, out).write();
}

}  // namespace postern::dialect::messages
