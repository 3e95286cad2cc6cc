#include "dialect/completions/completions.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/untouched.h"

namespace postern::dialect::completions_wire {
namespace {

using chat::Delta;
using codec::JsonReader;

struct Piece {
  int64_t index = 0;
  chat::Text text, finish;
};

// What a whole reply and a chunk have in common. Choices are given to `take` as they come.
struct Document {
  chat::Text id, model, fingerprint;
  std::optional<uint64_t> created;
  chat::Usage usage;
  bool choices = false, error = false;

  template <typename Take>
  bool read(std::string_view body, const Quirks& quirks, const Take& take) {
    JsonReader in(body);
    if (!in.enter_object()) return false;
    while (in.next_member()) {
      if (in.name_is("choices") && in.enter_array()) {
        choices = true;
        for (int64_t position = 0; in.next_element(); ++position) take(read_piece(in, position));
      } else if (in.name_is("usage")) {
        chat_completions::read_usage(in, quirks, usage);
      } else if (in.name_is("id")) {
        read_text(in, id);
      } else if (in.name_is("model")) {
        read_text(in, model);
      } else if (in.name_is("system_fingerprint")) {
        read_text(in, fingerprint);
      } else if (in.name_is("created")) {
        read_count(in, created);
      } else if (in.name_is("error")) {
        error |= in.kind() != codec::JsonKind::kNull;
        in.skip();
      } else {
        in.skip();
      }
    }
    return in.finish();
  }

  std::optional<int64_t> created_s() const {
    return created ? std::optional(static_cast<int64_t>(*created)) : std::nullopt;
  }

 private:
  static Piece read_piece(JsonReader& in, int64_t position) {
    Piece piece;
    std::optional<uint64_t> index;
    if (!in.enter_object()) {
      in.skip();
      return piece;
    }
    while (in.next_member()) {
      if (in.name_is("text")) {
        read_text(in, piece.text);
      } else if (in.name_is("finish_reason")) {
        read_text(in, piece.finish);
      } else if (in.name_is("index")) {
        read_count(in, index);
      } else {
        in.skip();
      }
    }
    piece.index = index ? static_cast<int64_t>(*index) : position;
    return piece;
  }
};

class Reader final : public StreamReader {
 public:
  explicit Reader(const Quirks& quirks) : quirks_(quirks) {}

  void read(std::string_view type, std::string_view data, std::vector<Delta>& out) override {
    if (progress_ == Progress::kClosed) return;
    if (is_done(data)) {
      progress_ = Progress::kClosed;
      return;
    }
    const size_t begin = out.size();
    Document chunk;
    if (!started_) out.emplace_back();  // filled when its members are known
    const bool whole = chunk.read(data, quirks_, [&](const Piece& piece) { say(piece, out); });
    if (!whole || chunk.error || type == "error") {
      out.resize(begin);
      fail(data, whole, out);
      return;
    }
    if (!started_ && chunk.choices) {
      start(chunk, out[begin]);
    } else if (!started_) {
      out.erase(out.begin() + static_cast<ptrdiff_t>(begin));
    }
    if (!chunk.usage.reported()) return;
    out.emplace_back().kind = Delta::Kind::kUsage;
    out.back().usage = chunk.usage;
  }

  Progress progress() const override { return progress_; }

 private:
  void start(const Document& chunk, Delta& delta) {
    started_ = true;
    delta.kind = Delta::Kind::kStart;
    delta.id = chunk.id;
    delta.model = chunk.model;
    delta.system_fingerprint = chunk.fingerprint;
    delta.created_s = chunk.created_s();
  }

  void say(const Piece& piece, std::vector<Delta>& out) {
    if (!piece.text.raw.empty()) {
      Delta& delta = out.emplace_back();
      delta.kind = Delta::Kind::kText;
      delta.choice = piece.index;
      delta.text = piece.text;
    }
    // How many choices there are is not said; each one that begins has to end.
    if (piece.index >= 0 && piece.index < choices_max) {
      const uint64_t bit = uint64_t{1} << (piece.index & 63);
      uint64_t& open = open_[piece.index >> 6];
      open = piece.finish.raw.empty() ? open | bit : open & ~bit;
    }
    if (!piece.finish.raw.empty()) {
      Delta& delta = out.emplace_back();
      delta.kind = Delta::Kind::kFinish;
      delta.choice = piece.index;
      delta.finish = chat_completions::read_finish(piece.finish);
      finished_ = true;
    }
    progress_ = finished_ && open_[0] == 0 && open_[1] == 0 ? Progress::kWhole : Progress::kOpen;
  }

  void fail(std::string_view data, bool whole, std::vector<Delta>& out) {
    progress_ = Progress::kClosed;
    Delta& delta = out.emplace_back();
    delta.kind = Delta::Kind::kError;
    if (whole) {
      delta.error = chat_completions::read_error({}, data);
      delta.error.status = 0;
    } else {
      delta.error.kind = chat::Error::Kind::kBadResponse;
      delta.error.message = "an event of the stream is not valid JSON";
    }
  }

  const Quirks quirks_;
  Progress progress_ = Progress::kOpen;
  bool started_ = false, finished_ = false;
  uint64_t open_[2] = {};
};

}  // namespace

bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext&,
                chat::Reply& reply) {
  Document document;
  const bool whole = document.read(body, quirks, [&](const Piece& piece) {
    chat::Choice& choice = reply.choices.emplace_back();
    choice.index = piece.index;
    choice.finish = chat_completions::read_finish(piece.finish);
    if (!piece.text.raw.empty()) choice.parts.emplace_back().text = piece.text;
  });
  reply.id = document.id;
  reply.model = document.model;
  reply.system_fingerprint = document.fingerprint;
  reply.created_s = document.created_s();
  reply.usage = document.usage;
  return whole && document.choices && !document.error;
}

std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext&) {
  return std::make_unique<Reader>(quirks);
}

}  // namespace postern::dialect::completions_wire
