#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "dialect/bedrock_support.h"

namespace postern::dialect::bedrock_tests {
namespace {

// What an answer says, joined over its parts, as far as a client of another dialect can see it.
struct Said {
  std::string text, thoughts, signature, finish;
  json calls = json::array();
  json usage = json::object();
  bool operator==(const Said&) const = default;
};

void PrintTo(const Said& said, std::ostream* out) {
  *out
      << json{said.text, said.thoughts, said.signature, said.finish, said.calls, said.usage}.dump();
}

std::string finish_of(const std::string& reason, bool calls) {
  const std::map<std::string, std::string> words = {{"end_turn", "stop"},
                                                    {"stop_sequence", "stop_sequence"},
                                                    {"max_tokens", "length"},
                                                    {"tool_use", "tool_calls"},
                                                    {"guardrail_intervened", "content_filter"}};
  return calls && reason == "end_turn" ? "tool_calls" : words.at(reason);
}

json usage_of(const json& usage) {
  json to = json::object();
  for (const auto& [theirs, ours] :
       std::map<std::string, std::string>{{"inputTokens", "input"},
                                          {"outputTokens", "output"},
                                          {"cacheReadInputTokens", "cache_read"},
                                          {"cacheWriteInputTokens", "cache_write"}})
    if (usage.contains(theirs)) to[ours] = usage[theirs];
  return to;
}

Said recorded_reply(const json& body) {
  Said said;
  for (const json& block : body["output"]["message"]["content"]) {
    if (block.contains("text")) said.text += block["text"];
    if (block.contains("citationsContent"))
      for (const json& each : block["citationsContent"].value("content", json::array()))
        said.text += each["text"];
    if (block.contains("reasoningContent")) {
      const json& thought = block["reasoningContent"]["reasoningText"];
      said.thoughts += thought["text"];
      said.signature += thought.value("signature", "");
    }
    if (block.contains("toolUse") && !block["toolUse"].contains("type"))
      said.calls.push_back(
          {block["toolUse"]["toolUseId"], block["toolUse"]["name"], block["toolUse"]["input"]});
  }
  said.finish = finish_of(body["stopReason"], !said.calls.empty());
  said.usage = usage_of(body["usage"]);
  return said;
}

Said recorded_stream(const std::vector<Event>& events) {
  Said said;
  std::map<int, std::pair<size_t, std::string>> arguments;
  std::string reason;
  for (const Event& event : events) {
    const json payload = json::parse(event.data);
    const int block = payload.value("contentBlockIndex", 0);
    const json start = payload.value("start", json::object());
    const json delta = payload.value("delta", json::object());
    if (start.contains("toolUse") && !start["toolUse"].contains("type")) {
      arguments[block] = {said.calls.size(), ""};
      said.calls.push_back({start["toolUse"]["toolUseId"], start["toolUse"]["name"]});
    }
    said.text += delta.value("text", "");
    if (delta.contains("toolUse") && arguments.contains(block))
      arguments[block].second += delta["toolUse"]["input"];
    if (delta.contains("reasoningContent")) {
      said.thoughts += delta["reasoningContent"].value("text", "");
      said.signature += delta["reasoningContent"].value("signature", "");
    }
    if (payload.contains("stopReason")) reason = payload["stopReason"];
    if (payload.contains("usage")) said.usage = usage_of(payload["usage"]);
  }
  for (const auto& [block, call] : arguments)
    said.calls[call.first].push_back(json::parse(call.second.empty() ? "{}" : call.second));
  said.finish = finish_of(reason, !said.calls.empty());
  return said;
}

Said read_said(const json& description) {
  Said said;
  for (const json& part : description["choices"][0]["parts"]) {
    const std::string kind = part["kind"];
    if (kind == "text") said.text += part["text"];
    if (kind == "reasoning") {
      said.thoughts += part.value("text", "");
      said.signature += part.value("signature", "");
    }
    if (kind == "tool_call")
      said.calls.push_back({part["id"], part["name"], part.value("arguments", json())});
  }
  said.finish = description["choices"][0]["finish"];
  said.usage = description["usage"];
  return said;
}

TEST(BedrockRecordings, every_answer_says_what_was_recorded) {
  const auto exchanges = recorded::load("converse");
  if (exchanges.empty()) GTEST_SKIP() << "no recordings are at hand";
  int replies = 0, streams = 0;
  for (const recorded::Exchange& exchange : exchanges) {
    SCOPED_TRACE(exchange.name);
    if (exchange.failed()) continue;
    if (!is_stream(exchange)) {
      const Answer answer = read(exchange.response);
      ASSERT_TRUE(answer.read);
      EXPECT_EQ(read_said(answer.description), recorded_reply(json::parse(exchange.response)));
      ++replies;
      continue;
    }
    const std::vector<Event> events = events_of(exchange);
    const Streamed stream = read_stream(events);
    EXPECT_TRUE(stream.errors.empty());
    EXPECT_EQ(stream.starts, 1);
    EXPECT_NE(stream.progress, StreamReader::Progress::kOpen);
    EXPECT_EQ(read_said(stream.description), recorded_stream(events));
    if (exchange.name.ends_with(".jsonl")) continue;
    EXPECT_EQ(stream.progress, StreamReader::Progress::kClosed);
    EXPECT_EQ(read_stream(events_of(exchange, 1)).description, stream.description);
    ++streams;
  }
  EXPECT_GE(replies, 20);
  EXPECT_GE(streams, 13);
}

TEST(BedrockRecordings, every_recorded_error_has_its_kind) {
  const auto exchanges = recorded::load("converse");
  if (exchanges.empty()) GTEST_SKIP() << "no recordings are at hand";
  int errors = 0;
  for (const recorded::Exchange& exchange : exchanges) {
    if (!exchange.failed()) continue;
    ++errors;
    const bool forbidden = exchange.status == 403;
    const json found = error(exchange.status,
                             forbidden ? "UnrecognizedClientException:http://internal.amazon.com/"
                                       : "ValidationException:http://internal.amazon.com/",
                             exchange.response);
    EXPECT_FALSE(found["message"].get<std::string>().empty());
    const bool length = exchange.response.find("Exceeded") != std::string::npos;
    EXPECT_EQ(found["kind"], forbidden ? "authentication"
                             : length  ? "context_length"
                                       : "model_not_found")
        << exchange.name;
  }
  EXPECT_EQ(errors, 3);
}

TEST(BedrockRecordings, requests_are_read_and_written_the_same) {
  const auto exchanges = recorded::load("converse");
  if (exchanges.empty()) GTEST_SKIP() << "no recordings are at hand";
  int same = 0, other = 0;
  for (const recorded::Exchange& exchange : exchanges) {
    if (exchange.request.empty()) continue;
    chat::Request request;
    const auto refused = bedrock_wire::read_request(exchange.request, request);
    // Guarded content and search results have no word in a neutral conversation.
    const bool unknown = exchange.request.find("guardContent") != std::string::npos ||
                         exchange.request.find("searchResult") != std::string::npos;
    EXPECT_EQ(refused.has_value(), unknown) << exchange.name;
    // A document given as text is read, but nobody else gives one so.
    if (refused || exchange.request.find("\"source\":{\"text\"") != std::string::npos) continue;
    request.model = "any";
    const Written written = write(request);
    ASSERT_FALSE(written.refused) << exchange.name << written.refused->message;
    json original = json::parse(exchange.request);
    if (!original.contains("inferenceConfig")) original["inferenceConfig"] = json::object();
    (original == written.body ? same : other) += 1;
    if (original != written.body)
      EXPECT_NE(exchange.request.find("\"json\":"), std::string::npos)
          << exchange.name << json::diff(original, written.body).dump().substr(0, 2000);
  }
  EXPECT_GE(same, 18);
  EXPECT_LE(other, 2);
}

}  // namespace
}  // namespace postern::dialect::bedrock_tests
