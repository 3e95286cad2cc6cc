#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "describe.h"
#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/models.h"
#include "dialect/anthropic/schema.h"
#include "generate.h"

namespace postern::dialect {
namespace {

using chat::Part;
using nlohmann::json;

std::string numbered(chat::Field field, chat::Place place) {
  return "field" + std::to_string(static_cast<int>(field)) + "@" + std::to_string(place.message) +
         "." + std::to_string(place.part);
}

std::string named(chat::Field field) { return numbered(field, {}); }

const Dialect other = [] {
  Dialect dialect = anthropic;
  dialect.name = "other";
  dialect.field_name = numbered;
  return dialect;
}();

struct Written {
  json body;
  chat::Dropped dropped;
  std::optional<chat::Refused> refused;
};

Written write(const chat::Request& request, const Dialect& front = other) {
  Written written;
  std::string out;
  written.refused = anthropic.write_request(request, front, {}, written.dropped, out);
  if (!written.refused) {
    written.body = json::parse(out, nullptr, false);
    EXPECT_FALSE(written.body.is_discarded()) << out;
  }
  return written;
}

chat::Message said(chat::Role role, std::string_view text) {
  chat::Message message;
  message.role = role;
  message.parts.emplace_back().text = chat::literal(text);
  return message;
}

Part part(Part::Kind kind) {
  Part part;
  part.kind = kind;
  return part;
}

chat::Request asking(std::string_view model = "claude-sonnet-4-5") {
  chat::Request request;
  request.model = model;
  request.messages.push_back(said(chat::Role::kUser, "Hi"));
  return request;
}

void add_tool(chat::Request& request, std::string_view name, chat::Json parameters) {
  chat::Tool& tool = request.tools.emplace_back();
  tool.name = chat::literal(name);
  tool.parameters = parameters;
}

TEST(AnthropicWriteRequest, system_messages_at_the_front_are_hoisted_and_later_ones_stay) {
  chat::Request request = asking();
  request.messages.insert(request.messages.begin(), said(chat::Role::kSystem, "one"));
  request.messages.insert(request.messages.begin() + 1, said(chat::Role::kDeveloper, "two"));
  request.messages[1].parts[0].cache_control = R"({"type":"ephemeral"})";
  request.messages.push_back(said(chat::Role::kSystem, "three"));
  json body = write(request).body;
  EXPECT_EQ(body["system"], json::parse(R"([{"type":"text","text":"one"},
      {"type":"text","text":"two","cache_control":{"type":"ephemeral"}}])"));
  EXPECT_EQ(body["messages"][1]["role"], "user");
  request.model = "claude-opus-4-8";
  body = write(request).body;
  EXPECT_EQ(body["messages"][1]["role"], "system");
}

TEST(AnthropicWriteRequest, of_system_messages_alone_the_last_is_asked) {
  chat::Request request;
  request.model = "claude-haiku-4-5";
  request.messages.push_back(said(chat::Role::kSystem, "one"));
  request.messages.push_back(said(chat::Role::kSystem, "two"));
  const json body = write(request).body;
  EXPECT_EQ(body["system"].size(), 1u);
  EXPECT_EQ(body["messages"], json::parse(R"([{"role":"user","content":[
      {"type":"text","text":"two"}]}])"));
}

TEST(AnthropicWriteRequest, a_conversation_without_anything_said_is_refused) {
  chat::Request request;
  request.model = "claude-haiku-4-5";
  EXPECT_EQ(write(request).refused->param, "messages");
  request.messages.push_back(said(chat::Role::kUser, " \\n"));
  EXPECT_EQ(write(request).refused->param, "messages");
}

TEST(AnthropicWriteRequest, results_open_one_user_turn_before_its_text) {
  chat::Request request = asking();
  chat::Message& turn = request.messages.emplace_back();
  turn.role = chat::Role::kAssistant;
  for (const char* id : {"call.1", "call_2"}) {
    Part call = part(Part::Kind::kToolCall);
    call.id = chat::literal(id);
    call.name = chat::literal("f");
    turn.parts.push_back(call);
  }
  chat::Message& results = request.messages.emplace_back();
  results.role = chat::Role::kTool;
  for (const char* id : {"call.1", "call_2"}) {
    Part result = part(Part::Kind::kToolResult);
    result.id = chat::literal(id);
    result.is_error = id == std::string("call_2");
    results.parts.push_back(result);
  }
  request.messages.push_back(said(chat::Role::kUser, "and?"));
  const json messages = write(request).body["messages"];
  EXPECT_EQ(messages[1]["content"][0], json::parse(R"({"type":"tool_use","id":"call_2e1",
      "name":"f","input":{}})"));
  EXPECT_EQ(messages[2]["content"], json::parse(R"([
      {"type":"tool_result","tool_use_id":"call_2e1"},
      {"type":"tool_result","tool_use_id":"call_2","is_error":true},
      {"type":"text","text":"and?"}])"));
}

TEST(AnthropicWriteRequest, calls_end_their_turn) {
  chat::Request request = asking();
  chat::Message turn = said(chat::Role::kAssistant, "one");
  for (int at = 0; at < 2; ++at) {
    turn.parts.push_back(part(Part::Kind::kToolCall));
    turn.parts.back().id = turn.parts.back().name = chat::literal("f");
    turn.parts.emplace_back().text = chat::literal("more");
  }
  request.messages.push_back(turn);
  std::string types;
  const json body = write(request).body;
  for (const json& block : body["messages"][1]["content"])
    types += block["type"].get<std::string>() + " ";
  EXPECT_EQ(types, "text text text tool_use tool_use ");
}

TEST(AnthropicWriteRequest, images_and_files_go_as_their_sources) {
  chat::Request request = asking();
  std::vector<Part>& parts = request.messages[0].parts;
  Part image = part(Part::Kind::kImage);
  image.media_type = chat::literal("image/jpg");
  image.data = chat::literal("AAAA");
  image.detail = chat::literal("low");
  parts.push_back(image);
  image = part(Part::Kind::kImage);
  image.url = chat::literal("https://a.example/a.png");
  parts.push_back(image);
  Part file = part(Part::Kind::kFile);
  file.data = chat::literal("JVBERi0x");
  file.name = chat::literal("a.pdf");
  parts.push_back(file);
  file = part(Part::Kind::kFile);
  file.media_type = chat::literal("text/plain");
  file.data = chat::literal("Y2Fmw6kK");
  parts.push_back(file);
  const Written written = write(request);
  EXPECT_EQ(written.dropped, chat::Dropped{named(chat::Field::kImageDetail)});
  const json content = written.body["messages"][0]["content"];
  EXPECT_EQ(content[1]["source"], json::parse(R"({"type":"base64","media_type":"image/jpeg",
      "data":"AAAA"})"));
  EXPECT_EQ(content[2]["source"]["url"], "https://a.example/a.png");
  EXPECT_EQ(content[3]["title"], "a.pdf");
  EXPECT_EQ(content[3]["source"]["media_type"], "application/pdf");
  EXPECT_EQ(content[4]["source"], json::parse(R"({"type":"text","media_type":"text/plain",
      "data":"caf\u00e9\n"})"));
}

TEST(AnthropicWriteRequest, what_cannot_be_carried_is_refused_by_name) {
  const auto refused = [](const Part& bad, chat::Role role = chat::Role::kUser) {
    chat::Request request = asking();
    request.messages[0].role = role;
    request.messages[0].parts.push_back(bad);
    const Written written = write(request);
    return written.refused ? written.refused->param : "";
  };
  const std::string messages = named(chat::Field::kMessages);
  EXPECT_EQ(refused(part(Part::Kind::kAudio)), messages);
  Part bad = part(Part::Kind::kFile);
  bad.file_id = chat::literal("file-1");
  EXPECT_EQ(refused(bad), messages);
  bad = part(Part::Kind::kImage);
  bad.media_type = chat::literal("image/tiff");
  bad.data = chat::literal("AAAA");
  EXPECT_EQ(refused(bad), messages);
  bad = part(Part::Kind::kToolCall);
  bad.arguments_cut = true;
  EXPECT_EQ(refused(bad, chat::Role::kAssistant), messages);
  bad = part(Part::Kind::kToolCall);
  bad.custom = true;
  EXPECT_EQ(refused(bad, chat::Role::kAssistant), messages);
  chat::Request request = asking();
  request.choices = 2;
  EXPECT_EQ(write(request).refused->param, named(chat::Field::kChoices));
  request = asking();
  request.tools.emplace_back().kind = chat::Tool::Kind::kHosted;
  EXPECT_EQ(write(request).refused->param, named(chat::Field::kTools));
}

TEST(AnthropicWriteRequest, only_reasoning_that_anthropic_signed_goes_back) {
  chat::Request request = asking();
  chat::Message turn = said(chat::Role::kAssistant, "x");
  Part thought = part(Part::Kind::kReasoning);
  thought.text = chat::literal("hm");
  turn.parts.insert(turn.parts.begin(), thought);  // unsigned
  thought.signature = chat::literal("s");
  thought.signer = "gemini";
  turn.parts.insert(turn.parts.begin(), thought);
  thought.signer = "anthropic";
  turn.parts.insert(turn.parts.begin(), thought);
  Part sealed = part(Part::Kind::kSealedReasoning);
  sealed.signature = chat::literal("d");
  turn.parts.push_back(sealed);
  request.messages.push_back(turn);
  const Written written = write(request);
  EXPECT_EQ(written.dropped, chat::Dropped{named(chat::Field::kMessages)});
  EXPECT_EQ(written.body["messages"][1]["content"], json::parse(R"([
      {"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"x"},
      {"type":"redacted_thinking","data":"d"}])"));
}

TEST(AnthropicWriteRequest, sampling_follows_the_model) {
  chat::Request request = asking("claude-3-haiku-20240307");
  request.temperature = "1.7";
  request.top_p = "0.9";
  request.top_k = "40";
  Written written = write(request);
  EXPECT_EQ(written.body["temperature"], 1);
  EXPECT_EQ(written.body["top_p"], 0.9);
  EXPECT_TRUE(written.dropped.empty());
  request.model = "claude-sonnet-4-5";
  written = write(request);
  EXPECT_EQ(written.dropped, chat::Dropped{named(chat::Field::kTopP)});
  request.model = "claude-opus-4-7";
  written = write(request);
  EXPECT_FALSE(written.body.contains("temperature"));
  EXPECT_EQ(written.dropped, (chat::Dropped{named(chat::Field::kTemperature),
                                            named(chat::Field::kTopP), named(chat::Field::kTopK)}));
  request.temperature = "1.0";
  EXPECT_EQ(write(request).body["temperature"], 1.0);
}

TEST(AnthropicWriteRequest, thinking_follows_the_model) {
  const auto asked = [](std::string_view model, std::string_view effort,
                        std::optional<int64_t> max_tokens = {}) {
    chat::Request request = asking(model);
    request.reasoning.effort = chat::literal(effort);
    request.max_tokens = max_tokens;
    request.temperature = "0.3";
    return write(request);
  };
  json body = asked("claude-sonnet-4-5", "high").body;
  EXPECT_EQ(body["thinking"], json::parse(R"({"type":"enabled","budget_tokens":16384})"));
  EXPECT_FALSE(body.contains("temperature"));
  EXPECT_FALSE(body.contains("output_config"));
  body = asked("claude-sonnet-4-5", "high", 500).body;
  EXPECT_EQ(body["thinking"]["budget_tokens"], 1024);
  EXPECT_EQ(body["max_tokens"], 1524);
  body = asked("claude-opus-4-6", "xhigh").body;
  EXPECT_EQ(body["thinking"], json::parse(R"({"type":"adaptive"})"));
  EXPECT_EQ(body["output_config"], json::parse(R"({"effort":"high"})"));
  body = asked("claude-fable-5", "minimal").body;
  EXPECT_EQ(body["thinking"], json::parse(R"({"type":"adaptive","display":"summarized"})"));
  EXPECT_EQ(body["output_config"]["effort"], "low");
  EXPECT_EQ(asked("claude-sonnet-5", "none").body["thinking"]["type"], "disabled");
  Written written = asked("claude-fable-5", "none");
  EXPECT_FALSE(written.body.contains("thinking"));
  EXPECT_EQ(written.dropped[0], named(chat::Field::kReasoning));
  written = asked("claude-3-5-haiku-latest", "high");
  EXPECT_EQ(written.dropped, chat::Dropped{named(chat::Field::kReasoning)});
  EXPECT_EQ(written.body["temperature"], 0.3);
}

TEST(AnthropicWriteRequest, a_budget_raises_the_limit_that_holds_it) {
  chat::Request request = asking("claude-3-7-sonnet-latest");
  request.reasoning.budget_tokens = 5000;
  request.max_tokens = 1000;
  EXPECT_EQ(write(request).body["max_tokens"], 6000);
  request.model = "claude-opus-4-8";
  const json body = write(request).body;
  EXPECT_EQ(body["thinking"]["type"], "adaptive");
  EXPECT_EQ(body["output_config"]["effort"], "medium");
  EXPECT_EQ(body["max_tokens"], 1000);
}

TEST(AnthropicWriteRequest, thinking_gives_way_to_a_forced_call_and_to_a_turn_without_thoughts) {
  chat::Request request = asking();
  request.reasoning.effort = chat::literal("low");
  add_tool(request, "f", {});
  request.tool_choice.kind = chat::ToolChoice::Kind::kRequired;
  Written written = write(request);
  EXPECT_FALSE(written.body.contains("thinking"));
  EXPECT_EQ(written.dropped, chat::Dropped{named(chat::Field::kReasoning)});
  EXPECT_EQ(written.body["tool_choice"], json::parse(R"({"type":"any"})"));
  request.model = "claude-opus-5";
  EXPECT_EQ(write(request).body["thinking"]["type"], "disabled");

  request = asking();
  request.reasoning.effort = chat::literal("low");
  chat::Message& turn = request.messages.emplace_back();
  turn.role = chat::Role::kAssistant;
  turn.parts.push_back(part(Part::Kind::kToolCall));
  chat::Message& results = request.messages.emplace_back();
  results.role = chat::Role::kTool;
  results.parts.push_back(part(Part::Kind::kToolResult));
  EXPECT_FALSE(write(request).body.contains("thinking"));
  Part thought = part(Part::Kind::kReasoning);
  thought.signature = chat::literal("s");
  request.messages[1].parts.insert(request.messages[1].parts.begin(), thought);
  EXPECT_TRUE(write(request).body.contains("thinking"));
}

TEST(AnthropicWriteRequest, a_schema_is_asked_for_natively_or_by_a_call) {
  chat::Request request = asking();
  request.response_format.kind = chat::ResponseFormat::Kind::kJsonSchema;
  request.response_format.schema = R"({"type":"object","properties":{"n":{"type":"integer"}}})";
  json body = write(request).body;
  EXPECT_EQ(body["output_config"]["format"]["schema"]["additionalProperties"], false);
  EXPECT_FALSE(body.contains("tools"));

  request.model = "claude-3-5-haiku-latest";
  body = write(request).body;
  EXPECT_EQ(body["tools"][0]["name"], messages::json_answer_tool);
  EXPECT_EQ(body["tools"][0]["input_schema"], json::parse(request.response_format.schema));
  EXPECT_EQ(body["tool_choice"]["name"], messages::json_answer_tool);
  EXPECT_EQ(body["tool_choice"]["disable_parallel_tool_use"], true);

  add_tool(request, "f", R"({"properties":{}})");
  body = write(request).body;
  EXPECT_EQ(body["tool_choice"], json::parse(R"({"type":"any"})"));
  EXPECT_EQ(body["tools"][0]["input_schema"], json::parse(R"({"type":"object","properties":{}})"));
  request.tool_choice.kind = chat::ToolChoice::Kind::kRequired;
  EXPECT_EQ(write(request).body["tools"].size(), 1u);
}

TEST(AnthropicWriteRequest, any_json_is_asked_for_by_a_call_or_in_words) {
  chat::Request request = asking();
  request.response_format.kind = chat::ResponseFormat::Kind::kJsonObject;
  json body = write(request).body;
  EXPECT_EQ(body["tool_choice"]["name"], messages::json_answer_tool);
  request.reasoning.effort = chat::literal("low");
  body = write(request).body;
  EXPECT_TRUE(body.contains("thinking"));
  EXPECT_FALSE(body.contains("tools"));
  EXPECT_EQ(body["system"].size(), 1u);
}

TEST(AnthropicWriteRequest, one_call_at_a_time_needs_a_choice) {
  chat::Request request = asking();
  request.parallel_tool_calls = false;
  EXPECT_FALSE(write(request).body.contains("tool_choice"));
  add_tool(request, "f", {});
  EXPECT_EQ(write(request).body["tool_choice"],
            json::parse(R"({"type":"auto","disable_parallel_tool_use":true})"));
}

TEST(AnthropicWriteRequest, what_only_tunes_is_dropped_by_name) {
  chat::Request request = asking();
  request.seed = "1";
  request.logit_bias = "{}";
  request.stop = {chat::literal("\\n"), chat::literal("END")};
  request.extras.push_back({chat::literal("safety_identifier"), "1"});
  request.user = chat::literal("u");
  const Written written = write(request);
  EXPECT_EQ(written.body["stop_sequences"], json::parse(R"(["END"])"));
  EXPECT_EQ(written.body["metadata"]["user_id"], "u");
  EXPECT_EQ(written.dropped, (chat::Dropped{named(chat::Field::kStop), named(chat::Field::kSeed),
                                            named(chat::Field::kLogitBias), "safety_identifier"}));
}

TEST(AnthropicWriteRequest, the_limit_is_the_models_when_none_is_given) {
  EXPECT_EQ(write(asking("claude-3-opus-20240229")).body["max_tokens"], 4096);
  EXPECT_EQ(write(asking("claude-3-5-sonnet-20241022")).body["max_tokens"], 8192);
  EXPECT_EQ(write(asking("claude-opus-4-20250514")).body["max_tokens"], 32000);
  EXPECT_EQ(write(asking("claude-sonnet-4-5@20250929")).body["max_tokens"], 64000);
  EXPECT_EQ(write(asking("minimax-m2")).body["max_tokens"], 4096);
}

TEST(AnthropicModels, names_are_told_apart) {
  using messages::model_of;
  EXPECT_FALSE(model_of("claude-3-5-haiku-latest").thinks);
  EXPECT_TRUE(model_of("claude-3-7-sonnet-20250219").budget);
  EXPECT_FALSE(model_of("claude-sonnet-4-20250514").json_schema);
  EXPECT_FALSE(model_of("claude-opus-4-1-20250805").json_schema);
  EXPECT_TRUE(model_of("claude-haiku-4-5-20251001").json_schema);
  EXPECT_FALSE(model_of("claude-haiku-4-5-20251001").effort);
  EXPECT_TRUE(model_of("claude-opus-4-5").effort);
  EXPECT_FALSE(model_of("claude-opus-4-5").adaptive);
  EXPECT_TRUE(model_of("us.anthropic.claude-sonnet-4-6-v1:0").adaptive);
  EXPECT_FALSE(model_of("claude-sonnet-4-6").fixed_sampling);
  EXPECT_TRUE(model_of("claude-opus-4-7").fixed_sampling);
  EXPECT_FALSE(model_of("claude-opus-4-7").system_turns);
  EXPECT_TRUE(model_of("claude-opus-5").system_turns);
  EXPECT_TRUE(model_of("claude-fable-5-1").thinks_always);
  EXPECT_FALSE(model_of("claude-2.1").thinks);
  EXPECT_FALSE(model_of("claude-instant-1.2").thinks);
  EXPECT_TRUE(model_of("claude-opus-latest").adaptive);
}

TEST(AnthropicSchema, what_cannot_be_enforced_is_told) {
  const auto strict = messages::strict_schema(R"({"$schema":"x","type":"object","title":"T",
      "properties":{"a":{"type":"string","minLength":1,"description":"A","pattern":"^\"$"},
        "b":{"type":"array","items":{"$ref":"#/$defs/B"},"minItems":1,"maxItems":3},
        "c":{"oneOf":[{"type":"null"},{"type":"string","format":"date"}]},
        "d":{"type":"string","format":"phone"}},
      "$defs":{"B":{"type":"object","properties":{},"additionalProperties":true}}})");
  ASSERT_TRUE(strict.has_value());
  EXPECT_EQ(json::parse(*strict), json::parse(R"({"type":"object","title":"T","properties":{
      "a":{"type":"string","description":"A\n\n{minLength: 1, pattern: \"^\\\"$\"}"},
      "b":{"type":"array","items":{"$ref":"#/$defs/B"},"minItems":1,
           "description":"{maxItems: 3}"},
      "c":{"anyOf":[{"type":"null"},{"type":"string","format":"date"}]},
      "d":{"type":"string","description":"{format: \"phone\"}"}},
      "$defs":{"B":{"type":"object","properties":{},"additionalProperties":false}},
      "additionalProperties":false})"));
  EXPECT_EQ(json::parse(*messages::strict_schema(*strict)), json::parse(*strict));
}

TEST(AnthropicSchema, what_would_mean_something_else_is_not_rewritten) {
  for (const char* schema :
       {R"({"type":"object"})", R"({})",
        R"({"type":"object","additionalProperties":{"type":"string"}})",
        R"({"type":"object","properties":{"a":{}}})",
        R"({"type":"object","properties":{"a":true}})", R"({"not":{"type":"string"}})",
        R"({"$ref":"#"})", R"({"$ref":"#/$defs/A","$defs":{"A":{"type":"string"}}})",
        R"({"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"object",
            "properties":{"a":{"$ref":"#/$defs/A"}}}}})",
        "[]", "{", ""})
    EXPECT_FALSE(messages::strict_schema(schema).has_value()) << schema;
}

// --- The closed loop
// ------------------------------------------------------------------------------

json looped(const chat::Request& request, chat::Dropped& dropped) {
  std::string out;
  const auto refused = anthropic.write_request(request, anthropic, {}, dropped, out);
  EXPECT_FALSE(refused.has_value()) << refused->message;
  chat::Request read;
  const auto unread = anthropic.read_request(out, read);
  EXPECT_FALSE(unread.has_value()) << unread->message << out;
  return describe(read);
}

// What Messages says in another way.
json normal(json description) {
  if (description.value("parallel_tool_calls", false)) description.erase("parallel_tool_calls");
  if (description.contains("parallel_tool_calls") && !description.contains("tool_choice"))
    description["tool_choice"] = {{"kind", "auto"}};
  description.erase("max_tokens");
  json& messages = description["messages"];
  while (messages.size() > 1 && messages[0]["role"] == "system" &&
         messages[1]["role"] == "system") {
    for (const json& part : messages[1]["parts"]) messages[0]["parts"].push_back(part);
    messages.erase(1);
  }
  return description;
}

generate::Features carried() {
  generate::Features has;
  has.several_texts = has.adjacent_users = true;
  has.image_data = has.image_urls = has.file_data = has.file_urls = true;
  has.result_errors = has.result_images = has.cache_control = true;
  has.signed_reasoning = has.sealed_reasoning = true;
  has.parallel_tool_calls = true;
  has.user = true;
  return has;
}

TEST(AnthropicRequest, what_is_written_is_read_back) {
  std::mt19937 random(1);
  generate::Features has = carried();
  has.top_k = has.service_tier = has.extras = true;
  for (int run = 0; run < 1000; ++run) {
    const chat::Request request = generate::request(random, has);
    chat::Dropped dropped;
    ASSERT_EQ(looped(request, dropped), [&] {
      json want = normal(describe(request));
      want["max_tokens"] = request.max_tokens.value_or(4096);
      return want;
    }());
    ASSERT_TRUE(dropped.empty());
  }
}

TEST(AnthropicRequest, what_newer_models_take_is_read_back) {
  std::mt19937 random(2);
  generate::Features has = carried();
  has.temperature = has.top_p = false;
  has.system_anywhere = has.json_schema = has.effort = has.strict_tools = true;
  for (int run = 0; run < 1000; ++run) {
    chat::Request request = generate::request(random, has);
    request.model = "claude-opus-4-8";
    for (chat::Tool& tool : request.tools)
      if (tool.strict == false) tool.strict.reset();
    chat::Dropped dropped;
    json got = looped(request, dropped);
    ASSERT_EQ(normal(got), normal(describe(request)));
    ASSERT_TRUE(dropped.empty());
  }
}

}  // namespace
}  // namespace postern::dialect
