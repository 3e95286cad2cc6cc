#include "codec/json_writer.h"
#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/block_stream.h"
#include "dialect/anthropic/reply_words.h"

namespace postern::dialect::messages {
namespace {

using chat::Delta;
using codec::JsonWriter;

class Writer final : public StreamWriter {
 public:
  explicit Writer(const ReplyContext& context)
      : request_id_(context.request_id), model_(context.model) {}

  void write(const Delta& delta, std::string& out) override {
    if (ended_) return;
    if (delta.kind == Delta::Kind::kUsage) {
      usage_ = delta.usage;
      return;
    }
    if (!started_) start(delta, out);
    // Who speaks Messages cannot ask for more than one choice.
    if (delta.choice != 0) return;
    switch (delta.kind) {
      case Delta::Kind::kText:
        if (!delta.json.empty() && delta.signer == anthropic.name)
          blocks_.citation(delta.json, out);
        return blocks_.text(delta.text, out);
      case Delta::Kind::kRefusal:
        refused_ = true;
        return blocks_.text(delta.text, out);
      case Delta::Kind::kReasoning:
        return blocks_.reasoning(delta.text, out);
      case Delta::Kind::kSignature:
        return blocks_.signature(delta.signer, delta.text, out);
      case Delta::Kind::kSealedReasoning:
        return blocks_.sealed(delta.signer, delta.text, out);
      case Delta::Kind::kToolCall:
        return blocks_.begin_call(delta, out);
      case Delta::Kind::kArguments:
        return blocks_.arguments(delta.tool, delta.text, out);
      case Delta::Kind::kImage:
        return blocks_.image(delta.media_type, delta.text, out);
      case Delta::Kind::kFinish:
        finish_ = delta.finish;
        stop_sequence_ = delta.text.raw;
        return;
      case Delta::Kind::kStart:
      case Delta::Kind::kUsage:
      case Delta::Kind::kError:
      // Messages has no log probabilities, and its citations refer to what only it has.
      case Delta::Kind::kLogprobs:
      case Delta::Kind::kAnnotations:
        return;
    }
  }

  void end(std::string& out) override {
    if (ended_) return;
    if (!started_) start({}, out);
    ended_ = true;
    blocks_.end(out);
    const std::string_view reason = stop_reason_of(finish_, blocks_.any_call(), refused_);
    out += "event: message_delta\ndata: ";
    JsonWriter json(out);
    json.begin_object().name("type").string("message_delta").name("delta").begin_object();
    json.name("stop_reason").string(reason).name("stop_sequence");
    if (reason == "stop_sequence") {
      json.text({stop_sequence_, true});
    } else {
      json.null();
    }
    json.end_object().name("usage").raw({});
    write_usage(usage_, {}, out);
    json.end_object();
    out += "\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
  }

  void fail(const chat::Error& error, std::string& out) override {
    if (ended_) return;
    ended_ = true;
    write_error_event(error, request_id_, out);
  }

  void keep_alive(std::string& out) const override {
    out += "event: ping\ndata: {\"type\":\"ping\"}\n\n";
  }

 private:
  void start(const Delta& delta, std::string& out) {
    started_ = true;
    std::string id;
    append_message_id(delta.id, request_id_, id);
    out += "event: message_start\ndata: ";
    JsonWriter json(out);
    json.begin_object().name("type").string("message_start").name("message").begin_object();
    json.name("id").text({id, delta.id.escaped}).name("type").string("message");
    json.name("role").string("assistant").name("model");
    if (delta.model.raw.empty()) {
      json.string(model_);
    } else {
      json.text(delta.model);
    }
    json.name("content").begin_array().end_array();
    json.name("stop_reason").null().name("stop_sequence").null().name("usage").raw({});
    // A provider that reports as it starts is believed; otherwise the counts come at the end.
    write_usage(delta.usage.reported() ? delta.usage : usage_, delta.service_tier, out);
    json.end_object().end_object();
    out += "\n\n";
  }

  std::string request_id_, model_;
  bool started_ = false, ended_ = false, refused_ = false;
  BlockStream blocks_;
  chat::Finish finish_ = chat::Finish::kNone;
  std::string stop_sequence_;
  chat::Usage usage_;
};

}  // namespace

std::unique_ptr<StreamWriter> stream_writer(const ReplyContext& context) {
  return std::make_unique<Writer>(context);
}

}  // namespace postern::dialect::messages
