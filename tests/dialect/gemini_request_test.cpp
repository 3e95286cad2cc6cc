#include <gtest/gtest.h>

#include "gemini_support.h"

namespace {

using namespace gemini_test;
using chat::Part;
using chat::Role;

TEST(GeminiRequest, leading_system_messages_are_the_instruction) {
  const Written w = written(
      request_of({message(Role::kSystem, {part("a")}), message(Role::kDeveloper, {part("b")}),
                  message(Role::kUser, {part("c")})}));
  EXPECT_EQ(w.body["systemInstruction"], json::parse(R"({"parts":[{"text":"a"},{"text":"b"}]})"));
  EXPECT_EQ(w.body["contents"], json::parse(R"([{"role":"user","parts":[{"text":"c"}]}])"));
  EXPECT_TRUE(w.dropped.empty());
}

TEST(GeminiRequest, system_messages_in_the_middle_become_user_turns) {
  const Written w =
      written(request_of({message(Role::kUser, {part("a")}), message(Role::kSystem, {part("b")}),
                          message(Role::kUser, {part("c")})}));
  EXPECT_FALSE(w.body.contains("systemInstruction"));
  EXPECT_EQ(w.body["contents"].size(), 3u);
  EXPECT_EQ(w.body["contents"][1], json::parse(R"({"role":"user","parts":[{"text":"b"}]})"));
}

TEST(GeminiRequest, system_messages_alone_become_user_turns) {
  const Written w = written(request_of({message(Role::kSystem, {part("a")})}));
  EXPECT_FALSE(w.body.contains("systemInstruction"));
  EXPECT_EQ(w.body["contents"][0]["role"], "user");
}

TEST(GeminiRequest, empty_messages_are_left_out_and_nothing_at_all_is_refused) {
  const Written w =
      written(request_of({message(Role::kUser, {part("a")}), message(Role::kAssistant, {})}));
  EXPECT_EQ(w.body["contents"].size(), 1u);
  EXPECT_TRUE(written(request_of({message(Role::kUser, {})})).refused);
  EXPECT_TRUE(written(request_of({})).refused);
}

TEST(GeminiRequest, results_get_the_name_of_their_tool_and_the_order_of_the_calls) {
  const Written w =
      written(request_of({message(Role::kUser, {part("a")}),
                          message(Role::kAssistant, {call("x", "one"), call("y", "two")}),
                          message(Role::kTool, {result("y", text("2")), result("x", text("1"))})}));
  EXPECT_EQ(w.body["contents"][1], json::parse(R"({"role":"model","parts":[
      {"functionCall":{"name":"one","args":{"a":1.5}}},
      {"functionCall":{"name":"two","args":{"a":1.5}}}]})"));
  EXPECT_EQ(w.body["contents"][2], json::parse(R"({"role":"user","parts":[
      {"functionResponse":{"name":"one","response":{"result":"1"}}},
      {"functionResponse":{"name":"two","response":{"result":"2"}}}]})"));
}

TEST(GeminiRequest, numbers_in_arguments_keep_their_text) {
  const chat::Request request = request_of({message(Role::kAssistant, {call("x", "one")})});
  chat::Dropped dropped;
  std::string out;
  EXPECT_FALSE(dialect::gemini.write_request(request, dialect::gemini, {}, dropped, out));
  EXPECT_NE(out.find("1.50"), out.npos);
}

TEST(GeminiRequest, the_response_is_always_an_object) {
  chat::Arena arena;
  const auto response = [&](std::string_view said, bool is_error) {
    Part answer = result("x", arena.escape(said));
    answer.is_error = is_error;
    const Written w = written(request_of(
        {message(Role::kAssistant, {call("x", "one")}), message(Role::kTool, {answer})}));
    return w.body["contents"][1]["parts"][0]["functionResponse"]["response"];
  };
  EXPECT_EQ(response("words \"quoted\"", false), json({{"result", "words \"quoted\""}}));
  EXPECT_EQ(response("\n {\"a\": [1]}\n", false), json::parse(R"({"a":[1]})"));
  EXPECT_EQ(response("[1]", false), json({{"result", "[1]"}}));
  EXPECT_EQ(response("{broken", false), json({{"result", "{broken"}}));
  EXPECT_EQ(response("  ", false), json({{"result", "  "}}));
  EXPECT_EQ(response("", false), json({{"result", ""}}));
  EXPECT_EQ(response("no", true), json({{"error", "no"}}));
  EXPECT_EQ(response("{\"a\":1}", true), json::parse(R"({"error":{"a":1}})"));
}

TEST(GeminiRequest, a_result_without_its_call_is_refused_unless_it_has_a_name) {
  Part answer = result("x", text("1"));
  EXPECT_TRUE(written(request_of({message(Role::kTool, {answer})})).refused);
  answer.name = text("one");
  EXPECT_FALSE(written(request_of({message(Role::kTool, {answer})})).refused);
}

TEST(GeminiRequest, images_of_results_follow_all_results) {
  Part answer = result("x", text("1"));
  answer.content.push_back(part("", Part::Kind::kImage));
  answer.content[1].data = text("iVBORw0KGgo=");
  const Written w =
      written(request_of({message(Role::kAssistant, {call("x", "one"), call("y", "two")}),
                          message(Role::kTool, {answer, result("y", text("2"))})}));
  const json& parts = w.body["contents"][1]["parts"];
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_TRUE(parts[1].contains("functionResponse"));
  EXPECT_EQ(parts[2]["inlineData"]["mimeType"], "image/png");
}

TEST(GeminiRequest, ids_go_back_in_signed_turns_only_and_made_ids_never) {
  const std::string made = dialect::gemini_wire::made_id(request_id, 3);
  Part first = call("theirs", "one");
  const auto ids = [&] {
    const Written w = written(
        request_of({message(Role::kAssistant, {first, call(made, "two")}),
                    message(Role::kTool, {result("theirs", text("1")), result(made, text("2"))})}));
    json found = json::array();
    for (const json& content : w.body["contents"])
      for (const json& each : content["parts"])
        for (const auto& [name, value] : each.items())
          if (value.is_object() && value.contains("id")) found.push_back(value["id"]);
    return found;
  };
  EXPECT_EQ(ids(), json::array());
  first.signature = text("c2ln");
  first.signer = "gemini";
  EXPECT_EQ(ids(), json({"theirs", "theirs"}));
}

TEST(GeminiRequest, signatures_of_google_are_replayed_and_others_dropped_by_name) {
  Part said = part("hello");
  said.signature = text("dGV4dA==");
  said.signer = "gemini";
  Part thought = part("hm", Part::Kind::kReasoning);
  thought.signature = text("dGhvdWdodA==");
  thought.signer = "gemini";
  Part foreign = part("hm", Part::Kind::kReasoning);
  foreign.signature = text("Zm9yZWlnbg==");
  foreign.signer = "anthropic";
  foreign.place = {1, 2};
  Part bare = part("hm", Part::Kind::kReasoning);
  bare.place = {1, 3};
  Part signed_call = call("x", "one");
  signed_call.signature = text("Zm9yZWlnbg==");
  signed_call.signer = "somebody";
  signed_call.place = {1, 4};
  const Written w =
      written(request_of({message(Role::kAssistant, {thought, said, foreign, bare, signed_call})}));
  EXPECT_EQ(w.body["contents"][0]["parts"], json::parse(R"([
      {"text":"hm","thought":true,"thoughtSignature":"dGhvdWdodA=="},
      {"text":"hello","thoughtSignature":"dGV4dA=="},
      {"functionCall":{"name":"one","args":{"a":1.5},"id":"x"}}])"));
  EXPECT_EQ(w.dropped, (chat::Dropped{"contents[1].parts[2]", "contents[1].parts[3]",
                                      "contents[1].parts[4].thoughtSignature"}));
}

TEST(GeminiRequest, from_gemini_3_on_the_first_call_of_a_step_has_a_signature) {
  const auto signatures = [](std::string model, Part first) {
    const Written w =
        written(request_of({message(Role::kAssistant, {first, call("y", "two")}),
                            message(Role::kTool, {result("x", text("1")), result("y", text("2"))}),
                            message(Role::kAssistant, {call("z", "two")})},
                           std::move(model)));
    json found = json::array();
    for (const json& content : w.body["contents"])
      for (const json& each : content["parts"])
        if (each.contains("functionCall")) found.push_back(each.value("thoughtSignature", ""));
    return found;
  };
  constexpr const char* dummy = "skip_thought_signature_validator";
  EXPECT_EQ(signatures("gemini-2.5-pro", call("x", "one")), json({"", "", ""}));
  EXPECT_EQ(signatures("gemini-3-pro-preview", call("x", "one")), json({dummy, "", dummy}));
  EXPECT_EQ(signatures("models/gemini-3.5-flash", call("x", "one")), json({dummy, "", dummy}));
  EXPECT_EQ(signatures("gemini-flash-latest", call("x", "one")), json({dummy, "", dummy}));
  Part first = call("x", "one");
  first.signature = text("c2ln");
  EXPECT_EQ(signatures("gemini-3-pro-preview", first), json({"c2ln", "", dummy}));
}

TEST(GeminiRequest, broken_arguments_and_free_input_are_carried_in_an_object) {
  chat::Arena arena;
  Part cut = call("x", "one");
  cut.arguments = {};
  cut.arguments_cut = true;
  cut.text = arena.escape("{\"a\":");
  Part custom = call("y", "two");
  custom.arguments = {};
  custom.custom = true;
  custom.text = text("input");
  const Written w = written(request_of({message(Role::kAssistant, {cut, custom})}));
  const json& parts = w.body["contents"][0]["parts"];
  EXPECT_EQ(parts[0]["functionCall"]["args"], json({{"arguments", "{\"a\":"}}));
  EXPECT_EQ(parts[1]["functionCall"]["args"], json({{"input", "input"}}));
}

Written with_media(Part media) { return written(request_of({message(Role::kUser, {media})})); }

TEST(GeminiRequest, bytes_are_inline_data_and_their_type_is_known) {
  const auto type = [](Part::Kind kind, std::string_view said, std::string_view data,
                       std::string_view name = "", std::string_view format = "") {
    Part media = part("", kind);
    media.media_type = text(said);
    media.data = text(data);
    media.name = text(name);
    media.format = text(format);
    const Written w = with_media(media);
    if (w.refused) return std::string("refused");
    const json& inline_data = w.body["contents"][0]["parts"][0]["inlineData"];
    EXPECT_EQ(inline_data["data"], std::string(data));
    return inline_data["mimeType"].get<std::string>();
  };
  EXPECT_EQ(type(Part::Kind::kImage, "image/webp", "AAAA"), "image/webp");
  EXPECT_EQ(type(Part::Kind::kImage, "image/jpg", "AAAA"), "image/jpeg");
  EXPECT_EQ(type(Part::Kind::kImage, "", "/9j/AAAA"), "image/jpeg");
  EXPECT_EQ(type(Part::Kind::kImage, "", "AAAA"), "refused");
  EXPECT_EQ(type(Part::Kind::kAudio, "", "AAAA", "", "wav"), "audio/wav");
  EXPECT_EQ(type(Part::Kind::kAudio, "", "AAAA", "", "mp3"), "audio/mp3");
  EXPECT_EQ(type(Part::Kind::kFile, "", "JVBERi0x"), "application/pdf");
  EXPECT_EQ(type(Part::Kind::kFile, "", "AAAA", "notes.txt"), "text/plain");
  EXPECT_EQ(type(Part::Kind::kFile, "", "AAAA", "notes"), "refused");
}

TEST(GeminiRequest, addresses_are_taken_of_google_only) {
  for (const std::string_view url :
       {"gs://bucket/a.png", "https://generativelanguage.googleapis.com/v1beta/files/a"}) {
    Part media = part("", Part::Kind::kImage);
    media.url = text(url);
    EXPECT_EQ(with_media(media).body["contents"][0]["parts"][0]["fileData"]["fileUri"],
              std::string(url));
  }
  Part media = part("", Part::Kind::kImage);
  media.url = text("https://a.example/a.png");
  media.place = {0, 0};
  const Written w = with_media(media);
  ASSERT_TRUE(w.refused);
  EXPECT_EQ(w.refused->kind, chat::Refused::Kind::kUnsupported);
  EXPECT_EQ(w.refused->param, "contents[0].parts[0]");
  EXPECT_NE(w.refused->message.find("data URL"), std::string::npos);
  media = part("", Part::Kind::kFile);
  media.file_id = text("file-123");
  EXPECT_TRUE(with_media(media).refused);
}

TEST(GeminiRequest, what_only_tunes_is_dropped_by_name) {
  chat::Request request = hello();
  request.parallel_tool_calls = false;
  request.logit_bias = "{\"1\":2}";
  request.user = text("u");
  request.metadata = "{}";
  request.service_tier = text("flex");
  request.verbosity = text("low");
  request.seed = "15924764223251450000";
  request.extras.push_back({text("store"), "true"});
  request.messages[0].name = text("ann");
  request.messages[0].parts[0].cache_control = "{}";
  request.messages[0].parts[0].citations = "[]";
  const Written w = written(request);
  EXPECT_EQ(w.dropped,
            (chat::Dropped{"contents[0].parts[0]", "contents[0].parts[0].citations",
                           "generationConfig.seed", "store", "toolConfig.functionCallingConfig",
                           "logitBias", "user", "labels", "serviceTier", "verbosity"}));
}

TEST(GeminiRequest, googles_own_members_are_carried_as_they_are) {
  chat::Request request = hello();
  request.extras.push_back({text("safety_settings"), R"([{"threshold":"OFF"}])"});
  request.extras.push_back({text("cachedContent"), R"("cachedContents/a")"});
  request.extras.push_back({text("safetySettings"), "[]"});
  const Written w = written(request);
  EXPECT_EQ(w.body["safetySettings"], json::parse(R"([{"threshold":"OFF"}])"));
  EXPECT_EQ(w.body["cachedContent"], "cachedContents/a");
  EXPECT_EQ(w.dropped, chat::Dropped{"safetySettings"});
}

}  // namespace
