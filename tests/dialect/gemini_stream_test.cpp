#include <gtest/gtest.h>

#include "gemini_support.h"

namespace {

using namespace gemini_test;
using Kind = chat::Delta::Kind;
using Progress = dialect::StreamReader::Progress;

std::string event(const std::string& parts, const std::string& rest = "") {
  return R"({"candidates":[{"content":{"role":"model","parts":)" + parts + "}" + rest + "}]}";
}

TEST(GeminiStream, an_answer_starts_once_and_is_whole_after_its_reason) {
  Stream stream({R"({"candidates":[{"content":{"parts":[{"text":"Hel"}]}}],"responseId":"r",
      "modelVersion":"m","usageMetadata":{"promptTokenCount":3}})"});
  EXPECT_EQ(stream.reader->progress(), Progress::kOpen);
  stream.read(R"({"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP"}],
      "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}})");
  EXPECT_EQ(stream.reader->progress(), Progress::kWhole);
  EXPECT_EQ(stream.kinds, (std::vector<Kind>{Kind::kStart, Kind::kText, Kind::kUsage, Kind::kText,
                                             Kind::kFinish, Kind::kUsage}));
  const json whole = stream.joined.description();
  EXPECT_EQ(whole["id"], "r");
  EXPECT_EQ(whole["model"], "m");
  EXPECT_EQ(whole["choices"][0]["parts"], json::parse(R"([{"kind":"text","text":"Hello"}])"));
  EXPECT_EQ(whole["usage"], json({{"input", 3}, {"output", 2}}));
}

TEST(GeminiStream, usage_without_counts_changes_nothing) {
  Stream stream({event(R"([{"text":"a"}])"),
                 R"({"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}})",
                 R"({"usageMetadata":{"trafficType":"ON_DEMAND"}})"});
  EXPECT_EQ(stream.joined.description()["usage"], json({{"input", 3}, {"output", 2}}));
}

TEST(GeminiStream, the_last_reason_counts) {
  Stream stream({event(R"([{"text":"a"}])", R"(,"finishReason":"STOP")"),
                 event(R"([{"text":"b"}])", R"(,"finishReason":"MAX_TOKENS")")});
  EXPECT_EQ(stream.finishes, (std::vector<std::string>{"stop", "length"}));
}

TEST(GeminiStream, calls_before_or_after_the_reason_make_the_finish) {
  const std::string call = R"([{"functionCall":{"name":"f","args":{"a":1.50}}}])";
  Stream before({event(call), event(R"([{"text":""}])", R"(,"finishReason":"STOP")")});
  EXPECT_EQ(before.finishes, std::vector<std::string>{"tool_calls"});
  Stream after({event("[]", R"(,"finishReason":"STOP")"), event(call), event(call)});
  EXPECT_EQ(after.finishes, (std::vector<std::string>{"stop", "tool_calls"}));
  EXPECT_EQ(after.choice()["parts"].size(), 2u);
}

TEST(GeminiStream, calls_are_counted_and_their_arguments_are_whole) {
  Stream stream({event(R"([{"functionCall":{"name":"f","args":{"a":"x\n\"y\""}},
      "thoughtSignature":"cw=="},{"functionCall":{"name":"g","id":"theirs"}}])")});
  EXPECT_EQ(stream.choice()["parts"], json::parse(R"([
      {"kind":"tool_call","id":"call_0123456789abcdef0123456789abcdef_0","name":"f",
       "arguments":{"a":"x\n\"y\""},"signature":"cw==","signer":"gemini"},
      {"kind":"tool_call","id":"theirs","name":"g","arguments":{}}])"));
}

TEST(GeminiStream, signatures_follow_what_they_sign) {
  Stream text({event(R"([{"text":"hm","thought":true}])"), event(R"([{"text":"a"}])"),
               event(R"([{"text":"","thoughtSignature":"cw=="}])", R"(,"finishReason":"STOP")")});
  EXPECT_EQ(text.choice()["parts"], json::parse(R"([{"kind":"reasoning","text":"hm"},
      {"kind":"text","text":"a","signature":"cw==","signer":"gemini"}])"));
  Stream after_call({event(R"([{"functionCall":{"name":"f","id":"i"}}])"),
                     event(R"([{"text":"","thoughtSignature":"cw=="}])")});
  EXPECT_EQ(after_call.choice()["parts"], json::parse(R"([
      {"kind":"tool_call","id":"i","name":"f","arguments":{}},
      {"kind":"text","signature":"cw==","signer":"gemini"}])"));
}

std::string streamed(const std::string& call) { return event("[{\"functionCall\":" + call + "}]"); }

TEST(GeminiStream, arguments_that_come_leaf_by_leaf_are_put_together) {
  Stream stream(
      {streamed(R"({"name":"f","willContinue":true})"),
       streamed(R"({"partialArgs":[{"jsonPath":"$.a[0].b","stringValue":"x\"","willContinue":true},
           {"jsonPath":"$.a[0].b","stringValue":"\u00e9"}],"willContinue":true})"),
       streamed(R"({"partialArgs":[{"jsonPath":"$.a[1].b","numberValue":1.50},
           {"jsonPath":"$['odd key'].c","boolValue":true}],"willContinue":true})"),
       streamed(R"({"willContinue":true})"),
       streamed(R"({"partialArgs":[{"jsonPath":"$.a[0].n","nullValue":"NULL_VALUE"}]})"),
       streamed(R"({})"), streamed(R"({"name":"g","willContinue":true})"), streamed("{}"),
       event("[]", R"(,"finishReason":"STOP")")});
  const json parts = stream.choice()["parts"];
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0]["arguments"],
            json::parse(R"({"a":[{"b":"x\"\u00e9","n":null},{"b":1.5}],"odd key":{"c":true}})"));
  EXPECT_EQ(parts[1]["arguments"], json::object());
  EXPECT_EQ(stream.finishes, std::vector<std::string>{"tool_calls"});
}

TEST(GeminiStream, an_open_call_ends_with_the_answer_or_with_the_next_call) {
  Stream stream({streamed(R"({"name":"f","willContinue":true})"),
                 streamed(R"({"name":"g","willContinue":true})"),
                 event("[]", R"(,"finishReason":"STOP")")});
  EXPECT_EQ(stream.choice()["parts"].size(), 2u);
}

TEST(GeminiStream, paths_that_contradict_each_other_are_an_error) {
  std::string deep = "$";
  for (int step = 0; step < 70; ++step) deep += ".a";
  for (const std::string& path : {std::string("$.a.b"), std::string("$.a[0]"), std::string("a"),
                                  std::string("$"), std::string("$."), std::string("$[0]"),
                                  std::string("$.b[x]"), std::string("$.b['x"), deep}) {
    Stream stream(
        {streamed(R"({"name":"f","willContinue":true})"),
         streamed(R"({"partialArgs":[{"jsonPath":"$.a","numberValue":1}],
                       "willContinue":true})"),
         streamed(R"({"partialArgs":[{"jsonPath":")" + path + R"(","numberValue":1}]})")});
    EXPECT_EQ(stream.joined.errors().size(), 1u) << path;
    EXPECT_EQ(stream.reader->progress(), Progress::kClosed);
  }
}

TEST(GeminiStream, an_absurd_number_of_leaves_is_an_error) {
  std::string leaves;
  for (int leaf = 0; leaf < 5000; ++leaf)
    leaves += std::string(leaf ? "," : "") + R"({"jsonPath":"$.k)" + std::to_string(leaf) +
              R"(","numberValue":1})";
  Stream stream({streamed(R"({"name":"f","partialArgs":[)" + leaves + "]}")});
  EXPECT_EQ(stream.joined.errors().size(), 1u);
}

TEST(GeminiStream, a_blocked_prompt_is_a_filtered_answer) {
  Stream stream({R"({"promptFeedback":{"blockReason":"SAFETY"}})"});
  EXPECT_EQ(stream.finishes, std::vector<std::string>{"content_filter"});
  EXPECT_EQ(stream.reader->progress(), Progress::kWhole);
}

TEST(GeminiStream, several_candidates_must_all_finish) {
  Stream stream({R"({"candidates":[{"index":0,"content":{"parts":[{"text":"a"}]}},
      {"index":1,"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]})"});
  EXPECT_EQ(stream.reader->progress(), Progress::kOpen);
  stream.read(R"({"candidates":[{"content":{"parts":[{"text":"c"}]},"finishReason":"STOP"}]})");
  EXPECT_EQ(stream.reader->progress(), Progress::kWhole);
  EXPECT_EQ(stream.choice(0)["parts"][0]["text"], "ac");
  EXPECT_EQ(stream.choice(1)["parts"][0]["text"], "b");
}

TEST(GeminiStream, images_and_citations_come_as_they_are_said) {
  Stream stream(
      {event(R"([{"text":"\u00e9"},{"inlineData":{"mimeType":"image/png","data":"AA"}}])"),
       event(R"([{"text":"bc"}])", R"(,"citationMetadata":{"citations":[
                     {"startIndex":2,"endIndex":4,"uri":"https://a.example"}]})")});
  EXPECT_EQ(stream.choice()["parts"][1],
            json::parse(R"({"kind":"image","media_type":"image/png","data":"AA"})"));
  EXPECT_EQ(stream.choice()["annotations"][0]["url_citation"]["start_index"], 1);
  EXPECT_EQ(stream.choice()["annotations"][0]["url_citation"]["end_index"], 3);
}

TEST(GeminiStream, errors_end_the_stream) {
  constexpr std::string_view bare =
      "{\n  \"error\": {\n    \"code\": 499,\n    \"message\": \"m\",\n"
      "    \"status\": \"CANCELLED\"\n  }\n}\n";
  for (const std::string& said :
       {std::string(bare), "\n[" + std::string(bare) + "]", ",\n" + std::string(bare)}) {
    EXPECT_TRUE(dialect::gemini_wire::is_bare_error(said));
    Stream stream({event(R"([{"text":"a"}])"), said, event(R"([{"text":"b"}])")});
    ASSERT_EQ(stream.joined.errors().size(), 1u);
    EXPECT_EQ(stream.joined.errors()[0]["kind"], "server");
    EXPECT_EQ(stream.joined.errors()[0]["code"], "CANCELLED");
    EXPECT_EQ(stream.kinds.back(), Kind::kError);
    EXPECT_EQ(stream.reader->progress(), Progress::kClosed);
  }
  Stream quota({R"({"error":{"code":429,"message":"m"}})"});
  EXPECT_EQ(quota.joined.errors()[0]["kind"], "rate_limited");
  for (const char* raw : {": keep-alive\n\n", "\n", "", "event: x\n\n", "{\"candidates\":[]}"})
    EXPECT_FALSE(dialect::gemini_wire::is_bare_error(raw)) << raw;
}

TEST(GeminiStream, what_is_not_understood_is_a_bad_response) {
  for (const char* data : {"", "{", "[]", "{}", "null", R"({"this":[]})", "[DONE]",
                           R"({"candidates":[{"index":1000000000000}]})"}) {
    Stream stream({data});
    ASSERT_EQ(stream.joined.errors().size(), 1u) << data;
    EXPECT_EQ(stream.joined.errors()[0]["kind"], "bad_response");
  }
}

}  // namespace
