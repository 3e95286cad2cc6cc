#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dialect/embeddings/embeddings.h"

namespace postern::dialect {
namespace {

using nlohmann::json;

// What a provider gets for a body, or why it gets nothing.
struct Written {
  std::string body, refused, param;
  chat::Dropped dropped;
  json document() const { return json::parse(body); }
};

Written write(EmbeddingFormat format, const std::string& body) {
  Written written;
  EmbeddingRequest request;
  auto refused = read_embedding_request(body, request);
  if (!refused) refused = write_embedding_request(format, request, written.dropped, written.body);
  if (refused) {
    written.refused = refused->message;
    written.param = refused->param;
  }
  return written;
}

std::string param_of(const std::string& body) {
  EmbeddingRequest request;
  const auto refused = read_embedding_request(body, request);
  return refused ? refused->param : "none";
}

TEST(EmbeddingRequest, a_text_and_a_list_of_texts_are_read) {
  EmbeddingRequest one, two;
  const std::string first = R"({"model":"m","input":"caf\u00e9"})";
  const std::string second =
      R"({"input":["a","b"],"dimensions":8,"encoding_format":"base64","user":"u","model":"m"})";
  ASSERT_FALSE(read_embedding_request(first, one));
  ASSERT_FALSE(read_embedding_request(second, two));
  ASSERT_EQ(one.texts.size(), 1u);
  EXPECT_EQ(chat::plain(one.texts[0]), "caf\xc3\xa9");
  EXPECT_EQ(one.encoding, EmbeddingEncoding::kUnset);
  EXPECT_EQ(two.texts.size(), 2u);
  EXPECT_EQ(two.dimensions, 8);
  EXPECT_EQ(two.encoding, EmbeddingEncoding::kBase64);
  EXPECT_EQ(two.input, R"(["a","b"])");
}

TEST(EmbeddingRequest, token_ids_are_seen_and_refused_where_only_texts_are_read) {
  for (const std::string input : {"[1,2,3]", "[[1,2],[3]]"}) {
    const std::string body = R"({"model":"m","input":)" + input + "}";
    EXPECT_EQ(write(EmbeddingFormat::kOpenai, body).document()["input"], json::parse(input));
    for (const auto format : {EmbeddingFormat::kGemini, EmbeddingFormat::kVertex,
                              EmbeddingFormat::kCohere, EmbeddingFormat::kWorkersAi})
      EXPECT_EQ(write(format, body).param, "input");
  }
}

TEST(EmbeddingRequest, wrong_shapes_are_refused_by_name) {
  EXPECT_EQ(param_of(R"({"input":"a"})"), "model");
  EXPECT_EQ(param_of(R"({"model":"m"})"), "input");
  EXPECT_EQ(param_of(R"({"model":"m","input":null})"), "input");
  EXPECT_EQ(param_of(R"({"model":"m","input":[]})"), "input");
  EXPECT_EQ(param_of(R"({"model":"m","input":["a",1]})"), "input");
  EXPECT_EQ(param_of(R"({"model":"m","input":[[1,"a"]]})"), "input");
  EXPECT_EQ(param_of(R"({"model":"m","input":[1.5]})"), "input");
  EXPECT_EQ(param_of(R"({"model":"m","input":[{}]})"), "input");
  EXPECT_EQ(param_of(R"({"model":"m","input":"a","dimensions":"8"})"), "dimensions");
  EXPECT_EQ(param_of(R"({"model":"m","input":"a","dimensions":0})"), "dimensions");
  EXPECT_EQ(param_of(R"({"model":"m","input":"a","input":"b"})"), "input");
  EXPECT_EQ(param_of(R"({"model":5,"input":"a"})"), "model");
  EXPECT_EQ(param_of(R"({"model":"a b","input":"a"})"), "model");
  EXPECT_EQ(param_of(R"({"model":"m","input":"a","user":1})"), "user");
  EXPECT_EQ(param_of("[]"), "");
}

TEST(EmbeddingRequest, broken_json_is_told_with_its_place) {
  EmbeddingRequest request;
  const auto refused = read_embedding_request("{\"model\":\"m\",\n\"input\":[\"a\"", request);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->kind, chat::Refused::Kind::kJson);
  EXPECT_NE(refused->message.find("line 2"), std::string::npos);
}

TEST(EmbeddingRequest, more_texts_than_the_bound_are_refused) {
  std::string body = R"({"model":"m","input":["a")";
  for (size_t left = embedding_inputs_max; left > 0; --left) body += ",\"a\"";
  EXPECT_EQ(param_of(body + "]}"), "input");
}

TEST(EmbeddingRequest, an_openai_like_provider_gets_everything) {
  const json document =
      write(EmbeddingFormat::kOpenai,
            R"({"project_id":"p","model":"m","input":["a"],"encoding_format":"int8","user":"u",)"
            R"("dimensions":3,"input_type":"query","ex\u0074ra":{"a":1},"none":null})")
          .document();
  EXPECT_EQ(document, json::parse(R"({"model":"m","input":["a"],"encoding_format":"int8",)"
                                  R"("user":"u","dimensions":3,"input_type":"query",)"
                                  R"("extra":{"a":1}})"));
}

TEST(EmbeddingRequest, gemini_gets_a_request_for_each_text) {
  const Written written = write(EmbeddingFormat::kGemini,
                                R"({"model":"gemini-embedding-001","input":["a","b"],)"
                                R"("dimensions":768,"input_type":"search_query","user":"u"})");
  const json one = {{"model", "models/gemini-embedding-001"},
                    {"content", {{"parts", {{{"text", "a"}}}}}},
                    {"taskType", "RETRIEVAL_QUERY"},
                    {"outputDimensionality", 768}};
  json two = one;
  two["content"]["parts"][0]["text"] = "b";
  EXPECT_EQ(written.document(), json({{"requests", {one, two}}}));
  EXPECT_EQ(written.dropped, chat::Dropped{"user"});
}

TEST(EmbeddingRequest, vertex_is_asked_by_the_method_of_the_model) {
  EXPECT_EQ(embedding_method(EmbeddingFormat::kVertex, "gemini-embedding-001"), ":predict");
  EXPECT_EQ(embedding_method(EmbeddingFormat::kVertex, "text-embedding-005"), ":predict");
  EXPECT_EQ(embedding_method(EmbeddingFormat::kVertex, "gemini-embedding-2"), ":embedContent");
  EXPECT_EQ(embedding_method(EmbeddingFormat::kGemini, "gemini-embedding-2"),
            ":batchEmbedContents");
  EXPECT_EQ(embedding_method(EmbeddingFormat::kOpenai, "gemini-embedding-2"), "");
  EXPECT_EQ(write(EmbeddingFormat::kVertex,
                  R"({"model":"text-embedding-005","input":["a","b"],"dimensions":2,)"
                  R"("task":"CLUSTERING"})")
                .document(),
            json::parse(R"({"instances":[{"content":"a","task_type":"CLUSTERING"},)"
                        R"({"content":"b","task_type":"CLUSTERING"}],)"
                        R"("parameters":{"outputDimensionality":2}})"));
  EXPECT_EQ(write(EmbeddingFormat::kVertex, R"({"model":"gemini-embedding-2","input":"a"})").body,
            R"({"content":{"parts":[{"text":"a"}]}})");
  EXPECT_EQ(
      write(EmbeddingFormat::kVertex, R"({"model":"gemini-embedding-2","input":["a","b"]})").param,
      "input");
}

TEST(EmbeddingRequest, cohere_gets_the_purpose_that_it_requires) {
  EXPECT_EQ(write(EmbeddingFormat::kCohere,
                  R"({"model":"embed-v4.0","input":"a","dimensions":1024,"truncate":"END"})")
                .body,
            R"({"model":"embed-v4.0","texts":["a"],"input_type":"search_document",)"
            R"("embedding_types":["float"],"output_dimension":1024,"truncate":"END"})");
  const Written written = write(EmbeddingFormat::kCohere,
                                R"({"model":"m","input":"a","input_type":"poetry","other":1})");
  EXPECT_EQ(written.document()["input_type"], "search_document");
  EXPECT_EQ(written.dropped, (chat::Dropped{"input_type", "other"}));
}

TEST(EmbeddingRequest, workers_ai_gets_texts_and_refuses_another_size) {
  EXPECT_EQ(write(EmbeddingFormat::kWorkersAi, R"({"model":"m","input":["a","b"]})").body,
            R"({"text":["a","b"]})");
  EXPECT_EQ(write(EmbeddingFormat::kWorkersAi, R"({"model":"m","input":"a","dimensions":8})").param,
            "dimensions");
}

TEST(EmbeddingRequest, perplexity_is_not_asked_for_an_encoding_that_it_has_not) {
  EXPECT_EQ(write(EmbeddingFormat::kPerplexity,
                  R"({"model":"m","input":["a"],"encoding_format":"base64"})")
                .body,
            R"({"model":"m","input":["a"]})");
}

TEST(EmbeddingRequest, a_provider_without_embeddings_is_refused) {
  EXPECT_EQ(write(EmbeddingFormat::kNone, R"({"model":"m","input":"a"})").param, "model");
}

}  // namespace
}  // namespace postern::dialect
