#include <gtest/gtest.h>

#include "gemini_support.h"

namespace {

using namespace gemini_test;

json reply_of(std::string_view body) {
  chat::Reply reply;
  if (!dialect::gemini.read_reply(body, {}, context(), reply)) return nullptr;
  return dialect::describe(reply);
}

json choice_of(std::string candidate) {
  return reply_of("{\"candidates\":[" + candidate + "]}")["choices"][0];
}

json parts_of(const std::string& parts) {
  return choice_of(R"({"content":{"role":"model","parts":)" + parts +
                   R"(},"finishReason":"STOP"})")["parts"];
}

TEST(GeminiReply, the_head_and_the_usage_are_read) {
  const json reply = reply_of(R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}],
      "modelVersion":"gemini-2.5-flash","responseId":"r","createTime":"2026-04-02T17:03:50.399550Z",
      "usageMetadata":{"promptTokenCount":10,"toolUsePromptTokenCount":5,
      "cachedContentTokenCount":4,"candidatesTokenCount":3,"thoughtsTokenCount":7,
      "totalTokenCount":25}})");
  EXPECT_EQ(reply["id"], "r");
  EXPECT_EQ(reply["model"], "gemini-2.5-flash");
  EXPECT_EQ(reply["created_s"], 1775149430);
  EXPECT_EQ(reply["usage"],
            json({{"input", 11}, {"cache_read", 4}, {"output", 3}, {"reasoning", 7}}));
}

TEST(GeminiReply, absurd_counts_do_not_overflow) {
  const json reply = reply_of(R"({"candidates":[{}],"usageMetadata":{
      "promptTokenCount":9223372036854775807,"toolUsePromptTokenCount":9223372036854775807,
      "thoughtsTokenCount":-1}})");
  EXPECT_EQ(reply["usage"]["input"], 18446744073709551614u);
  EXPECT_FALSE(reply["usage"].contains("reasoning"));
}

TEST(GeminiReply, parts_keep_their_order_and_signatures) {
  EXPECT_EQ(parts_of(R"([{"text":"hm","thought":true},{"text":"a","thoughtSignature":"cw=="},
      {"functionCall":{"name":"f","args":{"b":1}},"thoughtSignature":"dA=="}])"),
            json::parse(R"([{"kind":"reasoning","text":"hm"},
      {"kind":"text","text":"a","signature":"cw==","signer":"gemini"},
      {"kind":"tool_call","id":"call_0123456789abcdef0123456789abcdef_0","name":"f",
       "arguments":{"b":1},"signature":"dA==","signer":"gemini"}])"));
}

TEST(GeminiReply, an_empty_text_signs_the_text_before_it) {
  EXPECT_EQ(parts_of(R"([{"text":"a"},{"text":"","thoughtSignature":"cw=="}])"),
            json::parse(R"([{"kind":"text","text":"a","signature":"cw==","signer":"gemini"}])"));
  EXPECT_EQ(parts_of(R"([{"text":"","thoughtSignature":"cw=="},{"text":""},{}])"),
            json::parse(R"([{"kind":"text","signature":"cw==","signer":"gemini"}])"));
}

TEST(GeminiReply, calls_make_the_finish_and_get_ids_where_they_have_none) {
  const json choice = choice_of(R"({"finishReason":"STOP","content":{"parts":[
      {"functionCall":{"name":"f","id":"theirs","args":null}},{"functionCall":{"name":"f"}},
      {"functionCall":{}}]}})");
  EXPECT_EQ(choice["finish"], "tool_calls");
  ASSERT_EQ(choice["parts"].size(), 2u);
  EXPECT_EQ(choice["parts"][0]["id"], "theirs");
  EXPECT_EQ(choice["parts"][0]["arguments"], json::object());
  EXPECT_EQ(choice["parts"][1]["id"], "call_0123456789abcdef0123456789abcdef_0");
}

TEST(GeminiReply, every_finish_reason_has_a_meaning) {
  const auto finish = [](const std::string& word) {
    return choice_of(R"({"content":{},"finishReason":")" + word + "\"}")["finish"];
  };
  EXPECT_EQ(finish("STOP"), "stop");
  EXPECT_EQ(finish("MAX_TOKENS"), "length");
  for (const char* word : {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII",
                           "MODEL_ARMOR", "IMAGE_SAFETY", "IMAGE_OTHER"})
    EXPECT_EQ(finish(word), "content_filter");
  for (const char* word : {"OTHER", "LANGUAGE", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL",
                           "NO_IMAGE", "FAKE_NEW_FINISH_REASON"})
    EXPECT_EQ(finish(word), "error");
  EXPECT_EQ(choice_of(R"({"content":{}})")["finish"], "none");
}

TEST(GeminiReply, an_error_tells_why_it_finished) {
  EXPECT_EQ(choice_of(R"({"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"bad call"})")
                ["finish_message"],
            "bad call");
  EXPECT_EQ(choice_of(R"({"finishReason":"STRANGE"})")["finish_message"], "STRANGE");
  EXPECT_FALSE(
      choice_of(R"({"finishReason":"STOP","finishMessage":"fine"})").contains("finish_message"));
}

TEST(GeminiReply, a_blocked_prompt_is_a_filtered_answer_without_parts) {
  const json reply = reply_of(R"({"promptFeedback":{"blockReason":"SAFETY"}})");
  EXPECT_EQ(reply["choices"], json::parse(R"([{"index":0,"parts":[],"finish":"content_filter",
      "finish_message":"SAFETY"}])"));
  EXPECT_EQ(reply_of(R"({"usageMetadata":{"promptTokenCount":1}})")["choices"][0]["finish"],
            "error");
}

TEST(GeminiReply, several_candidates_are_several_choices) {
  const json reply = reply_of(R"({"candidates":[{"content":{"parts":[{"text":"a"}]}},
      {"index":1,"content":{"parts":[{"text":"b"}]}},{"content":{"parts":[{"text":"c"}]}}]})");
  ASSERT_EQ(reply["choices"].size(), 3u);
  EXPECT_EQ(reply["choices"][2]["parts"][0]["text"], "c");
}

TEST(GeminiReply, what_is_no_answer_is_not_read) {
  for (const char* body : {"", "[]", "{}", "{\"candidates\":[]", R"({"this":[]})",
                           R"({"totalTokens":3})", R"({"error":{"code":500}})",
                           R"({"candidates":[{"index":128}]})", R"({"candidates":[{"index":-1}]})"})
    EXPECT_TRUE(reply_of(body).is_null()) << body;
}

TEST(GeminiReply, media_in_answers_is_kept_and_code_is_passed_over) {
  EXPECT_EQ(parts_of(R"([{"inlineData":{"mimeType":"image/png","data":"AAAA"}},
      {"executableCode":{"code":"x"}},{"codeExecutionResult":{"output":"y"}},
      {"inlineData":{"mimeType":"audio/wav","data":"BBBB"}},
      {"thought":true,"inlineData":{"mimeType":"image/png","data":"CCCC"}}])"),
            json::parse(R"([{"kind":"image","media_type":"image/png","data":"AAAA"},
      {"kind":"audio","media_type":"audio/wav","data":"BBBB"}])"));
}

TEST(GeminiReply, places_of_citations_are_counted_in_characters) {
  const json choice = choice_of(R"({"content":{"parts":[{"text":"h\u00e9llo w\u00f6rld"}]},
      "groundingMetadata":{"groundingSupports":[
        {"segment":{"startIndex":7,"endIndex":13},"groundingChunkIndices":[1,7,0]}],
        "groundingChunks":[{"web":{"uri":"https://a.example","title":"A"}},{"maps":{}},
        {"web":{"uri":"https://b.example"}}]}})");
  EXPECT_EQ(choice["annotations"], json::parse(R"([
      {"type":"url_citation","url_citation":{"start_index":6,"end_index":11,
       "url":"https://a.example","title":"A"}},
      {"type":"url_citation","url_citation":{"start_index":0,"end_index":0,
       "url":"https://b.example","title":"https://b.example"}}])"));
}

TEST(GeminiReply, citations_of_both_apis_are_annotations) {
  for (const char* name : {"citationSources", "citations"}) {
    const json choice =
        choice_of(std::string(R"({"content":{"parts":[{"text":"abc"}]},"citationMetadata":{")") +
                  name + R"(":[{"endIndex":99,"uri":"https://a.example"},{"endIndex":2}]}})");
    ASSERT_EQ(choice["annotations"].size(), 1u);
    EXPECT_EQ(choice["annotations"][0]["url_citation"]["end_index"], 3);
  }
}

TEST(GeminiReply, a_flood_of_citations_ends_early) {
  std::string supports;
  for (int count = 0; count < 5000; ++count)
    supports += std::string(count ? "," : "") + R"({"segment":{},"groundingChunkIndices":[0,0]})";
  const std::string body = R"({"groundingMetadata":{"groundingChunks":[{"web":{"uri":")" +
                           std::string(10000, 'u') + R"("}}],"groundingSupports":[)" + supports +
                           "]}}";
  EXPECT_LT(choice_of(body)["annotations"].dump().size(), 400000u);
}

TEST(GeminiReply, log_probabilities_are_told_in_openais_words) {
  EXPECT_EQ(choice_of(R"({"logprobsResult":{"topCandidates":[
      {"candidates":[{"token":"a","logProbability":-0.10},{"token":"b","logProbability":-2}]}],
      "chosenCandidates":[{"token":"a","tokenId":1,"logProbability":-0.10},{"token":"c"}]}})")
                ["logprobs"],
            json::parse(R"({"content":[
      {"token":"a","logprob":-0.1,"bytes":null,"top_logprobs":[
        {"token":"a","logprob":-0.1,"bytes":null},{"token":"b","logprob":-2,"bytes":null}]},
      {"token":"c","logprob":0,"bytes":null,"top_logprobs":[]}],"refusal":null})"));
}

chat::Error error_of(std::string_view body, int status = 400) {
  dialect::ErrorHead head;
  head.status = status;
  return dialect::gemini.read_error(head, body);
}

std::string kind_of(std::string_view body, int status = 400) {
  return dialect::describe(error_of(body, status))["kind"];
}

TEST(GeminiError, the_words_of_google_say_what_went_wrong) {
  const auto kind = [](const std::string& status, const std::string& message = "m") {
    return kind_of(R"({"error":{"message":")" + message + R"(","status":")" + status + "\"}}", 400);
  };
  EXPECT_EQ(kind("INVALID_ARGUMENT"), "invalid_request");
  EXPECT_EQ(kind("INVALID_ARGUMENT",
                 "The input token count (9) exceeds the maximum number of "
                 "tokens allowed (8)."),
            "context_length");
  EXPECT_EQ(kind("INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."),
            "too_large");
  EXPECT_EQ(kind("FAILED_PRECONDITION"), "permission");
  EXPECT_EQ(kind("UNAUTHENTICATED"), "authentication");
  EXPECT_EQ(kind("NOT_FOUND", "models/x is not found"), "model_not_found");
  EXPECT_EQ(kind("NOT_FOUND", "Not found: cached content 1"), "invalid_request");
  EXPECT_EQ(kind("UNAVAILABLE"), "overloaded");
  EXPECT_EQ(kind("DEADLINE_EXCEEDED"), "timeout");
  EXPECT_EQ(kind("INTERNAL"), "server");
  EXPECT_EQ(kind("STRANGE"), "invalid_request");
}

TEST(GeminiError, a_bad_key_is_the_operators_business) {
  EXPECT_EQ(kind_of(R"({"error":{"code":400,"status":"INVALID_ARGUMENT","details":[
      {"@type":"t","reason":"API_KEY_INVALID"}]}})"),
            "authentication");
  EXPECT_EQ(kind_of(R"({"error":"invalid_grant","error_description":"d"})"), "authentication");
}

TEST(GeminiError, the_wait_is_found_in_details_and_in_the_text) {
  const chat::Error error = error_of(R"([{"error":{"code":429,"status":"RESOURCE_EXHAUSTED",
      "message":"m","details":[{"retryDelay":"34.4s"}]}}])",
                                     429);
  EXPECT_EQ(error.retry_after_ms, 34400);
  EXPECT_EQ(error.kind, chat::Error::Kind::kRateLimited);
  EXPECT_EQ(error.code, "RESOURCE_EXHAUSTED");
  EXPECT_EQ(error_of(R"({"error":{"message":"Please retry in 7.36s. Or not."}})").retry_after_ms,
            7360);
  EXPECT_EQ(error_of(R"({"error":{"message":"Please retry in time."}})").retry_after_ms,
            std::nullopt);
}

TEST(GeminiError, a_quota_of_the_day_is_exhausted) {
  EXPECT_EQ(kind_of(R"({"error":{"status":"RESOURCE_EXHAUSTED","details":[{"violations":[
      {"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]}})"),
            "quota_exhausted");
}

TEST(GeminiError, the_field_at_fault_is_told) {
  EXPECT_EQ(error_of(R"({"error":{"status":"INVALID_ARGUMENT","details":[{"fieldViolations":[
      {"field":"contents[0].parts","description":"d"}]}]}})")
                .param,
            "contents[0].parts");
}

TEST(GeminiError, what_is_not_understood_is_told_by_the_status) {
  for (const char* body : {"", "<html>", "{", "[", "{\"error\":7}", "null"})
    EXPECT_EQ(kind_of(body, 503), "overloaded") << body;
}

}  // namespace
