#include <gtest/gtest.h>

#include "codec/sse.h"
#include "dialect/describe.h"
#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect {
namespace {

using nlohmann::json;
using Progress = StreamReader::Progress;

class Stream {
 public:
  explicit Stream(const Quirks& quirks = {}) {
    ReplyContext context;
    context.request_id = "0123";
    reader_ = openai_chat.stream_reader(quirks, context);
  }

  Stream& read(std::string_view data, std::string_view type = {}) {
    deltas_.clear();
    reader_->read(type, data, deltas_);
    joined_.add(deltas_);
    return *this;
  }
  // The members of the delta of choice 0.
  Stream& delta(const std::string& members) {
    return read(R"({"choices":[{"index":0,"delta":{)" + members + "}}]}");
  }
  Stream& finish(const std::string& word) {
    return read(R"({"choices":[{"index":0,"delta":{},"finish_reason":")" + word + R"("}]})");
  }

  json choice(size_t index = 0) const { return joined_.description()["choices"][index]; }
  json parts() const { return choice()["parts"]; }
  json usage() const { return joined_.description()["usage"]; }
  const std::vector<json>& errors() const { return joined_.errors(); }
  Progress progress() const { return reader_->progress(); }
  size_t last_count() const { return deltas_.size(); }
  int starts() const { return joined_.starts(); }

 private:
  std::unique_ptr<StreamReader> reader_;
  std::vector<chat::Delta> deltas_;
  JoinedDeltas joined_;
};

json call(const char* id, const char* name, const char* arguments) {
  return {{"kind", "tool_call"}, {"id", id}, {"name", name}, {"arguments", json::parse(arguments)}};
}

TEST(OpenaiChatStream, calls_are_told_apart_by_index_even_when_they_are_mixed) {
  Stream stream;
  stream.delta(R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f",
      "arguments":""}}])");
  stream.delta(
      R"("tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\""}}])");
  stream.delta(
      R"("tool_calls":[{"index":0,"function":{"arguments":"{\"x\":1}"}},{"index":1,
      "id":null,"type":"function","function":{"name":null,"arguments":":2}"}}])");
  stream.delta(R"("tool_calls":[{"id":null,"type":null,"function":{"name":null,
      "arguments":""}}])");
  stream.finish("tool_calls");
  EXPECT_EQ(stream.parts(), json({call("a", "f", R"({"x":1})"), call("b", "g", R"({"y":2})")}));
  EXPECT_EQ(stream.choice()["finish"], "tool_calls");
  EXPECT_EQ(stream.progress(), Progress::kWhole);
}

TEST(OpenaiChatStream, calls_without_index_are_told_apart_by_id_and_else_by_place) {
  Stream stream;
  stream.delta(
      R"("tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b",
      "function":{"name":"f","arguments":"{\"x\""}}])");
  stream.delta(R"("tool_calls":[{"function":{"arguments":":1}"}}])");
  stream.delta(R"("tool_calls":[{"function":{"name":"g","arguments":{"z":3}}}])");
  EXPECT_EQ(stream.parts(), json({call("a", "f", "{}"), call("b", "f", R"({"x":1})"),
                                  call("call_0123_0", "g", R"({"z":3})")}));
}

TEST(OpenaiChatStream, calls_that_all_count_as_zero_are_told_apart_by_id) {
  Stream stream;
  stream.delta(R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f",
      "arguments":"{}"}}])");
  stream.delta(R"("tool_calls":[{"index":0,"id":"b","function":{"name":"f",
      "arguments":"{}"}}])");
  EXPECT_EQ(stream.parts().size(), 2u);
}

TEST(OpenaiChatStream, arguments_may_come_before_the_name) {
  Stream stream;
  stream.delta(R"("tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}])");
  stream.delta(R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f",
      "arguments":"1}"}}])");
  stream.finish("stop");
  EXPECT_EQ(stream.parts(), json::array({call("a", "f", R"({"x":1})")}));
  EXPECT_EQ(stream.choice()["finish"], "tool_calls");
}

TEST(OpenaiChatStream, arguments_that_were_cut_off_are_told_as_a_length) {
  Stream stream;
  stream.delta(
      R"("tool_calls":[{"index":0,"id":"a","function":{"name":"f",
      "arguments":"{\"x\":\"}\\\"}"}}])");
  stream.finish("tool_calls");
  EXPECT_EQ(stream.choice()["finish"], "length");
  stream.delta(R"("tool_calls":[{"index":0,"function":{"arguments":"\"}"}}])");
  EXPECT_EQ(stream.choice()["finish"], "tool_calls");
  stream.finish("tool_calls");
  EXPECT_EQ(stream.last_count(), 0u);
}

TEST(OpenaiChatStream, the_state_of_arguments_sees_through_escapes) {
  const auto whole = [](std::string_view raw) {
    ArgumentsState state;
    state.take({raw, true});
    return state.whole();
  };
  EXPECT_TRUE(whole(R"({\"a\":\"\\\\\"})"));
  EXPECT_TRUE(whole(R"(\u007b\u0022a\u0022:[{}]\u007d\n)"));
  EXPECT_TRUE(whole(" "));
  EXPECT_FALSE(whole(R"({\"a\":\"\\\"})"));
  EXPECT_FALSE(whole(R"([])"));
  EXPECT_FALSE(whole(R"({}{)"));
  EXPECT_FALSE(whole(R"({\)"));
}

TEST(OpenaiChatStream, content_may_be_a_list_of_thoughts_and_texts) {
  Stream stream;
  stream.delta(
      R"("content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}],
      "closed":true}])");
  stream.delta(R"("content":[{"type":"text","text":"yes"}])");
  stream.delta(R"("content":"!")");
  EXPECT_EQ(stream.parts(),
            json::parse(R"([{"kind":"reasoning","text":"hm"},{"kind":"text","text":"yes!"}])"));
}

TEST(OpenaiChatStream, reasoning_that_is_said_twice_counts_once) {
  Stream stream;
  stream.delta(R"("reasoning":"a","reasoning_content":"a","content":null)");
  stream.delta(
      R"("reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b",
      "format":"anthropic-claude-v1","index":0}])");
  stream.delta(
      R"("reasoning_details":[{"type":"reasoning.text","signature":"S",
      "format":"anthropic-claude-v1","index":0},{"type":"reasoning.encrypted","data":"E",
      "index":1}])");
  EXPECT_EQ(stream.parts(), json::parse(R"([
    {"kind":"reasoning","text":"ab","signature":"S","signer":"anthropic"},
    {"kind":"sealed_reasoning","signature":"E"}])"));
}

TEST(OpenaiChatStream, the_last_usage_counts_and_parts_larger_than_their_whole_are_cut) {
  Stream stream;
  stream.read(R"({"choices":[],"id":"","model":"","prompt_filter_results":[]})");
  EXPECT_EQ(stream.starts(), 0);
  stream.read(
      R"({"choices":[{"index":0,"delta":{"content":"x"},"finish_reason":"stop"}],
      "usage":null})");
  stream.read(R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}})");
  stream.read(
      R"({"choices":[],"usage":{"prompt_tokens":10,"completion_tokens":7,
      "prompt_tokens_details":{"cached_tokens":99,"cache_write_tokens":null},
      "completion_tokens_details":{"reasoning_tokens":5}}})");
  stream.read(R"({"choices":[]})");
  EXPECT_EQ(stream.usage(), json::parse(R"({"input":0,"cache_read":10,"output":2,
      "reasoning":5})"));
}

TEST(OpenaiChatStream, usage_is_found_wherever_a_provider_has_it) {
  const auto usage = [](const std::string& members, const Quirks& quirks = {}) {
    return Stream(quirks).read("{\"choices\":[]," + members + '}').usage();
  };
  EXPECT_EQ(usage(R"("usage":{"prompt_tokens":9,"completion_tokens":1,
      "prompt_cache_hit_tokens":4})"),
            json::parse(R"({"input":5,"cache_read":4,"output":1})"));
  EXPECT_EQ(usage(R"("usage":{"prompt_tokens":9,"completion_tokens":1,"cached_tokens":4})"),
            json::parse(R"({"input":5,"cache_read":4,"output":1})"));
  EXPECT_EQ(usage(R"("x_groq":{"usage":{"prompt_tokens":9,"completion_tokens":1}})"),
            json::parse(R"({"input":9,"output":1})"));
  EXPECT_EQ(usage(
                R"("usage":{"prompt_tokens":9,"completion_tokens":6,"prompt_tokens_details":{
      "cached_tokens":2,"cache_write_tokens":3}})"),
            json::parse(R"({"input":4,"cache_read":2,"cache_write":3,"output":6})"));
  Quirks quirks;
  quirks.reasoning_beside_output = true;
  EXPECT_EQ(usage(
                R"("usage":{"prompt_tokens":9,"completion_tokens":1,"completion_tokens_details":{
      "reasoning_tokens":5}})",
                quirks),
            json::parse(R"({"input":9,"output":1,"reasoning":5})"));
}

TEST(OpenaiChatStream, increments_are_summed_until_a_total_comes) {
  Quirks quirks;
  quirks.usage_increments = true;
  Stream stream(quirks);
  stream.read(
      R"({"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":5,
      "completion_tokens":1}})");
  stream.read(
      R"({"choices":[{"delta":{"content":"b"}}],"usage":{"prompt_tokens":0,
      "completion_tokens":1}})");
  EXPECT_EQ(stream.usage(), json::parse(R"({"input":5,"output":2})"));
  stream.read(R"({"response":"","usage":{"prompt_tokens":6,"completion_tokens":3}})");
  EXPECT_EQ(stream.usage(), json::parse(R"({"input":6,"output":3})"));
}

TEST(OpenaiChatStream, errors_are_found_in_every_shape) {
  const auto kind = [](std::string_view data, std::string_view type = {}) {
    Stream stream;
    stream.read(R"({"id":"i","choices":[{"index":0,"delta":{"content":"x"}}]})").read(data, type);
    EXPECT_EQ(stream.progress(), Progress::kClosed);
    EXPECT_EQ(stream.read("{}").last_count(), 0u);
    return stream.errors().empty() ? "none" : stream.errors()[0]["kind"].get<std::string>();
  };
  EXPECT_EQ(kind(R"({"error":{"message":"m","status_code":400,
      "type":"invalid_request_error"}})",
                 "error"),
            "invalid_request");
  EXPECT_EQ(kind(
                R"({"id":"i","choices":[{"index":0,"delta":{"content":""},
      "finish_reason":"error"}],"error":{"code":502,"message":"gone"}})"),
            "server");
  EXPECT_EQ(kind(R"({"choices":[{"index":0,"error":{"code":429,"message":"slow"}}]})"),
            "rate_limited");
  EXPECT_EQ(kind(R"({"error":"out of memory"})"), "server");
  EXPECT_EQ(kind(R"({"object":"error","message":"Service unavailable.","code":"503"})"),
            "overloaded");
  EXPECT_EQ(kind(R"({"detail":"Unauthorized"})"), "server");
  EXPECT_EQ(kind("not json"), "bad_response");
  EXPECT_EQ(kind("[1]"), "bad_response");
  EXPECT_EQ(kind("plain words", "error"), "server");
}

TEST(OpenaiChatStream, the_end_is_known_with_spaces_around_it_and_without_it) {
  Stream stream;
  EXPECT_EQ(stream.progress(), Progress::kOpen);
  stream.read(
      R"({"choices":[{"index":0,"delta":{"content":"x"}},{"index":1,"delta":{
      "content":"y"}}]})");
  stream.finish("stop");
  EXPECT_EQ(stream.progress(), Progress::kOpen);
  stream.read(R"({"choices":[{"index":1,"delta":{},"finish_reason":"model_length"}]})");
  EXPECT_EQ(stream.progress(), Progress::kWhole);
  EXPECT_EQ(stream.choice(1)["finish"], "length");
  stream.read(" [DONE] ");
  EXPECT_EQ(stream.progress(), Progress::kClosed);
  EXPECT_EQ(stream.starts(), 1);
}

TEST(OpenaiChatStream, the_last_finish_counts) {
  Stream stream;
  stream.delta(R"("content":"x")").finish("length").finish("stop");
  EXPECT_EQ(stream.choice()["finish"], "stop");
  stream.finish("insufficient_system_resource");
  EXPECT_EQ(stream.choice()["finish"], "error");
}

TEST(OpenaiChatStream, addresses_beside_the_answer_become_annotations_once) {
  Stream stream;
  for (int repeat = 0; repeat < 3; ++repeat)
    stream.read(
        R"({"choices":[{"index":0,"delta":{"content":"x"}}],"citations":[
      "https://a.example"]})");
  ASSERT_EQ(stream.choice()["annotations"].size(), 1u);
  EXPECT_EQ(stream.choice()["annotations"][0]["url_citation"]["url"], "https://a.example");
}

TEST(OpenaiChatStream, more_calls_than_any_model_makes_are_an_error) {
  Stream stream;
  for (int at = 0; at < 1000 && stream.errors().empty(); ++at)
    stream.delta(R"("tool_calls":[{"index":)" + std::to_string(at) +
                 R"(,"id":"a","function":{"name":"f","arguments":"{}"}}])");
  ASSERT_EQ(stream.errors().size(), 1u);
  EXPECT_EQ(stream.errors()[0]["kind"], "bad_response");
}

// --- Writing ------------------------------------------------------------------------------------

std::vector<std::string> write(const std::vector<chat::Delta>& deltas, bool include_usage) {
  ReplyContext context;
  context.request_id = "0123";
  context.model = "asked";
  context.now_s = 7;
  context.include_usage = include_usage;
  const auto writer = openai_chat.stream_writer(context);
  std::string out;
  for (const chat::Delta& delta : deltas) writer->write(delta, out);
  writer->end(out);
  std::vector<std::string> events;
  codec::SseReader reader;
  reader.push(out);
  for (codec::SseBlock block; reader.next(block);) events.emplace_back(block.raw);
  return events;
}

chat::Delta delta(chat::Delta::Kind kind, std::string_view text = {}) {
  chat::Delta delta;
  delta.kind = kind;
  delta.text = chat::literal(text);
  return delta;
}

TEST(OpenaiChatStream, chunks_are_written_as_openai_writes_them) {
  chat::Delta start = delta(chat::Delta::Kind::kStart);
  start.id = chat::literal("x");
  chat::Delta finish = delta(chat::Delta::Kind::kFinish);
  finish.finish = chat::Finish::kStop;
  chat::Delta usage = delta(chat::Delta::Kind::kUsage);
  usage.usage.input = 3;
  usage.usage.cache_read = 1;
  usage.usage.output = 2;
  const std::string head =
      R"(data: {"id":"x","object":"chat.completion.chunk","created":7,"model":"asked",)"
      R"("choices":[)";
  const std::string role =
      R"({"index":0,"delta":{"role":"assistant","content":"","refusal":null},)";
  const std::string text = R"({"index":0,"delta":{"content":"hi"},)";
  const std::string none = R"({"index":0,"delta":{},)";
  const std::string open = R"("logprobs":null,"finish_reason":null}])";
  const std::string stop = R"("logprobs":null,"finish_reason":"stop"}])";
  const std::string unused = ",\"usage\":null}\n\n";
  const std::string used = R"(],"usage":{"prompt_tokens":4,"completion_tokens":2,"total_tokens":6,)"
                           R"("prompt_tokens_details":{"cached_tokens":1},)"
                           R"("completion_tokens_details":{"reasoning_tokens":0}}})";
  EXPECT_EQ(write({start, delta(chat::Delta::Kind::kText, "hi"), usage, finish}, true),
            (std::vector<std::string>{head + role + open + unused, head + text + open + unused,
                                      head + none + stop + unused, head + used + "\n\n",
                                      "data: [DONE]\n\n"}));
  EXPECT_EQ(write({start, usage, finish}, false),
            (std::vector<std::string>{head + role + open + "}\n\n", head + none + stop + "}\n\n",
                                      "data: [DONE]\n\n"}));
}

TEST(OpenaiChatStream, annotations_are_numbered_through_all_chunks) {
  chat::Delta first = delta(chat::Delta::Kind::kAnnotations), second = first;
  first.json = "[{\"type\":\"a\", \"x\":{\"index\":\n9}},{}]";
  second.json = R"([{"index":0,"type":null}, 1])";
  const auto events = write({first, second}, false);
  ASSERT_EQ(events.size(), 5u);
  EXPECT_NE(
      events[1].find(R"("annotations":[{"index":0,"type":"a","x":{"index": 9}},{"index":1}])"),
      std::string::npos);
  EXPECT_NE(events[2].find(R"("annotations":[{"index":2,"type":null}])"), std::string::npos);
}

TEST(OpenaiChatStream, a_call_without_arguments_gets_an_empty_object) {
  chat::Delta call = delta(chat::Delta::Kind::kToolCall);
  call.id = chat::literal("a");
  call.name = chat::literal("f");
  const auto events = write({call}, false);
  ASSERT_EQ(events.size(), 5u);
  EXPECT_NE(events[1].find(R"("function":{"name":"f","arguments":""})"), std::string::npos);
  EXPECT_NE(events[2].find(R"({"index":0,"function":{"arguments":"{}"}})"), std::string::npos);
  EXPECT_NE(events[3].find(R"("finish_reason":"tool_calls")"), std::string::npos);
}

TEST(OpenaiChatStream, raw_line_breaks_never_reach_an_event) {
  chat::Delta logprobs = delta(chat::Delta::Kind::kLogprobs);
  logprobs.json = "{\n\"content\":\r\n[]}";
  const auto events = write({logprobs}, false);
  for (const std::string& event : events) EXPECT_EQ(event.find('\n'), event.size() - 2);
}

TEST(OpenaiChatStream, halves_of_a_surrogate_pair_pass_as_they_came) {
  Stream stream;
  stream.delta(R"("content":"\ud83d")").delta(R"("content":"\ude00")");
  EXPECT_EQ(stream.parts()[0]["text"], "\xf0\x9f\x98\x80");
}

TEST(OpenaiChatStream, an_error_ends_the_stream_without_the_regular_end) {
  const auto writer = openai_chat.stream_writer({});
  chat::Error error;
  error.kind = chat::Error::Kind::kOverloaded;
  error.message = "busy";
  std::string out;
  writer->fail(error, out);
  EXPECT_EQ(out,
            "data: {\"error\":{\"message\":\"busy\",\"type\":\"api_error\",\"param\":null,\"code\":"
            "\"overloaded\"}}\n\n");
  out.clear();
  writer->keep_alive(out);
  EXPECT_EQ(out, ": keep-alive\n\n");
}

}  // namespace
}  // namespace postern::dialect
