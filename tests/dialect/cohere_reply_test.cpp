#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "describe.h"
#include "dialect/cohere/cohere.h"
#include "recorded.h"

namespace postern::dialect {
namespace {

using nlohmann::json;

const ReplyContext context{"0123456789abcdef0123456789abcdef", "asked", 1700000000, false};

// --- An independent reading ---------------------------------------------------------------------

json value_of_arguments(const std::string& text) {
  return text.empty() || text == "null" ? json::object() : json::parse(text);
}

json usage_of(const json& usage) {
  const json& tokens = usage["tokens"];
  const uint64_t cached = usage.value("cached_tokens", 0);
  json expected = {{"input", tokens["input_tokens"].get<uint64_t>() - cached},
                   {"cache_read", cached},
                   {"output", tokens["output_tokens"].get<uint64_t>() -
                                  tokens.value("reasoning_tokens", uint64_t{0})}};
  if (tokens.contains("reasoning_tokens")) expected["reasoning"] = tokens["reasoning_tokens"];
  return expected;
}

std::string finish_of(const std::string& word) {
  if (word == "MAX_TOKENS") return "length";
  return word == "TOOL_CALL" ? "tool_calls" : "stop";
}

// Text, reasoning, calls, finish and usage; without the order in which they came.
struct Gist {
  std::string text, reasoning, finish;
  json calls = json::array();
  json usage;
  bool operator==(const Gist&) const = default;
};

void PrintTo(const Gist& gist, std::ostream* out) {
  *out << json{{"text", gist.text},
               {"reasoning", gist.reasoning},
               {"finish", gist.finish},
               {"calls", gist.calls},
               {"usage", gist.usage}}
              .dump(1);
}

Gist gist_of_reply(const json& reply) {
  Gist gist;
  const json& message = reply["message"];
  gist.reasoning = message.value("tool_plan", "");
  for (const json& item : message.value("content", json::array())) {
    gist.text += item.value("text", "");
    gist.reasoning += item.value("thinking", "");
  }
  for (const json& call : message.value("tool_calls", json::array()))
    gist.calls.push_back(
        {call["id"], call["function"]["name"], value_of_arguments(call["function"]["arguments"])});
  gist.finish = finish_of(reply["finish_reason"]);
  gist.usage = usage_of(reply["usage"]);
  return gist;
}

Gist gist_of_stream(const recorded::Exchange& exchange) {
  Gist gist;
  std::vector<std::string> arguments;
  for (const auto& event : exchange.events()) {
    if (event.data == "[DONE]") continue;
    const json data = json::parse(event.data);
    const json delta = data.value("delta", json::object());
    if (delta.contains("finish_reason")) {
      gist.finish = finish_of(delta["finish_reason"]);
      gist.usage = usage_of(delta["usage"]);
    }
    const json message = delta.value("message", json::object());
    gist.reasoning += message.value("tool_plan", "");
    if (message.contains("content") && message["content"].is_object()) {
      gist.text += message["content"].value("text", "");
      gist.reasoning += message["content"].value("thinking", "");
    }
    if (!message.contains("tool_calls") || !message["tool_calls"].is_object()) continue;
    const json& call = message["tool_calls"];
    if (call.contains("id")) {
      gist.calls.push_back({call["id"], call["function"]["name"], json::object()});
      arguments.emplace_back();
    }
    arguments.back() += call["function"]["arguments"].get<std::string>();
  }
  for (size_t at = 0; at < arguments.size(); ++at)
    gist.calls[at][2] = value_of_arguments(arguments[at]);
  return gist;
}

// The same of a description.
Gist gist_of(const json& description) {
  Gist gist;
  const json& choice = description["choices"][0];
  for (const json& part : choice["parts"]) {
    if (part["kind"] == "text") gist.text += part["text"].get<std::string>();
    if (part["kind"] == "reasoning") gist.reasoning += part["text"].get<std::string>();
    if (part["kind"] == "tool_call")
      gist.calls.push_back({part["id"], part["name"], part["arguments"]});
  }
  gist.finish = choice["finish"];
  gist.usage = description["usage"];
  return gist;
}

// --- Ours ---------------------------------------------------------------------------------------

json read_whole(const std::string& body) {
  chat::Reply reply;
  if (!cohere.read_reply(body, {}, context, reply)) return nullptr;
  return describe(reply);
}

chat::Error error_of(int status, std::string_view body) {
  ErrorHead head;
  head.status = status;
  return cohere.read_error(head, body);
}

struct Streamed {
  json description;
  StreamReader::Progress progress;
  int starts = 0;
  std::vector<json> errors;
};

Streamed read_stream(const std::vector<recorded::Event>& events) {
  const auto reader = cohere.stream_reader({}, context);
  JoinedDeltas joined;
  std::vector<chat::Delta> deltas;
  for (const auto& event : events) {
    deltas.clear();
    reader->read(event.type, event.data, deltas);
    joined.add(deltas);
  }
  return {joined.description(), reader->progress(), joined.starts(), joined.errors()};
}

Streamed read_stream(std::initializer_list<const char*> payloads) {
  std::vector<recorded::Event> events;
  for (const char* payload : payloads) events.push_back({"", payload});
  return read_stream(events);
}

// --- Recordings ---------------------------------------------------------------------------------

TEST(CohereReply, recorded_replies_say_what_they_say) {
  const auto exchanges = recorded::load("cohere-chat");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  int read = 0;
  for (const auto& exchange : exchanges) {
    if (exchange.streamed()) continue;
    SCOPED_TRACE(exchange.name);
    const json description = read_whole(exchange.response);
    ASSERT_EQ(description.is_null(), exchange.failed());
    if (exchange.failed()) continue;
    ++read;
    EXPECT_EQ(gist_of(description), gist_of_reply(json::parse(exchange.response)));
    EXPECT_EQ(description["id"], json::parse(exchange.response)["id"]);
  }
  EXPECT_EQ(read, 7);
}

TEST(CohereStream, recorded_streams_say_what_they_say_however_they_are_cut) {
  const auto exchanges = recorded::load("cohere-chat");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  int read = 0;
  for (const auto& exchange : exchanges) {
    if (!exchange.streamed()) continue;
    ++read;
    SCOPED_TRACE(exchange.name);
    const Streamed streamed = read_stream(exchange.events());
    EXPECT_EQ(gist_of(streamed.description), gist_of_stream(exchange));
    EXPECT_EQ(streamed.starts, 1);
    EXPECT_TRUE(streamed.errors.empty());
    EXPECT_NE(streamed.progress, StreamReader::Progress::kOpen);
    EXPECT_EQ(read_stream(exchange.events(1)).description, streamed.description);
  }
  EXPECT_EQ(read, 9);
}

TEST(CohereError, recorded_errors_have_their_kind) {
  const auto exchanges = recorded::load("cohere-chat");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  for (const auto& exchange : exchanges) {
    if (!exchange.failed()) continue;
    const chat::Error error = error_of(exchange.status, exchange.response);
    EXPECT_EQ(json(error.message), json::parse(exchange.response)["message"]);
    EXPECT_EQ(error.kind, exchange.status == 401 ? chat::Error::Kind::kAuthentication
                                                 : chat::Error::Kind::kContextLength);
  }
}

// --- Rules --------------------------------------------------------------------------------------

TEST(CohereReply, citations_with_addresses_become_annotations_and_others_stay) {
  const std::string sources =
      R"([{"type":"tool","id":"x","tool_output":{"title":"T","url":"https://a.example"}}])";
  const auto body = [](const std::string& list) {
    return R"({"message":{"citations":[{"end":5,"sources":)" + list +
           R"(,"start":1}],"content":[{"type":"text","text":"t"}]},"finish_reason":"COMPLETE"})";
  };
  const json choice = read_whole(body(sources))["choices"][0];
  EXPECT_EQ(choice["annotations"], json::parse(R"([{"type":"url_citation","url_citation":
      {"url":"https://a.example","title":"T","start_index":1,"end_index":5}}])"));
  EXPECT_FALSE(choice["parts"][0].contains("citations"));
  const json other = read_whole(body(R"([{"type":"document","id":"doc:0"}])"))["choices"][0];
  EXPECT_FALSE(other.contains("annotations"));
  EXPECT_EQ(other["parts"][0]["citations"][0]["sources"][0]["id"], "doc:0");
}

TEST(CohereReply, a_call_without_arguments_or_id_gets_both) {
  const json choice = read_whole(
      R"({"message":{"tool_calls":[{"function":{"name":"f","arguments":"null"}},)"
      R"({"function":{"name":"g","arguments":{"a":1}}},{"id":"i","function":{"name":"h"}}]},)"
      R"("finish_reason":"COMPLETE"})")["choices"][0];
  EXPECT_EQ(choice["finish"], "tool_calls");
  EXPECT_EQ(choice["parts"][0]["arguments"], json::object());
  EXPECT_EQ(choice["parts"][0]["id"], "call_0123456789abcdef0123456789abcdef_0");
  EXPECT_EQ(choice["parts"][1]["arguments"], json::parse(R"({"a":1})"));
  EXPECT_EQ(choice["parts"][2]["arguments"], json::object());
}

TEST(CohereReply, arguments_that_were_cut_off_are_kept_as_text) {
  const json choice = read_whole(
      R"({"message":{"tool_calls":[{"id":"i","function":{"name":"f","arguments":"{\"a\":"}}]},)"
      R"("finish_reason":"MAX_TOKENS"})")["choices"][0];
  EXPECT_EQ(choice["finish"], "length");
  EXPECT_EQ(choice["parts"][0]["arguments_cut"], true);
  EXPECT_EQ(choice["parts"][0]["text"], "{\"a\":");
}

TEST(CohereReply, every_finish_has_a_meaning) {
  const std::pair<const char*, const char*> words[] = {{"COMPLETE", "stop"},
                                                       {"STOP_SEQUENCE", "stop_sequence"},
                                                       {"MAX_TOKENS", "length"},
                                                       {"TOOL_CALL", "tool_calls"},
                                                       {"ERROR", "error"},
                                                       {"TIMEOUT", "error"},
                                                       {"ERROR_TOXIC", "content_filter"},
                                                       {"NEWS", "error"}};
  for (const auto& [word, finish] : words)
    EXPECT_EQ(read_whole(R"({"message":{"content":"t"},"finish_reason":")" + std::string(word) +
                         "\"}")["choices"][0]["finish"],
              finish);
}

TEST(CohereReply, what_is_no_reply_is_not_read) {
  for (const char* body : {"", "[]", "{}", R"({"message":"not found"})", R"({"message":{})"})
    EXPECT_TRUE(read_whole(body).is_null()) << body;
}

TEST(CohereStream, members_may_come_in_any_order_and_types_from_the_event) {
  const std::vector<recorded::Event> events = {
      {"message-start", R"({"delta":{"message":{"role":"assistant"}},"id":"i"})"},
      {"tool-call-start",
       R"({"delta":{"message":{"tool_calls":{"function":{"name":"f"},"id":"c"}}},"index":4})"},
      {"tool-call-delta",
       R"({"delta":{"message":{"tool_calls":{"function":{"arguments":"null"}}}},"index":4})"},
      {"message-end", R"({"delta":{"usage":{"tokens":{"input_tokens":3,"output_tokens":2}},)"
                      R"("finish_reason":"COMPLETE"}})"}};
  const json description = read_stream(events).description;
  EXPECT_EQ(description["id"], "i");
  EXPECT_EQ(description["choices"][0]["finish"], "tool_calls");
  EXPECT_EQ(description["choices"][0]["parts"][0]["arguments"], json::object());
  EXPECT_EQ(description["usage"], json::parse(R"({"input":3,"output":2})"));
}

TEST(CohereStream, an_address_in_a_citation_becomes_an_annotation) {
  const json description =
      read_stream({R"({"type":"citation-start","index":0,"delta":{"message":{"citations":
          {"start":0,"end":2,"sources":[{"id":"https:\/\/a.example"},{"id":"doc:1"}]}}}})"})
          .description;
  EXPECT_EQ(description["choices"][0]["annotations"][0]["url_citation"]["url"],
            "https://a.example");
  EXPECT_EQ(description["choices"][0]["annotations"].size(), 1u);
}

TEST(CohereStream, an_error_in_the_stream_ends_it) {
  const Streamed ended = read_stream(
      {R"({"type":"message-start","id":"i"})",
       R"({"type":"message-end","delta":{"finish_reason":"TIMEOUT","error":"too slow"}})",
       R"({"type":"content-delta","delta":{"message":{"content":{"text":"late"}}}})"});
  ASSERT_EQ(ended.errors.size(), 1u);
  EXPECT_EQ(ended.errors[0]["kind"], "timeout");
  EXPECT_EQ(ended.errors[0]["message"], "too slow");
  EXPECT_TRUE(ended.description["choices"].empty());
  EXPECT_EQ(read_stream({R"({"id":"x","message":"internal"})"}).errors[0]["kind"], "server");
  EXPECT_EQ(read_stream({"{\"type\":"}).errors[0]["kind"], "bad_response");
}

TEST(CohereStream, an_end_without_the_last_message_is_a_truncation) {
  EXPECT_EQ(read_stream({R"({"type":"message-start","id":"i"})"}).progress,
            StreamReader::Progress::kOpen);
  EXPECT_EQ(
      read_stream({R"({"type":"message-end","delta":{"finish_reason":"COMPLETE"}})"}).progress,
      StreamReader::Progress::kWhole);
  EXPECT_EQ(read_stream({" [DONE] "}).progress, StreamReader::Progress::kClosed);
}

TEST(CohereError, statuses_and_words_have_their_kinds) {
  using Kind = chat::Error::Kind;
  const auto kind = [](int status, const char* body) { return error_of(status, body).kind; };
  EXPECT_EQ(kind(429, R"({"message":"You are using a Trial key, limited to 10 calls / minute"})"),
            Kind::kRateLimited);
  EXPECT_EQ(kind(429, R"({"message":"limited to 1000 API calls / month"})"), Kind::kQuotaExhausted);
  EXPECT_EQ(kind(404, R"({"message":"model 'x' not found"})"), Kind::kModelNotFound);
  EXPECT_EQ(kind(498, "{}"), Kind::kAuthentication);
  EXPECT_EQ(kind(503, "<html>"), Kind::kOverloaded);
  EXPECT_EQ(kind(422, "null"), Kind::kInvalidRequest);
}

}  // namespace
}  // namespace postern::dialect
