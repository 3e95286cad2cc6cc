#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <random>

#include "codec/sse.h"
#include "describe.h"
#include "dialect/anthropic/anthropic.h"
#include "generate.h"

namespace postern::dialect {
namespace {

using chat::Delta;
using nlohmann::json;

ErrorHead head_of(int status) {
  ErrorHead head;
  head.status = status;
  return head;
}

const ReplyContext context = {
    .request_id = "0123456789abcdef0123456789abcdef", .model = "asked-for", .now_s = 1700000000};

json read_whole(const std::string& body) {
  chat::Reply reply;
  EXPECT_TRUE(anthropic.read_reply(body, {}, context, reply)) << body;
  return describe(reply);
}

struct Streamed {
  json description;
  std::vector<json> errors;
  StreamReader::Progress progress = StreamReader::Progress::kOpen;
};

Streamed read_stream(std::string_view bytes, size_t chunk) {
  const auto reader = anthropic.stream_reader({}, context);
  codec::SseReader framing;
  JoinedDeltas joined;
  codec::SseBlock block;
  std::vector<Delta> deltas;
  for (size_t at = 0; at < bytes.size(); at += chunk) {
    framing.push(bytes.substr(at, chunk));
    while (framing.next(block)) {
      if (!block.dispatched) continue;
      deltas.clear();
      reader->read(block.type, block.data, deltas);
      joined.add(deltas);
    }
  }
  EXPECT_LE(joined.starts(), 1);
  return {joined.description(), joined.errors(), reader->progress()};
}

Streamed read_events(const std::vector<std::string>& events) {
  std::string bytes;
  for (std::string event : events) {
    std::replace(event.begin(), event.end(), '\n', ' ');
    bytes += "data: " + event + "  \n\n";
  }
  return read_stream(bytes, 4096);
}

std::string written_stream(const std::vector<Delta>& deltas) {
  const auto writer = anthropic.stream_writer(context);
  std::string out;
  for (const Delta& delta : deltas) writer->write(delta, out);
  writer->end(out);
  return out;
}

// The message that a client makes of a stream: blocks open one at a time, in order.
json message_of(const std::string& bytes) {
  codec::SseReader framing;
  codec::SseBlock block;
  json message;
  std::string arguments;
  int64_t open = -1;
  framing.push(bytes);
  while (framing.next(block)) {
    const json event = json::parse(block.data, nullptr, false);
    EXPECT_FALSE(event.is_discarded()) << block.data;
    EXPECT_EQ(event["type"], block.type);
    json& content = message["content"];
    if (block.type == "message_start") {
      EXPECT_FALSE(message.contains("id"));
      message = event["message"];
    } else if (block.type == "content_block_start") {
      EXPECT_EQ(open, -1);
      open = event["index"];
      EXPECT_EQ(open, static_cast<int64_t>(content.size()));
      content.push_back(event["content_block"]);
      arguments.clear();
    } else if (block.type == "content_block_delta") {
      EXPECT_EQ(event["index"], open);
      const json& delta = event["delta"];
      json& last = content.back();
      const auto append = [&](const char* name) {
        last[name].get_ref<std::string&>() += delta[name].get_ref<const std::string&>();
      };
      if (delta["type"] == "text_delta") append("text");
      if (delta["type"] == "thinking_delta") append("thinking");
      if (delta["type"] == "signature_delta") last["signature"] = delta["signature"];
      if (delta["type"] == "citations_delta") last["citations"].push_back(delta["citation"]);
      if (delta["type"] == "input_json_delta")
        arguments += delta["partial_json"].get<std::string>();
    } else if (block.type == "content_block_stop") {
      EXPECT_EQ(event["index"], open);
      open = -1;
      if (content.back()["type"] == "tool_use")
        content.back()["input"] = json::parse(arguments, nullptr, false);
    } else if (block.type == "message_delta") {
      EXPECT_EQ(open, -1);
      for (const auto& [name, value] : event["delta"].items()) message[name] = value;
      message["usage"] = event["usage"];
    }
  }
  EXPECT_TRUE(framing.between_blocks());
  return message;
}

// --- Reading
// --------------------------------------------------------------------------------------

TEST(AnthropicReply, every_block_has_its_part) {
  const json reply = read_whole(R"({"id":"msg_1","type":"message","model":"claude-x","content":[
    {"type":"thinking","thinking":"","signature":"s"},{"type":"redacted_thinking","data":"d"},
    {"type":"server_tool_use","id":"x","name":"web_search","input":{}},
    {"type":"text","text":"caf\u00e9 "},
    {"type":"text","text":"Hi","citations":[{"type":"web_search_result_location",
       "url":"https://a.example","title":"A","cited_text":"c"},{"type":"char_location"}]},
    {"type":"tool_use","id":"t","name":"f"}],
    "stop_reason":"tool_use","stop_sequence":null,
    "usage":{"input_tokens":5,"cache_read_input_tokens":7,"cache_creation_input_tokens":5,
      "cache_creation":{"ephemeral_5m_input_tokens":2,"ephemeral_1h_input_tokens":3},
      "output_tokens":10,"output_tokens_details":{"thinking_tokens":4},
      "service_tier":"standard"}})");
  const json& choice = reply["choices"][0];
  EXPECT_EQ(choice["parts"][0], json::parse(R"({"kind":"reasoning","signature":"s",
      "signer":"anthropic"})"));
  EXPECT_EQ(choice["parts"][1]["signature"], "d");
  EXPECT_EQ(choice["parts"][2]["kind"], "sealed_reasoning");
  EXPECT_EQ(choice["parts"][4]["citations"].size(), 2u);
  EXPECT_EQ(choice["parts"][5]["arguments"], json::object());
  EXPECT_EQ(choice["annotations"], json::parse(R"([{"type":"url_citation","url_citation":
      {"url":"https://a.example","title":"A","start_index":5,"end_index":7}}])"));
  EXPECT_EQ(choice["finish"], "tool_calls");
  EXPECT_EQ(reply["usage"], json::parse(R"({"input":5,"cache_read":7,"cache_write":2,
      "cache_write_hour":3,"output":6,"reasoning":4})"));
  EXPECT_EQ(reply["service_tier"], "standard");
}

TEST(AnthropicReply, the_tool_of_a_structured_answer_is_unwrapped) {
  const json choice = read_whole(
      R"({"content":[{"type":"tool_use","id":"t","name":"postern_json_answer","input":{"a": "b"}}],
          "stop_reason":"tool_use"})")["choices"][0];
  EXPECT_EQ(choice["parts"], json::parse(R"([{"kind":"text","text":"{\"a\": \"b\"}"}])"));
  EXPECT_EQ(choice["finish"], "stop");
  const Streamed streamed = read_events(
      {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t",
           "name":"postern_json_answer","input":{}}})",
       R"({"type":"content_block_delta","index":0,"delta":{"partial_json":""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"partial_json":"{\"a\""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"partial_json":": 1}"}})",
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"}})"});
  EXPECT_EQ(streamed.description["choices"][0]["parts"][0]["text"], R"({"a": 1})");
  EXPECT_EQ(streamed.description["choices"][0]["finish"], "stop");
}

TEST(AnthropicReply, every_stop_reason_has_its_finish) {
  const auto finish = [](const std::string& reason) {
    return read_whole(R"({"content":[],"stop_reason":")" + reason + "\"}")["choices"][0]["finish"];
  };
  EXPECT_EQ(finish("end_turn"), "stop");
  EXPECT_EQ(finish("pause_turn"), "paused");
  EXPECT_EQ(finish("refusal"), "content_filter");
  EXPECT_EQ(finish("max_tokens"), "length");
  EXPECT_EQ(finish("model_context_window_exceeded"), "length");
  EXPECT_EQ(finish("stop_sequence"), "stop_sequence");
  EXPECT_EQ(finish("something_new"), "stop");
}

TEST(AnthropicReply, what_is_no_message_is_no_reply) {
  chat::Reply reply;
  for (const char* body : {"", "[]", "{}", "{\"content\":[]", R"({"content":"x"})",
                           R"({"type":"error","error":{"type":"api_error"},"content":[]})"})
    EXPECT_FALSE(anthropic.read_reply(body, {}, context, reply)) << body;
}

TEST(AnthropicStream, calls_are_counted_and_thoughts_that_are_not_shown_are_a_part) {
  const Streamed streamed = read_events(
      {R"({"type":"message_start","message":{"id":"msg_1","model":"m","usage":{"input_tokens":3,
           "cache_creation_input_tokens":4,
           "cache_creation":{"ephemeral_5m_input_tokens":4,"ephemeral_1h_input_tokens":0},
           "output_tokens":1}}})",
       R"({"type":"content_block_start","index":0,
           "content_block":{"type":"thinking","thinking":""}})",
       R"({"type":"content_block_delta","index":0,
           "delta":{"type":"signature_delta","signature":"s"}})",
       R"({"type":"content_block_stop","index":0})",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"a",
           "name":"f","input":{}}})",
       R"({"type":"ping"})", R"({"type":"content_block_stop","index":1})",
       R"({"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"b",
           "name":"g","input":{"x":1}}})",
       R"({"type":"content_block_stop","index":2})",
       R"({"type":"content_block_start","index":3,"content_block":{"type":"server_tool_use",
           "id":"s","name":"web_search","input":{}}})",
       R"({"type":"content_block_delta","index":3,"delta":{"partial_json":"{\"q\":"}})",
       R"({"type":"content_block_delta","index":3,"delta":{"partial_json":"\"\\n\"}"}})",
       R"({"type":"content_block_stop","index":3})",
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9,
           "cache_creation_input_tokens":4}})",
       R"({"type":"message_stop"})", "[DONE]"});
  const json& parts = streamed.description["choices"][0]["parts"];
  EXPECT_EQ(parts[0], json::parse(R"({"kind":"reasoning","signature":"s","signer":"anthropic"})"));
  EXPECT_EQ(parts[1]["arguments"], json::object());
  EXPECT_EQ(parts[2]["arguments"], json::parse(R"({"x":1})"));
  EXPECT_NE(parts[3]["signature"].get<std::string>().find(R"("input":{"q":"\n"})"),
            std::string::npos);
  EXPECT_EQ(streamed.description["usage"], json::parse(R"({"input":3,"cache_write":4,
      "cache_write_hour":0,"output":9})"));
  EXPECT_EQ(streamed.progress, StreamReader::Progress::kClosed);
  EXPECT_TRUE(streamed.errors.empty());
}

TEST(AnthropicStream, citations_come_in_both_words) {
  const auto reader = anthropic.stream_reader({}, context);
  std::vector<Delta> deltas;
  for (const char* event :
       {R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"ab"}})",
        R"({"type":"content_block_delta","index":0,"delta":{"citation":{"url":"https://a.example",
            "title":"A"}}})",
        R"({"type":"content_block_delta","index":0,"delta":{"text":"c"}})",
        R"({"type":"content_block_stop","index":0})"})
    reader->read("", event, deltas);
  ASSERT_EQ(deltas.size(), 4u);
  EXPECT_EQ(deltas[1].json.substr(0, 6), "{\"url\"");
  EXPECT_EQ(json::parse(deltas[3].json)[0]["url_citation"]["end_index"], 3);
}

TEST(AnthropicStream, errors_end_it) {
  Streamed streamed = read_events(
      {R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":"ab"}})"});
  ASSERT_EQ(streamed.errors.size(), 1u);
  EXPECT_EQ(streamed.errors[0]["kind"], "overloaded");
  EXPECT_TRUE(streamed.description["choices"].empty());
  EXPECT_EQ(read_events({"{\"type\":"}).errors[0]["kind"], "bad_response");
  EXPECT_EQ(read_events({"[]"}).errors[0]["kind"], "bad_response");
}

// --- Writing
// --------------------------------------------------------------------------------------

TEST(AnthropicReply, a_client_reads_a_message) {
  chat::Reply reply;
  reply.id = chat::literal("chatcmpl-1");
  chat::Choice& choice = reply.choices.emplace_back();
  choice.parts.emplace_back().text = chat::literal("No.");
  choice.parts.back().kind = chat::Part::Kind::kRefusal;
  choice.finish = chat::Finish::kStop;
  reply.usage.input = 3;
  reply.usage.output = 4;
  reply.usage.reasoning = 5;
  std::string out;
  anthropic.write_reply(reply, context, out);
  EXPECT_EQ(json::parse(out), json::parse(R"({"id":"msg_0123456789abcdef0123456789abcdef",
      "type":"message","role":"assistant","model":"asked-for",
      "content":[{"type":"text","text":"No."}],"stop_reason":"refusal","stop_sequence":null,
      "stop_details":{"type":"refusal","category":null,"explanation":null},
      "usage":{"input_tokens":3,"cache_creation_input_tokens":null,"cache_read_input_tokens":null,
        "output_tokens":9,"output_tokens_details":{"thinking_tokens":5}}})"));
}

TEST(AnthropicStream, a_stream_without_anything_is_a_message_all_the_same) {
  const json message = message_of(written_stream({}));
  EXPECT_EQ(message["content"], json::array());
  EXPECT_EQ(message["stop_reason"], "end_turn");
  EXPECT_EQ(message["model"], "asked-for");
  EXPECT_EQ(message["usage"]["input_tokens"], 0);
}

Delta call(int64_t tool, std::string_view id) {
  Delta delta;
  delta.kind = Delta::Kind::kToolCall;
  delta.tool = tool;
  delta.id = delta.name = chat::literal(id);
  return delta;
}

Delta piece(int64_t tool, std::string_view text) {
  Delta delta;
  delta.kind = Delta::Kind::kArguments;
  delta.tool = tool;
  delta.text = {text, true};
  return delta;
}

Delta said(std::string_view text) {
  Delta delta;
  delta.text = chat::literal(text);
  return delta;
}

TEST(AnthropicStream, calls_whose_pieces_are_mixed_are_told_one_after_another) {
  const json content = message_of(
      written_stream({said("x"), call(0, "a"), call(1, "b"), piece(1, R"({\"q\":)"),
                      piece(0, R"({\"p\":)"), call(2, "c"), piece(1, "1}"), piece(0, R"(\"}\"})"),
                      piece(2, "{}"), call(3, "d"), said("y")}))["content"];
  EXPECT_EQ(content, json::parse(R"([{"type":"text","text":"x"},
      {"type":"tool_use","id":"a","name":"a","input":{"p":"}"}},
      {"type":"tool_use","id":"b","name":"b","input":{"q":1}},
      {"type":"tool_use","id":"c","name":"c","input":{}},
      {"type":"tool_use","id":"d","name":"d","input":{}},{"type":"text","text":"y"}])"));
}

TEST(AnthropicStream, a_call_whose_predecessor_is_whole_is_streamed_at_once) {
  const auto writer = anthropic.stream_writer(context);
  std::string out;
  for (const Delta& delta : {call(0, "a"), piece(0, R"({\"p\":{}})"), piece(0, "}")})
    writer->write(delta, out);
  out.clear();
  writer->write(call(1, "b"), out);
  EXPECT_NE(out.find("content_block_stop"), std::string::npos);
  EXPECT_NE(out.find("\"tool_use\""), std::string::npos);
}

TEST(AnthropicStream, custom_input_becomes_an_object) {
  Delta custom = call(0, "a");
  custom.custom = true;
  const json content =
      message_of(written_stream({custom, piece(0, R"(say \"hi\")"), piece(0, "\\n")}))["content"];
  EXPECT_EQ(content[0]["input"], json::parse(R"({"input":"say \"hi\"\n"})"));
}

TEST(AnthropicStream, failing_is_an_event_and_the_end) {
  const auto writer = anthropic.stream_writer(context);
  std::string out;
  chat::Error error;
  error.kind = chat::Error::Kind::kAuthentication;
  error.message = "bad\nkey";
  writer->keep_alive(out);
  EXPECT_EQ(out, "event: ping\ndata: {\"type\":\"ping\"}\n\n");
  out.clear();
  writer->fail(error, out);
  ASSERT_TRUE(out.starts_with("event: error\ndata: "));
  const json event = json::parse(out.substr(19));
  EXPECT_EQ(event["type"], "error");
  EXPECT_EQ(event["error"]["type"], "api_error");
  EXPECT_EQ(event["request_id"], context.request_id);
  out.clear();
  writer->end(out);
  EXPECT_EQ(out, "");
}

TEST(AnthropicStream, what_the_provider_says_of_the_prompt_is_told_at_the_start) {
  Delta start;
  start.kind = Delta::Kind::kStart;
  start.id = chat::literal("msg_up");
  start.usage.input = 25;
  const auto writer = anthropic.stream_writer(context);
  std::string out;
  writer->write(start, out);
  EXPECT_NE(out.find("\"id\":\"msg_up\""), std::string::npos);
  EXPECT_NE(out.find("\"input_tokens\":25"), std::string::npos);
}

// --- Errors
// ---------------------------------------------------------------------------------------

TEST(AnthropicError, the_kind_follows_the_type_and_the_message) {
  const auto read = [](int status, const std::string& type, const std::string& message,
                       std::string_view retry = {}) {
    ErrorHead head = head_of(status);
    head.should_retry = retry;
    const json body = {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}};
    return anthropic.read_error(head, body.dump());
  };
  using Kind = chat::Error::Kind;
  EXPECT_EQ(read(529, "overloaded_error", "Overloaded").kind, Kind::kOverloaded);
  EXPECT_EQ(read(401, "authentication_error", "invalid x-api-key").kind, Kind::kAuthentication);
  EXPECT_EQ(read(404, "not_found_error", "model: x").kind, Kind::kModelNotFound);
  EXPECT_EQ(read(413, "request_too_large", "").kind, Kind::kTooLarge);
  EXPECT_EQ(read(429, "rate_limit_error", "slow").kind, Kind::kRateLimited);
  EXPECT_EQ(read(429, "rate_limit_error", "slow", "false").kind, Kind::kQuotaExhausted);
  EXPECT_EQ(read(409, "invalid_request_error", "busy", "true").kind, Kind::kOverloaded);
  EXPECT_EQ(read(400, "invalid_request_error", "prompt is too long: 2 tokens > 1 maximum").kind,
            Kind::kContextLength);
  EXPECT_EQ(read(400, "invalid_request_error", "Your credit balance is too low").kind,
            Kind::kQuotaExhausted);
  EXPECT_EQ(read(400, "invalid_request_error", "messages.1.content.0.type: Expected x").param,
            "messages.1.content.0.type");
  EXPECT_EQ(anthropic.read_error(head_of(500), "<html>").kind, Kind::kServer);
  EXPECT_EQ(anthropic.read_error(head_of(529), "").kind, Kind::kOverloaded);
}

TEST(AnthropicError, the_envelope_is_anthropics) {
  chat::Error error;
  error.kind = chat::Error::Kind::kOverloaded;
  error.message = "busy";
  std::string out;
  anthropic.write_error(error, "r1", out);
  const json body = json::parse(out);
  EXPECT_EQ(body["type"], "error");
  EXPECT_EQ(body["error"]["type"], "overloaded_error");
  EXPECT_EQ(body["request_id"], "r1");
}

// --- The closed loops
// -----------------------------------------------------------------------------

generate::Features carried() {
  generate::Features has;
  has.created = false;
  has.assistant_order = true;
  has.signed_reasoning = has.sealed_reasoning = true;
  has.stop_sequences = has.service_tier = true;
  has.cache_write = has.cache_write_hour = true;
  return has;
}

chat::Reply generated(std::mt19937& random, const generate::Features& has) {
  chat::Reply reply = generate::reply(random, has);
  reply.id = chat::literal("msg_1");
  // The sum is told with both of its parts.
  if (reply.usage.cache_write_hour && !reply.usage.cache_write) reply.usage.cache_write = 0;
  return reply;
}

TEST(AnthropicReply, what_is_written_is_read_back) {
  std::mt19937 random(3);
  for (int run = 0; run < 1000; ++run) {
    const chat::Reply reply = generated(random, carried());
    std::string out;
    anthropic.write_reply(reply, context, out);
    ASSERT_EQ(read_whole(out), describe(reply)) << out;
  }
}

TEST(AnthropicStream, what_is_written_is_read_back_however_it_is_cut) {
  std::mt19937 random(4);
  for (int run = 0; run < 500; ++run) {
    chat::Reply reply = generated(random, carried());
    const std::string out = written_stream(generate::deltas(reply, random));
    const Streamed streamed = read_stream(out, 1);
    ASSERT_EQ(streamed.description, describe(reply)) << out;
    ASSERT_EQ(streamed.progress, StreamReader::Progress::kClosed);
    ASSERT_EQ(read_stream(out, 1 + random() % 100).description, streamed.description);
  }
}

// What a client of ours sends back of an answer is what another provider said.
json sent_back(const json& content) {
  const json body = {{"model", "m"},
                     {"max_tokens", 1},
                     {"messages", {{{"role", "assistant"}, {"content", content}}}}};
  const std::string text = body.dump();
  chat::Request request;
  const auto refused = anthropic.read_request(text, request);
  EXPECT_FALSE(refused.has_value()) << refused->message;
  return describe(request)["messages"][0]["parts"];
}

TEST(AnthropicReply, signatures_of_other_providers_survive_the_client) {
  std::mt19937 random(5);
  generate::Features has = carried();
  has.signed_texts = has.signed_calls = true;
  has.signer = "bedrock";
  for (int run = 0; run < 1000; ++run) {
    chat::Reply reply = generated(random, has);
    std::string out;
    anthropic.write_reply(reply, context, out);
    const json parts = describe(reply.choices[0].parts);
    ASSERT_EQ(sent_back(json::parse(out)["content"]), parts) << out;
    const std::string stream = written_stream(generate::deltas(reply, random));
    ASSERT_EQ(sent_back(message_of(stream)["content"]), parts) << stream;
  }
}

}  // namespace
}  // namespace postern::dialect
