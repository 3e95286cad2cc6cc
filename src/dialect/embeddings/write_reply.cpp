#include <bit>

#include "codec/json_writer.h"
#include "dialect/embeddings/base64.h"
#include "dialect/embeddings/embeddings.h"
#include "dialect/embeddings/float_text.h"

namespace postern::dialect {
namespace {

using Form = EmbeddingVector::Form;

void append_bits(uint32_t bits, std::string& bytes) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>(bits >> shift));
}

// The bytes of a list of numbers. The reader has seen that it holds nothing else, so a number ends
// where none of its characters follows.
void append_float32(std::string_view numbers, std::string& bytes) {
  constexpr std::string_view parts = "+-.0123456789Ee";
  for (size_t at = numbers.find_first_of(parts); at != numbers.npos;) {
    size_t end = at;
    while (end < numbers.size() && parts.find(numbers[end]) != parts.npos) ++end;
    append_bits(__builtin_bit_cast(uint32_t, nearest_float(numbers.substr(at, end - at))), bytes);
    at = numbers.find_first_of(parts, end);
  }
}

bool append_numbers_of_float32(std::string_view bytes, std::string& out) {
  if (bytes.size() % 4 != 0) return false;
  out += '[';
  for (size_t at = 0; at < bytes.size(); at += 4) {
    uint32_t bits = 0;
    for (size_t byte = 0; byte < 4; ++byte)
      bits |= static_cast<uint32_t>(static_cast<unsigned char>(bytes[at + byte])) << 8 * byte;
    if (at != 0) out += ',';
    if (!append_float(__builtin_bit_cast(float, bits), out)) return false;
  }
  out += ']';
  return true;
}

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  bool write(const EmbeddingVector& vector, EmbeddingEncoding encoding) {
    bytes_.clear();
    return encoding == EmbeddingEncoding::kBase64 ? write_base64(vector) : write_numbers(vector);
  }

 private:
  bool write_numbers(const EmbeddingVector& vector) {
    if (vector.form == Form::kNumbers) {
      out_ += vector.text;
      return true;
    }
    if (!append_from_base64(vector.text, bytes_)) return false;
    if (vector.form == Form::kFloat32) return append_numbers_of_float32(bytes_, out_);
    out_ += '[';
    for (size_t at = 0; at < bytes_.size(); ++at) {
      if (at != 0) out_ += ',';
      out_ += std::to_string(static_cast<int8_t>(bytes_[at]));
    }
    out_ += ']';
    return true;
  }

  bool write_base64(const EmbeddingVector& vector) {
    out_ += '"';
    if (vector.form == Form::kNumbers) {
      append_float32(vector.text, bytes_);
    } else {
      if (!append_from_base64(vector.text, bytes_)) return false;
      if (vector.form == Form::kInt8) widen();
      if (bytes_.size() % 4 != 0) return false;
    }
    append_base64(bytes_, out_);
    out_ += '"';
    return true;
  }

  void widen() {
    std::string wide;
    wide.reserve(bytes_.size() * 4);
    for (const char byte : bytes_)
      append_bits(__builtin_bit_cast(uint32_t, static_cast<float>(static_cast<int8_t>(byte))),
                  wide);
    bytes_.swap(wide);
  }

  std::string& out_;
  std::string bytes_;
};

}  // namespace

bool write_embedding_reply(const EmbeddingReply& reply, EmbeddingEncoding encoding,
                           std::string_view model, std::string& out) {
  const size_t begin = out.size();
  codec::JsonWriter json(out);
  Writer writer(out);
  json.begin_object().name("object").string("list").name("data").begin_array();
  for (const EmbeddingVector& vector : reply.vectors) {
    json.begin_object().name("object").string("embedding").name("index").number(vector.index);
    json.name("embedding");
    if (!writer.write(vector, encoding)) {
      out.resize(begin);
      return false;
    }
    json.end_object();
  }
  json.end_array().name("model");
  if (reply.model.raw.empty()) {
    json.string(model);
  } else {
    json.text(reply.model);
  }
  // Clients expect numbers here, so what the provider does not say is zero.
  const auto tokens = static_cast<int64_t>(reply.usage.prompt());
  json.name("usage").begin_object().name("prompt_tokens").number(tokens);
  json.name("total_tokens").number(tokens).end_object().end_object();
  return true;
}

}  // namespace postern::dialect
