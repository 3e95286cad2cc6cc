#include "codec/json_writer.h"
#include "dialect/embeddings/embeddings.h"

namespace postern::dialect {
namespace {

using codec::JsonWriter;

// What vectors are for, in the words that are in use.
struct Purpose {
  std::string_view word, google, cohere;
};
constexpr Purpose purposes[] = {
    {"search_document", "RETRIEVAL_DOCUMENT", "search_document"},
    {"retrieval_document", "RETRIEVAL_DOCUMENT", "search_document"},
    {"document", "RETRIEVAL_DOCUMENT", "search_document"},
    {"passage", "RETRIEVAL_DOCUMENT", "search_document"},
    {"search_query", "RETRIEVAL_QUERY", "search_query"},
    {"retrieval_query", "RETRIEVAL_QUERY", "search_query"},
    {"query", "RETRIEVAL_QUERY", "search_query"},
    {"classification", "CLASSIFICATION", "classification"},
    {"clustering", "CLUSTERING", "clustering"},
    {"semantic_similarity", "SEMANTIC_SIMILARITY", ""},
    {"question_answering", "QUESTION_ANSWERING", ""},
    {"fact_verification", "FACT_VERIFICATION", ""},
    {"code_retrieval_query", "CODE_RETRIEVAL_QUERY", ""},
};

class Writer {
 public:
  Writer(const EmbeddingRequest& request, chat::Dropped& dropped, std::string& out)
      : request_(request), dropped_(dropped), json_(out) {}

  std::optional<chat::Refused> write(EmbeddingFormat format) {
    if (format == EmbeddingFormat::kNone)
      return refused("model", "this provider has no embeddings here; choose another model");
    if (format == EmbeddingFormat::kOpenai || format == EmbeddingFormat::kPerplexity) {
      write_openai(format);
      return std::nullopt;
    }
    if (request_.token_ids)
      return refused("input", "this provider reads texts, not token ids; send input as text");
    if (request_.encoding == EmbeddingEncoding::kOther)
      return refused("encoding_format", "encoding_format must be float or base64 here");
    if (format == EmbeddingFormat::kWorkersAi && request_.dimensions)
      return refused("dimensions", "this provider gives vectors of one size; leave it out");
    if (format == EmbeddingFormat::kVertex && embeds_content() && request_.texts.size() != 1)
      return refused("input", "this model takes one text a request; send the texts one by one");
    write_texts(format);
    if (!request_.user.raw.empty()) drop("user");
    return std::nullopt;
  }

 private:
  void write_openai(EmbeddingFormat format) {
    json_.begin_object().name("model").string(request_.model).name("input").raw(request_.input);
    if (request_.dimensions) json_.name("dimensions").number(*request_.dimensions);
    // Perplexity gives base64 of int8 whatever is asked; the reply is converted.
    if (format == EmbeddingFormat::kOpenai) write_encoding();
    write_word("user", request_.user);
    write_word("input_type", request_.input_type);
    write_word("task", request_.task);
    for (const chat::Extra& extra : request_.extras) json_.name(extra.name.raw).raw(extra.value);
    json_.end_object();
  }

  void write_encoding() {
    switch (request_.encoding) {
      case EmbeddingEncoding::kUnset:
        return;
      case EmbeddingEncoding::kFloat:
        json_.name("encoding_format").string("float");
        return;
      case EmbeddingEncoding::kBase64:
        json_.name("encoding_format").string("base64");
        return;
      case EmbeddingEncoding::kOther:
        write_word("encoding_format", request_.encoding_name);
    }
  }

  void write_texts(EmbeddingFormat format) {
    purpose_ = purpose_for(format);
    json_.begin_object();
    switch (format) {
      case EmbeddingFormat::kGemini:
        write_gemini();
        break;
      case EmbeddingFormat::kVertex:
        embeds_content() ? write_content(request_.texts.front()) : write_predict();
        break;
      case EmbeddingFormat::kCohere:
        write_cohere();
        break;
      default:
        json_.name("text");
        write_list();
    }
    json_.end_object();
    for (const chat::Extra& extra : request_.extras)
      if (format != EmbeddingFormat::kCohere || !codec::equals_unescaped(extra.name, "truncate"))
        drop(chat::plain(extra.name));
  }

  void write_gemini() {
    std::string model = request_.model.starts_with("models/") ? "" : "models/";
    model += request_.model;
    json_.name("requests").begin_array();
    for (const chat::Text& text : request_.texts) {
      json_.begin_object().name("model").string(model);
      write_content(text);
      json_.end_object();
    }
    json_.end_array();
  }

  // Members of one request for one text, the same for both doors of Google.
  void write_content(const chat::Text& text) {
    json_.name("content").begin_object().name("parts").begin_array();
    json_.begin_object().name("text").text(text).end_object().end_array().end_object();
    if (!purpose_.empty()) json_.name("taskType").string(purpose_);
    if (request_.dimensions) json_.name("outputDimensionality").number(*request_.dimensions);
  }

  void write_predict() {
    json_.name("instances").begin_array();
    for (const chat::Text& text : request_.texts) {
      json_.begin_object().name("content").text(text);
      if (!purpose_.empty()) json_.name("task_type").string(purpose_);
      json_.end_object();
    }
    json_.end_array();
    if (!request_.dimensions) return;
    json_.name("parameters").begin_object();
    json_.name("outputDimensionality").number(*request_.dimensions).end_object();
  }

  // The purpose is required here; vectors are made of documents more often than of questions.
  void write_cohere() {
    json_.name("model").string(request_.model).name("texts");
    write_list();
    json_.name("input_type").string(purpose_.empty() ? "search_document" : purpose_);
    json_.name("embedding_types").begin_array().string("float").end_array();
    if (request_.dimensions) json_.name("output_dimension").number(*request_.dimensions);
    for (const chat::Extra& extra : request_.extras) {
      if (!codec::equals_unescaped(extra.name, "truncate")) continue;
      json_.name("truncate").raw(extra.value);
      break;
    }
  }

  void write_list() {
    json_.begin_array();
    for (const chat::Text& text : request_.texts) json_.text(text);
    json_.end_array();
  }

  void write_word(std::string_view name, const chat::Text& word) {
    if (!word.raw.empty()) json_.name(name).text(word);
  }

  // What the client said the vectors are for, in a provider's words; dropped where it has none.
  std::string_view purpose_for(EmbeddingFormat format) {
    const bool typed = !request_.input_type.raw.empty();
    const chat::Text& said = typed ? request_.input_type : request_.task;
    if (said.raw.empty()) return {};
    std::string word = chat::plain(said);
    for (char& byte : word)
      if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
    for (const Purpose& each : purposes) {
      const std::string_view found = format == EmbeddingFormat::kCohere      ? each.cohere
                                     : format == EmbeddingFormat::kWorkersAi ? std::string_view()
                                                                             : each.google;
      if (each.word == word && !found.empty()) return found;
    }
    drop(typed ? "input_type" : "task");
    return {};
  }

  bool embeds_content() const {
    return embedding_method(EmbeddingFormat::kVertex, request_.model) == ":embedContent";
  }

  void drop(std::string name) { dropped_.add(std::move(name)); }

  static chat::Refused refused(std::string_view param, std::string_view message) {
    return {chat::Refused::Kind::kUnsupported, std::string(message), std::string(param)};
  }

  const EmbeddingRequest& request_;
  chat::Dropped& dropped_;
  JsonWriter json_;
  std::string_view purpose_;
};

}  // namespace

std::optional<chat::Refused> write_embedding_request(EmbeddingFormat format,
                                                     const EmbeddingRequest& request,
                                                     chat::Dropped& dropped, std::string& out) {
  return Writer(request, dropped, out).write(format);
}

// Vertex has the embedding models from Gemini 2 on behind the newer method only.
std::string_view embedding_method(EmbeddingFormat format, std::string_view model) {
  if (format == EmbeddingFormat::kGemini) return ":batchEmbedContents";
  if (format != EmbeddingFormat::kVertex) return {};
  constexpr std::string_view family = "gemini-embedding-";
  const bool newer = model.starts_with(family) && model.size() > family.size() &&
                     model[family.size()] >= '1' && model[family.size()] <= '9';
  return newer ? ":embedContent" : ":predict";
}

}  // namespace postern::dialect
