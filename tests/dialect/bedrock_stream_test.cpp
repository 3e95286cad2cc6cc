#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/bedrock_support.h"

namespace postern::dialect::bedrock_tests {
namespace {

// A text in random pieces, cut between characters.
std::vector<std::string> pieces_of(const std::string& whole, std::mt19937& random) {
  std::vector<std::string> pieces;
  size_t at = 0;
  while (at < whole.size()) {
    size_t end = std::min(whole.size(), at + 1 + random() % 7);
    while (end < whole.size() && (whole[end] & 0xC0) == 0x80) ++end;
    pieces.push_back(whole.substr(at, end - at));
    at = end;
  }
  return pieces;
}

// The events in which Bedrock would stream this answer.
std::vector<Event> streamed(const json& reply, std::mt19937& random) {
  std::vector<Event> events = {{"messageStart", R"({"role":"assistant","p":"abcd"})"}};
  const auto add_event = [&](const char* type, json payload) {
    payload["p"] = std::string(random() % 40, 'p');
    events.push_back({type, payload.dump()});
  };
  int index = 0;
  for (const json& block : reply["output"]["message"]["content"]) {
    const auto delta = [&](json said) {
      add_event("contentBlockDelta", {{"contentBlockIndex", index}, {"delta", std::move(said)}});
    };
    if (block.contains("text")) {
      for (const auto& piece : pieces_of(block["text"], random)) delta({{"text", piece}});
    } else if (block.contains("toolUse")) {
      const json& call = block["toolUse"];
      add_event(
          "contentBlockStart",
          {{"contentBlockIndex", index},
           {"start", {{"toolUse", {{"toolUseId", call["toolUseId"]}, {"name", call["name"]}}}}}});
      const json& input = call["input"];
      const std::string arguments = input.is_string() ? input.get<std::string>()
                                    : input.empty()   ? std::string()
                                                      : input.dump();
      for (const auto& piece : pieces_of(arguments, random))
        delta({{"toolUse", {{"input", piece}}}});
    } else if (block.contains("image")) {
      add_event("contentBlockStart",
                {{"contentBlockIndex", index},
                 {"start", {{"image", {{"format", block["image"]["format"]}}}}}});
      delta({{"image", {{"source", block["image"]["source"]}}}});
    } else if (block["reasoningContent"].contains("redactedContent")) {
      delta({{"reasoningContent", block["reasoningContent"]}});
    } else {
      const json& thought = block["reasoningContent"]["reasoningText"];
      for (const auto& piece : pieces_of(thought["text"], random))
        delta({{"reasoningContent", {{"text", piece}}}});
      if (thought.contains("signature"))
        delta({{"reasoningContent", {{"signature", thought["signature"]}}}});
    }
    add_event("contentBlockStop", {{"contentBlockIndex", index}});
    ++index;
  }
  add_event("messageStop", {{"stopReason", reply["stopReason"]}});
  add_event("metadata", {{"usage", reply["usage"]}, {"metrics", {{"latencyMs", 1}}}});
  return events;
}

TEST(BedrockStream, a_streamed_answer_is_the_same_as_the_whole_one) {
  for (int seed = 0; seed < 400; ++seed) {
    const chat::Reply reply = generated(seed, reply_features());
    std::string body;
    bedrock_wire::write_reply(reply, context, body);
    std::mt19937 random(static_cast<uint32_t>(seed));
    const Streamed stream = read_stream(streamed(json::parse(body), random));
    ASSERT_TRUE(stream.errors.empty());
    EXPECT_EQ(stream.starts, 1);
    EXPECT_EQ(stream.progress, StreamReader::Progress::kClosed);
    ASSERT_EQ(comparable_reply(describe(reply)), stream.description) << body;
  }
}

TEST(BedrockStream, a_call_without_arguments_has_none) {
  const Streamed stream = read_stream(
      {{"messageStart", "{}"},
       {"contentBlockStart",
        R"({"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"t","name":"f"}}})"},
       {"contentBlockDelta", R"({"contentBlockIndex":0,"delta":{"toolUse":{"input":""}}})"},
       {"contentBlockStop", R"({"contentBlockIndex":0})"},
       {"messageStop", R"({"stopReason":"tool_use"})"}});
  EXPECT_EQ(stream.description["choices"][0]["parts"][0]["arguments"], json::object());
  EXPECT_EQ(stream.progress, StreamReader::Progress::kWhole);
}

TEST(BedrockStream, calls_are_counted_without_those_that_bedrock_ran) {
  const auto reader = bedrock.stream_reader({}, context);
  std::vector<chat::Delta> out;
  reader->read(
      "contentBlockStart",
      R"({"contentBlockIndex":0,"start":{"toolUse":{"toolUseId":"s","name":"nova_grounding",
                   "type":"server_tool_use"}}})",
      out);
  reader->read("contentBlockDelta", R"({"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}})",
               out);
  reader->read("contentBlockDelta",
               R"({"contentBlockIndex":1,"delta":{"toolResult":[{"text":"[HIDDEN]"}]}})", out);
  EXPECT_EQ(out.size(), 1u);
  reader->read("contentBlockStart", R"({"contentBlockIndex":4,"start":{"toolUse":{"name":"f"}}})",
               out);
  ASSERT_EQ(out.size(), 2u);
  EXPECT_EQ(out[1].tool, 0);
  EXPECT_EQ(out[1].id.raw, "call_0123456789abcdef0123456789abcdef_0");
  reader->read("contentBlockDelta", R"({"delta":{"toolUse":{"input":"{}"}},"contentBlockIndex":4})",
               out);
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(out[2].tool, 0);
}

TEST(BedrockStream, a_signature_alone_signs_thoughts_that_are_not_shown) {
  const Streamed stream = read_stream(
      {{"contentBlockDelta",
        R"({"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"c2ln"}}})"}});
  EXPECT_EQ(stream.description["choices"][0]["parts"],
            parsed(R"([{"kind":"reasoning","signature":"c2ln","signer":"bedrock"}])"));
}

TEST(BedrockStream, citations_with_an_address_are_annotations) {
  const Streamed stream = read_stream(
      {{"contentBlockDelta", R"({"contentBlockIndex":0,"delta":{"text":"caf\u00e9 "}})"},
       {"contentBlockStop", R"({"contentBlockIndex":0})"},
       {"contentBlockDelta", R"({"contentBlockIndex":1,"delta":{"text":"Ruby"}})"},
       {"contentBlockDelta", R"({"contentBlockIndex":1,"delta":{"citation":{"title":"T",
           "location":{"web":{"url":"https://a.example"}}}}})"},
       {"contentBlockDelta", R"({"contentBlockIndex":2,"delta":{"citation":{
           "location":{"web":{"url":"https://b.example"}}}}})"},
       {"contentBlockDelta", R"({"contentBlockIndex":2,"delta":{"citation":{
           "location":{"documentChar":{"documentIndex":0}}}}})"}});
  EXPECT_EQ(stream.description["choices"][0]["annotations"], parsed(R"([
      {"type":"url_citation","url_citation":
          {"start_index":5,"end_index":9,"title":"T","url":"https://a.example"}},
      {"type":"url_citation","url_citation":
          {"start_index":9,"end_index":9,"title":"https://b.example",
           "url":"https://b.example"}}])"));
}

TEST(BedrockStream, exceptions_end_it) {
  const auto error = [](std::string_view type, std::string_view data) {
    const Streamed stream = read_stream({{"messageStart", "{}"},
                                         {std::string(type), std::string(data)},
                                         {"messageStop", R"({"stopReason":"end_turn"})"}});
    EXPECT_EQ(stream.progress, StreamReader::Progress::kClosed);
    EXPECT_EQ(stream.errors.size(), 1u);
    EXPECT_EQ(stream.description["choices"], json::array());
    return stream.errors.empty() ? json() : stream.errors[0];
  };
  const json throttled = error("exception:throttlingException", R"({"message":"Too many tokens"})");
  EXPECT_EQ(throttled["kind"], "rate_limited");
  EXPECT_EQ(throttled["message"], "Too many tokens");
  EXPECT_EQ(throttled["code"], "throttlingException");
  EXPECT_EQ(throttled["status"], 0);
  EXPECT_EQ(error("exception:modelStreamErrorException",
                  R"({"message":"m","originalStatusCode":500})")["kind"],
            "server");
  EXPECT_EQ(error("exception:serviceUnavailableException", "{}")["kind"], "overloaded");
  EXPECT_EQ(error("exception:internalServerException", "")["kind"], "server");
  EXPECT_EQ(error("exception:validationException",
                  R"({"message":"Input is too long for requested model."})")["kind"],
            "context_length");
  EXPECT_EQ(error("exception:inventedException", "[]")["kind"], "server");
}

TEST(BedrockStream, what_is_not_to_be_understood_is_a_bad_response) {
  for (const auto& [type, data] : std::vector<std::pair<std::string, std::string>>{
           {"contentBlockDelta", "not json"},
           {"messageStop", R"({"stopReason":"end_turn")"},
           {"metadata", ""},
           {"contentBlockDelta",
            R"({"contentBlockIndex":0,"delta":{"toolUse":{"input":"{}"}}})"}}) {
    const Streamed stream = read_stream({{type, data}});
    ASSERT_EQ(stream.errors.size(), 1u) << data;
    EXPECT_EQ(stream.errors[0]["kind"], "bad_response");
  }
  EXPECT_TRUE(read_stream({{"inventedLater", R"({"a":1})"}}).errors.empty());
}

TEST(BedrockStream, usage_may_come_before_the_end_is_told) {
  const Streamed stream = read_stream({{"metadata", R"({"usage":{"inputTokens":1}})"},
                                       {"messageStop", R"({"stopReason":"end_turn"})"}});
  EXPECT_EQ(stream.progress, StreamReader::Progress::kClosed);
  EXPECT_EQ(read_stream({{"metadata", R"({"usage":{"inputTokens":1}})"}}).progress,
            StreamReader::Progress::kOpen);
}

}  // namespace
}  // namespace postern::dialect::bedrock_tests
