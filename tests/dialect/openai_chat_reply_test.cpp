#include <gtest/gtest.h>

#include "dialect/describe.h"
#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect {
namespace {

using Kind = chat::Error::Kind;
using nlohmann::json;

json read(const std::string& body) {
  ReplyContext context;
  context.request_id = "0123";
  chat::Reply reply;
  EXPECT_TRUE(openai_chat.read_reply(body, Quirks{}, context, reply)) << body;
  return describe(reply);
}

json choice(const std::string& members) {
  return read("{\"choices\":[{" + members + "}]}")["choices"][0];
}

bool is_reply(const std::string& body) {
  chat::Reply reply;
  return openai_chat.read_reply(body, Quirks{}, {}, reply);
}

TEST(OpenaiChatReply, what_is_no_reply_is_not_taken_for_one) {
  EXPECT_FALSE(is_reply("<html>"));
  EXPECT_FALSE(is_reply("[]"));
  EXPECT_FALSE(is_reply("{}"));
  EXPECT_FALSE(is_reply(R"({"error":{"message":"x"},"choices":[]})"));
  EXPECT_FALSE(is_reply(R"({"choices":[{"error":{"code":502}}]})"));
  EXPECT_TRUE(is_reply(R"({"choices":[],"error":null})"));
}

TEST(OpenaiChatReply, a_choice_without_a_message_was_filtered) {
  const json read =
      choice(R"("index":0,"finish_reason":"content_filter","content_filter_results":{})");
  EXPECT_EQ(read["finish"], "content_filter");
  EXPECT_TRUE(read["parts"].empty());
}

TEST(OpenaiChatReply, calls_are_taken_in_every_shape) {
  const json read = choice(R"("message":{"content":null,"tool_calls":[
      {"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},
      {"id":"","function":{"name":"g","arguments":{"y":2}}},
      {"id":null,"function":{"name":"h","arguments":null}},
      {"id":"d","type":"custom","custom":{"name":"c","input":"free"}}]},
      "finish_reason":"stop")");
  EXPECT_EQ(read["finish"], "tool_calls");
  EXPECT_EQ(read["parts"], json::parse(R"([
      {"kind":"tool_call","id":"a","name":"f","arguments":{"x":1}},
      {"kind":"tool_call","id":"call_0123_0","name":"g","arguments":{"y":2}},
      {"kind":"tool_call","id":"call_0123_1","name":"h","arguments":{}},
      {"kind":"tool_call","id":"d","name":"c","custom":true,"text":"free"}])"));
}

TEST(OpenaiChatReply, calls_that_were_cut_off_are_told_as_a_length) {
  const json read = choice(
      R"("message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"x\""}}]},
      "finish_reason":"tool_calls")");
  EXPECT_EQ(read["finish"], "length");
  EXPECT_EQ(read["parts"][0]["arguments_cut"], true);
}

TEST(OpenaiChatReply, a_function_call_of_long_ago_is_a_call) {
  const json read = choice(
      R"("message":{"content":null,"function_call":{"name":"f","arguments":"{}"}},
      "finish_reason":"function_call")");
  EXPECT_EQ(read["finish"], "tool_calls");
  EXPECT_EQ(read["parts"][0]["name"], "f");
}

TEST(OpenaiChatReply, google_signs_texts_and_calls) {
  const json read = choice(R"("message":{"content":"x","extra_content":{"google":{
      "thought_signature":"T"}},
      "tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"},"extra_content":{
      "google":{"thought_signature":"C"}}}]})");
  EXPECT_EQ(read["parts"][0]["signature"], "T");
  EXPECT_EQ(read["parts"][1]["signature"], "C");
  EXPECT_EQ(read["parts"][1]["signer"], "gemini");
}

json written(const std::string& body) {
  ReplyContext context;
  context.request_id = "0123";
  context.model = "asked";
  context.now_s = 7;
  chat::Reply reply;
  EXPECT_TRUE(openai_chat.read_reply(body, Quirks{}, context, reply));
  std::string out;
  openai_chat.write_reply(reply, context, out);
  return json::parse(out, nullptr, false);
}

TEST(OpenaiChatReply, replies_are_written_as_openai_writes_them) {
  EXPECT_EQ(written(R"({"choices":[{"message":{"content":""}}]})"), json::parse(R"({
      "id":"chatcmpl-0123","object":"chat.completion","created":7,"model":"asked",
      "choices":[{"index":0,"message":{"role":"assistant","content":"","refusal":null,
      "annotations":[]},
                  "logprobs":null,"finish_reason":"stop"}]})"));
  const json calls = written(
      R"({"choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"f",
      "arguments":""}}]}}]})");
  const json message = calls["choices"][0]["message"];
  EXPECT_TRUE(message["content"].is_null());
  EXPECT_EQ(message["tool_calls"][0]["function"]["arguments"], "{}");
  EXPECT_EQ(calls["choices"][0]["finish_reason"], "tool_calls");
}

TEST(OpenaiChatReply, counts_that_are_too_large_stay_numbers) {
  const json usage = written(R"({"choices":[],"usage":{"prompt_tokens":9223372036854775807,
      "completion_tokens":9223372036854775807}})")["usage"];
  EXPECT_EQ(usage["total_tokens"], INT64_MAX);
}

// --- Errors -------------------------------------------------------------------------------------

chat::Error error_of(int status, std::string_view body) {
  ErrorHead head;
  head.status = status;
  return openai_chat.read_error(head, body);
}

TEST(OpenaiChatReply, the_words_of_an_error_count_more_than_its_status) {
  const struct {
    int status;
    const char* body;
    Kind kind;
  } cases[] = {
      {429,
       R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota",
      "code":"insufficient_quota"}})",
       Kind::kQuotaExhausted},
      {429, R"({"error":{"code":"RateLimitReached","message":"wait"}})", Kind::kRateLimited},
      {400,
       R"({"error":{"code":"content_filter","message":"m","innererror":{
      "code":"ResponsibleAIPolicyViolation"}}})",
       Kind::kContentFilter},
      {400,
       R"({"code":"Client specified an invalid argument",
      "error":"Incorrect API key provided: x"})",
       Kind::kAuthentication},
      {400, R"({"error":{"message":"too long","type":"exceed_context_size_error",
      "code":400}})",
       Kind::kContextLength},
      {400, R"({"error":{"message":"the request exceeds the context window","code":400}})",
       Kind::kContextLength},
      {404, R"({"error":{"code":"DeploymentNotFound","message":"m"}})", Kind::kModelNotFound},
      {400,
       R"({"object":"error","message":"Invalid model: x","type":"invalid_model",
      "code":"1500"})",
       Kind::kModelNotFound},
      {402, R"({"error":{"message":"Insufficient credits","code":402}})", Kind::kQuotaExhausted},
      {400, R"({"error":{"message":"m","type":"invalid_request_error",
      "code":"tool_use_failed"}})",
       Kind::kBadResponse},
      {403,
       R"({"error":{"code":403,"message":"flagged","metadata":{"reasons":["x"],
      "flagged_input":"y"}}})",
       Kind::kContentFilter},
      {503, "upstream connect error", Kind::kOverloaded},
      {502, "<html><body>Bad gateway</body></html>", Kind::kServer},
      {529, "", Kind::kOverloaded},
  };
  for (const auto& one : cases)
    EXPECT_EQ(error_of(one.status, one.body).kind, one.kind) << one.body;
}

TEST(OpenaiChatReply, messages_and_members_of_errors_are_found_in_every_shape) {
  chat::Error error = error_of(422, R"({"detail":[{"type":"missing","loc":["body","messages",0],
      "msg":"Field required"}]})");
  EXPECT_EQ(error.message, "body.messages.0: Field required");
  EXPECT_EQ(error.param, "body.messages.0");
  error = error_of(422,
                   R"({"object":"error","message":{"detail":[{"loc":["body"],"msg":"bad"}]},
      "type":"invalid_request_error"})");
  EXPECT_EQ(error.message, "body: bad");
  error = error_of(502,
                   R"({"error":{"message":"Provider returned error","code":502,"metadata":{
      "raw":"no room","provider_name":"X"}}})");
  EXPECT_EQ(error.message, "Provider returned error: no room");
  EXPECT_EQ(error.code, "502");
  error = error_of(
      400, R"([{"error":{"code":400,"message":"Google says","status":"INVALID_ARGUMENT"}}])");
  EXPECT_EQ(error.message, "Google says");
  error = error_of(404, R"({"error":"model 'x' not found"})");
  EXPECT_EQ(error.message, "model 'x' not found");
  EXPECT_EQ(error_of(408, "upstream request timeout\nsee the guide").message,
            "upstream request timeout");
  EXPECT_EQ(error_of(502, "<html>").message, "");
  EXPECT_LT(error_of(400, "{\"error\":\"" + std::string(100000, 'x') + "\"}").message.size(),
            3000u);
}

TEST(OpenaiChatReply, a_client_sees_stable_codes_and_no_word_about_the_gateways_key) {
  std::string out;
  openai_chat.write_error(error_of(401,
                                   R"({"error":{"message":"Incorrect API key provided: sk-secret",
      "code":"invalid_api_key"}})"),
                          "id", out);
  const json error = json::parse(out)["error"];
  EXPECT_EQ(error["code"], "upstream_auth_error");
  EXPECT_EQ(error["type"], "api_error");
  EXPECT_EQ(out.find("sk-secret"), std::string::npos);
  out.clear();
  openai_chat.write_error(
      error_of(400, R"({"error":{"message":"no","param":"stop","code":"weird"}})"), "id", out);
  EXPECT_EQ(json::parse(out),
            json::parse(
                R"({"error":{"message":"no","type":"invalid_request_error","param":"stop",
      "code":"invalid_request"}})"));
}

}  // namespace
}  // namespace postern::dialect
