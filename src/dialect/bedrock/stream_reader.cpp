// The events of ConverseStream. Each is read to its end before anything of it is told.
#include <algorithm>

#include "dialect/bedrock/bedrock.h"
#include "dialect/bedrock/content.h"
#include "dialect/bedrock/walk.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using chat::Delta;
using codec::JsonReader;
using Kind = chat::Delta::Kind;

// Calls that were begun and not ended. Models end one before they begin the next.
constexpr size_t open_calls_max = 64;

// What one event says. Views into its data.
struct Event {
  std::optional<uint64_t> block;
  // Of contentBlockStart.
  bool call = false;
  bool server_tool = false;
  chat::Text id, name, image_format;
  // Of contentBlockDelta.
  chat::Text text, input, thoughts, signature, sealed, image;
  std::optional<Citation> citation;
  chat::Text stop_reason;  // of messageStop
  chat::Usage usage;       // of metadata
  chat::Text message;      // of an exception
};

void read_start(JsonReader& in, Event& event) {
  each_member(in, [&] {
    if (in.name_is("toolUse")) {
      event.call = true;
      each_member(in, [&] {
        chat::Text type;
        if (in.name_is("toolUseId")) {
          read_text(in, event.id);
        } else if (in.name_is("name")) {
          read_text(in, event.name);
        } else if (in.name_is("type")) {
          event.server_tool = read_text(in, type);
        } else {
          in.skip();
        }
      });
    } else if (in.name_is("image")) {
      each_member(in, [&] {
        if (in.name_is("format")) {
          read_text(in, event.image_format);
        } else {
          in.skip();
        }
      });
    } else {
      in.skip();
    }
  });
}

void read_thoughts(JsonReader& in, Event& event) {
  each_member(in, [&] {
    if (in.name_is("text")) {
      read_text(in, event.thoughts);
    } else if (in.name_is("signature")) {
      read_text(in, event.signature);
    } else if (in.name_is("redactedContent")) {
      read_text(in, event.sealed);
    } else {
      in.skip();
    }
  });
}

void read_image(JsonReader& in, Event& event) {
  each_member(in, [&] {
    if (!in.name_is("source")) {
      in.skip();
      return;
    }
    each_member(in, [&] {
      if (in.name_is("bytes")) {
        read_text(in, event.image);
      } else {
        in.skip();
      }
    });
  });
}

void read_delta(JsonReader& in, Event& event) {
  each_member(in, [&] {
    if (in.name_is("text")) {
      read_text(in, event.text);
    } else if (in.name_is("toolUse")) {
      each_member(in, [&] {
        if (in.name_is("input")) {
          read_text(in, event.input);
        } else {
          in.skip();
        }
      });
    } else if (in.name_is("reasoningContent")) {
      read_thoughts(in, event);
    } else if (in.name_is("citation")) {
      event.citation = read_citation(in);
    } else if (in.name_is("image")) {
      read_image(in, event);
    } else {
      in.skip();
    }
  });
}

bool read_event(std::string_view data, Event& event) {
  JsonReader in(data);
  if (!in.enter_object()) return false;
  while (in.next_member()) {
    if (in.name_is("contentBlockIndex")) {
      read_count(in, event.block);
    } else if (in.name_is("start")) {
      read_start(in, event);
    } else if (in.name_is("delta")) {
      read_delta(in, event);
    } else if (in.name_is("stopReason")) {
      read_text(in, event.stop_reason);
    } else if (in.name_is("usage")) {
      read_usage(in, event.usage);
    } else if (in.name_is("message")) {
      read_text(in, event.message);
    } else {
      in.skip();
    }
  }
  return in.finish();
}

class ConverseReader final : public StreamReader {
 public:
  explicit ConverseReader(const ReplyContext& context) : request_id_(context.request_id) {}

  void read(std::string_view type, std::string_view data, std::vector<Delta>& out) override {
    if (progress_ == Progress::kClosed) return;
    Event event;
    const bool valid = read_event(data, event);
    constexpr std::string_view exception = "exception:";
    if (type.starts_with(exception))
      return fail_by(type.substr(exception.size()), valid ? event.message : chat::Text(), out);
    if (!valid) return fail("an event of the stream is no JSON object", out);
    if (!started_) {
      started_ = true;
      out.emplace_back().kind = Kind::kStart;
    }
    if (type == "contentBlockDelta") {
      take_delta(event, out);
    } else if (type == "contentBlockStart") {
      take_start(event, out);
    } else if (type == "contentBlockStop") {
      thinking_ = false;
      std::erase_if(calls_, [&](const OpenCall& call) { return call.block == event.block; });
    } else if (type == "messageStop") {
      take_stop(event, out);
    } else if (type == "metadata") {
      take_usage(event, out);
    }
  }

  Progress progress() const override { return progress_; }

 private:
  struct OpenCall {
    std::optional<uint64_t> block;
    int64_t tool = 0;
    bool server_tool = false;
  };

  static Delta& add(Kind kind, std::vector<Delta>& out) {
    Delta& delta = out.emplace_back();
    delta.kind = kind;
    return delta;
  }

  void take_start(const Event& event, std::vector<Delta>& out) {
    thinking_ = false;
    image_format_ = chat::plain(event.image_format);
    if (!event.call) return;
    std::erase_if(calls_, [&](const OpenCall& call) { return call.block == event.block; });
    if (calls_.size() >= open_calls_max) return fail("too many tool calls are open at once", out);
    calls_.push_back({event.block, event.server_tool ? 0 : tools_, event.server_tool});
    if (event.server_tool) return;
    Delta& delta = add(Kind::kToolCall, out);
    delta.tool = tools_;
    delta.id = event.id;
    delta.name = event.name;
    if (event.id.raw.empty()) {
      made_id_ = made_tool_id(request_id_, tools_);
      delta.id = chat::literal(made_id_);
    }
    ++tools_;
  }

  void take_delta(const Event& event, std::vector<Delta>& out) {
    if (!event.text.raw.empty()) {
      if (event.block != text_block_) text_begin_ = characters_;
      text_block_ = event.block;
      characters_ += characters_in(event.text);
      add(Kind::kText, out).text = event.text;
    }
    if (!event.input.raw.empty()) take_input(event, out);
    if (!event.thoughts.raw.empty()) {
      thinking_ = true;
      add(Kind::kReasoning, out).text = event.thoughts;
    }
    if (!event.signature.raw.empty()) {
      // Thoughts that are not shown have a signature all the same.
      if (!thinking_) add(Kind::kReasoning, out);
      thinking_ = true;
      Delta& delta = add(Kind::kSignature, out);
      delta.text = event.signature;
      delta.signer = signer;
    }
    if (!event.sealed.raw.empty()) {
      Delta& delta = add(Kind::kSealedReasoning, out);
      delta.text = event.sealed;
      delta.signer = signer;
    }
    if (event.citation) take_citation(*event.citation, event.block, out);
    if (!event.image.raw.empty()) {
      media_type_ = "image/" + (image_format_.empty() ? "png" : image_format_);
      Delta& delta = add(Kind::kImage, out);
      delta.text = event.image;
      delta.media_type = chat::literal(media_type_);
    }
  }

  void take_input(const Event& event, std::vector<Delta>& out) {
    const auto call = std::find_if(calls_.rbegin(), calls_.rend(),
                                   [&](const OpenCall& each) { return each.block == event.block; });
    if (call == calls_.rend())
      return fail("arguments came for a tool call that was not begun", out);
    if (call->server_tool) return;
    Delta& delta = add(Kind::kArguments, out);
    delta.tool = call->tool;
    delta.text = event.input;
  }

  // Citations come in the block of the text that they are of, or in one without text.
  void take_citation(const Citation& citation, std::optional<uint64_t> block,
                     std::vector<Delta>& out) {
    if (citation.url.raw.empty()) return;
    const uint64_t begin = block == text_block_ ? text_begin_ : characters_;
    annotations_.clear();
    append_annotation(citation, begin, characters_, annotations_);
    annotations_.insert(0, "[").append("]");
    add(Kind::kAnnotations, out).json = annotations_;
  }

  void take_stop(const Event& event, std::vector<Delta>& out) {
    if (progress_ == Progress::kOpen) progress_ = metadata_ ? Progress::kClosed : Progress::kWhole;
    add(Kind::kFinish, out).finish = finish_with_calls(finish_of(event.stop_reason), tools_);
  }

  void take_usage(const Event& event, std::vector<Delta>& out) {
    metadata_ = true;
    if (progress_ == Progress::kWhole) progress_ = Progress::kClosed;
    if (event.usage.reported()) add(Kind::kUsage, out).usage = event.usage;
  }

  void fail_by(std::string_view name, const chat::Text& message, std::vector<Delta>& out) {
    chat::Error& error = add(Kind::kError, out).error;
    error.code = name;
    error.kind = kind_of_exception(name, chat::Error::Kind::kServer);
    take_message(chat::plain(message), error);
    progress_ = Progress::kClosed;
  }

  void fail(const char* message, std::vector<Delta>& out) {
    chat::Error& error = add(Kind::kError, out).error;
    error.kind = chat::Error::Kind::kBadResponse;
    error.message = message;
    progress_ = Progress::kClosed;
  }

  const std::string request_id_;
  Progress progress_ = Progress::kOpen;
  bool started_ = false;
  bool metadata_ = false;  // usage was told, whenever that was
  bool thinking_ = false;  // the open block has said thoughts

  std::vector<OpenCall> calls_;
  int64_t tools_ = 0;  // calls that the client was given

  uint64_t characters_ = 0;             // of text so far
  std::optional<uint64_t> text_block_;  // that spoke last
  uint64_t text_begin_ = 0;             // where it began

  // What deltas show that stands in no event.
  std::string made_id_, annotations_, image_format_, media_type_;
};

}  // namespace

std::unique_ptr<StreamReader> stream_reader(const Quirks&, const ReplyContext& context) {
  return std::make_unique<ConverseReader>(context);
}

}  // namespace postern::dialect::bedrock_wire
