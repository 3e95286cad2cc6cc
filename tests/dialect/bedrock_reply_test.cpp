#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "dialect/bedrock_support.h"

namespace postern::dialect::bedrock_tests {
namespace {

std::string body_of(std::string_view content, std::string_view stop_reason,
                    std::string_view usage = "{}") {
  return R"({"output":{"message":{"role":"assistant","content":)" + std::string(content) +
         R"(}},"stopReason":")" + std::string(stop_reason) +
         R"(","metrics":{"latencyMs":1},"usage":)" + std::string(usage) + "}";
}

json parts_of(std::string_view content) {
  const Answer answer = read(body_of(content, "end_turn"));
  return answer.read ? answer.description["choices"][0]["parts"] : json();
}

// --- Whole answers ------------------------------------------------------------------------------

TEST(BedrockReply, each_block_is_a_part) {
  EXPECT_EQ(parts_of(R"([
      {"reasoningContent":{"reasoningText":{"text":"hmm","signature":"c2ln"}}},
      {"reasoningContent":{"redactedContent":"c2VhbA=="}},
      {"text":"so"},{"text":""},{"type":"text","text":"then"},
      {"toolUse":{"toolUseId":"t1","name":"f","input":{"a":1.50}}},
      {"image":{"format":"png","source":{"bytes":"QQ=="}}},
      {"newer":{"a":[1]}}])"),
            parsed(R"([
      {"kind":"reasoning","text":"hmm","signature":"c2ln","signer":"bedrock"},
      {"kind":"sealed_reasoning","signature":"c2VhbA==","signer":"bedrock"},
      {"kind":"text","text":"so"},{"kind":"text","text":"then"},
      {"kind":"tool_call","id":"t1","name":"f","arguments":{"a":1.50}},
      {"kind":"image","media_type":"image/png","data":"QQ=="}])"));
}

TEST(BedrockReply, thoughts_that_are_not_shown_keep_their_signature) {
  EXPECT_EQ(parts_of(R"([{"reasoningContent":{"reasoningText":{"text":"","signature":"c2ln"}}}])"),
            parsed(R"([{"kind":"reasoning","signature":"c2ln","signer":"bedrock"}])"));
  EXPECT_EQ(parts_of(R"([{"reasoningContent":{"reasoningText":{"text":""}}}])"), json::array());
}

TEST(BedrockReply, calls_that_bedrock_ran_are_not_the_clients) {
  const Answer answer = read(body_of(R"([
      {"toolUse":{"toolUseId":"t","name":"nova_grounding","input":{},"type":"server_tool_use"}},
      {"toolResult":{"toolUseId":"t","content":[{"text":"[HIDDEN]"}],"type":"result"}},
      {"text":"found"}])",
                                     "tool_use"));
  EXPECT_EQ(answer.description["choices"][0]["parts"],
            parsed(R"([{"kind":"text","text":"found"}])"));
  EXPECT_EQ(answer.description["choices"][0]["finish"], "stop");
}

TEST(BedrockReply, cited_text_is_text_with_annotations_where_there_is_an_address) {
  const Answer answer = read(body_of(R"([{"text":"caf\u00e9 \ud83d\ude00: "},
      {"citationsContent":{"content":[{"text":"Ruby"}],"citations":[
          {"title":"facts","location":{"documentChar":{"documentIndex":0,"start":0,"end":9}}},
          {"title":"Site","location":{"web":{"url":"https://a.example","domain":"a.example"}}},
          {"source":"https://b.example","title":"B","location":{"searchResultLocation":{}}}]}}])",
                                     "end_turn"));
  const json choice = answer.description["choices"][0];
  EXPECT_EQ(choice["parts"][1]["text"], "Ruby");
  EXPECT_EQ(choice["parts"][1]["citations"].size(), 3u);
  EXPECT_EQ(choice["annotations"], parsed(R"([
      {"type":"url_citation","url_citation":
          {"start_index":8,"end_index":12,"title":"Site","url":"https://a.example"}},
      {"type":"url_citation","url_citation":
          {"start_index":8,"end_index":12,"title":"B","url":"https://b.example"}}])"));
}

TEST(BedrockReply, arguments_that_are_no_object_are_kept_as_written) {
  EXPECT_EQ(parts_of(R"([{"toolUse":{"toolUseId":"t","name":"f","input":"{\"a\": "}}])")[0],
            parsed(R"({"kind":"tool_call","id":"t","name":"f","arguments_cut":true,
                       "text":"{\"a\": "})"));
  EXPECT_EQ(parts_of(R"([{"toolUse":{"name":"f","input":[1]}}])")[0]["text"], "[1]");
  const json bare = parts_of(R"([{"toolUse":{"name":"f"}},{"toolUse":{"name":"g","input":null}}])");
  EXPECT_EQ(bare[0]["arguments"], json::object());
  EXPECT_EQ(bare[0]["id"], "call_0123456789abcdef0123456789abcdef_0");
  EXPECT_EQ(bare[1]["id"], "call_0123456789abcdef0123456789abcdef_1");
}

TEST(BedrockReply, each_stop_reason_has_a_finish) {
  const auto finish = [](std::string_view reason, std::string_view content) {
    const json choice = read(body_of(content, reason)).description["choices"][0];
    return choice["finish"].get<std::string>();
  };
  constexpr std::string_view said = R"([{"text":"a"}])";
  constexpr std::string_view called = R"([{"toolUse":{"toolUseId":"t","name":"f","input":{}}}])";
  EXPECT_EQ(finish("end_turn", said), "stop");
  EXPECT_EQ(finish("end_turn", called), "tool_calls");
  EXPECT_EQ(finish("tool_use", called), "tool_calls");
  EXPECT_EQ(finish("stop_sequence", said), "stop_sequence");
  EXPECT_EQ(finish("max_tokens", said), "length");
  EXPECT_EQ(finish("model_context_window_exceeded", said), "length");
  EXPECT_EQ(finish("guardrail_intervened", said), "content_filter");
  EXPECT_EQ(finish("content_filtered", said), "content_filter");
  EXPECT_EQ(finish("malformed_tool_use", said), "error");
  EXPECT_EQ(finish("invented_later", said), "error");
  EXPECT_EQ(finish("", said), "none");
}

TEST(BedrockReply, usage_is_disjoint_already) {
  const auto usage = [](std::string_view text) {
    return read(body_of("[]", "end_turn", text)).description["usage"];
  };
  EXPECT_EQ(usage(R"({"inputTokens":3,"outputTokens":4,"totalTokens":22,"cacheReadInputTokens":5,
                      "cacheWriteInputTokens":10,"serverToolUsage":{}})"),
            parsed(R"({"input":3,"output":4,"cache_read":5,"cache_write":10})"));
  EXPECT_EQ(usage(R"({"inputTokens":3,"outputTokens":4,"cacheReadInputTokenCount":5,
                      "cacheWriteInputTokenCount":10,"cacheDetails":[
                          {"ttl":"5m","inputTokens":4},{"ttl":"1h","inputTokens":6}]})"),
            parsed(R"({"input":3,"output":4,"cache_read":5,"cache_write":4,
                       "cache_write_hour":6})"));
  EXPECT_EQ(usage("{}"), json::object());
}

TEST(BedrockReply, what_is_no_answer_is_not_read_as_one) {
  for (const char* body :
       {"", "[]", "{}", R"({"message":"no"})", R"({"output":{}})", R"({"output":{"message":{}}})",
        R"({"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"}})",
        R"({"output":{"message":{"content":[{"text":"cut)"})
    EXPECT_FALSE(read(body).read) << body;
}

// --- The loop -----------------------------------------------------------------------------------

TEST(BedrockReply, what_is_written_reads_back_the_same) {
  for (int seed = 0; seed < 400; ++seed) {
    const chat::Reply reply = generated(seed, reply_features());
    std::string body;
    bedrock_wire::write_reply(reply, context, body);
    const Answer answer = read(body);
    ASSERT_TRUE(answer.read) << body;
    ASSERT_EQ(comparable_reply(describe(reply)), comparable_reply(answer.description)) << body;
  }
}

// --- Errors -------------------------------------------------------------------------------------

TEST(BedrockError, the_kind_follows_the_name_in_the_header) {
  EXPECT_EQ(error(400, "ValidationException:http://internal.amazon.com/coral/",
                  R"({"message":"Malformed input request"})"),
            parsed(R"({"kind":"invalid_request","status":400,"code":"ValidationException",
                       "message":"Malformed input request"})"));
  EXPECT_EQ(error(403, "AccessDeniedException", R"({"Message":"no"})")["kind"], "permission");
  EXPECT_EQ(error(403, "UnrecognizedClientException", "{}")["kind"], "authentication");
  EXPECT_EQ(error(403, "ExpiredTokenException", "{}")["kind"], "authentication");
  EXPECT_EQ(error(403, "InvalidSignatureException", "{}")["kind"], "authentication");
  EXPECT_EQ(error(404, "ResourceNotFoundException", "{}")["kind"], "model_not_found");
  EXPECT_EQ(error(429, "ThrottlingException",
                  R"({"message":"Too many tokens, please wait before trying again."})")["kind"],
            "rate_limited");
  EXPECT_EQ(error(429, "ThrottlingException",
                  R"({"message":"Too many tokens per day, please wait."})")["kind"],
            "quota_exhausted");
  EXPECT_EQ(error(400, "ServiceQuotaExceededException", "{}")["kind"], "quota_exhausted");
  EXPECT_EQ(error(429, "ModelNotReadyException", "{}")["kind"], "overloaded");
  EXPECT_EQ(error(408, "ModelTimeoutException", "{}")["kind"], "timeout");
  EXPECT_EQ(error(424, "ModelErrorException", "{}")["kind"], "server");
  EXPECT_EQ(error(424, "", "")["kind"], "server");
  EXPECT_EQ(error(500, "InternalServerException", "{}")["kind"], "server");
  EXPECT_EQ(error(503, "ServiceUnavailableException", "{}")["kind"], "overloaded");
}

TEST(BedrockError, the_name_may_stand_in_the_body_and_the_status_is_the_last_resort) {
  const json named = error(
      400, "", R"({"__type":"com.amazon.coral.service#ThrottlingException","message":"slow"})");
  EXPECT_EQ(named["kind"], "rate_limited");
  EXPECT_EQ(named["code"], "ThrottlingException");
  EXPECT_EQ(error(503, "", "<html>busy</html>")["kind"], "overloaded");
  EXPECT_EQ(error(413, "", "")["kind"], "too_large");
}

TEST(BedrockError, a_prompt_that_is_too_long_is_told_by_the_message) {
  for (const char* message :
       {"Input is too long for requested model.",
        "The model returned the following errors: Input Tokens Exceeded: Number of input tokens "
        "exceeds maximum length. Please update the input to try again.",
        "The model returned the following errors: prompt is too long: 210000 tokens > 200000",
        "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000"})
    EXPECT_EQ(error(400, "ValidationException", json{{"message", message}}.dump())["kind"],
              "context_length")
        << message;
}

}  // namespace
}  // namespace postern::dialect::bedrock_tests
