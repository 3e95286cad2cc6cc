// What the tests of the dialect Responses share.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sse.h"
#include "describe.h"
#include "dialect/responses/responses.h"

namespace responses_test {

using nlohmann::json;
namespace chat = postern::chat;
namespace codec = postern::codec;
namespace dialect = postern::dialect;

inline constexpr std::string_view request_id = "0123456789abcdef0123456789abcdef";

inline dialect::ReplyContext context() {
  return {.request_id = request_id, .model = "asked", .now_s = 1700000000, .include_usage = true};
}

inline dialect::Quirks all_quirks() {
  dialect::Quirks quirks;
  quirks.developer_role = true;
  quirks.strict_tools = true;
  quirks.image_urls = true;
  return quirks;
}

// A client of another dialect, in name.
inline dialect::Dialect stranger() {
  dialect::Dialect stranger = dialect::responses;
  stranger.name = "openai_chat";
  return stranger;
}

struct Read {
  std::string body;  // the request has views into it
  chat::Request request;
  std::optional<chat::Refused> refused;
};

inline std::unique_ptr<Read> read(std::string body) {
  auto result = std::make_unique<Read>();
  result->body = std::move(body);
  result->refused = dialect::responses.read_request(result->body, result->request);
  return result;
}

// A request with this input, as JSON.
inline std::unique_ptr<Read> read_input(std::string_view input, std::string_view more = "") {
  return read(R"({"model":"m","input":)" + std::string(input) + std::string(more) + "}");
}

struct Written {
  std::string text;
  json body;
  chat::Dropped dropped;
  std::optional<chat::Refused> refused;
};

inline Written written(const chat::Request& request, const dialect::Dialect& front,
                       const dialect::Quirks& quirks = all_quirks()) {
  Written result;
  result.refused =
      dialect::responses_wire::write_request(request, front, quirks, result.dropped, result.text);
  if (!result.refused) result.body = json::parse(result.text, nullptr, false);
  return result;
}

inline json read_whole(std::string_view body) {
  chat::Reply reply;
  EXPECT_TRUE(dialect::responses.read_reply(body, {}, context(), reply)) << body;
  return dialect::describe(reply);
}

// --- Streams ------------------------------------------------------------------------------------

struct Event {
  std::string type;
  json data;
};

// Every event of a written stream; what is no event of this dialect fails the test.
inline std::vector<Event> events_of(std::string_view stream) {
  std::vector<Event> events;
  codec::SseReader reader;
  reader.push(stream);
  for (codec::SseBlock block; reader.next(block);) {
    if (!block.dispatched) continue;
    events.push_back({std::string(block.type), json::parse(block.data, nullptr, false)});
    EXPECT_FALSE(events.back().data.is_discarded()) << block.data;
  }
  EXPECT_TRUE(reader.between_blocks());
  return events;
}

inline json joined(dialect::StreamReader& reader, std::string_view stream) {
  dialect::JoinedDeltas all;
  codec::SseReader framing;
  framing.push(stream);
  std::vector<chat::Delta> deltas;
  for (codec::SseBlock block; framing.next(block);) {
    if (!block.dispatched) continue;
    deltas.clear();
    reader.read(block.type, block.data, deltas);
    all.add(deltas);
  }
  EXPECT_EQ(all.starts(), 1);
  json description = all.description();
  if (!all.errors().empty()) description["errors"] = all.errors();
  return description;
}

// --- OpenAI's description of the format
// -----------------------------------------------------------

inline std::vector<std::string> missing(const json& object, std::vector<std::string> names) {
  std::vector<std::string> absent;
  for (std::string& name : names)
    if (!object.is_object() || !object.contains(name)) absent.push_back(std::move(name));
  return absent;
}

inline void expect_has(const json& object, std::vector<std::string> names) {
  EXPECT_EQ(missing(object, std::move(names)), std::vector<std::string>()) << object.dump();
}

inline void expect_part(const json& part) {
  const std::string type = part.value("type", "");
  if (type == "output_text") {
    expect_has(part, {"text", "annotations", "logprobs"});
    for (const json& each : part["annotations"])
      if (each.value("type", "") == "url_citation")
        expect_has(each, {"url", "start_index", "end_index", "title"});
    for (const json& each : part["logprobs"])
      expect_has(each, {"token", "logprob", "bytes", "top_logprobs"});
  } else if (type == "refusal") {
    expect_has(part, {"refusal"});
  } else {
    ADD_FAILURE() << part.dump();
  }
}

inline void expect_item(const json& item) {
  const std::string type = item.value("type", "");
  expect_has(item, {"id", "status"});
  if (type == "message") {
    expect_has(item, {"role", "content"});
    EXPECT_EQ(item["role"], "assistant");
    for (const json& part : item["content"]) expect_part(part);
  } else if (type == "function_call") {
    expect_has(item, {"call_id", "name", "arguments"});
    EXPECT_TRUE(item["arguments"].is_string());
  } else if (type == "custom_tool_call") {
    expect_has(item, {"call_id", "name", "input"});
  } else if (type == "reasoning") {
    expect_has(item, {"summary"});
    for (const json& part : item["summary"]) expect_has(part, {"type", "text"});
  } else if (type == "image_generation_call") {
    expect_has(item, {"result"});
  } else {
    ADD_FAILURE() << item.dump();
  }
}

inline void expect_response(const json& response) {
  expect_has(response,
             {"id", "object", "created_at", "status", "error", "incomplete_details", "instructions",
              "model", "tools", "output", "parallel_tool_calls", "metadata", "tool_choice",
              "temperature", "top_p", "text", "reasoning", "usage"});
  EXPECT_EQ(response["object"], "response");
  EXPECT_TRUE(response["id"].get<std::string>().starts_with("resp_"));
  for (const json& item : response["output"]) expect_item(item);
  if (response["usage"].is_null()) return;
  expect_has(response["usage"], {"input_tokens", "output_tokens", "total_tokens"});
  expect_has(response["usage"]["input_tokens_details"], {"cached_tokens", "cache_write_tokens"});
  expect_has(response["usage"]["output_tokens_details"], {"reasoning_tokens"});
}

// What a client may rely on: numbers without gaps, one item after the other, ends that repeat what
// was said piece by piece, and a last event that repeats the ends.
class StreamChecker {
 public:
  void check(const std::vector<Event>& events) {
    ASSERT_GE(events.size(), 3u);
    for (const Event& event : events) {
      EXPECT_EQ(json(event.type), event.data["type"]);
      EXPECT_EQ(event.data["sequence_number"], number_++);
      take(event.data);
    }
    EXPECT_EQ(events[0].type, "response.created");
    EXPECT_EQ(events[1].type, "response.in_progress");
    const json& last = events.back().data;
    ASSERT_TRUE(last.contains("response")) << last.dump();
    EXPECT_EQ(last["type"].get<std::string>(),
              "response." + last["response"]["status"].get<std::string>());
    if (events.back().type != "response.failed") EXPECT_TRUE(open_.is_null());
    EXPECT_EQ(last["response"]["output"], done_);
    EXPECT_EQ(last["response"]["id"], events[0].data["response"]["id"]);
  }

 private:
  void take(const json& event) {
    const std::string type = event["type"];
    if (event.contains("response")) return expect_response(event["response"]);
    if (type == "error") return expect_has(event, {"code", "message", "param"});
    expect_has(event, {"output_index"});
    EXPECT_EQ(event["output_index"], json(done_.size()));
    if (type == "response.output_item.added") return add(event["item"]);
    if (type == "response.output_item.done") return finish(event["item"]);
    expect_has(event, {"item_id"});
    EXPECT_EQ(event["item_id"], open_["id"]);
    if (type.starts_with("response.reasoning_summary"))
      EXPECT_EQ(event["summary_index"], 0);
    else if (event.contains("content_index"))
      EXPECT_EQ(event["content_index"], json(parts_.size()));
    if (type.ends_with("part.added")) return said_.clear();
    if (type.ends_with(".delta")) {
      if (type == "response.output_text.delta") expect_has(event, {"logprobs"});
      said_ += event["delta"].get<std::string>();
      return;
    }
    for (const char* name : {"text", "refusal", "arguments", "input"})
      if (type.ends_with(".done") && event.contains(name)) EXPECT_EQ(event[name], json(said_));
    if (type == "response.content_part.done") {
      expect_part(event["part"]);
      parts_.push_back(event["part"]);
    }
    if (type == "response.reasoning_summary_part.done")
      EXPECT_EQ(event["part"]["text"], json(said_));
  }

  void add(const json& item) {
    EXPECT_TRUE(open_.is_null()) << "items overlap: " << item.dump();
    expect_item(item);
    EXPECT_EQ(item["status"], "in_progress");
    open_ = item;
    said_.clear();
    parts_ = json::array();
  }

  void finish(const json& item) {
    expect_item(item);
    EXPECT_EQ(item["id"], open_["id"]);
    EXPECT_EQ(item["type"], open_["type"]);
    if (item["type"] == "message") EXPECT_EQ(item["content"], parts_);
    if (item["type"] == "function_call") EXPECT_EQ(item["arguments"], json(said_));
    if (item["type"] == "custom_tool_call") EXPECT_EQ(item["input"], json(said_));
    if (item["type"] == "reasoning" && !item["summary"].empty())
      EXPECT_EQ(item["summary"][0]["text"], json(said_));
    done_.push_back(item);
    open_ = nullptr;
  }

  int number_ = 0;
  json open_;
  json done_ = json::array();
  json parts_ = json::array();
  std::string said_;
};

// A checked stream of these deltas.
inline std::vector<Event> written_stream(const std::vector<chat::Delta>& deltas) {
  const auto writer = dialect::responses.stream_writer(context());
  std::string stream;
  for (const chat::Delta& each : deltas) {
    writer->write(each, stream);
    EXPECT_TRUE(stream.empty() || stream.ends_with("\n\n"));
  }
  writer->end(stream);
  std::vector<Event> events = events_of(stream);
  StreamChecker().check(events);
  return events;
}

inline json output_of(const std::vector<Event>& events) {
  return events.back().data["response"]["output"];
}

}  // namespace responses_test
