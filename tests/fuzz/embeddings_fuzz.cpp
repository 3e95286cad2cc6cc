// A request for embeddings that is read is written for every provider as JSON or refused by name,
// a reply that is read is written in both encodings, with the same numbers; a number is read as the
// library reads it.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "codec/json_reader.h"
#include "dialect/embeddings/embeddings.h"
#include "dialect/embeddings/float_text.h"

namespace {

using namespace postern;
using dialect::EmbeddingEncoding;
using dialect::EmbeddingFormat;
using dialect::EmbeddingReply;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json(std::string_view text) {
  codec::JsonReader in(text);
  in.skip();
  return in.finish();
}

void check_request(std::string_view body) {
  dialect::EmbeddingRequest request;
  if (dialect::read_embedding_request(body, request)) return;
  require(request.token_ids == request.texts.empty());
  for (int format = 0; format <= static_cast<int>(EmbeddingFormat::kNone); ++format) {
    chat::Dropped dropped;
    std::string out;
    const auto refused = dialect::write_embedding_request(static_cast<EmbeddingFormat>(format),
                                                          request, dropped, out);
    require(refused ? !refused->message.empty() : is_json(out));
  }
}

// What is written in one encoding, read back and written in the other one.
void check_reply(std::string_view body, EmbeddingFormat format) {
  EmbeddingReply reply;
  dialect::is_as_asked(body, EmbeddingEncoding::kBase64);
  if (!dialect::read_embedding_reply(format, body, reply)) return;
  std::string base64, numbers, again;
  if (!dialect::write_embedding_reply(reply, EmbeddingEncoding::kBase64, "m", base64)) return;
  require(is_json(base64) && dialect::is_as_asked(base64, EmbeddingEncoding::kBase64));
  EmbeddingReply second, third;
  require(dialect::read_embedding_reply(EmbeddingFormat::kOpenai, base64, second));
  if (!dialect::write_embedding_reply(second, EmbeddingEncoding::kFloat, "m", numbers)) return;
  require(is_json(numbers) && dialect::is_as_asked(numbers, EmbeddingEncoding::kFloat));
  require(dialect::read_embedding_reply(EmbeddingFormat::kOpenai, numbers, third));
  require(dialect::write_embedding_reply(third, EmbeddingEncoding::kBase64, "m", again));
  require(again == base64);
}

void check_number(std::string_view text) {
  codec::JsonReader in(text);
  if (in.kind() != codec::JsonKind::kNumber) return;
  codec::JsonSpan span;
  if (!in.skip(&span) || !in.finish()) return;
  const std::string number(text.substr(span.begin, span.end - span.begin));
  const float found = dialect::nearest_float(number);
  const float expected = std::strtof(number.c_str(), nullptr);
  require(std::memcmp(&found, &expected, sizeof found) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_request(input);
  check_reply(input, EmbeddingFormat::kOpenai);
  check_reply(input, EmbeddingFormat::kPerplexity);
  check_number(input);
  return 0;
}
