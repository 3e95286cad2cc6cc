#include <gtest/gtest.h>

#include "dialect/describe.h"
#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect {
namespace {

using chat::Part;
using chat::Refused;
using chat::Role;
using nlohmann::json;

struct Read {
  std::string body;
  chat::Request request;
  std::optional<Refused> refused;
};

Read read(std::string body) {
  Read result;
  result.body = std::move(body);
  result.refused = openai_chat.read_request(result.body, result.request);
  return result;
}

Read read_messages(const std::string& messages) {
  return read(R"({"model":"m","messages":)" + messages + "}");
}

std::string param_of(const std::string& body) {
  const Read result = read(body);
  return result.refused ? result.refused->param : "accepted";
}

std::string param_of_messages(const std::string& messages) {
  return param_of(R"({"model":"m","messages":)" + messages + "}");
}

json parts_of(const std::string& messages, size_t index = 0) {
  const Read result = read_messages(messages);
  EXPECT_FALSE(result.refused.has_value()) << result.refused->message;
  return describe(result.request.messages[index].parts);
}

TEST(OpenaiChatRequest, settings_are_read_by_their_names) {
  const Read result = read(R"({"model":"m","messages":[{"role":"user","content":"hi"}],
    "max_tokens":1,"max_completion_tokens":2,"temperature":0.70,"top_p":1e-1,
      "seed":15924764223251450000,
    "n":2,"stop":"END","logprobs":true,"top_logprobs":3,"user":"u","reasoning_effort":"low",
      
    "stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},
    "parallel_tool_calls":false,"metadata":{"a":"b"},"verbosity":"high",
      "service_tier":"flex",
    "logit_bias":{"1":-1},"project_id":"p","store":true,"prediction":null})");
  ASSERT_FALSE(result.refused.has_value()) << result.refused->message;
  const chat::Request& request = result.request;
  EXPECT_EQ(request.max_tokens, 2);
  EXPECT_EQ(request.temperature, "0.70");
  EXPECT_EQ(request.top_p, "1e-1");
  EXPECT_EQ(request.seed, "15924764223251450000");
  EXPECT_EQ(request.choices, 2);
  ASSERT_EQ(request.stop.size(), 1u);
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.include_usage);
  EXPECT_EQ(request.parallel_tool_calls, false);
  ASSERT_EQ(request.extras.size(), 1u);
  EXPECT_EQ(request.extras[0].name.raw, "store");
}

TEST(OpenaiChatRequest, a_member_of_the_wrong_kind_is_named) {
  EXPECT_EQ(param_of("[]"), "");
  EXPECT_EQ(param_of(R"({"messages":[{"role":"user","content":""}]})"), "model");
  EXPECT_EQ(param_of(R"({"model":"m"})"), "messages");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[]})"), "messages");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"temperature":"0"})"), "temperature");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"max_tokens":-1})"), "max_tokens");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"max_tokens":1.5})"), "max_tokens");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"n":0})"), "n");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"stop":["a",1]})"), "stop[1]");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"stream_options":{"include_usage":1}})"),
            "stream_options.include_usage");
  EXPECT_EQ(param_of_messages(R"([{"role":"robot","content":"x"}])"), "messages[0].role");
  EXPECT_EQ(param_of_messages(R"([{"content":"x"}])"), "messages[0].role");
  EXPECT_EQ(param_of_messages(R"([{"role":"user","content":7}])"), "messages[0].content");
  EXPECT_EQ(param_of_messages(
                R"([{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url",
      "image_url":{"url":1}}]}])"),
            "messages[0].content[1].image_url.url");
  EXPECT_EQ(param_of_messages(
                R"([{"role":"user","content":[{"type":"image_url","image_url":{
      "url":"data:image/png,raw"}}]}])"),
            "messages[0].content[0].image_url.url");
  EXPECT_EQ(param_of_messages(R"([{"role":"user","content":[{"type":"video_url"}]}])"),
            "messages[0].content[0].type");
  EXPECT_EQ(param_of_messages(R"([{"role":"user","content":[{"type":"text"}]}])"),
            "messages[0].content[0].text");
  EXPECT_EQ(param_of_messages(R"([{"role":"tool","content":"x"}])"), "messages[0].tool_call_id");
  EXPECT_EQ(param_of_messages(R"([{"role":"assistant","tool_calls":[{"id":"a"}]}])"),
            "messages[0].tool_calls[0].function");
  EXPECT_EQ(param_of_messages(
                R"([{"role":"system","content":[{"type":"image_url","image_url":{
      "url":"https://a.b/c"}}]}])"),
            "messages[0].content[0].type");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"tools":[{"type":"function",
      "name":"f"}]})"),
            "tools[0].function");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"tool_choice":"maybe"})"), "tool_choice");
  EXPECT_EQ(param_of(R"({"model":"m","messages":[],"response_format":{
      "type":"json_schema"}})"),
            "response_format.json_schema");
}

TEST(OpenaiChatRequest, a_member_that_is_read_may_occur_once_only) {
  EXPECT_EQ(param_of(R"({"model":"m","model":"n","messages":[]})"), "model");
  EXPECT_EQ(param_of(R"({"model":"m","temperature":1,"temper\u0061ture":2,"messages":[]})"),
            "temperature");
  EXPECT_EQ(param_of_messages(R"([{"role":"user","content":"a","content":"b"}])"),
            "messages[0].content");
  EXPECT_EQ(param_of_messages(
                R"([{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f",
      "name":"g"}}]}])"),
            "messages[0].tool_calls[0].function.name");
}

TEST(OpenaiChatRequest, broken_json_is_told_with_its_place) {
  const Read result = read(R"({"model":"m","messages":[{"role":)");
  ASSERT_TRUE(result.refused.has_value());
  EXPECT_EQ(result.refused->kind, Refused::Kind::kJson);
}

TEST(OpenaiChatRequest, functions_of_long_ago_are_refused_and_told_what_to_send) {
  for (const char* body :
       {R"({"model":"m","messages":[],"functions":[{"name":"f"}]})",
        R"({"model":"m","messages":[],"function_call":"auto"})",
        R"({"model":"m","messages":[{"role":"function","name":"f","content":"x"}]})",
        R"({"model":"m","messages":[{"role":"assistant","content":null,"function_call":{
      "name":"f"}}]})"}) {
    const Read result = read(body);
    ASSERT_TRUE(result.refused.has_value()) << body;
    EXPECT_EQ(result.refused->kind, Refused::Kind::kUnsupported);
  }
  EXPECT_EQ(param_of(
                R"({"model":"m","messages":[{"role":"user","content":"x"}],"functions":[],
      "function_call":null})"),
            "accepted");
}

TEST(OpenaiChatRequest, data_urls_are_split_and_addresses_kept) {
  const json parts = parts_of(R"([{"role":"user","content":[
    {"type":"image_url","image_url":{"url":"data:IMAGE\/PNG;charset=x;base64,AA\/=",
      "detail":"low"}},
    {"type":"image_url","image_url":"https://a.example/x.png"},
    {"type":"input_audio","input_audio":{"data":"BB","format":"wav"}},
    {"type":"file","file":{"filename":"a.pdf",
      "file_data":"data:application/pdf;base64,CC"}},
    {"type":"file","file":{"file_id":"file-1"}},
    {"type":"text","text":""}]}])");
  EXPECT_EQ(parts, json::parse(R"([
    {"kind":"image","media_type":"image/png","data":"AA/=","detail":"low"},
    {"kind":"image","url":"https://a.example/x.png"},
    {"kind":"audio","data":"BB","format":"wav"},
    {"kind":"file","media_type":"application/pdf","data":"CC","name":"a.pdf"},
    {"kind":"file","file_id":"file-1"}])"));
}

TEST(OpenaiChatRequest, a_large_image_is_not_copied) {
  const std::string image(1 << 20, 'A');
  const Read result = read_messages(
      R"([{"role":"user","content":[{"type":"image_url","image_url":{
      "url":"data:image/png;base64,)" +
      image + R"("}}]}])");
  ASSERT_FALSE(result.refused.has_value());
  const std::string_view data = result.request.messages[0].parts[0].data.raw;
  EXPECT_EQ(data.size(), image.size());
  EXPECT_GE(data.data(), result.body.data());
  EXPECT_LE(data.data() + data.size(), result.body.data() + result.body.size());
}

TEST(OpenaiChatRequest, results_of_one_turn_stand_together_with_the_names_of_their_tools) {
  const Read result = read_messages(R"([
    {"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f",
      "arguments":"{}"}},
                                      {"id":"b","type":"function","function":{"name":"g",
      "arguments":" "}}]},
    {"role":"tool","tool_call_id":"b","content":"two"},
    {"role":"user","content":"and"},
    {"role":"tool","tool_call_id":"\u0061","content":[{"type":"text","text":"one"}]},
    {"role":"assistant","content":"done"},
    {"role":"tool","tool_call_id":"zzz","content":null}])");
  ASSERT_FALSE(result.refused.has_value()) << result.refused->message;
  const auto& messages = result.request.messages;
  ASSERT_EQ(messages.size(), 5u);
  EXPECT_EQ(messages[1].role, Role::kTool);
  ASSERT_EQ(messages[1].parts.size(), 2u);
  EXPECT_EQ(messages[1].parts[0].name.raw, "g");
  EXPECT_EQ(messages[1].parts[1].name.raw, "f");
  EXPECT_EQ(messages[1].parts[1].place.message, 3u);
  EXPECT_EQ(messages[2].role, Role::kUser);
  EXPECT_EQ(messages[4].role, Role::kTool);
  EXPECT_TRUE(messages[4].parts[0].content.empty());
  EXPECT_EQ(messages[0].parts[1].arguments, "{}");
}

TEST(OpenaiChatRequest, arguments_that_are_no_object_are_kept_as_they_are) {
  const json parts = parts_of(R"([{"role":"assistant","tool_calls":[
    {"id":"a","function":{"name":"f","arguments":"{\"x\":"}},
    {"id":"b","function":{"name":"f","arguments":{"x":1.50}}},
    {"id":"c","type":"custom","custom":{"name":"g","input":"free"}}]}])");
  EXPECT_EQ(parts, json::parse(R"([
    {"kind":"tool_call","id":"a","name":"f","arguments_cut":true,"text":"{\"x\":"},
    {"kind":"tool_call","id":"b","name":"f","arguments":{"x":1.50}},
    {"kind":"tool_call","id":"c","name":"g","custom":true,"text":"free"}])"));
}

TEST(OpenaiChatRequest, reasoning_comes_back_before_what_was_said) {
  EXPECT_EQ(parts_of(R"([{"role":"assistant","content":"x","reasoning":"t",
      "reasoning_content":"t"}])"),
            json::parse(R"([{"kind":"reasoning","text":"t"},{"kind":"text","text":"x"}])"));
  EXPECT_EQ(parts_of(R"([{"role":"assistant","content":[
      {"type":"thinking","thinking":[{"type":"text","text":"t"}]},{"type":"text",
      "text":"x"}]}])"),
            json::parse(R"([{"kind":"reasoning","text":"t"},{"kind":"text","text":"x"}])"));
}

TEST(OpenaiChatRequest, details_of_reasoning_are_put_together_by_their_index) {
  const json parts = parts_of(R"([{"role":"assistant","content":"x","reasoning":"uone\ntwo",
      "reasoning_details":[
    {"type":"reasoning.text","text":"on","format":"anthropic-claude-v1","index":0},
    {"type":"reasoning.text","text":"e\n","index":0},
    {"type":"reasoning.text","signature":"S1","format":"anthropic-claude-v1","index":0},
    {"type":"reasoning.encrypted","data":"E","format":"mine","index":1},
    {"type":"reasoning.text","text":"two","signature":"S2","index":2},
    {"type":"reasoning.signature","signature":"S3","format":"gemini","index":3}]}])");
  EXPECT_EQ(parts, json::parse(R"([
    {"kind":"reasoning","text":"u"},
    {"kind":"reasoning","text":"one\n","signature":"S1","signer":"anthropic"},
    {"kind":"sealed_reasoning","signature":"E","signer":"mine"},
    {"kind":"reasoning","text":"two","signature":"S2"},
    {"kind":"text","text":"x","signature":"S3","signer":"gemini"}])"));
}

TEST(OpenaiChatRequest, a_signature_alone_signs_the_reasoning_beside_it) {
  EXPECT_EQ(
      parts_of(R"([{"role":"assistant","reasoning_content":"t","reasoning_details":[
      {"type":"reasoning.text","signature":"S","format":"anthropic","index":0}]}])"),
      json::parse(R"([{"kind":"reasoning","text":"t","signature":"S","signer":"anthropic"}])"));
}

TEST(OpenaiChatRequest, a_text_of_the_details_never_cuts_an_escape_of_the_reasoning) {
  EXPECT_EQ(parts_of(R"([{"role":"assistant","reasoning":"a\nb","reasoning_details":[
      {"type":"reasoning.text","text":"nb","index":0}]}])"),
            json::parse(R"([{"kind":"reasoning","text":"nb"}])"));
}

TEST(OpenaiChatRequest, unknown_members_further_in_are_extras_under_their_whole_name) {
  const Read result = read_messages(
      R"([{"role":"assistant","content":"x","audio":{"id":"a"},"refusal":null,
      "annotations":[],"odd":[]}])");
  ASSERT_FALSE(result.refused.has_value());
  ASSERT_EQ(result.request.extras.size(), 1u);
  EXPECT_EQ(result.request.extras[0].name.raw, "messages[0].audio");
}

// --- Writing ------------------------------------------------------------------------------------

struct Written {
  json body;
  chat::Dropped dropped;
  std::optional<Refused> refused;
};

const Dialect& foreign() {
  static const Dialect dialect = [] {
    Dialect copy = openai_chat;
    copy.name = "foreign";
    return copy;
  }();
  return dialect;
}

Written write(const chat::Request& request, const Quirks& quirks,
              const Dialect& front = foreign()) {
  Written written;
  std::string out;
  written.refused = openai_chat.write_request(request, front, quirks, written.dropped, out);
  if (!written.refused) written.body = json::parse(out, nullptr, false);
  return written;
}

TEST(OpenaiChatRequest, quirks_choose_the_words) {
  const Read result = read(
      R"({"model":"m","messages":[{"role":"developer","content":"d"},{"role":"user",
      "content":"u"}],
    "max_tokens":5,"stream":true,"tools":[{"type":"function","function":{"name":"f",
      "strict":true}}],
    "tool_choice":"required","response_format":{"type":"json_schema","json_schema":{
      "name":"n","schema":{"type":"object"}}}})");
  Quirks quirks;
  quirks.stream_usage = false;
  quirks.required_is_any = true;
  quirks.bare_json_schema = true;
  Written written = write(result.request, quirks);
  EXPECT_EQ(written.body,
            json::parse(
                R"({"model":"m","messages":[{"role":"system","content":"d"},{"role":"user",
      "content":"u"}],
    "max_tokens":5,"stream":true,"tools":[{"type":"function","function":{"name":"f",
      "parameters":{"type":"object","properties":{}}}}],
    "tool_choice":"any","response_format":{"type":"json_schema","json_schema":{
      "type":"object"}}})"));
  EXPECT_EQ(written.dropped, chat::Dropped{"tools[0].function.strict"});
  quirks = {};
  quirks.max_completion_tokens = quirks.developer_role = quirks.strict_tools = true;
  written = write(result.request, quirks);
  EXPECT_EQ(written.body["messages"][0]["role"], "developer");
  EXPECT_EQ(written.body["max_completion_tokens"], 5);
  EXPECT_EQ(written.body["tools"][0]["function"]["strict"], true);
  EXPECT_EQ(written.body["stream_options"]["include_usage"], true);
  EXPECT_EQ(written.body["response_format"]["json_schema"]["name"], "n");
}

TEST(OpenaiChatRequest, reasoning_that_cannot_be_carried_is_named) {
  const Read result = read_messages(
      R"([{"role":"assistant","content":"x","reasoning_content":"t","reasoning_details":[
      {"type":"reasoning.text","text":"t","signature":"S","format":"anthropic","index":0},
      {"type":"reasoning.encrypted","data":"E","format":"anthropic","index":1}],
      "tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"},
                     "extra_content":{"google":{"thought_signature":"G"}}}]},
      {"role":"user","content":"u"}])");
  ASSERT_FALSE(result.refused.has_value()) << result.refused->message;
  Quirks quirks;
  Written written = write(result.request, quirks);
  EXPECT_EQ(written.dropped,
            (chat::Dropped{"messages[0].reasoning_details", "messages[0].reasoning_content",
                           "messages[0].tool_calls[0].extra_content"}));
  quirks.reasoning_member = Quirks::ReasoningMember::kReasoning;
  written = write(result.request, quirks);
  EXPECT_EQ(written.body["messages"][0]["reasoning"], "t");
  EXPECT_EQ(written.dropped.size(), 2u);
  quirks.reasoning_details = true;
  written = write(result.request, quirks);
  EXPECT_TRUE(written.dropped.empty());
  EXPECT_EQ(written.body["messages"][0]["reasoning_details"][0],
            json::parse(
                R"({"type":"reasoning.text","text":"t","signature":"S",
      "format":"anthropic-claude-v1","index":0})"));
}

TEST(OpenaiChatRequest, images_by_address_are_refused_where_nobody_fetches_them) {
  const Read result = read_messages(
      R"([{"role":"user","content":[{"type":"text","text":"x"},{"type":"image_url",
      "image_url":{"url":"https://a.b/c"}}]}])");
  const Written written = write(result.request, {});
  ASSERT_TRUE(written.refused.has_value());
  EXPECT_EQ(written.refused->param, "messages[0].content[1]");
  EXPECT_NE(written.refused->message.find("base64"), std::string::npos);
}

TEST(OpenaiChatRequest, an_empty_answer_is_null_or_empty_as_the_provider_wants_it) {
  const Read result = read_messages(
      R"([{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f",
      "arguments":""}}]}])");
  Quirks quirks;
  EXPECT_TRUE(write(result.request, quirks).body["messages"][0]["content"].is_null());
  quirks.bare_json_schema = true;
  EXPECT_EQ(write(result.request, quirks).body["messages"][0]["content"], "");
}

TEST(OpenaiChatRequest, pictures_in_results_follow_in_a_turn_of_the_user) {
  const Read result = read_messages(R"([
    {"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f"}},{"id":"b",
      "function":{"name":"g"}}]},
    {"role":"tool","tool_call_id":"a","content":[{"type":"image_url","image_url":{
      "url":"data:image/png;base64,AA"}}]},
    {"role":"tool","tool_call_id":"b","content":"two"}])");
  const Written written = write(result.request, {});
  ASSERT_FALSE(written.refused.has_value());
  EXPECT_EQ(written.body["messages"][1]["content"], json::array());
  EXPECT_EQ(written.body["messages"][2]["content"], "two");
  EXPECT_EQ(written.body["messages"][3], json::parse(R"({"role":"user","content":[
    {"type":"text","text":"Of the result of a:"},
    {"type":"image_url","image_url":{"url":"data:image/png;base64,AA"}}]})"));
  EXPECT_EQ(write(result.request, {}, openai_chat).body["messages"].size(), 3u);
}

TEST(OpenaiChatRequest, extras_go_on_in_the_same_words_and_are_named_in_others) {
  const Read result = read(
      R"({"model":"m","messages":[{"role":"user","content":"u","odd":1}],"min_p":0.10,
      "top_k":4})");
  Written written = write(result.request, {}, openai_chat);
  EXPECT_EQ(written.body["min_p"], 0.1);
  EXPECT_EQ(written.body["top_k"], 4);
  EXPECT_EQ(written.dropped, chat::Dropped{"messages[0].odd"});
  written = write(result.request, {});
  EXPECT_EQ(written.dropped, (chat::Dropped{"top_k", "messages[0].odd", "min_p"}));
}

TEST(OpenaiChatRequest, tools_of_a_provider_are_refused_where_another_answers) {
  const Read result = read(
      R"({"model":"m","messages":[{"role":"user","content":"u"}],"tools":[{
      "type":"web_search"}]})");
  ASSERT_FALSE(result.refused.has_value());
  const Written written = write(result.request, {});
  ASSERT_TRUE(written.refused.has_value());
  EXPECT_EQ(written.refused->param, "tools[0]");
  EXPECT_EQ(write(result.request, {}, openai_chat).body["tools"][0]["type"], "web_search");
}

TEST(OpenaiChatRequest, a_budget_becomes_an_effort_where_there_is_no_word_for_it) {
  Read result = read_messages(R"([{"role":"user","content":"u"}])");
  result.request.reasoning.budget_tokens = 4096;
  EXPECT_EQ(write(result.request, {}).body["reasoning_effort"], "medium");
  Quirks quirks;
  quirks.reasoning_details = true;
  EXPECT_EQ(write(result.request, quirks).body["reasoning"]["max_tokens"], 4096);
  result.request.reasoning = {};
  result.request.reasoning.enabled = false;
  EXPECT_EQ(write(result.request, {}).dropped, chat::Dropped{"reasoning_effort"});
}

TEST(OpenaiChatRequest, a_provider_that_refuses_unknown_members_gets_only_its_own) {
  const Read result = read(
      R"({"model":"m","messages":[{"role":"user","content":"u","name":"n"}],"seed":3,
      "logit_bias":{},"user":"x","logprobs":true,"store":true,"safe_prompt":true,
      "metadata":{},"n":2})");
  ASSERT_FALSE(result.refused.has_value());
  Quirks quirks;
  quirks.closed_members = quirks.rewritten = true;
  const Written written = write(result.request, quirks, openai_chat);
  EXPECT_EQ(written.body,
            json::parse(
                R"({"model":"m","messages":[{"role":"user","content":"u"}],"random_seed":3,"n":2,
      "safe_prompt":true})"));
  EXPECT_EQ(written.dropped, (chat::Dropped{"messages[0].name", "logit_bias", "logprobs", "user",
                                            "metadata", "store"}));
}

}  // namespace
}  // namespace postern::dialect
