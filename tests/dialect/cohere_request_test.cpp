#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "describe.h"
#include "dialect/cohere/cohere.h"
#include "generate.h"
#include "recorded.h"

namespace postern::dialect {
namespace {

using chat::Part;
using nlohmann::json;

// A front whose names are the numbers of the fields and places.
std::string name_of(chat::Field field, chat::Place place) {
  return "field" + std::to_string(static_cast<int>(field)) + "[" + std::to_string(place.message) +
         "][" + std::to_string(place.part) + "]";
}

Dialect front() {
  Dialect dialect{};
  dialect.field_name = name_of;
  return dialect;
}

struct Written {
  json body;
  std::string refused, param;
  chat::Dropped dropped;
};

Written write(const chat::Request& request, const Quirks& quirks = {}) {
  Written written;
  std::string out;
  const auto refused = cohere.write_request(request, front(), quirks, written.dropped, out);
  if (refused) {
    EXPECT_EQ(refused->kind, chat::Refused::Kind::kUnsupported);
    written.refused = refused->message;
    written.param = refused->param;
  } else {
    written.body = json::parse(out, nullptr, false);
    EXPECT_FALSE(written.body.is_discarded()) << out;
  }
  return written;
}

Part text(std::string_view characters) {
  Part part;
  part.text = chat::literal(characters);
  return part;
}

Part part(Part::Kind kind) {
  Part one;
  one.kind = kind;
  return one;
}

Part call(std::string_view id, std::string_view name, chat::Json arguments) {
  Part one = part(Part::Kind::kToolCall);
  one.id = chat::literal(id);
  one.name = chat::literal(name);
  one.arguments = arguments;
  return one;
}

chat::Message message(chat::Role role, std::vector<Part> parts) {
  chat::Message one;
  one.role = role;
  one.parts = std::move(parts);
  return one;
}

chat::Request asking(std::vector<Part> parts) {
  chat::Request request;
  request.model = "command-a";
  request.messages.push_back(message(chat::Role::kUser, std::move(parts)));
  return request;
}

chat::Tool tool(std::string_view name, chat::Json parameters) {
  chat::Tool one;
  one.name = chat::literal(name);
  one.parameters = parameters;
  return one;
}

TEST(CohereRequest, a_conversation_with_tools_is_written_as_cohere_takes_it) {
  chat::Request request = asking({text("Weather?")});
  Part thought = part(Part::Kind::kReasoning);
  thought.text = chat::literal("I look it up.");
  request.messages.push_back(
      message(chat::Role::kAssistant, {thought, call("c", "weather", R"({"city":"Bern"})")}));
  Part result = part(Part::Kind::kToolResult);
  result.id = chat::literal("c");
  result.content = {text("15 C")};
  request.messages.push_back(message(chat::Role::kTool, {result}));
  request.messages.push_back(message(chat::Role::kAssistant, {thought, text("It is 15 C.")}));
  request.messages.push_back(message(chat::Role::kDeveloper, {text("Be short.")}));
  request.tools.push_back(tool("weather", R"({"type":"object"})"));
  const Written written = write(request);
  EXPECT_EQ(written.body, json::parse(R"({"model":"command-a","messages":[
      {"role":"user","content":"Weather?"},
      {"role":"assistant","tool_plan":"I look it up.","tool_calls":[{"id":"c","type":"function",
       "function":{"name":"weather","arguments":"{\"city\":\"Bern\"}"}}]},
      {"role":"tool","tool_call_id":"c","content":"15 C"},
      {"role":"assistant","content":[{"type":"thinking","thinking":"I look it up."},
       {"type":"text","text":"It is 15 C."}]},
      {"role":"system","content":"Be short."}],
      "tools":[{"type":"function","function":{"name":"weather",
      "parameters":{"type":"object"}}}],"stream":false})"));
  EXPECT_TRUE(written.dropped.empty());
}

TEST(CohereRequest, settings_have_coheres_names) {
  chat::Request request = asking({text("x")});
  request.max_tokens = 5;
  request.temperature = "0.70";
  request.top_p = "0.5";
  request.top_k = "3";
  request.seed = "15924764223251450000";
  request.presence_penalty = "0.25";
  request.frequency_penalty = "-1";
  request.stop = {chat::literal("a"), chat::literal("b")};
  request.stream = true;
  request.response_format.kind = chat::ResponseFormat::Kind::kJsonSchema;
  request.response_format.schema = R"({"type":"object"})";
  const Written written = write(request);
  json body = written.body;
  body.erase("messages");
  EXPECT_EQ(body, json::parse(R"({"model":"command-a","max_tokens":5,"temperature":0.7,"p":0.5,
      "k":3,"seed":15924764223251450000,"presence_penalty":0.25,"stop_sequences":["a","b"],
      "stream":true,"response_format":{"type":"json_object","json_schema":{"type":"object"}}})"));
  EXPECT_EQ(written.dropped, chat::Dropped{name_of(chat::Field::kFrequencyPenalty, {})});
}

TEST(CohereRequest, a_share_outside_of_the_range_is_written_as_its_rim) {
  const std::pair<const char*, double> cases[] = {{"1", 0.99},    {"1.0", 0.99},  {"0", 0.01},
                                                  {"0.99", 0.99}, {"1e-3", 0.01}, {"0.9", 0.9}};
  for (const auto& [share, expected] : cases) {
    chat::Request request = asking({text("x")});
    request.top_p = share;
    EXPECT_EQ(write(request).body["p"], expected) << share;
  }
}

TEST(CohereRequest, images_travel_as_data_and_by_address_only_where_it_is_taken) {
  Part data = part(Part::Kind::kImage);
  data.media_type = chat::literal("image/png");
  data.data = chat::literal("aGk=");
  data.detail = chat::literal("low");
  Part address = part(Part::Kind::kImage);
  address.url = chat::literal("https://a.example/x.png");
  address.place = {0, 1};
  EXPECT_EQ(write(asking({text("t"), data})).body["messages"][0]["content"][1],
            json::parse(R"({"type":"image_url","image_url":{"url":"data:image/png;base64,aGk=",
                "detail":"low"}})"));
  const Written refused = write(asking({text("t"), address}));
  EXPECT_EQ(refused.param, name_of(chat::Field::kMessages, {0, 1}));
  EXPECT_NE(refused.refused.find("data URL"), std::string::npos);
  const Written taken = write(asking({address}), {.image_urls = true});
  EXPECT_EQ(taken.body["messages"][0]["content"][0]["image_url"]["url"], "https://a.example/x.png");
}

TEST(CohereRequest, what_it_cannot_read_is_refused) {
  for (const Part::Kind kind : {Part::Kind::kAudio, Part::Kind::kFile})
    EXPECT_FALSE(write(asking({part(kind)})).refused.empty());
  Part by_id = part(Part::Kind::kImage);
  by_id.file_id = chat::literal("file-1");
  EXPECT_FALSE(write(asking({by_id})).refused.empty());

  chat::Request request = asking({text("x")});
  Part cut = call("c", "f", "");
  cut.arguments_cut = true;
  request.messages.push_back(message(chat::Role::kAssistant, {cut}));
  EXPECT_FALSE(write(request).refused.empty());

  request = asking({text("x")});
  request.choices = 2;
  EXPECT_EQ(write(request).param, name_of(chat::Field::kChoices, {}));
  request = asking({text("x")});
  request.logprobs = true;
  EXPECT_EQ(write(request).param, name_of(chat::Field::kLogprobs, {}));
  request = asking({text("x")});
  request.tools.push_back(tool("f", ""));
  request.tools.back().kind = chat::Tool::Kind::kHosted;
  EXPECT_EQ(write(request).param, name_of(chat::Field::kTools, {}));
}

TEST(CohereRequest, a_named_tool_is_required_and_the_only_one) {
  chat::Request request = asking({text("x")});
  request.tools = {tool("f", ""), tool("g", "")};
  request.tool_choice.kind = chat::ToolChoice::Kind::kNamed;
  request.tool_choice.name = chat::literal("g");
  const Written written = write(request);
  ASSERT_EQ(written.body["tools"].size(), 1u);
  EXPECT_EQ(written.body["tools"][0]["function"]["name"], "g");
  EXPECT_EQ(written.body["tools"][0]["function"]["parameters"]["type"], "object");
  EXPECT_EQ(written.body["tool_choice"], "REQUIRED");
  request.tool_choice.name = chat::literal("h");
  EXPECT_EQ(write(request).param, name_of(chat::Field::kToolChoice, {}));
  request.tool_choice.kind = chat::ToolChoice::Kind::kNone;
  EXPECT_EQ(write(request).body["tool_choice"], "NONE");
  request.tool_choice.kind = chat::ToolChoice::Kind::kAuto;
  EXPECT_FALSE(write(request).body.contains("tool_choice"));
}

TEST(CohereRequest, tools_are_strict_together_or_not_at_all) {
  chat::Request request = asking({text("x")});
  const chat::Json strict = R"({"type":"object","required":["a"]})";
  request.tools = {tool("f", strict), tool("g", strict)};
  request.tools[0].strict = request.tools[1].strict = true;
  EXPECT_EQ(write(request).body["strict_tools"], true);
  request.tools[1].parameters = R"({"type":"object","required":[]})";
  const Written written = write(request);
  EXPECT_FALSE(written.body.contains("strict_tools"));
  EXPECT_EQ(written.dropped, chat::Dropped{name_of(chat::Field::kToolStrict, {})});
}

TEST(CohereRequest, reasoning_is_a_switch_with_a_budget) {
  const auto thinking = [](auto&& set) {
    chat::Request request = asking({text("x")});
    set(request.reasoning);
    return write(request).body.value("thinking", json());
  };
  EXPECT_EQ(thinking([](auto&) {}), json());
  EXPECT_EQ(thinking([](auto& to) { to.effort = chat::literal("none"); })["type"], "disabled");
  EXPECT_EQ(thinking([](auto& to) { to.enabled = false; })["type"], "disabled");
  EXPECT_EQ(thinking([](auto& to) { to.budget_tokens = 77; })["token_budget"], 77);
  EXPECT_EQ(thinking([](auto& to) { to.effort = chat::literal("low"); })["token_budget"], 1024);
  EXPECT_EQ(thinking([](auto& to) { to.effort = chat::literal("high"); }),
            json::parse(R"({"type":"enabled"})"));
}

TEST(CohereRequest, coheres_own_members_pass_and_others_are_named) {
  chat::Request request = asking({text("x")});
  request.extras = {{chat::literal("documents"), R"(["d"])"},
                    {chat::literal("store"), "true"},
                    {chat::literal("documents"), "[]"},
                    {chat::literal("store"), "false"}};
  request.user = chat::literal("u");
  const Written written = write(request);
  EXPECT_EQ(written.body["documents"], json::parse(R"(["d"])"));
  EXPECT_EQ(written.dropped,
            (chat::Dropped{"store", "documents", name_of(chat::Field::kUser, {})}));
}

TEST(CohereRequest, marks_that_it_has_no_words_for_are_named) {
  Part marked = text("x");
  marked.cache_control = R"({"type":"ephemeral"})";
  marked.place = {0, 2};
  chat::Request request = asking({marked});
  Part sealed = part(Part::Kind::kSealedReasoning);
  sealed.signature = chat::literal("s");
  sealed.place = {1, 0};
  request.messages.push_back(message(chat::Role::kAssistant, {sealed}));
  const Written written = write(request);
  EXPECT_EQ(written.dropped, (chat::Dropped{name_of(chat::Field::kCacheControl, {0, 2}),
                                            name_of(chat::Field::kMessages, {1, 0})}));
  EXPECT_EQ(written.body["messages"][1]["content"], "");
}

// --- Random conversations -----------------------------------------------------------------------

std::string join(const json& content, const char* type) {
  if (content.is_string()) return std::string(type) == "text" ? content.get<std::string>() : "";
  std::string all;
  for (const json& each : content)
    if (each["type"] == type) all += each[type].get<std::string>();
  return all;
}

// What both descriptions must hold: the texts, thoughts and calls of every message.
json gist_of(const json& message) {
  json gist = {{"text", ""}, {"thinking", ""}, {"calls", json::array()}};
  const auto add = [&](const char* name, const json& more) {
    gist[name] = gist[name].get<std::string>() + more.get<std::string>();
  };
  for (const json& each : message["parts"]) {
    if (each["kind"] == "text" || each["kind"] == "refusal") add("text", each["text"]);
    if (each["kind"] == "reasoning") add("thinking", each["text"]);
    if (each["kind"] == "tool_call")
      gist["calls"].push_back({each["id"], each["name"], each["arguments"]});
  }
  return gist;
}

json gist_of_written(const json& message) {
  json gist = {{"text", join(message.value("content", json("")), "text")},
               {"thinking", join(message.value("content", json("")), "thinking") +
                                message.value("tool_plan", "")},
               {"calls", json::array()}};
  for (const json& each : message.value("tool_calls", json::array()))
    gist["calls"].push_back({each["id"], each["function"]["name"],
                             json::parse(each["function"]["arguments"].get<std::string>())});
  return gist;
}

TEST(CohereRequest, random_conversations_keep_what_they_say) {
  generate::Features features;
  features.system_anywhere = features.developer = features.several_texts = true;
  features.plain_reasoning = features.refusals = features.image_data = true;
  features.json_schema = features.effort = features.seed = true;
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    const chat::Request request = generate::request(random, features);
    const Written written = write(request);
    ASSERT_EQ(written.refused, "");
    const json messages = describe(request)["messages"];
    size_t at = 0;
    for (const json& each : messages) {
      if (each["role"] == "tool") {
        for (const json& result : each["parts"]) {
          const json& to = written.body["messages"][at++];
          EXPECT_EQ(to["tool_call_id"], result["id"]);
          EXPECT_EQ(join(to["content"], "text"),
                    json(gist_of({{"parts", result["content"]}}))["text"].get<std::string>());
        }
        continue;
      }
      EXPECT_EQ(gist_of_written(written.body["messages"][at++]), gist_of(each));
    }
    EXPECT_EQ(at, written.body["messages"].size());
  }
}

}  // namespace
}  // namespace postern::dialect
