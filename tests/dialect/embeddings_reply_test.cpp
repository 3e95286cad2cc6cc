#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "dialect/embeddings/base64.h"
#include "dialect/embeddings/embeddings.h"
#include "dialect/embeddings/float_text.h"
#include "recorded.h"

namespace postern::dialect {
namespace {

using nlohmann::json;
using Floats = std::vector<float>;

uint32_t bits_of(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

std::string shown(float value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.9g", static_cast<double>(value));
  return text;
}

void expect_nearest(const std::string& number) {
  const float expected = std::strtof(number.c_str(), nullptr);
  const float found = nearest_float(number);
  EXPECT_EQ(bits_of(found), bits_of(expected)) << number << " is read as " << shown(found);
}

// The exact decimal in the middle between two floats, and its neighbours.
void expect_nearest_around_the_middle(float low) {
  const float high = std::nextafterf(low, std::numeric_limits<float>::infinity());
  if (!std::isfinite(high)) return;
  char text[256];
  std::snprintf(text, sizeof text, "%.160e",
                (static_cast<double>(low) + static_cast<double>(high)) / 2);
  std::string above = text, below = text;
  above.insert(above.find('e'), "1");
  expect_nearest(text);
  expect_nearest(above);
  // The last digit of the exact expansion that is not zero, lowered.
  const size_t last = below.find_last_not_of('0', below.find('e') - 1);
  --below[last];
  expect_nearest(below);
}

TEST(EmbeddingNumbers, every_decimal_becomes_the_nearest_float) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 100000; ++round) {
    const auto bits = static_cast<uint32_t>(random());
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    char text[64];
    std::snprintf(text, sizeof text, "%.*g", 1 + static_cast<int>(random() % 20),
                  static_cast<double>(value));
    expect_nearest(text);
    if (round % 50 == 0) expect_nearest_around_the_middle(std::fabs(value));
  }
  for (const char* number :
       {"0", "-0", "0.0", "1e-400", "1e400", "-1e400", "3.4028235677973366e38",
        "3.4028235677973367e38", "7.006492321624085e-46", "7.0064923216240854e-46", "16777217",
        "16777219", "1E5", "1e+5", "1e99999999999999999999", "9007199254740993"})
    expect_nearest(number);
  expect_nearest("0." + std::string(5000, '0') + "1e5000");
  expect_nearest("1" + std::string(5000, '0') + "e-5000");
  expect_nearest_around_the_middle(0);
}

TEST(EmbeddingNumbers, every_float_is_written_so_that_it_is_read_back) {
  std::mt19937 random(8);
  for (int round = 0; round < 100000; ++round) {
    const auto bits = static_cast<uint32_t>(random());
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    std::string text;
    ASSERT_EQ(append_float(value, text), std::isfinite(value)) << shown(value);
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(bits_of(std::strtof(text.c_str(), nullptr)), bits) << text;
    EXPECT_TRUE(json::parse(text, nullptr, false).is_number()) << text;
  }
}

TEST(EmbeddingNumbers, floats_are_written_without_noise) {
  const std::pair<float, const char*> cases[] = {
      {0.0f, "0"},       {-0.0f, "-0"},     {1.0f, "1"},     {0.5f, "0.5"},
      {-2.25f, "-2.25"}, {1e-10f, "1e-10"}, {100.0f, "100"}, {0.0001f, "0.0001"},
      {1e20f, "1e20"},   {127.0f, "127"},   {0.1f, "0.1"}};
  for (const auto& [value, text] : cases) {
    std::string out;
    ASSERT_TRUE(append_float(value, out));
    EXPECT_EQ(out, text);
  }
}

// --- Replies ------------------------------------------------------------------------------------

EmbeddingFormat format_of(const recorded::Exchange& exchange) {
  if (exchange.provider == "gemini") return EmbeddingFormat::kGemini;
  if (exchange.provider == "vertex") return EmbeddingFormat::kVertex;
  if (exchange.provider == "cohere") return EmbeddingFormat::kCohere;
  return EmbeddingFormat::kOpenai;
}

std::string bytes_of(const Floats& floats) {
  std::string bytes(floats.size() * 4, '\0');
  if (!floats.empty()) std::memcpy(bytes.data(), floats.data(), bytes.size());
  return bytes;
}

Floats floats_of(const std::string& base64) {
  std::string bytes;
  EXPECT_TRUE(append_from_base64(base64, bytes));
  Floats floats(bytes.size() / 4);
  if (!floats.empty()) std::memcpy(floats.data(), bytes.data(), floats.size() * 4);
  return floats;
}

// The vectors of any reply, by the library's own readers of JSON and numbers.
Floats floats_of(const json& vector) {
  if (vector.is_string()) return floats_of(vector.get<std::string>());
  Floats floats;
  for (const json& number : vector) floats.push_back(std::strtof(number.dump().c_str(), nullptr));
  return floats;
}

std::vector<Floats> independent(const json& reply) {
  std::vector<Floats> all;
  if (reply.contains("data"))
    for (const json& each : reply["data"]) all.push_back(floats_of(each["embedding"]));
  if (reply.contains("predictions"))
    for (const json& each : reply["predictions"])
      all.push_back(floats_of(each["embeddings"]["values"]));
  if (reply.contains("embeddings") && reply["embeddings"].is_array())
    for (const json& each : reply["embeddings"]) all.push_back(floats_of(each["values"]));
  if (reply.contains("embeddings") && reply["embeddings"].is_object())
    for (const json& each : reply["embeddings"]["float"]) all.push_back(floats_of(each));
  return all;
}

uint64_t tokens(const json& reply) {
  if (reply.contains("usage")) return reply["usage"]["prompt_tokens"];
  if (reply.contains("usageMetadata")) return reply["usageMetadata"]["promptTokenCount"];
  if (reply.contains("meta")) return reply["meta"]["billed_units"]["input_tokens"];
  uint64_t sum = 0;
  if (reply.contains("predictions"))
    for (const json& each : reply["predictions"])
      sum += each["embeddings"]["statistics"]["token_count"].get<uint64_t>();
  return sum;
}

json written(const EmbeddingReply& reply, EmbeddingEncoding encoding) {
  std::string out;
  EXPECT_TRUE(write_embedding_reply(reply, encoding, "asked", out));
  return json::parse(out, nullptr, false);
}

TEST(EmbeddingReply, recorded_replies_keep_every_number_in_both_encodings) {
  const auto exchanges = recorded::load("embeddings");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  int read = 0;
  for (const auto& exchange : exchanges) {
    SCOPED_TRACE(exchange.name);
    EmbeddingReply reply;
    const bool whole = read_embedding_reply(format_of(exchange), exchange.response, reply);
    ASSERT_EQ(whole, !exchange.failed());
    if (!whole) continue;
    ++read;
    const json document = json::parse(exchange.response);
    const auto expected = independent(document);
    EXPECT_EQ(reply.usage.prompt(), tokens(document));
    const json numbers = written(reply, EmbeddingEncoding::kUnset);
    const json base64 = written(reply, EmbeddingEncoding::kBase64);
    EXPECT_EQ(independent(numbers), expected);
    EXPECT_EQ(independent(base64), expected);
    EXPECT_TRUE(numbers["data"][0]["embedding"].is_array());
    EXPECT_TRUE(base64["data"][0]["embedding"].is_string());
    EXPECT_EQ(numbers["model"], document.value("model", "asked"));
    EXPECT_EQ(numbers["usage"]["prompt_tokens"], tokens(document));
    for (size_t at = 0; at < expected.size(); ++at) EXPECT_EQ(base64["data"][at]["index"], at);
  }
  EXPECT_GE(read, 11);
}

// The numbers come through these conversions in the replies above; here each one stands alone.
TEST(EmbeddingReply, recorded_numbers_are_read_as_the_library_reads_them) {
  const auto exchanges = recorded::load("embeddings");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  size_t numbers = 0;
  for (const auto& exchange : exchanges) {
    const std::string& text = exchange.response;
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find_first_of(" ,:[]{}\n\"", at), text.size());
      const std::string word = text.substr(at, end - at);
      if (json::parse(word, nullptr, false).is_number()) {
        expect_nearest(word);
        ++numbers;
      }
      at = end + 1;
    }
  }
  EXPECT_GT(numbers, 6000u);
}

TEST(EmbeddingReply, a_reply_that_is_as_asked_can_be_passed_on) {
  const auto exchanges = recorded::load("embeddings");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  for (const auto& exchange : exchanges) {
    if (format_of(exchange) != EmbeddingFormat::kOpenai || exchange.failed()) continue;
    SCOPED_TRACE(exchange.name);
    const json document = json::parse(exchange.response);
    const bool base64 = document["data"][0]["embedding"].is_string();
    EXPECT_EQ(is_as_asked(exchange.response, EmbeddingEncoding::kBase64), base64);
    EXPECT_EQ(is_as_asked(exchange.response, EmbeddingEncoding::kFloat), !base64);
    EXPECT_EQ(is_as_asked(exchange.response, EmbeddingEncoding::kUnset), !base64);
    chat::Usage usage;
    EXPECT_TRUE(read_embedding_usage(exchange.response, usage));
    EXPECT_EQ(usage.input, tokens(document));
  }
}

TEST(EmbeddingReply, recorded_requests_are_read) {
  const auto exchanges = recorded::load("embeddings");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  for (const auto& exchange : exchanges) {
    if (exchange.request.empty() || format_of(exchange) != EmbeddingFormat::kOpenai) continue;
    EmbeddingRequest request;
    EXPECT_FALSE(read_embedding_request(exchange.request, request)) << exchange.name;
  }
}

EmbeddingReply reply_of(EmbeddingFormat format, const std::string& body) {
  EmbeddingReply reply;
  EXPECT_TRUE(read_embedding_reply(format, body, reply)) << body;
  return reply;
}

TEST(EmbeddingReply, workers_ai_is_read_with_and_without_its_wrapper) {
  for (const std::string body :
       {R"({"shape":[2,2],"data":[[1,2],[3,4.5]],"pooling":"mean"})",
        R"({"result":{"shape":[2,2],"data":[[1,2],[3,4.5]]},"success":true,"errors":[]})",
        R"({"data":[{"index":0,"embedding":[1,2]},{"index":1,"embedding":[3,4.5]}]})"}) {
    const EmbeddingReply reply = reply_of(EmbeddingFormat::kWorkersAi, body);
    EXPECT_EQ(independent(written(reply, EmbeddingEncoding::kBase64)),
              (std::vector<Floats>{{1, 2}, {3, 4.5}}));
  }
}

TEST(EmbeddingReply, a_single_embedding_of_vertex_is_read) {
  const std::string body =
      R"({"embedding":{"values":[0.25,-1]},"usageMetadata":{"promptTokenCount":7}})";
  const EmbeddingReply reply = reply_of(EmbeddingFormat::kVertex, body);
  EXPECT_EQ(reply.usage.input, 7u);
  EXPECT_EQ(written(reply, EmbeddingEncoding::kFloat)["data"][0]["embedding"],
            json::parse("[0.25,-1]"));
}

TEST(EmbeddingReply, the_bytes_of_perplexity_become_numbers) {
  std::string base64;
  append_base64(std::string("\x01\xff\x7f\x80", 4), base64);
  const std::string body =
      R"({"data":[{"index":0,"embedding":")" + base64 + R"("}],"model":"pplx"})";
  const EmbeddingReply reply = reply_of(EmbeddingFormat::kPerplexity, body);
  EXPECT_EQ(written(reply, EmbeddingEncoding::kUnset)["data"][0]["embedding"],
            json::parse("[1,-1,127,-128]"));
  EXPECT_EQ(independent(written(reply, EmbeddingEncoding::kBase64)),
            (std::vector<Floats>{{1, -1, 127, -128}}));
}

TEST(EmbeddingReply, base64_is_converted_with_escapes_and_without_padding) {
  const Floats floats = {1.5f, -3.25e-7f, 0.1f};
  std::string base64;
  append_base64(bytes_of(floats), base64);
  std::string escaped;
  for (const char byte : base64) {
    if (byte == '=') continue;
    if (byte == '/') escaped += '\\';
    escaped += byte;
  }
  const std::string body = R"({"data":[{"embedding":")" + escaped + R"("}]})";
  const EmbeddingReply reply = reply_of(EmbeddingFormat::kOpenai, body);
  EXPECT_EQ(independent(written(reply, EmbeddingEncoding::kFloat)), std::vector<Floats>{floats});
  EXPECT_EQ(independent(written(reply, EmbeddingEncoding::kBase64)), std::vector<Floats>{floats});
}

TEST(EmbeddingReply, what_holds_no_vectors_of_numbers_is_no_reply) {
  for (const std::string body :
       {"", "[]", "{}", R"({"data":[]})", R"({"data":[{"embedding":[1,null]}]})",
        R"({"data":[{"embedding":[[1]]}]})", R"({"data":[{"embedding":["1"]}]})",
        R"({"data":[{"embedding":null}]})", R"({"data":[{"embedding":[1]}])", R"({"data":[1]})",
        R"({"error":{"message":"no"}})", R"({"result":null,"success":false})"}) {
    EmbeddingReply reply;
    EXPECT_FALSE(read_embedding_reply(EmbeddingFormat::kOpenai, body, reply)) << body;
  }
}

TEST(EmbeddingReply, broken_base64_leaves_nothing_behind) {
  for (const std::string base64 : {"AAAA!AAA", "AAAAA", "AAAA", "AACAfw=="}) {
    const std::string body = R"({"data":[{"embedding":")" + base64 + R"("}]})";
    const EmbeddingReply reply = reply_of(EmbeddingFormat::kOpenai, body);
    std::string out = "before";
    EXPECT_FALSE(write_embedding_reply(reply, EmbeddingEncoding::kFloat, "m", out)) << base64;
    EXPECT_EQ(out, "before");
  }
}

}  // namespace
}  // namespace postern::dialect
