// Replies of providers that speak Responses, whole and in a stream.
#include "recorded.h"
#include "responses_support.h"

namespace {

using namespace responses_test;

struct Streamed {
  json description;
  json errors = json::array();
  int starts = 0;
  dialect::StreamReader::Progress progress = dialect::StreamReader::Progress::kOpen;
};

Streamed read_stream(const std::vector<dialect::recorded::Event>& events) {
  const auto reader = dialect::responses.stream_reader({}, context());
  dialect::JoinedDeltas all;
  std::vector<chat::Delta> deltas;
  for (const auto& event : events) {
    // A copy of its own, so that a view kept too long is found out.
    const auto data = std::make_unique<std::string>(event.data);
    deltas.clear();
    reader->read(event.type, *data, deltas);
    all.add(deltas);
  }
  Streamed result{all.description(), all.errors(), all.starts(), reader->progress()};
  return result;
}

Streamed read_lines(std::initializer_list<const char*> lines) {
  std::vector<dialect::recorded::Event> events;
  for (const char* line : lines) events.push_back({"", line});
  return read_stream(events);
}

// Some recordings hold several answers, one after the other.
std::vector<std::vector<dialect::recorded::Event>> answers_in(
    const std::vector<dialect::recorded::Event>& events) {
  std::vector<std::vector<dialect::recorded::Event>> answers;
  for (const auto& event : events) {
    const json data = json::parse(event.data, nullptr, false);
    if (answers.empty() || data.value("type", "") == "response.created") answers.emplace_back();
    answers.back().push_back(event);
  }
  return answers;
}

// Of one recording the vendor left out most deltas.
bool is_shortened(const dialect::recorded::Exchange& exchange) {
  return exchange.name.find("openai-phase-1") != exchange.name.npos;
}

// What an answer says, by the simplest reading of its JSON.
struct Plain {
  std::string text, refusal, thoughts, finish;
  std::vector<json> calls;
  json usage = json::object();

  bool operator==(const Plain&) const = default;
};

std::ostream& operator<<(std::ostream& to, const Plain& plain) {
  to << plain.text << "|" << plain.refusal << "|" << plain.thoughts << "|" << plain.finish << "|";
  for (const json& call : plain.calls) to << call;
  return to << "|" << plain.usage;
}

std::string paragraphs(const json& item) {
  std::string all;
  for (const char* name : {"summary", "content"})
    if (item.contains(name) && item[name].is_array())
      for (const json& part : item[name]) {
        if (!all.empty()) all += "\n\n";
        all += part["text"].get<std::string>();
      }
  return all;
}

Plain independent(const json& response) {
  Plain plain;
  for (const json& item : response["output"]) {
    const std::string type = item["type"];
    if (type == "reasoning") plain.thoughts += paragraphs(item);
    if (type == "message")
      for (const json& part : item["content"]) {
        plain.text += part.value("text", "");
        plain.refusal += part.value("refusal", "");
      }
    if (type == "function_call")
      plain.calls.push_back(
          {item["call_id"], item["name"], json::parse(item["arguments"].get<std::string>())});
    if (type == "custom_tool_call")
      plain.calls.push_back({item["call_id"], item["name"], item["input"]});
  }
  plain.finish = plain.calls.empty() ? "stop" : "tool_calls";
  if (response.value("status", "") == "incomplete") plain.finish = "length";
  if (!response.contains("usage") || response["usage"].is_null()) return plain;
  const json& usage = response["usage"];
  const json& in = usage["input_tokens_details"];
  const int cached = in.value("cached_tokens", 0);
  const int written = in.value("cache_write_tokens", 0);
  const int reasoning = usage["output_tokens_details"].value("reasoning_tokens", 0);
  plain.usage = {{"input", usage["input_tokens"].get<int>() - cached - written},
                 {"output", usage["output_tokens"].get<int>() - reasoning}};
  if (in.contains("cached_tokens")) plain.usage["cache_read"] = cached;
  if (in.contains("cache_write_tokens")) plain.usage["cache_write"] = written;
  if (usage["output_tokens_details"].contains("reasoning_tokens"))
    plain.usage["reasoning"] = reasoning;
  return plain;
}

Plain plain_of(const json& description) {
  Plain plain;
  const json& choice = description["choices"][0];
  for (const json& part : choice["parts"]) {
    const std::string kind = part["kind"];
    if (kind == "text") plain.text += part.value("text", "");
    if (kind == "refusal") plain.refusal += part.value("text", "");
    if (kind == "reasoning") plain.thoughts += part.value("text", "");
    if (kind == "tool_call")
      plain.calls.push_back(
          {part["id"], part["name"], part.contains("custom") ? part["text"] : part["arguments"]});
  }
  plain.finish = choice["finish"];
  plain.usage = description["usage"];
  return plain;
}

TEST(ResponsesReply, recorded_replies_say_what_a_simple_reading_finds) {
  size_t count = 0;
  for (const auto& exchange : dialect::recorded::load("responses")) {
    if (exchange.streamed()) continue;
    const json plain = json::parse(exchange.response);
    chat::Reply reply;
    const bool is_reply = dialect::responses.read_reply(exchange.response, {}, context(), reply);
    EXPECT_EQ(is_reply, plain.contains("output")) << exchange.name;
    if (!is_reply) continue;
    EXPECT_EQ(plain_of(dialect::describe(reply)), independent(plain)) << exchange.name;
    EXPECT_EQ(json(chat::plain(reply.id)), plain["id"]);
    EXPECT_EQ(json(chat::plain(reply.model)), plain["model"]);
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no recordings: set TRANSCRIPTS to the folder that has them";
  EXPECT_GE(count, 10u);
}

TEST(ResponsesStream, recorded_streams_say_what_a_simple_reading_of_their_end_finds) {
  size_t count = 0;
  for (const auto& exchange : dialect::recorded::load("responses")) {
    if (!exchange.streamed() || is_shortened(exchange)) continue;
    for (const auto& answer : answers_in(exchange.events())) {
      const Streamed streamed = read_stream(answer);
      EXPECT_EQ(streamed.starts, 1) << exchange.name;
      EXPECT_EQ(streamed.progress, dialect::StreamReader::Progress::kClosed) << exchange.name;
      const json last = json::parse(answer.back().data);
      if (last["type"] == "response.failed") {
        ASSERT_EQ(streamed.errors.size(), 1u);
        EXPECT_EQ(streamed.errors[0]["code"], last["response"]["error"]["code"]);
        EXPECT_EQ(streamed.errors[0]["message"], last["response"]["error"]["message"]);
        continue;
      }
      EXPECT_EQ(streamed.errors.size(), 0u) << exchange.name;
      EXPECT_EQ(plain_of(streamed.description), independent(last["response"])) << exchange.name;
      ++count;
    }
  }
  if (count == 0) GTEST_SKIP() << "no recordings: set TRANSCRIPTS to the folder that has them";
  EXPECT_GE(count, 20u);
}

// The last event holds the whole answer: read as a reply it must be the same, part for part.
TEST(ResponsesStream, recorded_streams_are_the_same_as_their_last_event_read_whole) {
  size_t count = 0;
  for (const auto& exchange : dialect::recorded::load("responses")) {
    if (!exchange.streamed() || is_shortened(exchange)) continue;
    for (const auto& answer : answers_in(exchange.events())) {
      const json last = json::parse(answer.back().data);
      if (last["type"] == "response.failed") continue;
      json streamed = read_stream(answer).description;
      json whole = read_whole(last["response"].dump());
      for (json* each : {&streamed, &whole}) {
        each->erase("service_tier");  // may be told only at the end
        each->erase("id");            // one provider gives every event another
        (*each)["choices"][0].erase("logprobs");
        // Sealed anew for every event.
        for (json& part : (*each)["choices"][0]["parts"])
          if (part.contains("signature")) part["signature"] = part["signature"].is_string();
      }
      EXPECT_EQ(streamed, whole) << exchange.name;
      ++count;
    }
  }
  if (count == 0) GTEST_SKIP() << "no recordings: set TRANSCRIPTS to the folder that has them";
}

TEST(ResponsesStream, recorded_streams_do_not_depend_on_where_they_are_cut) {
  size_t count = 0;
  for (const auto& exchange : dialect::recorded::load("responses")) {
    if (!exchange.name.ends_with(".sse")) continue;
    EXPECT_EQ(read_stream(exchange.events(1)).description,
              read_stream(exchange.events()).description);
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no recordings: set TRANSCRIPTS to the folder that has them";
}

TEST(ResponsesReply, recorded_errors_are_no_replies) {
  size_t count = 0;
  for (const auto& exchange : dialect::recorded::load("responses")) {
    if (!exchange.failed()) continue;
    dialect::ErrorHead head;
    head.status = exchange.status;
    const chat::Error error = dialect::responses.read_error(head, exchange.response);
    EXPECT_EQ(error.status, exchange.status);
    EXPECT_FALSE(error.message.empty()) << exchange.name;
    ++count;
  }
  if (count == 0) GTEST_SKIP() << "no recordings: set TRANSCRIPTS to the folder that has them";
}

TEST(ResponsesReply, statuses_become_finish_reasons) {
  const auto finish = [](const std::string& members) {
    return read_whole(R"({"output":[{"type":"message","role":"assistant","content":[]}],)" +
                      members + "}")["choices"][0]["finish"];
  };
  EXPECT_EQ(finish(R"("status":"completed")"), "stop");
  EXPECT_EQ(finish(R"("id":"r")"), "stop");
  EXPECT_EQ(finish(R"("status":"incomplete","incomplete_details":{"reason":"max_output_tokens"})"),
            "length");
  EXPECT_EQ(finish(R"("status":"incomplete","incomplete_details":{"reason":"content_filter"})"),
            "content_filter");
}

TEST(ResponsesReply, failures_and_unfinished_answers_are_no_replies) {
  for (const char* body :
       {R"({"status":"failed","output":[],"error":{"code":"server_error","message":"m"}})",
        R"({"status":"queued","output":[]})", R"({"status":"completed"})", "[]", "", "{",
        R"({"output":[],"error":{"message":"m"}})", R"({"output":{}})"}) {
    chat::Reply reply;
    EXPECT_FALSE(dialect::responses.read_reply(body, {}, context(), reply)) << body;
  }
}

TEST(ResponsesReply, citations_and_probabilities_are_told_in_the_words_of_chat_completions) {
  const json reply = read_whole(R"({"created_at":1787150055.0,"output":[{"type":"message",
      "role":"assistant","content":[{"type":"output_text","text":"a",
      "annotations":[{"type":"url_citation","url":"u","title":"t","start_index":0,"end_index":1}],
      "logprobs":[{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[]}]}]}]})");
  EXPECT_EQ(reply["created_s"], 1787150055);
  EXPECT_EQ(reply["choices"][0]["annotations"],
            json::parse(R"([{"type":"url_citation","url_citation":
                {"url":"u","title":"t","start_index":0,"end_index":1}}])"));
  EXPECT_EQ(reply["choices"][0]["logprobs"]["content"][0]["token"], "a");
}

TEST(ResponsesReply, arguments_that_were_cut_off_are_kept_as_text) {
  const json choice = read_whole(R"({"status":"completed","output":[{"type":"function_call",
      "call_id":"c","name":"f","arguments":"{\"a\": \"b"}]})")["choices"][0];
  EXPECT_EQ(choice["parts"][0]["text"], "{\"a\": \"b");
  EXPECT_EQ(choice["finish"], "length");
}

TEST(ResponsesReply, arguments_may_come_as_an_object) {
  const char* item = R"({"type":"function_call","call_id":"c","name":"f","arguments":{"a":"\""}})";
  const json whole = read_whole(R"({"output":[)" + std::string(item) + "]}");
  EXPECT_EQ(whole["choices"][0]["parts"][0]["arguments"], json::parse(R"({"a":"\""})"));
  const std::string done =
      R"({"type":"response.output_item.done","output_index":0,"item":)" + std::string(item) + "}";
  const Streamed streamed =
      read_lines({done.c_str(), R"({"type":"response.completed","response":{}})"});
  EXPECT_EQ(streamed.description["choices"], whole["choices"]);
}

TEST(ResponsesReply, drawn_images_are_read) {
  const json reply = read_whole(R"({"output":[{"type":"image_generation_call","id":"ig",
      "status":"completed","result":"AAAA","output_format":"webp"},
      {"type":"web_search_call","id":"w"}]})");
  EXPECT_EQ(reply["choices"][0]["parts"],
            json::parse(R"([{"kind":"image","media_type":"image/webp","data":"AAAA"}])"));
}

TEST(ResponsesStream, what_only_the_ends_tell_is_told_once) {
  const Streamed streamed = read_lines(
      {R"({"type":"response.output_item.added","output_index":0,
           "item":{"type":"function_call","call_id":"c","name":"f","arguments":""}})",
       R"({"type":"response.function_call_arguments.done","output_index":0,
           "arguments":"{\"a\":1}"})",
       R"({"type":"response.output_item.done","output_index":0,
           "item":{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"}})",
       R"({"type":"response.output_item.done","output_index":1,
           "item":{"type":"function_call","call_id":"d","name":"g","arguments":"{}"}})",
       R"({"type":"response.output_item.done","output_index":2,"item":{"type":"message",
           "content":[{"type":"output_text","text":"late"}]}})",
       R"({"type":"response.output_item.done","output_index":3,"item":{"type":"reasoning",
           "summary":[{"type":"summary_text","text":"A"},{"type":"summary_text","text":"B"}]}})",
       R"({"type":"response.completed","response":{"status":"completed","output":[]}})"});
  EXPECT_EQ(streamed.description["choices"][0], json::parse(R"({"index":0,"finish":"tool_calls",
      "parts":[{"kind":"tool_call","id":"c","name":"f","arguments":{"a":1}},
               {"kind":"tool_call","id":"d","name":"g","arguments":{}},
               {"kind":"text","text":"late"},{"kind":"reasoning","text":"A\n\nB"}]})"));
}

TEST(ResponsesStream, an_answer_that_comes_with_the_last_event_alone_is_read_from_it) {
  const Streamed streamed = read_lines(
      {R"({"type":"response.completed","response":{"id":"r","status":"completed","output":[
           {"type":"message","content":[{"type":"output_text","text":"all"}]}],
           "usage":{"input_tokens":1,"output_tokens":2}}})"});
  EXPECT_EQ(streamed.starts, 1);
  EXPECT_EQ(streamed.description["choices"][0]["parts"][0]["text"], "all");
  EXPECT_EQ(streamed.description["usage"], json::parse(R"({"input":1,"output":2})"));
}

TEST(ResponsesStream, items_may_grow_in_turn) {
  const Streamed streamed = read_lines(
      {R"({"type":"response.output_item.added","output_index":0,
           "item":{"type":"function_call","call_id":"c","name":"f"}})",
       R"({"type":"response.output_item.added","output_index":1,
           "item":{"type":"function_call","call_id":"d","name":"g"}})",
       R"({"type":"response.function_call_arguments.delta","output_index":1,"delta":"{\"b\""})",
       R"({"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\":1}"})",
       R"({"type":"response.function_call_arguments.delta","output_index":1,"delta":":2}"})",
       R"({"type":"response.incomplete","response":{"status":"incomplete",
           "incomplete_details":{"reason":"max_output_tokens"}}})"});
  const json& parts = streamed.description["choices"][0]["parts"];
  EXPECT_EQ(parts[0]["arguments"], json::parse(R"({"a":1})"));
  EXPECT_EQ(parts[1]["arguments"], json::parse(R"({"b":2})"));
  EXPECT_EQ(streamed.description["choices"][0]["finish"], "length");
}

TEST(ResponsesStream, errors_are_read_in_every_shape) {
  for (const char* event :
       {R"({"type":"error","error":{"type":"t","code":"insufficient_quota","message":"m"}})",
        R"({"type":"error","code":"insufficient_quota","message":"m","param":null})",
        R"({"error":{"code":"insufficient_quota","message":"m"}})",
        R"({"type":"response.failed","response":{"status":"failed",
            "error":{"code":"insufficient_quota","message":"m"}}})"}) {
    const Streamed streamed = read_lines({event, R"({"type":"response.failed","response":{}})"});
    ASSERT_EQ(streamed.errors.size(), 1u) << event;
    EXPECT_EQ(streamed.errors[0]["message"], "m");
    EXPECT_EQ(streamed.errors[0]["kind"], "quota_exhausted");
  }
  const Streamed bad = read_lines({"nonsense", R"({"type":"response.completed"})"});
  ASSERT_EQ(bad.errors.size(), 1u);
  EXPECT_EQ(bad.errors[0]["kind"], "bad_response");
}

TEST(ResponsesStream, a_mark_of_the_end_closes_and_unknown_events_pass) {
  const Streamed streamed =
      read_lines({R"({"type":"response.web_search_call.searching","output_index":0})", "[DONE]"});
  EXPECT_EQ(streamed.errors.size(), 0u);
  EXPECT_EQ(streamed.progress, dialect::StreamReader::Progress::kClosed);
}

}  // namespace
