#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "describe.h"
#include "dialect/anthropic/anthropic.h"

namespace postern::dialect {
namespace {

using nlohmann::json;

chat::Request read(const std::string& body) {
  chat::Request request;
  const auto refused = anthropic.read_request(body, request);
  EXPECT_FALSE(refused.has_value()) << refused->message;
  return request;
}

chat::Refused refusal(const std::string& body) {
  chat::Request request;
  const auto refused = anthropic.read_request(body, request);
  EXPECT_TRUE(refused.has_value()) << body;
  return refused.value_or(chat::Refused{});
}

json messages_of(const std::string& messages) {
  const std::string body = R"({"model":"m","max_tokens":9,"messages":)" + messages + "}";
  return describe(read(body))["messages"];
}

TEST(AnthropicReadRequest, settings_are_read) {
  const std::string body = R"({
    "model":"claude-x","max_tokens":100,"system":"Be brief.","temperature":0.50,"top_p":0.9,
    "top_k":40,"stop_sequences":["a","b"],"metadata":{"user_id":"u-1"},"stream":true,
    "thinking":{"type":"enabled","budget_tokens":2048,"display":"omitted"},
    "output_config":{"effort":"low","format":{"type":"json_schema","schema":{"type":"object"}},
                     "task_budget":{"total":5}},
    "tool_choice":{"type":"any","disable_parallel_tool_use":true},"service_tier":"auto",
    "container":"c1","messages":[{"role":"user","content":"Hi"}]})";
  const chat::Request request = read(body);
  EXPECT_EQ(request.temperature, "0.50");
  EXPECT_EQ(request.parallel_tool_calls, false);
  EXPECT_EQ(request.reasoning.include_thoughts, false);
  const json said = describe(request);
  EXPECT_EQ(said["messages"][0], json::parse(R"({"role":"system","parts":[
      {"kind":"text","text":"Be brief."}]})"));
  EXPECT_EQ(said["reasoning"]["budget_tokens"], 2048);
  EXPECT_EQ(said["reasoning"]["effort"], "low");
  EXPECT_EQ(said["response_format"]["kind"], "json_schema");
  EXPECT_EQ(said["tool_choice"]["kind"], "required");
  EXPECT_EQ(said["user"], "u-1");
  EXPECT_EQ(said["extras"], json::parse(R"({"container":"c1",
      "output_config.task_budget":{"total":5}})"));
}

TEST(AnthropicReadRequest, results_come_before_the_text_of_their_turn_and_know_their_tool) {
  const json messages = messages_of(R"([
    {"role":"user","content":"Weather?"},
    {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"weather","input":{"a":1}},
                                   {"type":"tool_use","id":"t2","name":"time"}]},
    {"role":"user","content":[{"type":"text","text":"And?"},
      {"type":"tool_result","tool_use_id":"t1","content":"Sunny"}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"t2","is_error":true,
      "content":[{"type":"text","text":"late"},
        {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]}])");
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[1]["parts"][1]["arguments"], json::object());
  EXPECT_EQ(messages[2]["role"], "tool");
  EXPECT_EQ(messages[2]["parts"][0]["name"], "weather");
  EXPECT_EQ(messages[2]["parts"][1]["name"], "time");
  EXPECT_EQ(messages[2]["parts"][1]["is_error"], true);
  EXPECT_EQ(messages[2]["parts"][1]["content"][1]["data"], "AAAA");
  EXPECT_EQ(messages[3]["role"], "user");
  EXPECT_EQ(messages[3]["parts"][0]["text"], "And?");
}

TEST(AnthropicReadRequest, content_may_stand_before_the_role) {
  const json messages = messages_of(
      R"([{"content":[{"text":"Hm","signature":"s","type":"text"},
          {"signature":"s","thinking":"t","type":"thinking"}],"role":"assistant"}])");
  EXPECT_EQ(messages[0]["parts"][0]["text"], "Hm");
  EXPECT_EQ(messages[0]["parts"][1], json::parse(R"({"kind":"reasoning","text":"t",
      "signature":"s","signer":"anthropic"})"));
}

TEST(AnthropicReadRequest, documents_become_files) {
  const json parts = messages_of(R"([{"role":"user","content":[
    {"type":"document","title":"n.txt","context":"Notes","citations":{"enabled":true},
     "source":{"type":"text","media_type":"text/plain","data":"caf\u00e9\n"}},
    {"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]}},
    {"type":"document","source":{"type":"url","url":"https://a.example/a.pdf"}},
    {"type":"image","source":{"type":"url","url":"https://a.example/a.png"}},
    {"type":"search_result","source":"https://a.example","title":"T",
     "content":[{"type":"text","text":"found"}]}]}])")[0]["parts"];
  EXPECT_EQ(parts[0]["text"], "Notes");
  EXPECT_EQ(parts[1]["data"], "Y2Fmw6kK");
  EXPECT_EQ(parts[1]["name"], "n.txt");
  EXPECT_EQ(parts[2]["data"], "eA==");
  EXPECT_EQ(parts[3]["url"], "https://a.example/a.pdf");
  EXPECT_EQ(parts[4]["kind"], "image");
  EXPECT_EQ(parts[5]["text"], "T (https://a.example)\nfound");
}

TEST(AnthropicReadRequest, blocks_of_server_tools_are_kept_sealed) {
  const std::string block =
      R"({"type":"server_tool_use","id":"s1","name":"web_search","input":{"q":"a\"b"}})";
  const json messages = messages_of(R"([{"role":"assistant","content":[)" + block +
                                    R"(]},{"role":"user","content":"x"}])");
  EXPECT_EQ(messages[0]["parts"][0]["kind"], "sealed_reasoning");
  EXPECT_EQ(messages[0]["parts"][0]["signature"], "postern-block:" + block);
}

TEST(AnthropicReadRequest, server_tools_are_hosted_and_unknown_members_of_functions_are_kept) {
  const json tools = describe(read(R"({"model":"m","max_tokens":1,"messages":[
      {"role":"user","content":"x"}],"tools":[
      {"type":"web_search_20250305","name":"web_search","max_uses":2},
      {"name":"f","description":"d","input_schema":{"type":"object"},"strict":true,
       "cache_control":{"type":"ephemeral"}},
      {"type":"custom","name":"g","defer_loading":true}]})"))["tools"];
  EXPECT_EQ(tools[0]["kind"], "hosted");
  EXPECT_EQ(tools[0]["definition"]["max_uses"], 2);
  EXPECT_EQ(tools[1]["strict"], true);
  EXPECT_FALSE(tools[1].contains("definition"));
  EXPECT_TRUE(tools[2].contains("definition"));
  EXPECT_EQ(tools[2]["kind"], "function");
}

TEST(AnthropicReadRequest, what_is_missing_or_of_the_wrong_kind_is_named) {
  const auto param = [](const std::string& messages) {
    return refusal(R"({"model":"m","max_tokens":1,"messages":)" + messages + "}").param;
  };
  EXPECT_EQ(refusal(R"({"model":"m","messages":[{"role":"user","content":"x"}]})").param,
            "max_tokens");
  EXPECT_EQ(refusal(R"({"max_tokens":1,"messages":[{"role":"user","content":"x"}]})").param,
            "model");
  EXPECT_EQ(param("[]"), "messages");
  EXPECT_EQ(param(R"([{"role":"tool","content":"x"}])"), "messages.0.role");
  EXPECT_EQ(param(R"([{"role":"user"}])"), "messages.0.content");
  EXPECT_EQ(param(R"([{"role":"user","content":5}])"), "messages.0.content");
  EXPECT_EQ(param(R"([{"role":"user","content":[{"type":"text"},{"type":"text","text":5}]}])"),
            "messages.0.content.1.text");
  EXPECT_EQ(param(R"([{"role":"user","content":[{"type":"audio"}]}])"),
            "messages.0.content.0.type");
  EXPECT_EQ(param(R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"a",
      "content":[{"type":"text","text":1}]}]}])"),
            "messages.0.content.0.content.0.text");
  EXPECT_EQ(param(R"([{"role":"user","content":[{"type":"image","source":{"type":"file"}}]}])"),
            "messages.0.content.0.source.type");
  EXPECT_EQ(refusal(R"({"model":"m","model":"n"})").param, "model");
  EXPECT_EQ(refusal("{\"model\":").kind, chat::Refused::Kind::kJson);
  EXPECT_EQ(refusal("[]").kind, chat::Refused::Kind::kShape);
}

}  // namespace
}  // namespace postern::dialect
