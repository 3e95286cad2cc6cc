// What the dialect writes it reads back the same, as far as Gemini can say it.
#include <gtest/gtest.h>

#include "gemini_support.h"
#include "generate.h"

namespace {

using namespace gemini_test;
using dialect::generate::Features;

// Ids stay at home in turns that are not signed.
void erase_ids(json& value) {
  if (value.is_object() &&
      (value.value("kind", "") == "tool_call" || value.value("kind", "") == "tool_result"))
    value.erase("id");
  for (json& inner : value)
    if (inner.is_structured()) erase_ids(inner);
}

json comparable(const chat::Request& request) {
  json described = dialect::describe(request);
  described.erase("model");  // both are said in the path
  described.erase("stream");
  erase_ids(described["messages"]);
  for (json& message : described["messages"])
    for (json& part : message["parts"]) {
      // A result is one text on the wire.
      std::string joined;
      if (part["kind"] != "tool_result") continue;
      for (const json& inner : part["content"]) joined += inner.value("text", "");
      part["content"] = joined;
    }
  if (described.contains("reasoning")) described["reasoning"].erase("include_thoughts");
  return described;
}

Features features() {
  Features has;
  has.several_texts = has.assistant_order = has.adjacent_users = true;
  has.image_data = has.audio = true;
  has.result_errors = true;
  has.signed_reasoning = has.signed_texts = has.signed_calls = true;
  has.signer = "gemini";
  has.top_k = has.penalties = has.choices = has.logprobs = true;
  has.json_object = has.json_schema = true;
  has.several_choices = has.answered_images = true;
  return has;
}

class GeminiLoop : public testing::TestWithParam<const char*> {};

TEST_P(GeminiLoop, requests_come_back_the_same) {
  Features has = features();
  const std::string model = GetParam();
  has.budget = model.find("2.5") != model.npos;
  has.effort = !has.budget;
  std::mt19937 random(7);
  for (int round = 0; round < 1500; ++round) {
    chat::Request request = dialect::generate::request(random, has);
    request.model = model;
    std::string body;
    chat::Dropped dropped;
    const auto refused = dialect::gemini.write_request(request, dialect::gemini, {}, dropped, body);
    ASSERT_FALSE(refused) << refused->message;
    ASSERT_TRUE(dropped.empty()) << dropped[0];
    chat::Request again;
    ASSERT_FALSE(dialect::gemini_wire::read_request(body, again)) << body;
    ASSERT_EQ(comparable(again), comparable(request)) << body;
  }
}

INSTANTIATE_TEST_SUITE_P(Models, GeminiLoop,
                         testing::Values("gemini-2.5-flash", "gemini-3.1-pro-preview"));

TEST(GeminiLoop, ids_of_signed_turns_come_back) {
  chat::Part first = call("theirs", "one");
  first.signature = text("cw==");
  first.signer = "gemini";
  chat::Part answer = result("theirs", text("1"));
  answer.name = text("one");
  const chat::Request request =
      request_of({message(chat::Role::kAssistant, {first}), message(chat::Role::kTool, {answer})});
  std::string body;
  chat::Dropped dropped;
  dialect::gemini.write_request(request, dialect::gemini, {}, dropped, body);
  chat::Request again;
  dialect::gemini_wire::read_request(body, again);
  EXPECT_EQ(dialect::describe(again)["messages"], dialect::describe(request)["messages"]);
}

TEST(GeminiLoop, replies_come_back_the_same) {
  std::mt19937 random(11);
  for (int round = 0; round < 1500; ++round) {
    const chat::Reply reply = dialect::generate::reply(random, features());
    std::string body;
    dialect::gemini_wire::write_reply(reply, context(), body);
    chat::Reply again;
    ASSERT_TRUE(dialect::gemini.read_reply(body, {}, context(), again)) << body;
    json expected = dialect::describe(reply), found = dialect::describe(again);
    for (json& choice : found["choices"]) choice.erase("finish_message");
    ASSERT_EQ(found, expected) << body;
    // A whole reply is also the only event of a stream.
    Stream stream({body});
    ASSERT_TRUE(stream.joined.errors().empty());
    ASSERT_EQ(stream.joined.description()["usage"], expected["usage"]);
    ASSERT_EQ(stream.finishes.size(), reply.choices.size());
  }
}

}  // namespace
