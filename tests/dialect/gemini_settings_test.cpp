#include <gtest/gtest.h>

#include "gemini_support.h"

namespace {

using namespace gemini_test;

TEST(GeminiSettings, every_setting_has_its_place) {
  chat::Request request = hello();
  request.temperature = "0.70";
  request.top_p = "0.9";
  request.top_k = "40";
  request.max_tokens = 100;
  request.choices = 2;
  request.stop = {text("a"), text("b")};
  request.seed = "7";
  request.presence_penalty = "0.5";
  request.frequency_penalty = "-0.5";
  request.logprobs = true;
  request.top_logprobs = "5";
  request.response_format.kind = chat::ResponseFormat::Kind::kJsonSchema;
  request.response_format.schema = R"({"$schema":"x","type":"object"})";
  EXPECT_EQ(written(request).body["generationConfig"], json::parse(R"({
      "temperature":0.7,"topP":0.9,"topK":40,"candidateCount":2,"maxOutputTokens":100,
      "stopSequences":["a","b"],"seed":7,"presencePenalty":0.5,"frequencyPenalty":-0.5,
      "responseLogprobs":true,"logprobs":5,"responseMimeType":"application/json",
      "responseJsonSchema":{"type":"object"}})"));
  EXPECT_FALSE(written(hello()).body.contains("generationConfig"));
  request.response_format.description = text("d");
  EXPECT_EQ(written(request).dropped,
            chat::Dropped{"generationConfig.responseJsonSchema.description"});
}

json thinking(std::string model, const chat::Reasoning& reasoning, bool dropped = false) {
  chat::Request request = hello(std::move(model));
  request.reasoning = reasoning;
  Written w = written(request);
  EXPECT_EQ(!w.dropped.empty(), dropped);
  return w.body["generationConfig"]["thinkingConfig"];
}

json effort(std::string model, std::string_view word, bool dropped = false) {
  chat::Reasoning reasoning;
  reasoning.effort = text(word);
  return thinking(std::move(model), reasoning, dropped);
}

TEST(GeminiSettings, efforts_are_budgets_for_2_5) {
  EXPECT_EQ(effort("gemini-2.5-flash", "none"), json({{"thinkingBudget", 0}}));
  EXPECT_EQ(effort("gemini-2.5-flash", "low"),
            json({{"includeThoughts", true}, {"thinkingBudget", 1024}}));
  EXPECT_EQ(effort("gemini-2.5-flash", "medium")["thinkingBudget"], 8192);
  EXPECT_EQ(effort("gemini-2.5-flash", "max")["thinkingBudget"], 24576);
  EXPECT_EQ(effort("gemini-2.5-pro", "max")["thinkingBudget"], 32768);
  EXPECT_EQ(effort("gemini-2.5-pro", "none", true)["thinkingBudget"], 128);
}

TEST(GeminiSettings, efforts_are_levels_from_3_on) {
  EXPECT_EQ(effort("gemini-3-flash-preview", "minimal"),
            json({{"includeThoughts", true}, {"thinkingLevel", "minimal"}}));
  EXPECT_EQ(effort("gemini-3-flash-preview", "none", true), json({{"thinkingLevel", "minimal"}}));
  EXPECT_EQ(effort("gemini-3-pro-preview", "none", true), json({{"thinkingLevel", "low"}}));
  EXPECT_EQ(effort("gemini-3-pro-preview", "medium")["thinkingLevel"], "high");
  EXPECT_EQ(effort("gemini-3.1-pro-preview", "medium")["thinkingLevel"], "medium");
  EXPECT_EQ(effort("gemini-3.5-flash", "xhigh")["thinkingLevel"], "high");
}

TEST(GeminiSettings, efforts_that_are_unknown_or_impossible_are_dropped_by_name) {
  EXPECT_FALSE(effort("gemini-3-flash", "vast", true).contains("thinkingLevel"));
  EXPECT_TRUE(effort("gemini-2.0-flash", "low", true).is_null());
  EXPECT_TRUE(effort("gemini-2.0-flash", "none").is_null());
}

TEST(GeminiSettings, a_budget_in_numbers_stays_within_what_the_model_takes) {
  chat::Reasoning reasoning;
  reasoning.budget_tokens = 5000;
  EXPECT_EQ(thinking("gemini-2.5-flash", reasoning)["thinkingBudget"], 5000);
  EXPECT_EQ(thinking("gemini-3-flash", reasoning)["thinkingBudget"], 5000);
  reasoning.budget_tokens = 63999;
  EXPECT_EQ(thinking("gemini-2.5-flash", reasoning, true)["thinkingBudget"], 24576);
  reasoning.budget_tokens = -1;
  EXPECT_EQ(thinking("gemini-2.5-pro", reasoning)["thinkingBudget"], -1);
  reasoning.budget_tokens = 0;
  EXPECT_EQ(thinking("gemini-3-flash", reasoning, true), json({{"thinkingLevel", "minimal"}}));
}

TEST(GeminiSettings, on_and_off_and_adaptive_leave_the_amount_to_the_model) {
  chat::Reasoning reasoning;
  reasoning.enabled = true;
  EXPECT_EQ(thinking("gemini-3-flash", reasoning), json({{"includeThoughts", true}}));
  reasoning = {};
  reasoning.adaptive = true;
  EXPECT_EQ(thinking("gemini-2.5-flash", reasoning), json({{"includeThoughts", true}}));
  reasoning = {};
  reasoning.enabled = false;
  EXPECT_EQ(thinking("gemini-2.5-flash", reasoning), json({{"thinkingBudget", 0}}));
  reasoning = {};
  reasoning.effort = text("high");
  reasoning.include_thoughts = false;
  EXPECT_EQ(thinking("gemini-2.5-flash", reasoning), json({{"thinkingBudget", 24576}}));
  EXPECT_TRUE(thinking("gemini-2.5-flash", {}).is_null());
}

chat::Tool tool(std::string_view name, chat::Json parameters = {}) {
  chat::Tool tool;
  tool.name = text(name);
  tool.parameters = parameters;
  return tool;
}

TEST(GeminiSettings, functions_are_declared_in_one_list) {
  chat::Request request = hello();
  request.tools = {tool("one", R"({"type":"object","properties":{"a":{"const":1}}})"), tool("two"),
                   tool("three", "{ }")};
  request.tools[0].description = text("d");
  request.tools[0].strict = true;
  request.tools[1].strict = false;
  const Written w = written(request);
  EXPECT_EQ(w.body["tools"], json::parse(R"([{"functionDeclarations":[
      {"name":"one","description":"d",
       "parametersJsonSchema":{"type":"object","properties":{"a":{"enum":[1]}}}},
      {"name":"two"},{"name":"three"}]}])"));
  EXPECT_EQ(w.dropped, chat::Dropped{"tools[0]"});
}

TEST(GeminiSettings, names_that_google_refuses_are_refused_here) {
  const auto refused = [](std::string_view name) {
    chat::Request request = hello();
    request.tools = {tool(name)};
    return written(request).refused.has_value();
  };
  for (const char* good : {"a", "_a", "get-weather.v2:x", "A1"}) EXPECT_FALSE(refused(good));
  EXPECT_FALSE(refused(std::string(64, 'a')));
  for (const char* bad : {"", "1a", "-a", "a b", "a/b", "caf\xc3\xa9"}) EXPECT_TRUE(refused(bad));
  EXPECT_TRUE(refused(std::string(65, 'a')));
}

TEST(GeminiSettings, other_tools_are_refused_but_for_googles_own) {
  chat::Request request = hello();
  request.tools = {tool("one"), {}};
  request.tools[1].kind = chat::Tool::Kind::kHosted;
  request.tools[1].definition = R"({"googleSearch":{}})";
  EXPECT_EQ(written(request).body["tools"][1], json::parse(R"({"googleSearch":{}})"));
  request.tools[1].definition = R"({"type":"web_search"})";
  EXPECT_TRUE(written(request).refused);
  request.tools[1].definition = R"({"googleSearch":{},"functionDeclarations":[]})";
  EXPECT_TRUE(written(request).refused);
  request.tools[1].kind = chat::Tool::Kind::kCustom;
  EXPECT_TRUE(written(request).refused);
  request.tools = {tool("one", "[1]")};
  EXPECT_TRUE(written(request).refused);
}

TEST(GeminiSettings, the_choice_of_tools_is_a_mode) {
  using Kind = chat::ToolChoice::Kind;
  chat::Request request = hello();
  request.tools = {tool("one")};
  const auto config = [&](Kind kind) {
    request.tool_choice.kind = kind;
    return written(request).body["toolConfig"]["functionCallingConfig"];
  };
  EXPECT_TRUE(config(Kind::kUnset).is_null());
  EXPECT_EQ(config(Kind::kAuto), json({{"mode", "AUTO"}}));
  EXPECT_EQ(config(Kind::kNone), json({{"mode", "NONE"}}));
  EXPECT_EQ(config(Kind::kRequired), json({{"mode", "ANY"}}));
  request.tool_choice.name = text("one");
  EXPECT_EQ(config(Kind::kNamed), json::parse(R"({"mode":"ANY","allowedFunctionNames":["one"]})"));
  request.tool_choice.kind = Kind::kOther;
  EXPECT_TRUE(written(request).refused);
}

}  // namespace
