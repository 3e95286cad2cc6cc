// Embeddings: OpenAI's `/v1/embeddings` in front, the formats of the providers behind. No
// conversation, so none of `chat`'s but its texts.
//
// Clients of OpenAI ask for base64 by themselves, and most other providers give lists of numbers
// only, so replies are converted in both directions. A reply of an OpenAI-like provider that is as
// the client asked (`is_as_asked`) can be passed on untouched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/request.h"
#include "chat/usage.h"

namespace postern::dialect {

// Texts of one request, and vectors of one reply. OpenAI takes 2,048; servers of one's own more.
inline constexpr size_t embedding_inputs_max = 16'384;

enum class EmbeddingFormat : uint8_t {
  kOpenai,
  kGemini,      // :batchEmbedContents
  kVertex,      // :predict, or :embedContent for the newer models
  kCohere,      // /v2/embed
  kWorkersAi,   // /ai/run, and the binding; /ai/v1/embeddings is OpenAI's
  kPerplexity,  // OpenAI's, but what it gives is base64 of int8
  kNone,
};

// --- Requests -----------------------------------------------------------------------------------

enum class EmbeddingEncoding : uint8_t { kUnset, kFloat, kBase64, kOther };

// Views into the body that was read; both must stay together.
struct EmbeddingRequest {
  std::string model;
  chat::Json input;               // as the client wrote it
  std::vector<chat::Text> texts;  // in it; empty when it holds token ids
  bool token_ids = false;
  std::optional<int64_t> dimensions;
  EmbeddingEncoding encoding = EmbeddingEncoding::kUnset;
  chat::Text encoding_name;  // of kOther
  chat::Text user;
  chat::Text input_type, task;  // what the vectors are for, in a provider's own words
  std::vector<chat::Extra> extras;
  chat::Arena arena;
};

std::optional<chat::Refused> read_embedding_request(std::string_view body,
                                                    EmbeddingRequest& request);

// Appends the body for a provider. `model` of the request is what the provider calls it.
std::optional<chat::Refused> write_embedding_request(EmbeddingFormat format,
                                                     const EmbeddingRequest& request,
                                                     chat::Dropped& dropped, std::string& out);

// What follows the model in the address: ":batchEmbedContents"; empty where nothing does.
std::string_view embedding_method(EmbeddingFormat format, std::string_view model);

// --- Replies ------------------------------------------------------------------------------------

struct EmbeddingVector {
  enum class Form : uint8_t {
    kNumbers,  // a JSON list of numbers
    kFloat32,  // base64 of little-endian float32
    kInt8,     // base64 of int8
  };
  Form form = Form::kNumbers;
  std::string_view text;
  int64_t index = 0;
};

// Views into the body that was read.
struct EmbeddingReply {
  std::vector<EmbeddingVector> vectors;  // the caller compares their number with its texts
  chat::Text model;                      // empty: not said
  chat::Usage usage;
  chat::Arena arena;

  EmbeddingReply() = default;
  EmbeddingReply(EmbeddingReply&&) = default;
  EmbeddingReply& operator=(EmbeddingReply&&) = default;
};

// False when it is no reply with vectors of numbers.
bool read_embedding_reply(EmbeddingFormat format, std::string_view body, EmbeddingReply& reply);

// Appends OpenAI's reply. `model` stands in for one that the reply does not name. False, and
// nothing appended, when a vector's base64 is broken or holds what is no number.
bool write_embedding_reply(const EmbeddingReply& reply, EmbeddingEncoding encoding,
                           std::string_view model, std::string& out);

// Are the vectors of a reply in OpenAI's words encoded as the client asked? By the first of them.
bool is_as_asked(std::string_view body, EmbeddingEncoding asked);

// What such a reply cost, read without looking at its vectors. False when it is no JSON object.
bool read_embedding_usage(std::string_view body, chat::Usage& usage);

}  // namespace postern::dialect
