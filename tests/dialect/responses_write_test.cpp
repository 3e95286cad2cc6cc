// Requests towards providers that speak Responses.
#include <random>

#include "generate.h"
#include "responses_support.h"

namespace {

using namespace responses_test;

chat::Part part(chat::Part::Kind kind, std::string_view text = "") {
  chat::Part part;
  part.kind = kind;
  part.text = chat::literal(text);
  return part;
}

chat::Request saying(chat::Role role, std::vector<chat::Part> parts) {
  chat::Request request;
  request.model = "m";
  request.messages.push_back({role, {}, std::move(parts)});
  return request;
}

dialect::generate::Features features() {
  dialect::generate::Features has;
  has.system_anywhere = has.developer = has.several_texts = has.assistant_order = true;
  has.adjacent_users = has.image_data = has.image_urls = has.image_detail = true;
  has.file_data = has.file_ids = has.file_urls = has.result_images = has.refusals = true;
  has.custom_tools = has.cut_arguments = true;
  has.signed_reasoning = has.sealed_reasoning = true;
  has.signer = "responses";
  has.parallel_tool_calls = has.strict_tools = true;
  has.stop = false;
  has.logprobs = has.json_object = has.json_schema = has.schema_name = true;
  has.effort = has.user = has.metadata = has.service_tier = has.verbosity = true;
  has.extras = true;
  return has;
}

TEST(ResponsesWrite, random_conversations_are_read_back_the_same) {
  std::mt19937 random(20261121);
  for (int round = 0; round < 2000; ++round) {
    const chat::Request request = dialect::generate::request(random, features());
    const Written body = written(request, dialect::responses);
    ASSERT_FALSE(body.refused) << body.refused->message;
    ASSERT_FALSE(body.body.is_discarded()) << body.text;
    EXPECT_EQ(body.dropped, chat::Dropped());
    const auto again = read(body.text);
    ASSERT_FALSE(again->refused) << again->refused->message << body.text;
    ASSERT_EQ(dialect::describe(request), dialect::describe(again->request)) << body.text;
  }
}

TEST(ResponsesWrite, items_of_the_providers_own_tools_stay_where_they_stood) {
  const auto result =
      read_input(R"([{"role":"user","content":"a"},{"type":"web_search_call","id":"w"},
      {"role":"assistant","content":[{"type":"output_text","text":"b"}]},
      {"type":"file_search_call","id":"f"}])",
                 R"(,"prompt_cache_key":"k")");
  const Written same = written(result->request, dialect::responses);
  EXPECT_EQ(same.body["input"][1]["id"], "w");
  EXPECT_EQ(same.body["input"][2]["role"], "assistant");
  EXPECT_EQ(same.body["input"][3]["id"], "f");
  EXPECT_EQ(same.body["prompt_cache_key"], "k");
  EXPECT_EQ(same.dropped, chat::Dropped());
  const Written other = written(result->request, stranger());
  EXPECT_EQ(other.body["input"].size(), 2u);
  EXPECT_EQ(other.dropped, (chat::Dropped{"input[1]", "input[3]"}));
}

TEST(ResponsesWrite, what_only_tunes_is_left_out_and_named) {
  chat::Request request = saying(chat::Role::kUser, {part(chat::Part::Kind::kText, "x")});
  request.messages[0].name = chat::literal("Ann");
  request.messages[0].parts[0].cache_control = "{}";
  request.top_k = "1";
  request.seed = "2";
  request.presence_penalty = request.frequency_penalty = "0.5";
  request.logit_bias = "{}";
  request.extras.push_back({chat::literal("store"), "true"});
  request.extras.push_back({chat::literal("prompt_cache_key"), "\"k\""});
  request.extras.push_back({chat::literal("odd"), "1"});
  const Written body = written(request, stranger());
  EXPECT_EQ(body.dropped,
            (chat::Dropped{"input[0].content[0].name", "input[0].content[0].cache_control", "top_k",
                           "presence_penalty", "frequency_penalty", "logit_bias", "seed", "store",
                           "odd"}));
  EXPECT_EQ(body.body["store"], false);
  EXPECT_EQ(body.body["prompt_cache_key"], "k");
}

TEST(ResponsesWrite, what_changes_the_answer_is_refused) {
  const auto refusal = [](const chat::Request& request, dialect::Quirks quirks = all_quirks()) {
    const Written body = written(request, stranger(), quirks);
    return body.refused ? body.refused->param + ": " + body.refused->message : "";
  };
  chat::Request request = saying(chat::Role::kUser, {part(chat::Part::Kind::kText, "x")});
  request.choices = 2;
  EXPECT_NE(refusal(request).find("n: n must be 1"), std::string::npos);
  request.choices = 1;
  request.stop.push_back(chat::literal("END"));
  EXPECT_NE(refusal(request).find("stop"), std::string::npos);
  request.stop.clear();
  request.tools.emplace_back();
  request.tools[0].kind = chat::Tool::Kind::kHosted;
  EXPECT_NE(refusal(request).find("tools[0]"), std::string::npos);
  request.tools.clear();
  request.tool_choice = {chat::ToolChoice::Kind::kOther, {}, R"({"type":"odd"})"};
  EXPECT_NE(refusal(request).find("tool_choice"), std::string::npos);
  EXPECT_NE(refusal(saying(chat::Role::kUser, {part(chat::Part::Kind::kAudio)})).find("audio"),
            std::string::npos);
  chat::Part image = part(chat::Part::Kind::kImage);
  image.url = chat::literal("https://a.example");
  EXPECT_NE(refusal(saying(chat::Role::kUser, {image}), {}).find("data URL"), std::string::npos);
  EXPECT_EQ(refusal(saying(chat::Role::kUser, {image})), "");
}

TEST(ResponsesWrite, thoughts_of_other_providers_are_left_out_and_named) {
  chat::Part thought = part(chat::Part::Kind::kReasoning, "hm");
  thought.signature = chat::literal("sig");
  thought.signer = "anthropic";
  thought.place = {1, 0};
  chat::Part call = part(chat::Part::Kind::kToolCall);
  call.id = call.name = chat::literal("c");
  call.signature = chat::literal("sig");
  call.signer = "gemini";
  call.place = {1, 2};
  const chat::Request request = saying(chat::Role::kAssistant, {thought, call});
  const Written body = written(request, stranger());
  EXPECT_EQ(body.dropped,
            (chat::Dropped{"input[1].content[0]", "input[1].content[2].encrypted_content"}));
  EXPECT_EQ(body.body["input"].size(), 1u);
  EXPECT_EQ(body.body["input"][0]["arguments"], "{}");

  dialect::Quirks open = all_quirks();
  open.reasoning_member = dialect::Quirks::ReasoningMember::kReasoningContent;
  const Written shown = written(request, stranger(), open);
  EXPECT_EQ(shown.body["input"][0]["content"][0]["text"], "hm");
  EXPECT_EQ(shown.dropped[0], "input[1].content[0].encrypted_content");
}

TEST(ResponsesWrite, sealed_thoughts_are_asked_for_only_where_the_client_speaks_of_reasoning) {
  chat::Request request = saying(chat::Role::kUser, {part(chat::Part::Kind::kText, "x")});
  EXPECT_FALSE(written(request, stranger()).body.contains("include"));
  request.reasoning.budget_tokens = 5000;
  const json body = written(request, stranger()).body;
  EXPECT_EQ(body["include"][0], "reasoning.encrypted_content");
  EXPECT_EQ(body["reasoning"]["effort"], "medium");
}

TEST(ResponsesWrite, tools_in_the_words_of_chat_completions_become_flat) {
  chat::Request request = saying(chat::Role::kUser, {part(chat::Part::Kind::kText, "x")});
  chat::Tool tool;
  tool.kind = chat::Tool::Kind::kCustom;
  tool.name = chat::literal("sql");
  tool.definition = R"({"type":"custom","custom":{"name":"sql","format":{"type":"grammar",
      "grammar":{"syntax":"regex","definition":"S.+"}}}})";
  request.tools.push_back(tool);
  tool = {};
  tool.name = chat::literal("f");
  request.tools.push_back(tool);
  request.tool_choice = {chat::ToolChoice::Kind::kOther,
                         {},
                         R"({"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[
                             {"type":"function","function":{"name":"f"}},{"type":"other"}]}})"};
  const json body = written(request, stranger()).body;
  EXPECT_EQ(body["tools"], json::parse(R"([{"type":"custom","name":"sql",
      "format":{"type":"grammar","syntax":"regex","definition":"S.+"}},
      {"type":"function","name":"f","parameters":{"type":"object","properties":{}},
       "strict":false}])"));
  EXPECT_EQ(body["tool_choice"], json::parse(R"({"type":"allowed_tools","mode":"required",
      "tools":[{"type":"function","name":"f"},{"type":"other"}]})"));
  request.tool_choice = {chat::ToolChoice::Kind::kNamed, chat::literal("sql"), {}};
  EXPECT_EQ(written(request, stranger()).body["tool_choice"]["type"], "custom");
}

}  // namespace
