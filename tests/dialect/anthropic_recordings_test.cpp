#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "codec/sse.h"
#include "describe.h"
#include "dialect/anthropic/anthropic.h"

namespace postern::dialect {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const ReplyContext context = {.request_id = "r", .model = "m"};

fs::path transcripts() {
  if (const char* path = std::getenv("TRANSCRIPTS")) return path;
  return fs::path(POSTERN_SOURCE_DIR) / "../shared/transcripts";
}

std::vector<fs::path> recordings(std::string_view ending) {
  std::vector<fs::path> found;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(transcripts() / "anthropic" / "messages", absent))
    if (entry.path().string().ends_with(ending)) found.push_back(entry.path());
  std::sort(found.begin(), found.end());
  return found;
}

std::string content_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

// What both readings are compared by.
struct Seen {
  std::string text, thinking, signatures;
  std::vector<json> calls;  // [id, name, arguments]
  std::string stop_reason, stop_sequence;
  json usage;

  void add(const json& block) {
    const std::string type = block["type"];
    if (type == "text") text += block["text"].get<std::string>();
    if (type == "thinking") thinking += block["thinking"].get<std::string>();
    if (type == "thinking") signatures += block.value("signature", "");
    if (type == "tool_use") calls.push_back({block["id"], block["name"], block["input"]});
  }
};

Seen seen_in_message(const json& message) {
  Seen seen;
  for (const json& block : message["content"]) seen.add(block);
  seen.stop_reason = message["stop_reason"].is_null() ? "" : message["stop_reason"];
  const json sequence = message.value("stop_sequence", json());
  seen.stop_sequence = sequence.is_null() ? "" : sequence;
  seen.usage = message["usage"];
  return seen;
}

Seen seen_in_events(const std::vector<json>& events) {
  json message = {{"content", json::array()}, {"stop_reason", nullptr}};
  std::map<int, json> blocks;
  std::map<int, std::string> inputs;
  for (const json& event : events) {
    const std::string type = event["type"];
    if (type == "message_start") message["usage"] = event["message"]["usage"];
    if (type == "content_block_start") blocks[event["index"]] = event["content_block"];
    if (type == "content_block_delta") {
      const json& delta = event["delta"];
      json& block = blocks[event["index"]];
      for (const char* name : {"text", "thinking", "signature"})
        if (delta.contains(name))
          block[name] = block.value(name, "") + delta[name].get<std::string>();
      if (delta.contains("partial_json"))
        inputs[event["index"]] += delta["partial_json"].get<std::string>();
    }
    if (type == "message_delta") {
      message.update(event["delta"]);
      message["usage"].update(event["usage"]);
    }
  }
  for (auto& [index, block] : blocks) {
    if (!inputs[index].empty()) block["input"] = json::parse(inputs[index]);
    message["content"].push_back(block);
  }
  return seen_in_message(message);
}

void expect_same(const json& reply, const Seen& seen) {
  Seen read;
  const json& choice = reply["choices"][0];
  for (const json& part : choice["parts"]) {
    if (part["kind"] == "text") read.text += part["text"].get<std::string>();
    if (part["kind"] == "reasoning") read.thinking += part.value("text", "");
    if (part["kind"] == "reasoning") read.signatures += part.value("signature", "");
    if (part["kind"] == "tool_call")
      read.calls.push_back({part["id"], part["name"], part["arguments"]});
  }
  EXPECT_EQ(read.text, seen.text);
  EXPECT_EQ(read.thinking, seen.thinking);
  EXPECT_EQ(read.signatures, seen.signatures);
  EXPECT_EQ(read.calls, seen.calls);
  const std::map<std::string, std::string> finishes = {
      {"end_turn", "stop"},     {"stop_sequence", "stop_sequence"}, {"tool_use", "tool_calls"},
      {"max_tokens", "length"}, {"refusal", "content_filter"},      {"", "none"}};
  EXPECT_EQ(choice["finish"], json(finishes.at(seen.stop_reason)));
  EXPECT_EQ(choice.value("stop_sequence", ""), seen.stop_sequence);
  const auto count = [](const json& from, const char* name) {
    const json value = from.value(name, json());
    return value.is_number() ? value.get<int64_t>() : 0;
  };
  const json& usage = reply["usage"];
  EXPECT_EQ(count(usage, "input"), count(seen.usage, "input_tokens"));
  EXPECT_EQ(count(usage, "cache_read"), count(seen.usage, "cache_read_input_tokens"));
  EXPECT_EQ(count(usage, "cache_write") + count(usage, "cache_write_hour"),
            count(seen.usage, "cache_creation_input_tokens"));
  EXPECT_EQ(count(usage, "output") + count(usage, "reasoning"), count(seen.usage, "output_tokens"));
  if (seen.usage.contains("output_tokens_details"))
    EXPECT_EQ(count(usage, "reasoning"),
              count(seen.usage["output_tokens_details"], "thinking_tokens"));
}

// Of a stream, what it says and how it ends, fed in chunks of a size.
struct Read {
  JoinedDeltas joined;
  StreamReader::Progress progress = StreamReader::Progress::kOpen;
};

Read read_stream(std::string_view bytes, size_t chunk, std::vector<json>* events = nullptr) {
  Read read;
  const auto reader = anthropic.stream_reader({}, context);
  codec::SseReader framing;
  std::vector<chat::Delta> deltas;
  const auto take = [&](const codec::SseBlock& block) {
    if (!block.dispatched) return;
    deltas.clear();
    reader->read(block.type, block.data, deltas);
    read.joined.add(deltas);
    if (events) events->push_back(json::parse(block.data));
  };
  codec::SseBlock block;
  for (size_t at = 0; at < bytes.size(); at += chunk) {
    framing.push(bytes.substr(at, chunk));
    while (framing.next(block)) take(block);
  }
  if (framing.flush(block)) take(block);
  read.progress = reader->progress();
  return read;
}

void check_stream(const fs::path& path, const std::string& bytes) {
  SCOPED_TRACE(path.filename());
  std::vector<json> events;
  const Read whole = read_stream(bytes, bytes.size(), &events);
  EXPECT_EQ(whole.joined.starts(), 1);
  // A second answer begins in the middle of the first: there is nothing right to make of it.
  if (path.filename().string().starts_with("141-spliced")) {
    ASSERT_EQ(whole.joined.errors().size(), 1u);
    return;
  }
  EXPECT_TRUE(whole.joined.errors().empty());
  EXPECT_NE(whole.progress, StreamReader::Progress::kOpen);
  expect_same(whole.joined.description(), seen_in_events(events));
  EXPECT_EQ(read_stream(bytes, 1).joined.description(), whole.joined.description());
}

TEST(AnthropicRecordings, replies_are_read) {
  const auto files = recordings(".resp.json");
  if (files.empty()) GTEST_SKIP() << "no recordings at " << transcripts();
  for (const fs::path& path : files) {
    SCOPED_TRACE(path.filename());
    const std::string body = content_of(path);
    const json message = json::parse(body);
    chat::Reply reply;
    if (message.contains("error")) {
      EXPECT_FALSE(anthropic.read_reply(body, {}, context, reply));
      ErrorHead head;
      head.status = 400;
      const chat::Error error = anthropic.read_error(head, body);
      EXPECT_EQ(json(error.message), message["error"]["message"]);
      EXPECT_EQ(json(error.code), message["error"]["type"]);
      continue;
    }
    ASSERT_TRUE(anthropic.read_reply(body, {}, context, reply));
    expect_same(describe(reply), seen_in_message(message));
  }
}

TEST(AnthropicRecordings, streams_are_read) {
  const auto files = recordings(".resp.sse");
  if (files.empty()) GTEST_SKIP() << "no recordings at " << transcripts();
  for (const fs::path& path : files) check_stream(path, content_of(path));
}

TEST(AnthropicRecordings, streams_whose_framing_is_lost_are_read) {
  const auto files = recordings(".payloads.jsonl");
  if (files.empty()) GTEST_SKIP() << "no recordings at " << transcripts();
  for (const fs::path& path : files) {
    std::istringstream lines(content_of(path));
    std::string bytes;
    for (std::string line; std::getline(lines, line);)
      if (!line.empty())
        bytes +=
            "event: " + json::parse(line)["type"].get<std::string>() + "\ndata: " + line + "\n\n";
    check_stream(path, bytes);
  }
}

// White space alone is left out, because Anthropic refuses it in most places, and so it does what
// is said after a call.
json as_taken(json messages) {
  for (json& message : messages) {
    json kept = json::array(), calls = json::array();
    for (const json& part : message["parts"]) {
      const std::string text = part.value("text", "");
      if (part["kind"] == "tool_call") {
        calls.push_back(part);
      } else if (part["kind"] != "text" || text.find_first_not_of(" \n") != std::string::npos) {
        kept.push_back(part);
      }
    }
    kept.insert(kept.end(), calls.begin(), calls.end());
    message["parts"] = kept;
  }
  return messages;
}

json without_empty_descriptions(json tools) {
  for (json& tool : tools)
    if (tool.value("description", "x").empty()) tool.erase("description");
  return tools;
}

// Written back to Anthropic a request says what it said.
TEST(AnthropicRecordings, requests_are_read_and_written_again) {
  const auto files = recordings(".req.json");
  if (files.empty()) GTEST_SKIP() << "no recordings at " << transcripts();
  for (const fs::path& path : files) {
    SCOPED_TRACE(path.filename());
    const std::string body = content_of(path);
    chat::Request request;
    const auto refused = anthropic.read_request(body, request);
    ASSERT_FALSE(refused.has_value()) << refused->message;
    chat::Dropped dropped;
    std::string out;
    const auto unwritten = anthropic.write_request(request, anthropic, {}, dropped, out);
    ASSERT_FALSE(unwritten.has_value()) << unwritten->message;
    const json before = json::parse(body), after = json::parse(out);
    EXPECT_EQ(without_empty_descriptions(after.value("tools", json())),
              without_empty_descriptions(before.value("tools", json())));
    for (const char* name : {"model", "max_tokens", "temperature", "stop_sequences", "thinking",
                             "output_config", "tool_choice"})
      if (before.contains(name)) EXPECT_EQ(after.value(name, json()), before[name]) << name;
    chat::Request again;
    ASSERT_FALSE(anthropic.read_request(out, again).has_value());
    EXPECT_EQ(describe(again)["messages"], as_taken(describe(request)["messages"]));
  }
}

}  // namespace
}  // namespace postern::dialect
