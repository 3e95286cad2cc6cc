// Streams towards clients that speak Responses.
#include <random>

#include "generate.h"
#include "responses_support.h"

namespace {

using namespace responses_test;
using Kind = chat::Delta::Kind;

chat::Delta delta(Kind kind, std::string_view text = "", int64_t tool = 0) {
  chat::Delta delta;
  delta.kind = kind;
  delta.text = chat::literal(text);
  delta.tool = tool;
  return delta;
}

chat::Delta call(int64_t tool, std::string_view id) {
  chat::Delta call = delta(Kind::kToolCall, "", tool);
  call.id = call.name = chat::literal(id);
  return call;
}

chat::Delta finish(chat::Finish reason) {
  chat::Delta finish = delta(Kind::kFinish);
  finish.finish = reason;
  return finish;
}

std::vector<std::string> types_of(const std::vector<Event>& events) {
  std::vector<std::string> types;
  for (const Event& event : events) types.push_back(event.type.substr(9));
  return types;
}

TEST(ResponsesStreamWriter, an_answer_has_the_events_of_openai) {
  chat::Delta start = delta(Kind::kStart);
  start.id = chat::literal("abc");
  start.model = chat::literal("model");
  start.created_s = 7;
  chat::Delta usage = delta(Kind::kUsage);
  usage.usage.input = 3;
  usage.usage.cache_read = 2;
  usage.usage.output = 1;
  const auto events =
      written_stream({start, delta(Kind::kReasoning, "hm"), delta(Kind::kText, "H"),
                      delta(Kind::kText, "i\\n"), finish(chat::Finish::kStop), usage});
  EXPECT_EQ(types_of(events),
            (std::vector<std::string>{
                "created", "in_progress", "output_item.added", "reasoning_summary_part.added",
                "reasoning_summary_text.delta", "reasoning_summary_text.done",
                "reasoning_summary_part.done", "output_item.done", "output_item.added",
                "content_part.added", "output_text.delta", "output_text.delta", "output_text.done",
                "content_part.done", "output_item.done", "completed"}));
  const json& response = events.back().data["response"];
  EXPECT_EQ(response["id"], "resp_abc");
  EXPECT_EQ(response["created_at"], 7);
  EXPECT_EQ(response["output"][1]["content"][0]["text"], "Hi\n");
  EXPECT_EQ(response["usage"]["input_tokens"], 5);
  EXPECT_EQ(response["usage"]["input_tokens_details"]["cached_tokens"], 2);
  EXPECT_EQ(response["usage"]["total_tokens"], 6);
  EXPECT_TRUE(events[0].data["response"]["usage"].is_null());
}

TEST(ResponsesStreamWriter, an_answer_without_a_word_is_complete) {
  const auto events = written_stream({});
  EXPECT_EQ(types_of(events), (std::vector<std::string>{"created", "in_progress", "completed"}));
  EXPECT_EQ(events.back().data["response"]["model"], "asked");
  EXPECT_EQ(events.back().data["response"]["created_at"], 1700000000);
}

TEST(ResponsesStreamWriter, reasons_to_stop_are_statuses) {
  const auto last = [](chat::Finish reason) {
    return written_stream({delta(Kind::kText, "x"), finish(reason)}).back().data;
  };
  EXPECT_EQ(last(chat::Finish::kToolCalls)["type"], "response.completed");
  const json length = last(chat::Finish::kLength);
  EXPECT_EQ(length["type"], "response.incomplete");
  EXPECT_EQ(length["response"]["incomplete_details"]["reason"], "max_output_tokens");
  EXPECT_EQ(length["response"]["output"][0]["status"], "incomplete");
  const json filter = last(chat::Finish::kContentFilter);
  EXPECT_EQ(filter["response"]["incomplete_details"]["reason"], "content_filter");
  EXPECT_EQ(last(chat::Finish::kError)["type"], "response.failed");
}

TEST(ResponsesStreamWriter, interleaved_calls_become_one_item_after_the_other) {
  const auto events =
      written_stream({call(0, "a"), delta(Kind::kArguments, "{\\\"x\\\":", 0), call(1, "b"),
                      delta(Kind::kArguments, "{\\\"y\\\"", 1), delta(Kind::kText, "said"),
                      delta(Kind::kArguments, "1}", 0), delta(Kind::kArguments, ":2}", 1),
                      call(2, "c"), finish(chat::Finish::kToolCalls)});
  const json output = output_of(events);
  ASSERT_EQ(output.size(), 4u);
  EXPECT_EQ(output[0]["arguments"], R"({"x":1})");
  EXPECT_EQ(output[1]["arguments"], R"({"y":2})");
  EXPECT_EQ(output[2]["content"][0]["text"], "said");
  EXPECT_EQ(output[3]["arguments"], "{}");
}

// A call whose arguments are whole keeps nothing waiting.
TEST(ResponsesStreamWriter, calls_one_after_the_other_are_not_held_back) {
  const auto writer = dialect::responses.stream_writer(context());
  std::string stream;
  writer->write(call(0, "a"), stream);
  writer->write(delta(Kind::kArguments, "{\\\"s\\\":\\\"}{\\\"}", 0), stream);
  writer->write(call(1, "b"), stream);
  EXPECT_NE(stream.find("\"call_id\":\"b\""), stream.npos);
  writer->write(delta(Kind::kArguments, "{", 1), stream);
  EXPECT_TRUE(stream.find("\"delta\":\"{\"") != stream.npos);
  writer->end(stream);
  StreamChecker().check(events_of(stream));
}

TEST(ResponsesStreamWriter, a_call_that_was_cut_off_is_incomplete) {
  const json output = output_of(written_stream(
      {call(0, "a"), delta(Kind::kArguments, "{\\\"x", 0), finish(chat::Finish::kLength)}));
  EXPECT_EQ(output[0]["status"], "incomplete");
  EXPECT_EQ(output[0]["arguments"], "{\"x");
}

TEST(ResponsesStreamWriter, citations_and_probabilities_stand_in_the_text) {
  chat::Delta annotations = delta(Kind::kAnnotations);
  annotations.json = "[{\"type\":\"url_citation\",\n\"url_citation\":{\"url\":\"u\"}}]";
  chat::Delta logprobs = delta(Kind::kLogprobs);
  logprobs.json = R"({"content":[{"token":"a","logprob":-1,"bytes":[97],"top_logprobs":[]}]})";
  const auto events =
      written_stream({delta(Kind::kText, "a"), logprobs, annotations, finish(chat::Finish::kStop)});
  const json part = output_of(events)[0]["content"][0];
  EXPECT_EQ(part["annotations"], json::parse(R"([{"type":"url_citation","url":"u","title":"",
      "start_index":0,"end_index":0}])"));
  EXPECT_EQ(part["logprobs"][0]["token"], "a");
}

TEST(ResponsesStreamWriter, failures_end_with_an_error_and_the_failed_response) {
  const auto writer = dialect::responses.stream_writer(context());
  std::string stream;
  writer->write(delta(Kind::kText, "x"), stream);
  writer->keep_alive(stream);
  chat::Error error;
  error.message = "it \"broke\"";
  writer->fail(error, stream);
  const auto events = events_of(stream);
  StreamChecker().check(events);
  ASSERT_GE(events.size(), 2u);
  EXPECT_EQ(events[events.size() - 2].type, "error");
  EXPECT_EQ(events[events.size() - 2].data["message"], "it \"broke\"");
  EXPECT_EQ(events.back().type, "response.failed");
  EXPECT_EQ(events.back().data["response"]["error"]["message"], "it \"broke\"");
}

TEST(ResponsesStreamWriter, raw_line_breaks_never_stand_in_an_event) {
  std::mt19937 random(3);
  dialect::generate::Features has;
  has.annotations = has.reply_logprobs = has.custom_tools = true;
  for (int round = 0; round < 100; ++round) {
    chat::Reply reply = dialect::generate::reply(random, has);
    reply.choices[0].annotations = "[ {\"type\":\"x\",\r\n\"a\":\n1} ]";
    reply.choices[0].logprobs = "{\"content\":[{\"token\":\n\"a\",\"logprob\":-1}]}";
    written_stream(dialect::generate::deltas(reply, random));
  }
}

}  // namespace
