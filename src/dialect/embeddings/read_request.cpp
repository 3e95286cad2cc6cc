#include "bounds.h"
#include "dialect/embeddings/embeddings.h"
#include "dialect/json_members.h"

namespace postern::dialect {
namespace {

using codec::JsonKind;
using codec::JsonReader;

bool is_model_name(std::string_view name) {
  if (name.empty() || name.size() > bounds::model_bytes_max) return false;
  for (const char byte : name)
    if (byte < 0x21 || byte > 0x7e) return false;
  return true;
}

// Reads one request. A class only so that the readers of the members share their state.
class Reader {
 public:
  Reader(std::string_view body, EmbeddingRequest& request)
      : body_(body), in_(body), request_(request) {}

  std::optional<chat::Refused> read() {
    if (in_.kind() != JsonKind::kObject) {
      in_.skip();
      if (!in_.finish()) return json_refusal(body_, in_.error());
      return chat::Refused{
          chat::Refused::Kind::kShape, "the request body must be a JSON object", {}};
    }
    in_.enter_object();
    while (in_.next_member() && read_member()) {
    }
    if (refused_) return refused_;
    if (!in_.finish()) return json_refusal(body_, in_.error());
    if (request_.model.empty()) refuse("model", "model is required: a string");
    if (!refused_ && request_.input.empty())
      refuse("input", "input is required: a text, or a list of texts");
    return refused_;
  }

 private:
  bool read_member() {
    if (in_.name_is("model")) return once(0, "model") && read_model();
    if (in_.name_is("input")) return once(1, "input") && read_input();
    if (in_.name_is("dimensions")) return once(2, "dimensions") && read_dimensions();
    if (in_.name_is("encoding_format")) return once(3, "encoding_format") && read_encoding();
    if (in_.name_is("user")) return once(4, "user") && read_word("user", request_.user);
    if (in_.name_is("input_type"))
      return once(5, "input_type") && read_word("input_type", request_.input_type);
    if (in_.name_is("task")) return once(6, "task") && read_word("task", request_.task);
    if (in_.name_is("project_id")) return in_.skip();  // the gateway's own
    const chat::Text name = in_.name();
    const chat::Json value = read_json(in_, body_);
    if (!value.empty()) request_.extras.push_back({name, value});
    return in_.error().reason == nullptr;
  }

  bool read_model() {
    chat::Text name;
    if (!in_.read_string(name)) return refuse_kind("model", "model must be a string");
    request_.model = chat::plain(name);
    if (is_model_name(request_.model)) return true;
    return refuse("model", "model must be 1 to 256 printable ASCII characters without spaces");
  }

  bool read_input() {
    in_.kind();
    const size_t begin = in_.offset();
    chat::Text text;
    if (in_.read_string(text)) {
      request_.texts.push_back(text);
    } else if (!in_.enter_array()) {
      return refuse_kind("input", "input must be a text, or a list of texts");
    } else if (!read_list()) {
      return false;
    }
    if (in_.error().reason != nullptr) return false;
    request_.input = body_.substr(begin, in_.offset() - begin);
    return true;
  }

  bool read_list() {
    size_t count = 0;
    while (in_.next_element()) {
      if (++count > embedding_inputs_max && in_.kind() != JsonKind::kNumber)
        return refuse("input", "input has too many texts; send at most 16384 in one request");
      if (!read_element(count)) return false;
    }
    return count != 0 || refuse("input", "input must hold at least one text");
  }

  // Texts, token ids, or lists of token ids; all of one kind.
  bool read_element(size_t count) {
    chat::Text text;
    int64_t id = 0;
    const JsonKind kind = in_.kind();
    if (kind == JsonKind::kNone) return false;
    if (count == 1) kind_ = kind;
    if (kind != kind_) return refuse_kind("input", "the items of input must be of one kind");
    request_.token_ids = kind != JsonKind::kString;
    if (in_.read_string(text)) {
      request_.texts.push_back(text);
      return true;
    }
    if (in_.read_integer(id)) return true;
    if (!in_.enter_array())
      return refuse_kind("input", "the items of input must be texts, or lists of token ids");
    while (in_.next_element())
      if (!in_.read_integer(id)) return refuse_kind("input", "token ids must be whole numbers");
    return true;
  }

  bool read_dimensions() {
    if (in_.kind() == JsonKind::kNull) return in_.skip();
    int64_t dimensions = 0;
    if (!in_.read_integer(dimensions) || dimensions < 1)
      return refuse_kind("dimensions", "dimensions must be a whole number above zero");
    request_.dimensions = dimensions;
    return true;
  }

  bool read_encoding() {
    chat::Text word;
    if (!read_word("encoding_format", word)) return false;
    if (word.raw.empty()) return true;
    if (codec::equals_unescaped(word, "float")) {
      request_.encoding = EmbeddingEncoding::kFloat;
    } else if (codec::equals_unescaped(word, "base64")) {
      request_.encoding = EmbeddingEncoding::kBase64;
    } else {
      request_.encoding = EmbeddingEncoding::kOther;
      request_.encoding_name = word;
    }
    return true;
  }

  bool read_word(std::string_view param, chat::Text& word) {
    if (in_.kind() == JsonKind::kNull) return in_.skip();
    return in_.read_string(word) || refuse_kind(param, std::string(param) + " must be a string");
  }

  bool once(int member, std::string_view param) {
    const uint32_t bit = 1u << member;
    if ((seen_ & bit) != 0) return refuse(param, "this member occurs more than once");
    seen_ |= bit;
    return true;
  }

  // The value may still be to be read. Text that is no value at all is a fault of the JSON.
  bool refuse_kind(std::string_view param, std::string message) {
    if (in_.kind() != JsonKind::kNone) in_.skip();
    return refuse(param, std::move(message));
  }

  // A fault of the JSON itself, found while the value was read, is the better answer.
  bool refuse(std::string_view param, std::string message) {
    if (in_.error().reason == nullptr)
      refused_ = {chat::Refused::Kind::kShape, std::move(message), std::string(param)};
    return false;
  }

  std::string_view body_;
  JsonReader in_;
  EmbeddingRequest& request_;
  std::optional<chat::Refused> refused_;
  uint32_t seen_ = 0;
  JsonKind kind_ = JsonKind::kNone;  // of the first item
};

}  // namespace

std::optional<chat::Refused> read_embedding_request(std::string_view body,
                                                    EmbeddingRequest& request) {
  return Reader(body, request).read();
}

}  // namespace postern::dialect
