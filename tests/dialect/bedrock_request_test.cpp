#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "dialect/bedrock_support.h"

namespace postern::dialect::bedrock_tests {
namespace {

using chat::Role;

TEST(BedrockRequest, a_plain_question_is_written) {
  const Written written = write(hello());
  EXPECT_EQ(written.body, parsed(R"({"messages":[{"role":"user","content":[{"text":"Hello"}]}],
      "inferenceConfig":{}})"));
  EXPECT_TRUE(written.dropped.empty());
}

TEST(BedrockRequest, system_messages_at_the_front_are_system_and_later_ones_user_text) {
  chat::Request request;
  request.model = claude;
  add(request, Role::kSystem, {text("one"), text("two")});
  add(request, Role::kDeveloper, {text("three")});
  add(request, Role::kUser, {text("ask")});
  add(request, Role::kSystem, {text("later")});
  add(request, Role::kAssistant, {text("answer")});
  add(request, Role::kSystem, {text("last")});
  const Written written = write(request);
  EXPECT_EQ(written.body["system"], parsed(R"([{"text":"one"},{"text":"two"},{"text":"three"}])"));
  EXPECT_EQ(written.body["messages"], parsed(R"([
      {"role":"user","content":[{"text":"ask"},{"text":"later"}]},
      {"role":"assistant","content":[{"text":"answer"}]},
      {"role":"user","content":[{"text":"last"}]}])"));
}

TEST(BedrockRequest, of_system_messages_alone_the_last_becomes_the_question) {
  chat::Request request;
  add(request, Role::kSystem, {text("be brief")});
  add(request, Role::kSystem, {text("say hello")});
  const Written written = write(request);
  EXPECT_EQ(written.body["system"], parsed(R"([{"text":"be brief"}])"));
  EXPECT_EQ(written.body["messages"],
            parsed(R"([{"role":"user","content":[{"text":"say hello"}]}])"));
}

TEST(BedrockRequest, a_conversation_in_which_nothing_is_said_is_refused) {
  chat::Request request;
  EXPECT_TRUE(write(request).refused);
  add(request, Role::kUser, {text(" \\n")});
  request.messages[0].parts[0].text.escaped = true;
  EXPECT_TRUE(write(request).refused);
}

TEST(BedrockRequest, turns_of_one_side_are_merged_and_results_come_first) {
  chat::Request request;
  request.model = claude;
  add(request, Role::kUser, {text("a")});
  add(request, Role::kUser, {text("b")});
  add(request, Role::kAssistant, {call("call_1", "f", R"({"x":1.50})")});
  add(request, Role::kAssistant, {call("call_2", "g", "{}")});
  add(request, Role::kSystem, {text("between")});
  add(request, Role::kTool, {result("call_1", {text("r1")}), result("call_2", {text("r2")})});
  add(request, Role::kUser, {text("go on")});
  request.tools = {tool("f"), tool("g")};
  const Written written = write(request);
  EXPECT_EQ(written.body["messages"], parsed(R"([
      {"role":"user","content":[{"text":"a"},{"text":"b"}]},
      {"role":"assistant","content":[
          {"toolUse":{"toolUseId":"call_1","name":"f","input":{"x":1.50}}},
          {"toolUse":{"toolUseId":"call_2","name":"g","input":{}}}]},
      {"role":"user","content":[
          {"toolResult":{"toolUseId":"call_1","content":[{"text":"r1"}]}},
          {"toolResult":{"toolUseId":"call_2","content":[{"text":"r2"}]}},
          {"text":"between"},{"text":"go on"}]}])"));
}

TEST(BedrockRequest, blank_text_is_left_out_and_named) {
  chat::Request request = hello();
  request.messages[0].parts.push_back(text("  "));
  request.messages[0].parts[1].place = {0, 1};
  const Written written = write(request);
  EXPECT_EQ(written.body["messages"][0]["content"], parsed(R"([{"text":"Hello"}])"));
  EXPECT_EQ(written.dropped, chat::Dropped{"messages[0].content[1]"});
}

TEST(BedrockRequest, white_space_at_the_end_of_a_final_assistant_turn_is_cut_off) {
  const auto last_text = [](std::string_view raw) {
    chat::Request request = hello();
    add(request, Role::kAssistant, {text("first  "), text(raw)});
    request.messages[1].parts[1].text.escaped = true;
    return write(request).body["messages"][1]["content"][1]["text"].get<std::string>();
  };
  EXPECT_EQ(last_text(R"(so \n\t \r\n)"), "so");
  EXPECT_EQ(last_text(R"(path C:\\n)"), "path C:\\n");
  EXPECT_EQ(last_text(R"(path C:\\\n)"), "path C:\\");
  EXPECT_EQ(last_text(R"(\\n)"), "\\n");
  EXPECT_EQ(last_text("plain"), "plain");
  chat::Request request = hello();
  add(request, Role::kAssistant, {text("kept ")});
  add(request, Role::kUser, {text("kept too ")});
  const json messages = write(request).body["messages"];
  EXPECT_EQ(messages[1]["content"][0]["text"], "kept ");
  EXPECT_EQ(messages[2]["content"][0]["text"], "kept too ");
}

TEST(BedrockRequest, a_result_without_content_says_so_and_a_failed_one_has_a_status) {
  chat::Request request = hello();
  add(request, Role::kAssistant, {call("c", "f", "{}")});
  add(request, Role::kTool, {result("c", {})});
  request.messages[2].parts[0].is_error = true;
  const json result = write(request).body["messages"][2]["content"][0]["toolResult"];
  EXPECT_EQ(result["content"][0]["text"], "(no output)");
  EXPECT_EQ(result["status"], "error");
  request.model = "meta.llama3-3-70b-instruct-v1:0";
  const Written other = write(request);
  EXPECT_FALSE(other.body["messages"][2]["content"][0]["toolResult"].contains("status"));
  EXPECT_EQ(other.dropped, chat::Dropped{"messages[2].content[0].toolResult.status"});
}

TEST(BedrockRequest, ids_that_bedrock_refuses_are_replaced_alike_in_call_and_result) {
  for (const std::string& id : {std::string("call.1:x"), std::string(65, 'a'), std::string()}) {
    chat::Request request = hello();
    add(request, Role::kAssistant, {call(id, "f", "{}")});
    add(request, Role::kTool, {result(id, {text("r")})});
    const json messages = write(request).body["messages"];
    const std::string made = messages[1]["content"][0]["toolUse"]["toolUseId"];
    EXPECT_EQ(messages[2]["content"][0]["toolResult"]["toolUseId"], made);
    EXPECT_NE(made, id);
    EXPECT_LE(made.size(), 64u);
    EXPECT_EQ(made.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), made.npos);
  }
}

TEST(BedrockRequest, calls_that_cannot_be_carried_are_refused_by_name) {
  chat::Request request = hello();
  add(request, Role::kAssistant, {text("so"), call("c", "f", "")});
  request.messages[1].parts[1].arguments_cut = true;
  Written written = write(request);
  ASSERT_TRUE(written.refused);
  EXPECT_EQ(written.refused->param, "messages[1].content[1]");
  EXPECT_EQ(written.refused->kind, chat::Refused::Kind::kUnsupported);
  request.messages[1].parts[1].arguments_cut = false;
  request.messages[1].parts[1].custom = true;
  EXPECT_TRUE(write(request).refused);
}

// --- Content ------------------------------------------------------------------------------------

TEST(BedrockRequest, images_go_as_bytes_with_their_format) {
  const auto format = [](std::string_view media_type, std::string_view data) -> std::string {
    chat::Request request;
    add(request, Role::kUser, {image(media_type, data)});
    const Written written = write(request);
    if (written.refused) return written.refused->param;
    const json block = written.body["messages"][0]["content"][0]["image"];
    EXPECT_EQ(block["source"]["bytes"], json::parse("\"" + std::string(data) + "\""));
    return block["format"];
  };
  EXPECT_EQ(format("image/png", "QUJD"), "png");
  EXPECT_EQ(format("image/jpg", "QUJD"), "jpeg");
  EXPECT_EQ(format("IMAGE/JPEG; q=1", "QUJD"), "jpeg");
  EXPECT_EQ(format("", "iVBORw0KGgoAAA=="), "png");
  EXPECT_EQ(format("", "/9j/4AAQ"), "jpeg");
  EXPECT_EQ(format("", R"(\/9j\/4AAQ)"), "jpeg");
  EXPECT_EQ(format("", "QUJD"), "messages[0].content[0]");
  EXPECT_EQ(format("image/svg+xml", "QUJD"), "messages[0].content[0]");
}

TEST(BedrockRequest, images_and_files_by_address_are_refused_and_the_way_is_told) {
  chat::Request request = hello();
  chat::Part remote = part_of(chat::Part::Kind::kImage);
  remote.url = chat::literal("https://images.example/cat.png");
  add(request, Role::kUser, {text("see"), remote});
  Written written = write(request);
  ASSERT_TRUE(written.refused);
  EXPECT_EQ(written.refused->param, "messages[1].content[1]");
  EXPECT_NE(written.refused->message.find("data URL"), std::string::npos);
  request.messages[1].parts[1] = part_of(chat::Part::Kind::kFile);
  request.messages[1].parts[1].file_id = chat::literal("file-1");
  EXPECT_TRUE(write(request).refused);
}

TEST(BedrockRequest, documents_have_a_format_and_a_name_of_their_own) {
  chat::Request request = hello();
  add(request, Role::kUser,
      {file("Q3_report (final).pdf", "application/pdf", "QQ=="),
       file("q3 report [final].md", "", "QQ=="), file("q3 report (final).PDF", "", "QQ=="),
       file("", "text/plain; charset=utf-8", "QQ=="), file("", "", "JVBERi0xLjQ="),
       file("a..--b\\u00e9\\nc", "text/csv", "QQ==")});
  request.messages[1].parts[5].name.escaped = true;
  const json content = write(request).body["messages"][0]["content"];
  const auto is = [&](size_t at, std::string_view format, std::string_view name) {
    EXPECT_EQ(content[at]["document"]["format"], format) << at;
    EXPECT_EQ(content[at]["document"]["name"], name) << at;
    EXPECT_EQ(content[at]["document"]["source"].size(), 1u);
  };
  is(1, "pdf", "Q3 report (final)");
  is(2, "md", "q3 report [final]");
  is(3, "pdf", "q3 report (final) 2");
  is(4, "txt", "document");
  is(5, "pdf", "document 2");
  is(6, "csv", "a --b c");
}

TEST(BedrockRequest, files_of_other_kinds_are_refused_and_images_among_them_are_images) {
  chat::Request request;
  add(request, Role::kUser, {file("a.png", "image/png", "QQ==")});
  EXPECT_TRUE(write(request).body["messages"][0]["content"][0].contains("image"));
  request.messages[0].parts = {file("a.zip", "application/zip", "QQ==")};
  const Written written = write(request);
  ASSERT_TRUE(written.refused);
  EXPECT_NE(written.refused->message.find("xlsx"), std::string::npos);
}

TEST(BedrockRequest, sound_goes_as_bytes_with_its_format) {
  chat::Request request;
  chat::Part sound = part_of(chat::Part::Kind::kAudio);
  sound.format = chat::literal("wav");
  sound.data = chat::literal("QQ==");
  add(request, Role::kUser, {sound});
  EXPECT_EQ(write(request).body["messages"][0]["content"][0],
            parsed(R"({"audio":{"format":"wav","source":{"bytes":"QQ=="}}})"));
  request.messages[0].parts[0].format = chat::literal("midi");
  EXPECT_TRUE(write(request).refused);
}

TEST(BedrockRequest, signed_thoughts_come_back_and_others_are_named) {
  chat::Request request = hello();
  chat::Part thought = part_of(chat::Part::Kind::kReasoning);
  thought.text = chat::literal("hmm");
  thought.signature = chat::literal("c2ln");
  chat::Part sealed = part_of(chat::Part::Kind::kSealedReasoning);
  sealed.signature = chat::literal("c2VhbA==");
  chat::Part disguised = sealed;
  disguised.signature = chat::literal("postern-block:{}");
  chat::Part unsigned_thought = thought;
  unsigned_thought.signature = {};
  thought.signer = "bedrock";
  chat::Part foreign = thought;
  foreign.signer = "gemini";
  sealed.signer = disguised.signer = "anthropic";
  add(request, Role::kAssistant,
      {thought, sealed, unsigned_thought, foreign, disguised, text("so")});
  add(request, Role::kUser, {text("more")});
  Written written = write(request);
  EXPECT_EQ(written.body["messages"][1]["content"], parsed(R"([
      {"reasoningContent":{"reasoningText":{"text":"hmm","signature":"c2ln"}}},
      {"reasoningContent":{"redactedContent":"c2VhbA=="}},
      {"text":"so"}])"));
  EXPECT_EQ(written.dropped, (chat::Dropped{"messages[1].content[2]", "messages[1].content[3]",
                                            "messages[1].content[4]"}));
  request.model = "amazon.nova-pro-v1:0";
  EXPECT_EQ(write(request).body["messages"][1]["content"], parsed(R"([{"text":"so"}])"));
}

TEST(BedrockRequest, marks_for_the_cache_become_cache_points) {
  chat::Request request;
  request.model = claude;
  add(request, Role::kSystem, {text("long")});
  request.messages[0].parts[0].cache_control = R"({"type":"ephemeral"})";
  add(request, Role::kUser, {text("a"), text("b")});
  request.messages[1].parts[0].cache_control = R"({"type":"ephemeral","ttl":"1h"})";
  request.tools = {tool("f")};
  request.tools[0].cache_control = R"({"type":"ephemeral","ttl":"5m"})";
  const Written written = write(request);
  EXPECT_EQ(written.body["system"],
            parsed(R"([{"text":"long"},{"cachePoint":{"type":"default"}}])"));
  EXPECT_EQ(written.body["messages"][0]["content"],
            parsed(R"([{"text":"a"},{"cachePoint":{"type":"default","ttl":"1h"}},{"text":"b"}])"));
  EXPECT_EQ(written.body["toolConfig"]["tools"][1], parsed(R"({"cachePoint":{"type":"default"}})"));
  request.model = "meta.llama3-3-70b-instruct-v1:0";
  EXPECT_EQ(write(request).dropped.size(), 3u);
}

// --- The loop -----------------------------------------------------------------------------------

generate::Features claude_features() {
  generate::Features features;
  features.several_texts = features.assistant_order = true;
  features.image_data = features.audio = features.file_data = true;
  features.result_errors = features.result_images = features.cache_control = true;
  features.signed_reasoning = features.sealed_reasoning = true;
  features.signer = "bedrock";
  features.top_p = features.stream = false;
  return features;
}

// What a body of Converse does not say, or says otherwise.
json comparable(json request) {
  for (const char* name : {"model", "stream", "include_usage"}) request.erase(name);
  for (json& message : request["messages"])
    for (json& part : message["parts"])
      if (part["kind"] == "file") part["name"] = "any";
  return request;
}

void check_loop(const generate::Features& features, std::string_view model, int rounds) {
  for (int seed = 0; seed < rounds; ++seed) {
    std::mt19937 random(static_cast<uint32_t>(seed));
    chat::Request request = generate::request(random, features);
    request.model = model;
    // Converse has no such choice.
    if (request.tool_choice.kind == chat::ToolChoice::Kind::kNone) request.tool_choice = {};
    std::string body;
    chat::Dropped dropped;
    const auto refused = bedrock.write_request(request, bedrock, {}, dropped, body);
    ASSERT_FALSE(refused) << refused->message;
    EXPECT_TRUE(dropped.empty()) << dropped[0];
    chat::Request back;
    const auto fault = bedrock_wire::read_request(body, back);
    ASSERT_FALSE(fault) << fault->message << body;
    // Tools of the history are declared where the request has none.
    if (request.tools.empty()) back.tools.clear();
    ASSERT_EQ(comparable(describe(request)), comparable(describe(back))) << body;
  }
}

TEST(BedrockRequest, what_is_written_for_a_claude_reads_back_the_same) {
  check_loop(claude_features(), "us.anthropic.claude-3-7-sonnet-20250219-v1:0", 400);
}

TEST(BedrockRequest, what_is_written_for_any_model_reads_back_the_same) {
  generate::Features features = claude_features();
  features.cache_control = false;
  features.top_p = features.strict_tools = features.json_schema = features.schema_name = true;
  const auto drop_strict = [](chat::Request& request) { request.response_format.strict = {}; };
  for (int seed = 0; seed < 400; ++seed) {
    std::mt19937 random(static_cast<uint32_t>(seed));
    chat::Request request = generate::request(random, features);
    drop_strict(request);
    if (request.tool_choice.kind == chat::ToolChoice::Kind::kNone) request.tool_choice = {};
    std::string body;
    chat::Dropped dropped;
    ASSERT_FALSE(bedrock.write_request(request, bedrock, {}, dropped, body));
    EXPECT_TRUE(dropped.empty()) << dropped[0];
    chat::Request back;
    ASSERT_FALSE(bedrock_wire::read_request(body, back));
    if (request.tools.empty()) back.tools.clear();
    ASSERT_EQ(comparable(describe(request)), comparable(describe(back))) << body;
  }
}

}  // namespace
}  // namespace postern::dialect::bedrock_tests
