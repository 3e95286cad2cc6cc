#include "dialect/embeddings/embeddings.h"
#include "dialect/json_members.h"

namespace postern::dialect {
namespace {

using codec::JsonKind;
using codec::JsonReader;
using Form = EmbeddingVector::Form;

void add(std::optional<uint64_t>& sum, const std::optional<uint64_t>& count) {
  if (!count) return;
  const uint64_t before = sum.value_or(0);
  sum = before > INT64_MAX - *count ? uint64_t{INT64_MAX} : before + *count;
}

// A member that is a number, inside of an object.
void read_count_in(JsonReader& in, std::string_view name, std::optional<uint64_t>& sum) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  std::optional<uint64_t> count;
  while (in.next_member()) {
    if (in.name_is(name)) {
      read_count(in, count);
    } else {
      in.skip();
    }
  }
  add(sum, count);
}

// Reads one reply. The formats call their members differently and contradict one another nowhere,
// so one reader takes them all:
//   data: [{embedding, index}]           OpenAI's       data: [[...]]          Workers AI
//   embeddings: [{values}]               Gemini         embeddings: {float}    Cohere
//   predictions: [{embeddings: {values, statistics}}]   embedding: {values}    Vertex
class Reader {
 public:
  Reader(EmbeddingFormat format, std::string_view body, EmbeddingReply& reply)
      : text_form_(format == EmbeddingFormat::kPerplexity ? Form::kInt8 : Form::kFloat32),
        body_(body),
        in_(body),
        reply_(reply) {}

  bool read() {
    if (!in_.enter_object()) return false;
    read_members();
    return in_.finish() && sound_ && !reply_.vectors.empty();
  }

 private:
  void read_members() {
    while (sound_ && in_.next_member()) {
      if (in_.name_is("data") || in_.name_is("predictions")) {
        read_list();
      } else if (in_.name_is("embeddings")) {
        read_embeddings();
      } else if (in_.name_is("embedding")) {
        read_holder();
      } else if (in_.name_is("model")) {
        read_text(in_, reply_.model);
      } else if (in_.name_is("usage")) {
        read_count_in(in_, "prompt_tokens", reply_.usage.input);
      } else if (in_.name_is("usageMetadata")) {
        read_count_in(in_, "promptTokenCount", reply_.usage.input);
      } else if (in_.name_is("meta") && in_.enter_object()) {
        read_meta();
      } else if (in_.name_is("result") && in_.enter_object()) {
        read_members();  // Cloudflare's wrapper
      } else {
        in_.skip();
      }
    }
  }

  void read_meta() {
    while (in_.next_member()) {
      if (in_.name_is("billed_units")) {
        read_count_in(in_, "input_tokens", reply_.usage.input);
      } else {
        in_.skip();
      }
    }
  }

  void read_list() {
    if (!in_.enter_array()) {
      in_.skip();
      return;
    }
    while (sound_ && in_.next_element()) read_holder();
  }

  // By type at Cohere: only one type was asked for, and others are no numbers of ours.
  void read_embeddings() {
    if (!in_.enter_object()) {
      read_list();
      return;
    }
    while (sound_ && in_.next_member()) {
      if (in_.name_is("float")) {
        read_list();
      } else {
        in_.skip();
      }
    }
  }

  // A vector, or an object around one.
  void read_holder() {
    if (!in_.enter_object()) {
      read_vector();
      return;
    }
    std::optional<uint64_t> index;
    const size_t before = reply_.vectors.size();
    while (sound_ && in_.next_member()) {
      if (in_.name_is("embedding") || in_.name_is("values")) {
        read_vector();
      } else if (in_.name_is("embeddings")) {
        read_holder();
      } else if (in_.name_is("index")) {
        read_count(in_, index);
      } else if (in_.name_is("statistics")) {
        read_count_in(in_, "token_count", reply_.usage.input);
      } else {
        in_.skip();
      }
    }
    if (index && reply_.vectors.size() == before + 1)
      reply_.vectors.back().index = static_cast<int64_t>(*index);
  }

  void read_vector() {
    if (reply_.vectors.size() == embedding_inputs_max) sound_ = false;
    EmbeddingVector vector;
    vector.index = static_cast<int64_t>(reply_.vectors.size());
    chat::Text text;
    if (in_.read_string(text)) {
      vector.form = text_form_;
      vector.text = text.escaped ? reply_.arena.keep(chat::plain(text)) : text.raw;
    } else {
      in_.kind();
      const size_t begin = in_.offset();
      sound_ &= in_.enter_array();
      while (sound_ && in_.next_element()) sound_ = in_.kind() == JsonKind::kNumber && in_.skip();
      vector.text = body_.substr(begin, in_.offset() - begin);
    }
    if (sound_) reply_.vectors.push_back(vector);
  }

  Form text_form_;
  std::string_view body_;
  JsonReader in_;
  EmbeddingReply& reply_;
  bool sound_ = true;
};

}  // namespace

bool read_embedding_reply(EmbeddingFormat format, std::string_view body, EmbeddingReply& reply) {
  return Reader(format, body, reply).read();
}

bool is_as_asked(std::string_view body, EmbeddingEncoding asked) {
  if (asked == EmbeddingEncoding::kOther) return true;
  JsonReader in(body);
  if (!in.enter_object()) return false;
  while (in.next_member()) {
    if (!in.name_is("data")) {
      in.skip();
      continue;
    }
    if (!in.enter_array() || !in.next_element() || !in.enter_object()) return false;
    while (in.next_member()) {
      if (in.name_is("embedding"))
        return in.kind() ==
               (asked == EmbeddingEncoding::kBase64 ? JsonKind::kString : JsonKind::kArray);
      in.skip();
    }
    return false;
  }
  return false;
}

bool read_embedding_usage(std::string_view body, chat::Usage& usage) {
  JsonReader in(body);
  if (!in.enter_object()) return false;
  while (in.next_member()) {
    if (in.name_is("usage")) {
      read_count_in(in, "prompt_tokens", usage.input);
    } else {
      in.skip();
    }
  }
  return in.finish();
}

}  // namespace postern::dialect
