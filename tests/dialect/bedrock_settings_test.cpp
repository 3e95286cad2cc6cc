#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "dialect/bedrock/model.h"
#include "dialect/bedrock_support.h"

namespace postern::dialect::bedrock_tests {
namespace {

using chat::Role;

constexpr std::string_view claude_3_7 = "us.anthropic.claude-3-7-sonnet-20250219-v1:0";
constexpr std::string_view opus_4_6 = "global.anthropic.claude-opus-4-6-v1";
constexpr std::string_view opus_4_8 = "anthropic.claude-opus-4-8";
constexpr std::string_view nova_2 = "us.amazon.nova-2-lite-v1:0";
constexpr std::string_view llama = "meta.llama3-3-70b-instruct-v1:0";

// --- Models -------------------------------------------------------------------------------------

TEST(BedrockModel, the_vendor_is_told_by_the_id) {
  using bedrock_wire::model_of;
  using bedrock_wire::Vendor;
  EXPECT_EQ(model_of(claude).vendor, Vendor::kAnthropic);
  EXPECT_EQ(
      model_of("arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-8").vendor,
      Vendor::kAnthropic);
  EXPECT_EQ(model_of("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc").vendor,
            Vendor::kUnknown);
  EXPECT_TRUE(model_of(nova_2).nova_2);
  EXPECT_TRUE(model_of("amazon.nova-pro-v1:0").nova);
  EXPECT_FALSE(model_of("amazon.nova-pro-v1:0").nova_2);
  EXPECT_TRUE(model_of("openai.gpt-oss-120b-1:0").gpt_oss);
  EXPECT_EQ(model_of("").vendor, Vendor::kUnknown);
  EXPECT_FALSE(model_of("anthropic.claude-v2:1").claude.thinks);
  EXPECT_FALSE(model_of("anthropic.claude-instant-v1").caches);
}

// --- Sampling -----------------------------------------------------------------------------------

TEST(BedrockSettings, limits_and_sampling_are_inference_settings) {
  chat::Request request = hello(llama);
  request.max_tokens = 100;
  request.temperature = "0.70";
  request.top_p = "0.9";
  request.stop = {chat::literal("END"), chat::literal("\\n")};
  request.stop[1].escaped = true;
  const Written written = write(request);
  EXPECT_EQ(written.body["inferenceConfig"], parsed(R"({"maxTokens":100,"temperature":0.70,
      "topP":0.9,"stopSequences":["END","\n"]})"));
  EXPECT_TRUE(written.dropped.empty());
}

TEST(BedrockSettings, a_temperature_is_clamped) {
  const auto written = [](chat::Json temperature) {
    chat::Request request = hello();
    request.temperature = temperature;
    return write(request).body["inferenceConfig"]["temperature"].dump();
  };
  EXPECT_EQ(written("0"), "0");
  EXPECT_EQ(written("1.0"), "1.0");
  EXPECT_EQ(written("1e0"), "1.0");
  EXPECT_EQ(written("1.2"), "1");
  EXPECT_EQ(written("2"), "1");
  EXPECT_EQ(written("20e-1"), "1");
  EXPECT_EQ(written("-0.5"), "0");
}

TEST(BedrockSettings, newer_claudes_take_no_sampling_settings) {
  chat::Request request = hello(opus_4_8);
  request.temperature = "0.2";
  request.top_p = "0.9";
  request.top_k = "40";
  Written written = write(request);
  EXPECT_EQ(written.body["inferenceConfig"], json::object());
  EXPECT_EQ(written.dropped.size(), 3u);
  request.temperature = "1.0";
  request.top_p = {};
  EXPECT_EQ(write(request).body["inferenceConfig"], parsed(R"({"temperature":1.0})"));
  request.model = claude;
  request.top_p = "0.9";
  written = write(request);
  EXPECT_EQ(written.body["inferenceConfig"], parsed(R"({"temperature":1.0})"));
  EXPECT_EQ(written.dropped, chat::Dropped{"inferenceConfig.topP"});
  EXPECT_EQ(written.body["additionalModelRequestFields"], parsed(R"({"top_k":40})"));
}

TEST(BedrockSettings, top_k_goes_where_the_vendor_wants_it) {
  chat::Request request = hello(nova_2);
  request.top_k = "20";
  EXPECT_EQ(write(request).body["additionalModelRequestFields"],
            parsed(R"({"inferenceConfig":{"topK":20}})"));
  request.model = llama;
  EXPECT_EQ(write(request).dropped, chat::Dropped{"additionalModelRequestFields.top_k"});
}

TEST(BedrockSettings, blank_stop_sequences_are_named_for_claude) {
  chat::Request request = hello();
  request.stop = {chat::literal(" "), chat::literal("x")};
  const Written written = write(request);
  EXPECT_EQ(written.body["inferenceConfig"], parsed(R"({"stopSequences":["x"]})"));
  EXPECT_EQ(written.dropped, chat::Dropped{"inferenceConfig.stopSequences"});
}

TEST(BedrockSettings, several_answers_are_refused) {
  chat::Request request = hello();
  request.choices = 2;
  const Written written = write(request);
  ASSERT_TRUE(written.refused);
  EXPECT_EQ(written.refused->param, "n");
}

TEST(BedrockSettings, what_only_tunes_is_dropped_by_name) {
  chat::Request request = hello();
  request.presence_penalty = request.frequency_penalty = "1";
  request.seed = "7";
  request.logit_bias = "{}";
  request.logprobs = true;
  request.top_logprobs = "3";
  request.user = request.service_tier = request.verbosity = chat::literal("x");
  request.metadata = "{}";
  request.parallel_tool_calls = false;
  request.messages[0].name = chat::literal("Ann");
  request.extras.push_back({chat::literal("store"), "true"});
  request.messages[0].parts.push_back(image("image/png", "QQ=="));
  request.messages[0].parts[1].detail = chat::literal("low");
  request.messages[0].parts[1].place = {0, 1};
  const Written written = write(request);
  EXPECT_EQ(written.dropped.size(), 14u);
  EXPECT_NE(std::ranges::find(written.dropped, "store"), written.dropped.end());
  EXPECT_EQ(written.body.size(), 2u);
}

TEST(BedrockSettings, members_of_its_own_pass_and_ours_join_the_additional_fields) {
  chat::Request request = hello();
  request.top_k = "40";
  request.extras = {
      {chat::literal("guardrailConfig"), R"({"guardrailIdentifier":"g"})"},
      {chat::literal("performanceConfig"), R"({"latency":"optimized"})"},
      {chat::literal("requestMetadata"), R"({"team":"a"})"},
      {chat::literal("serviceTier"), R"({"type":"flex"})"},
      {chat::literal("additionalModelRequestFields"), R"({"anthropic_beta":["x"],"n":null})"}};
  Written written = write(request);
  EXPECT_TRUE(written.dropped.empty());
  EXPECT_EQ(written.body["guardrailConfig"]["guardrailIdentifier"], "g");
  EXPECT_EQ(written.body["performanceConfig"]["latency"], "optimized");
  EXPECT_EQ(written.body["requestMetadata"]["team"], "a");
  EXPECT_EQ(written.body["serviceTier"]["type"], "flex");
  EXPECT_EQ(written.body["additionalModelRequestFields"],
            parsed(R"({"anthropic_beta":["x"],"n":null,"top_k":40})"));
  request.extras[4].value = R"({"top_k":1})";
  EXPECT_EQ(write(request).body["additionalModelRequestFields"], parsed(R"({"top_k":1})"));
  request.extras[4].value = "[]";
  written = write(request);
  ASSERT_TRUE(written.refused);
  EXPECT_EQ(written.refused->param, "additionalModelRequestFields");
}

// --- Tools --------------------------------------------------------------------------------------

TEST(BedrockSettings, tools_are_declared_with_a_schema_always) {
  chat::Request request = hello();
  request.tools = {tool("f"), tool("g")};
  request.tools[0].description = chat::literal("does f");
  request.tools[0].parameters = R"({"type":"object","properties":{"a":{"type":"number"}}})";
  request.tools[0].strict = true;
  request.tool_choice.kind = chat::ToolChoice::Kind::kRequired;
  const Written written = write(request);
  EXPECT_EQ(written.body["toolConfig"], parsed(R"({"tools":[
      {"toolSpec":{"name":"f","description":"does f","inputSchema":
          {"json":{"type":"object","properties":{"a":{"type":"number"}}}},"strict":true}},
      {"toolSpec":{"name":"g","inputSchema":{"json":{"type":"object","properties":{}}}}}],
      "toolChoice":{"any":{}}})"));
  request.model = llama;
  request.tools[0].place = 0;
  EXPECT_EQ(write(request).dropped, chat::Dropped{"toolConfig.tools[0].toolSpec.strict"});
}

TEST(BedrockSettings, each_choice_has_its_form) {
  chat::Request request = hello();
  request.tools = {tool("f")};
  using Choice = chat::ToolChoice::Kind;
  request.tool_choice.kind = Choice::kAuto;
  EXPECT_EQ(write(request).body["toolConfig"]["toolChoice"], parsed(R"({"auto":{}})"));
  request.tool_choice.kind = Choice::kNamed;
  request.tool_choice.name = chat::literal("f");
  EXPECT_EQ(write(request).body["toolConfig"]["toolChoice"], parsed(R"({"tool":{"name":"f"}})"));
  request.tool_choice.kind = Choice::kOther;
  EXPECT_TRUE(write(request).refused);
}

TEST(BedrockSettings, the_choice_none_leaves_the_tools_out_unless_the_history_has_calls) {
  chat::Request request = hello();
  request.tools = {tool("f")};
  request.tool_choice.kind = chat::ToolChoice::Kind::kNone;
  Written written = write(request);
  EXPECT_FALSE(written.body.contains("toolConfig"));
  EXPECT_TRUE(written.dropped.empty());
  add(request, Role::kAssistant, {call("c", "f", "{}")});
  add(request, Role::kTool, {result("c", {text("r")})});
  written = write(request);
  EXPECT_EQ(written.body["toolConfig"]["tools"].size(), 1u);
  EXPECT_FALSE(written.body["toolConfig"].contains("toolChoice"));
  EXPECT_EQ(written.dropped, chat::Dropped{"toolConfig.toolChoice"});
}

TEST(BedrockSettings, tools_of_the_history_are_declared_when_the_request_has_none) {
  chat::Request request = hello();
  add(request, Role::kAssistant,
      {call("c", "g", "{}"), call("d", "f", "{}"), call("e", "g", "{}")});
  add(request, Role::kTool, {result("c", {text("r")})});
  const json tools = write(request).body["toolConfig"]["tools"];
  ASSERT_EQ(tools.size(), 2u);
  EXPECT_EQ(tools[0], parsed(R"({"toolSpec":{"name":"f",
      "inputSchema":{"json":{"type":"object","properties":{}}}}})"));
  EXPECT_EQ(tools[1]["toolSpec"]["name"], "g");
}

TEST(BedrockSettings, tools_that_nobody_here_runs_are_refused) {
  chat::Request request = hello();
  request.tools = {tool("f"), tool("search")};
  request.tools[1].kind = chat::Tool::Kind::kHosted;
  request.tools[1].definition = R"({"type":"web_search"})";
  request.tools[1].place = 1;
  const Written written = write(request);
  ASSERT_TRUE(written.refused);
  EXPECT_EQ(written.refused->param, "toolConfig.tools[1]");
  request.tools[1].definition = R"({"systemTool":{"name":"nova_grounding"}})";
  EXPECT_EQ(write(request).body["toolConfig"]["tools"][1],
            parsed(R"({"systemTool":{"name":"nova_grounding"}})"));
  request.tools[1].kind = chat::Tool::Kind::kCustom;
  EXPECT_TRUE(write(request).refused);
}

// --- Response format ----------------------------------------------------------------------------

TEST(BedrockSettings, a_schema_is_sent_as_a_string) {
  chat::Request request = hello();
  request.response_format.kind = chat::ResponseFormat::Kind::kJsonSchema;
  request.response_format.name = chat::literal("point");
  request.response_format.schema = "{\"type\":\"object\",\n\"description\":\"a \\\"b\\\"\"}";
  Written written = write(request);
  const json schema = written.body["outputConfig"]["textFormat"]["structure"]["jsonSchema"];
  EXPECT_EQ(written.body["outputConfig"]["textFormat"]["type"], "json_schema");
  EXPECT_EQ(schema["name"], "point");
  EXPECT_EQ(parsed(schema["schema"].get<std::string>())["description"], "a \"b\"");
  EXPECT_FALSE(written.body.contains("system"));
  request.response_format.schema = {};
  EXPECT_TRUE(write(request).refused);
}

TEST(BedrockSettings, models_without_schemas_are_told_and_the_client_too) {
  chat::Request request = hello(llama);
  request.response_format.kind = chat::ResponseFormat::Kind::kJsonSchema;
  request.response_format.schema = R"({"type":"object"})";
  const Written written = write(request);
  EXPECT_FALSE(written.body.contains("outputConfig"));
  EXPECT_NE(written.body["system"][0]["text"].get<std::string>().find(R"({"type":"object"})"),
            std::string::npos);
  EXPECT_EQ(written.dropped, chat::Dropped{"outputConfig.textFormat"});
}

TEST(BedrockSettings, a_json_object_is_asked_for_in_words) {
  chat::Request request = hello();
  request.response_format.kind = chat::ResponseFormat::Kind::kJsonObject;
  const Written written = write(request);
  EXPECT_NE(written.body["system"][0]["text"].get<std::string>().find("JSON"), std::string::npos);
  EXPECT_TRUE(written.dropped.empty());
}

// --- Reasoning ----------------------------------------------------------------------------------

json fields(std::string_view model, std::string_view effort, std::optional<int64_t> max_tokens) {
  chat::Request request = hello(model);
  request.reasoning.effort = chat::literal(effort);
  request.max_tokens = max_tokens;
  const Written written = write(request);
  json to = written.body.value("additionalModelRequestFields", json::object());
  if (!written.dropped.empty()) to["dropped"] = written.dropped;
  return to;
}

TEST(BedrockSettings, older_claudes_think_with_a_budget) {
  EXPECT_EQ(fields(claude, "low", {}), parsed(R"({"thinking":{"type":"enabled",
      "budget_tokens":1024}})"));
  EXPECT_EQ(fields(claude_3_7, "high", {})["thinking"]["budget_tokens"], 16384);
  EXPECT_EQ(fields(claude, "high", 8000)["thinking"]["budget_tokens"], 4000);
  EXPECT_EQ(fields(claude, "high", 1500)["thinking"]["budget_tokens"], 1024);
  EXPECT_EQ(fields(claude, "high", 1024),
            parsed(R"({"dropped":["additionalModelRequestFields.thinking"]})"));
  EXPECT_EQ(fields(claude, "none", {}), json::object());
  EXPECT_TRUE(fields("anthropic.claude-3-haiku-20240307-v1:0", "high", {}).contains("dropped"));
}

TEST(BedrockSettings, newer_claudes_think_by_effort) {
  EXPECT_EQ(fields(opus_4_6, "medium", {}), parsed(R"({"thinking":{"type":"adaptive"},
      "output_config":{"effort":"medium"}})"));
  EXPECT_EQ(fields(opus_4_6, "xhigh", {})["output_config"]["effort"], "high");
  EXPECT_EQ(fields(opus_4_6, "max", {})["output_config"]["effort"], "max");
  EXPECT_EQ(fields(opus_4_8, "xhigh", {})["output_config"]["effort"], "xhigh");
  EXPECT_EQ(fields(opus_4_8, "minimal", {})["output_config"]["effort"], "low");
  chat::Request request = hello(opus_4_8);
  request.reasoning.budget_tokens = 20000;
  request.reasoning.include_thoughts = true;
  EXPECT_EQ(write(request).body["additionalModelRequestFields"],
            parsed(R"({"thinking":{"type":"adaptive","display":"summarized"},
                "output_config":{"effort":"high"}})"));
}

TEST(BedrockSettings, other_vendors_have_words_of_their_own) {
  EXPECT_EQ(fields(nova_2, "max", {}),
            parsed(R"({"reasoningConfig":{"type":"enabled","maxReasoningEffort":"high"}})"));
  EXPECT_EQ(fields(nova_2, "none", {}), json::object());
  EXPECT_EQ(fields("openai.gpt-oss-20b-1:0", "low", {}), parsed(R"({"reasoning_effort":"low"})"));
  EXPECT_TRUE(fields("openai.gpt-oss-20b-1:0", "none", {}).contains("dropped"));
  EXPECT_TRUE(fields(llama, "low", {}).contains("dropped"));
  EXPECT_TRUE(fields("some-imported-model", "low", {}).contains("dropped"));
}

TEST(BedrockSettings, a_claude_that_thinks_takes_no_sampling_settings) {
  chat::Request request = hello();
  request.reasoning.budget_tokens = 2000;
  request.temperature = "0.5";
  request.top_k = "10";
  const Written written = write(request);
  EXPECT_EQ(written.body["additionalModelRequestFields"],
            parsed(R"({"thinking":{"type":"enabled","budget_tokens":2000}})"));
  EXPECT_EQ(written.dropped.size(), 2u);
}

TEST(BedrockSettings, a_claude_that_must_call_a_tool_does_not_think) {
  chat::Request request = hello();
  request.reasoning.effort = chat::literal("high");
  request.temperature = "0.5";
  request.tools = {tool("f")};
  request.tool_choice.kind = chat::ToolChoice::Kind::kRequired;
  const Written written = write(request);
  EXPECT_FALSE(written.body.contains("additionalModelRequestFields"));
  EXPECT_EQ(written.body["inferenceConfig"]["temperature"], 0.5);
  EXPECT_EQ(written.dropped, chat::Dropped{"additionalModelRequestFields.thinking"});
}

TEST(BedrockSettings, a_budget_is_left_out_where_the_thoughts_before_a_call_are_missing) {
  chat::Request request = hello();
  request.reasoning.effort = chat::literal("low");
  request.tools = {tool("f")};
  add(request, Role::kAssistant, {call("c", "f", "{}")});
  add(request, Role::kTool, {result("c", {text("r")})});
  EXPECT_FALSE(write(request).body.contains("additionalModelRequestFields"));
  request.model = opus_4_6;
  EXPECT_TRUE(write(request).body.contains("additionalModelRequestFields"));
  request.model = claude;
  chat::Part thought = part_of(chat::Part::Kind::kReasoning);
  thought.signature = chat::literal("c2ln");
  auto& parts = request.messages[1].parts;
  parts.insert(parts.begin(), thought);
  EXPECT_TRUE(write(request).body.contains("additionalModelRequestFields"));
  parts.erase(parts.begin());
  add(request, Role::kUser, {text("next question")});
  EXPECT_TRUE(write(request).body.contains("additionalModelRequestFields"));
}

}  // namespace
}  // namespace postern::dialect::bedrock_tests
