// What the dialect Responses writes it reads back: its own replies, and what clients send back.
#include <random>

#include "generate.h"
#include "responses_support.h"

namespace {

using namespace responses_test;

dialect::generate::Features features() {
  dialect::generate::Features has;
  has.assistant_order = has.refusals = has.custom_tools = has.cut_arguments = true;
  has.plain_reasoning = has.signed_reasoning = has.sealed_reasoning = true;
  has.signer = "responses";
  has.service_tier = has.answered_images = has.reply_logprobs = true;
  has.cache_write = true;
  return has;
}

// Counts that were not said come back as zero, and ids with the prefix that clients know.
json comparable(json description) {
  for (const char* name : {"cache_read", "cache_write", "reasoning"})
    if (description["usage"].value(name, 0) == 0) description["usage"].erase(name);
  const std::string id = description["id"];
  if (!id.starts_with("resp_")) description["id"] = "resp_" + id;
  bool text = false;
  for (const json& part : description["choices"][0]["parts"]) text |= part["kind"] == "text";
  json& choice = description["choices"][0];
  if (!text) choice.erase("logprobs");
  if (!choice.contains("logprobs")) return description;
  for (json& each : choice["logprobs"]["content"])
    for (const char* name : {"bytes", "top_logprobs"})
      if (each.contains(name) && each[name].empty()) each.erase(name);
  return description;
}

TEST(ResponsesReply, random_replies_are_read_back_the_same) {
  std::mt19937 random(1);
  for (int round = 0; round < 1000; ++round) {
    const chat::Reply reply = dialect::generate::reply(random, features());
    std::string body;
    dialect::responses.write_reply(reply, context(), body);
    ASSERT_FALSE(json::parse(body, nullptr, false).is_discarded()) << body;
    expect_response(json::parse(body));
    ASSERT_EQ(comparable(read_whole(body)), comparable(dialect::describe(reply))) << body;
  }
}

TEST(ResponsesStream, random_streams_are_read_back_the_same) {
  std::mt19937 random(2);
  for (int round = 0; round < 1000; ++round) {
    chat::Reply reply = dialect::generate::reply(random, features());
    const auto writer = dialect::responses.stream_writer(context());
    std::string stream;
    for (const chat::Delta& delta : dialect::generate::deltas(reply, random))
      writer->write(delta, stream);
    writer->end(stream);
    const auto reader = dialect::responses.stream_reader({}, context());
    json streamed = comparable(joined(*reader, stream));
    json whole = comparable(dialect::describe(reply));
    for (json* each : {&streamed, &whole}) (*each)["choices"][0].erase("logprobs");
    ASSERT_EQ(streamed, whole) << stream;
    EXPECT_EQ(reader->progress(), dialect::StreamReader::Progress::kClosed);
    StreamChecker().check(events_of(stream));
    if (testing::Test::HasFailure()) FAIL() << stream;
  }
}

// --- What clients send back
// -----------------------------------------------------------------------

dialect::generate::Features foreign() {
  dialect::generate::Features has;
  has.assistant_order = has.refusals = has.custom_tools = has.cut_arguments = true;
  has.signed_reasoning = has.sealed_reasoning = has.signed_texts = has.signed_calls = true;
  return has;
}

void expect_sent_back(const json& output, const chat::Reply& reply) {
  const auto again = read_input(output.dump());
  ASSERT_FALSE(again->refused) << again->refused->message;
  json parts = json::array();
  for (const chat::Message& message : again->request.messages)
    for (const chat::Part& part : message.parts) parts.push_back(dialect::describe(part));
  ASSERT_EQ(parts, dialect::describe(reply.choices[0].parts)) << output.dump(1);
}

TEST(ResponsesReply, an_answer_that_a_client_sends_back_is_the_same_with_all_its_signatures) {
  std::mt19937 random(4);
  for (int round = 0; round < 1000; ++round) {
    const chat::Reply reply = dialect::generate::reply(random, foreign());
    std::string body;
    dialect::responses.write_reply(reply, context(), body);
    expect_sent_back(json::parse(body)["output"], reply);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(ResponsesStreamWriter, a_stream_that_a_client_sends_back_is_the_same_with_all_its_signatures) {
  std::mt19937 random(5);
  for (int round = 0; round < 1000; ++round) {
    chat::Reply reply = dialect::generate::reply(random, foreign());
    const auto events = written_stream(dialect::generate::deltas(reply, random));
    expect_sent_back(output_of(events), reply);
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
