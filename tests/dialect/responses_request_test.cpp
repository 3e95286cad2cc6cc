// Requests of clients that speak Responses.
#include <random>

#include "dialect/json_members.h"
#include "recorded.h"
#include "responses_support.h"

namespace {

using namespace responses_test;

json messages_of(const Read& read) { return dialect::describe(read.request)["messages"]; }

json extras_of(const Read& read) {
  const json all = dialect::describe(read.request);
  return all.contains("extras") ? all["extras"] : json::object();
}

void expect_refused(const std::string& body, const char* param, const char* says) {
  const auto result = read(body);
  ASSERT_TRUE(result->refused) << body;
  EXPECT_EQ(result->refused->param, param) << body;
  EXPECT_NE(result->refused->message.find(says), std::string::npos) << result->refused->message;
}

TEST(ResponsesRequest, recorded_requests_are_read) {
  size_t count = 0;
  for (const auto& exchange : dialect::recorded::load("responses")) {
    if (exchange.request.empty()) continue;
    const auto result = read(exchange.request);
    EXPECT_FALSE(result->refused) << exchange.name << result->refused->message;
    EXPECT_EQ(result->request.extras.size(), 0u) << exchange.name;
    const json plain = json::parse(exchange.request);
    EXPECT_EQ(json(result->request.model), plain["model"]);
    EXPECT_EQ(result->request.stream, plain.value("stream", false));
    size_t calls = 0, results = 0, found_calls = 0, found_results = 0, sealed = 0, found_sealed = 0;
    if (plain["input"].is_array())
      for (const json& item : plain["input"]) {
        calls += item.value("type", "") == "function_call";
        results += item.value("type", "") == "function_call_output";
        sealed += item.contains("encrypted_content") && item["encrypted_content"].is_string();
      }
    for (const chat::Message& message : result->request.messages)
      for (const chat::Part& part : message.parts) {
        found_calls += part.kind == chat::Part::Kind::kToolCall;
        found_results += part.kind == chat::Part::Kind::kToolResult && !part.name.raw.empty();
        found_sealed += !part.signature.raw.empty();
      }
    EXPECT_EQ(found_calls, calls);
    EXPECT_EQ(found_results, results);
    EXPECT_EQ(found_sealed, sealed);
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no recordings: set TRANSCRIPTS to the folder that has them";
}

// A provider gets the recorded request again, word for word but for what every request says anew.
TEST(ResponsesRequest, recorded_requests_are_written_again_with_the_same_meaning) {
  size_t count = 0;
  for (const auto& exchange : dialect::recorded::load("responses")) {
    if (exchange.request.empty()) continue;
    const auto once = read(exchange.request);
    const Written again = written(once->request, dialect::responses);
    ASSERT_FALSE(again.refused) << exchange.name;
    EXPECT_EQ(again.dropped, chat::Dropped()) << exchange.name;
    const auto twice = read(again.text);
    ASSERT_FALSE(twice->refused) << twice->refused->message;
    EXPECT_EQ(dialect::describe(once->request), dialect::describe(twice->request)) << exchange.name;
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no recordings: set TRANSCRIPTS to the folder that has them";
}

TEST(ResponsesRequest, a_string_is_what_the_user_says_and_instructions_stand_in_front) {
  const auto result = read(R"({"input":"Hi","model":"m","instructions":"Be brief."})");
  ASSERT_FALSE(result->refused);
  EXPECT_EQ(messages_of(*result), json::parse(R"([
      {"role":"system","parts":[{"kind":"text","text":"Be brief."}]},
      {"role":"user","parts":[{"kind":"text","text":"Hi"}]}])"));
  EXPECT_EQ(dialect::responses.field_name(chat::Field::kMessages,
                                          result->request.messages[0].parts[0].place),
            "instructions");
  EXPECT_EQ(dialect::responses.field_name(chat::Field::kMessages,
                                          result->request.messages[1].parts[0].place),
            "input");
}

TEST(ResponsesRequest, one_turn_of_the_model_is_one_message_and_its_results_are_another) {
  const auto result = read_input(R"([
      {"role":"user","content":"weather?"},
      {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"A"},
        {"type":"summary_text","text":"B"}],"encrypted_content":"gAAA"},
      {"type":"message","id":"msg_1","role":"assistant","status":"completed",
        "content":[{"type":"output_text","text":"Looking.","annotations":[]}]},
      {"type":"function_call","call_id":"c1","name":"w","arguments":"{\"a\": 1.50}"},
      {"type":"function_call","call_id":"c2","name":"v","arguments":""},
      {"type":"function_call_output","call_id":"c2","output":"two"},
      {"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"one"}]},
      {"role":"user","content":[{"type":"input_text","text":""}]}])");
  ASSERT_FALSE(result->refused) << result->refused->message;
  EXPECT_EQ(messages_of(*result), json::parse(R"([
      {"role":"user","parts":[{"kind":"text","text":"weather?"}]},
      {"role":"assistant","parts":[
        {"kind":"reasoning","text":"A\n\nB","signature":"gAAA","signer":"responses"},
        {"kind":"text","text":"Looking."},
        {"kind":"tool_call","id":"c1","name":"w","arguments":{"a":1.5}},
        {"kind":"tool_call","id":"c2","name":"v","arguments":{}}]},
      {"role":"tool","parts":[
        {"kind":"tool_result","id":"c2","name":"v","content":[{"kind":"text","text":"two"}]},
        {"kind":"tool_result","id":"c1","name":"w","content":[{"kind":"text","text":"one"}]}]},
      {"role":"user","parts":[]}])"));
}

TEST(ResponsesRequest, reasoning_without_words_is_sealed) {
  const auto result = read_input(R"([{"type":"reasoning","summary":[],"encrypted_content":"gAAA"},
      {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"open"}]},
      {"type":"reasoning","summary":[]}])");
  EXPECT_EQ(messages_of(*result), json::parse(R"([{"role":"assistant","parts":[
      {"kind":"sealed_reasoning","signature":"gAAA","signer":"responses"},
      {"kind":"reasoning","text":"open"}]}])"));
}

TEST(ResponsesRequest, signatures_of_other_providers_come_back_byte_for_byte) {
  const auto result = read_input(R"([
      {"type":"reasoning","summary":[{"type":"summary_text","text":"T"}],
        "encrypted_content":"postern:anthropic:thought:Eq\/+=="},
      {"type":"reasoning","summary":[],"encrypted_content":"postern:anthropic:sealed:red"},
      {"role":"assistant","content":"Hi"},
      {"type":"reasoning","summary":[],"encrypted_content":"postern:gemini:last:AA:BB"},
      {"type":"reasoning","summary":[],"encrypted_content":"postern:gemini:next:CC"},
      {"type":"function_call","call_id":"c","name":"n","arguments":"{}"}])");
  EXPECT_EQ(messages_of(*result), json::parse(R"([{"role":"assistant","parts":[
      {"kind":"reasoning","text":"T","signature":"Eq/+==","signer":"anthropic"},
      {"kind":"sealed_reasoning","signature":"red","signer":"anthropic"},
      {"kind":"text","text":"Hi","signature":"AA:BB","signer":"gemini"},
      {"kind":"tool_call","id":"c","name":"n","arguments":{},"signature":"CC",
       "signer":"gemini"}]}])"));
}

TEST(ResponsesRequest, images_and_files_are_read_in_every_form) {
  const auto result = read_input(R"([{"role":"user","content":[
      {"type":"input_image","image_url":"data:IMAGE/PNG;base64,AAAA","detail":"low"},
      {"type":"input_image","image_url":"https:\/\/a.example\/b.png"},
      {"type":"input_image","file_id":"file-1"},
      {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,BBBB"},
      {"type":"input_file","file_url":"https://a.example/c.pdf"},
      {"type":"input_audio","input_audio":{"data":"CCCC","format":"wav"}}]}])");
  ASSERT_FALSE(result->refused) << result->refused->message;
  EXPECT_EQ(messages_of(*result)[0]["parts"], json::parse(R"([
      {"kind":"image","media_type":"image/png","data":"AAAA","detail":"low"},
      {"kind":"image","url":"https://a.example/b.png"},
      {"kind":"image","file_id":"file-1"},
      {"kind":"file","name":"a.pdf","media_type":"application/pdf","data":"BBBB"},
      {"kind":"file","url":"https://a.example/c.pdf"},
      {"kind":"audio","data":"CCCC","format":"wav"}])"));
}

TEST(ResponsesRequest, custom_tools_and_cut_arguments_are_read) {
  const auto result = read_input(R"([
      {"type":"custom_tool_call","call_id":"c","name":"sql","input":"SELECT \"a\""},
      {"type":"custom_tool_call_output","call_id":"c","output":"1"},
      {"type":"function_call","call_id":"d","name":"f","arguments":"{\"a\": "}])");
  EXPECT_EQ(messages_of(*result), json::parse(R"([
      {"role":"assistant","parts":[
        {"kind":"tool_call","id":"c","name":"sql","custom":true,"text":"SELECT \"a\""}]},
      {"role":"tool","parts":[
        {"kind":"tool_result","id":"c","name":"sql","content":[{"kind":"text","text":"1"}]}]},
      {"role":"assistant","parts":[
        {"kind":"tool_call","id":"d","name":"f","arguments_cut":true,"text":"{\"a\": "}]}])"));
}

TEST(ResponsesRequest, settings_are_read) {
  const auto result = read_input(R"("x")", R"(,
      "tools":[{"type":"function","name":"f","description":"d","parameters":{"a":1},"strict":true},
               {"type":"custom","name":"c","format":{"type":"text"}},{"type":"web_search"}],
      "tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false,
      "max_output_tokens":64,"temperature":0.70,"top_p":null,
      "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":false},
              "verbosity":"low"},
      "reasoning":{"effort":"high","summary":"auto"},
      "include":["reasoning.encrypted_content","message.output_text.logprobs"],"top_logprobs":3,
      "metadata":{"a":"b"},"safety_identifier":"me","service_tier":"flex","store":true,
      "stream":true,"stream_options":{"include_obfuscation":false},"truncation":"disabled",
      "background":false,"previous_response_id":null,"project_id":"p")");
  ASSERT_FALSE(result->refused) << result->refused->message;
  json expected = json::parse(R"({"model":"m",
      "messages":[{"role":"user","parts":[{"kind":"text","text":"x"}]}],
      "tools":[
        {"kind":"function","name":"f","description":"d","parameters":{"a":1},"strict":true},
        {"kind":"custom","name":"c",
         "definition":{"type":"custom","name":"c","format":{"type":"text"}}},
        {"kind":"hosted","definition":{"type":"web_search"}}],
      "tool_choice":{"kind":"named","name":"f"},"parallel_tool_calls":false,"max_tokens":64,
      "temperature":0.7,"choices":1,"logprobs":true,"top_logprobs":3,
      "response_format":{"kind":"json_schema","name":"n","schema":{"type":"object"},
                         "strict":false},
      "reasoning":{"effort":"high","summary":"auto","include_thoughts":true},
      "user":"me","metadata":{"a":"b"},"service_tier":"flex","verbosity":"low","stream":true,
      "include_usage":false})");
  EXPECT_EQ(dialect::describe(result->request), expected);
  EXPECT_EQ(result->request.temperature, "0.70");
  EXPECT_TRUE(result->request.reasoning.sealed_wanted);
}

TEST(ResponsesRequest, tool_choices_that_only_this_dialect_has_are_kept_whole) {
  const auto result = read_input(R"("x")",
                                 R"(,"tool_choice":{"type":"allowed_tools","mode":"auto",
          "tools":[{"type":"function","name":"f"}]})");
  EXPECT_EQ(result->request.tool_choice.kind, chat::ToolChoice::Kind::kOther);
  EXPECT_EQ(json::parse(result->request.tool_choice.definition)["mode"], "auto");
}

TEST(ResponsesRequest, members_that_nobody_else_has_become_extras_under_their_own_names) {
  const auto result = read_input(
      R"([{"type":"web_search_call","id":"ws_1","status":"completed"},
          {"role":"assistant","content":"x","phase":"commentary"},
          {"role":"user","content":[
            {"type":"input_text","text":"a","prompt_cache_breakpoint":{}}]}])",
      R"(,"prompt_cache_key":"k","max_tool_calls":null,"truncation":"auto",
          "reasoning":{"mode":"x"},"include":["web_search_call.results"],
          "user":"u","safety_identifier":"s",
          "tools":[{"type":"function","name":"f","defer_loading":true}])");
  ASSERT_FALSE(result->refused) << result->refused->message;
  const json extras = extras_of(*result);
  EXPECT_EQ(extras["input[0]"]["type"], "web_search_call");
  EXPECT_EQ(extras["input[1].phase"], "commentary");
  EXPECT_EQ(extras["input[2].content[0].prompt_cache_breakpoint"], json::object());
  EXPECT_EQ(extras["prompt_cache_key"], "k");
  EXPECT_EQ(extras["truncation"], "auto");
  EXPECT_EQ(extras["reasoning.mode"], "x");
  EXPECT_EQ(extras["include"][0], "web_search_call.results");
  EXPECT_EQ(extras["safety_identifier"], "s");
  EXPECT_EQ(extras["tools[0].defer_loading"], true);
  EXPECT_EQ(extras.size(), 9u);
}

TEST(ResponsesRequest, what_needs_a_memory_at_the_server_is_refused_with_what_to_do) {
  const std::string rest = R"("model":"m","input":"x"})";
  expect_refused(R"({"previous_response_id":"resp_1",)" + rest, "previous_response_id",
                 "send the whole conversation in input");
  expect_refused(R"({"conversation":{"id":"c"},)" + rest, "conversation",
                 "send the whole conversation in input");
  expect_refused(R"({"background":true,)" + rest, "background", "stream the answer");
  expect_refused(R"({"prompt":{"id":"p"},)" + rest, "prompt", "send its text");
  expect_refused(R"({"model":"m","input":[{"type":"item_reference","id":"i"}]})", "input[0]",
                 "send the item itself");
}

TEST(ResponsesRequest, faults_name_the_member_and_what_it_must_be) {
  const auto input = [](const std::string& items) {
    return R"({"model":"m","input":)" + items + "}";
  };
  expect_refused("[]", "", "must be a JSON object");
  expect_refused(R"({"input":"x"})", "model", "is required");
  expect_refused(R"({"model":"m"})", "input", "is required");
  expect_refused(R"({"model":"m","input":7})", "input", "a string or a list");
  expect_refused(R"({"model":"m","model":"n","input":"x"})", "model", "occurs twice");
  expect_refused(R"({"model":7,"input":"x"})", "model", "must be a string");
  expect_refused(input(R"(["x"])"), "input[0]", "must be an object");
  expect_refused(input(R"([{"role":"critic","content":"x"}])"), "input[0].role", "must be one of");
  expect_refused(input(R"([{"role":"user"}])"), "input[0].content", "is required");
  expect_refused(input(R"([{"id":"x"}])"), "input[0].type", "is required");
  expect_refused(input(R"([{"role":"user","content":[{"type":"image_url"}]}])"),
                 "input[0].content[0].type", "input_image");
  expect_refused(input(R"([{"role":"user","content":[{"type":"input_text"}]}])"),
                 "input[0].content[0].text", "must be a string");
  expect_refused(
      input(R"([{"role":"user","content":[{"type":"input_image","image_url":"data:a,b"}]}])"),
      "input[0].content[0].image_url", "base64");
  expect_refused(input(R"([{"role":"user","content":[{"type":"input_file"}]}])"),
                 "input[0].content[0]", "one of file_data");
  expect_refused(input(R"([{"type":"function_call","name":"f","arguments":"{}"}])"),
                 "input[0].call_id", "is required");
  expect_refused(input(R"([{"type":"function_call_output","call_id":"c"}])"), "input[0].output",
                 "is required");
  expect_refused(input(R"([{"type":"function_call","call_id":"c","name":7,"arguments":"{}"}])"),
                 "input[0].name", "must be a string");
  expect_refused(input(R"([{"type":"function_call","call_id":"c","name":"f","arguments":[]}])"),
                 "input[0].arguments", "must be a string");
  expect_refused(input(R"([{"type":"reasoning","summary":"x","encrypted_content":{}}])"),
                 "input[0].encrypted_content", "must be a string");
  const auto with = [](const std::string& members) {
    return R"({"model":"m","input":"x",)" + members + "}";
  };
  expect_refused(with(R"("tools":[{"type":"function","function":{"name":"f"}}])"), "tools[0].name",
                 "not in function");
  expect_refused(with(R"("tools":{})"), "tools", "must be a list");
  expect_refused(with(R"("tool_choice":"any")"), "tool_choice", "must be");
  expect_refused(with(R"("max_output_tokens":1.5)"), "max_output_tokens", "whole number");
  expect_refused(with(R"("temperature":"1")"), "temperature", "must be a number");
  expect_refused(with(R"("text":{"format":{"type":"json_schema"}})"), "text.format.schema",
                 "is required");
  expect_refused(with(R"("text":{"format":{"type":"xml"}})"), "text.format.type", "must be one of");
  expect_refused(with(R"("include":"x")"), "include", "must be a list");
  expect_refused(with(R"("stream":1)"), "stream", "true or false");
  const auto broken = read(R"({"model":"m","input":[{"role":"user","content":"x"])");
  ASSERT_TRUE(broken->refused);
  EXPECT_EQ(broken->refused->kind, chat::Refused::Kind::kJson);
}

TEST(ResponsesRequest, texts_are_not_copied) {
  const std::string image(100000, 'A');
  const auto result = read_input(
      R"([{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,)" +
      image + R"("}]}])");
  const std::string_view data = result->request.messages[0].parts[0].data.raw;
  EXPECT_EQ(data.size(), image.size());
  EXPECT_GE(data.data(), result->body.data());
  EXPECT_LT(data.data(), result->body.data() + result->body.size());
}

}  // namespace
