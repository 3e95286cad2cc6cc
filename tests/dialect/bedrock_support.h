// What the tests of Converse share.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/request.h"
#include "codec/aws_event_stream.h"
#include "dialect/bedrock/bedrock.h"
#include "dialect/describe.h"
#include "dialect/generate.h"
#include "dialect/recorded.h"

namespace postern::dialect::bedrock_tests {

using nlohmann::json;

inline constexpr std::string_view claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
inline constexpr ReplyContext context = {.request_id = "0123456789abcdef0123456789abcdef",
                                         .model = "model"};

inline json parsed(std::string_view text) { return json::parse(text); }

inline chat::Part text(std::string_view characters) {
  chat::Part part;
  part.text = chat::literal(characters);
  return part;
}

inline chat::Part part_of(chat::Part::Kind kind) {
  chat::Part part;
  part.kind = kind;
  return part;
}

inline chat::Part image(std::string_view media_type, std::string_view data) {
  chat::Part part = part_of(chat::Part::Kind::kImage);
  part.media_type = chat::literal(media_type);
  part.data = chat::literal(data);
  return part;
}

inline chat::Part file(std::string_view name, std::string_view media_type, std::string_view data) {
  chat::Part part = part_of(chat::Part::Kind::kFile);
  part.name = chat::literal(name);
  part.media_type = chat::literal(media_type);
  part.data = chat::literal(data);
  return part;
}

inline chat::Part call(std::string_view id, std::string_view name, chat::Json arguments) {
  chat::Part part = part_of(chat::Part::Kind::kToolCall);
  part.id = chat::literal(id);
  part.name = chat::literal(name);
  part.arguments = arguments;
  return part;
}

inline chat::Part result(std::string_view id, std::vector<chat::Part> content) {
  chat::Part part = part_of(chat::Part::Kind::kToolResult);
  part.id = chat::literal(id);
  part.content = std::move(content);
  return part;
}

// Places follow from the order.
inline void add(chat::Request& request, chat::Role role, std::vector<chat::Part> parts) {
  chat::Message& message = request.messages.emplace_back();
  message.role = role;
  message.parts = std::move(parts);
  uint32_t place = 0;
  for (chat::Part& part : message.parts)
    part.place = {static_cast<uint32_t>(request.messages.size() - 1), place++};
}

inline chat::Request hello(std::string_view model = claude) {
  chat::Request request;
  request.model = model;
  add(request, chat::Role::kUser, {text("Hello")});
  return request;
}

inline chat::Tool tool(std::string_view name) {
  chat::Tool made;
  made.name = chat::literal(name);
  return made;
}

struct Written {
  json body;
  chat::Dropped dropped;
  std::optional<chat::Refused> refused;
};

inline Written write(const chat::Request& request) {
  Written written;
  std::string out = "before";
  written.refused = bedrock.write_request(request, bedrock, {}, written.dropped, out);
  EXPECT_TRUE(out.starts_with("before"));
  if (!written.refused) {
    written.body = json::parse(out.substr(6), nullptr, false);
    EXPECT_FALSE(written.body.is_discarded()) << out;
  }
  return written;
}

// --- Replies ------------------------------------------------------------------------------------

struct Answer {
  bool read = false;
  json description;
  chat::Reply reply;
};

inline Answer read(const std::string& body) {
  Answer answer;
  answer.read = bedrock.read_reply(body, {}, context, answer.reply);
  if (answer.read) answer.description = describe(answer.reply);
  return answer;
}

inline generate::Features reply_features() {
  generate::Features features;
  features.assistant_order = features.signed_reasoning = features.sealed_reasoning = true;
  features.signer = "bedrock";
  features.cut_arguments = features.answered_images = features.service_tier = true;
  features.created = features.reasoning_tokens = false;
  features.cache_write = features.cache_write_hour = true;
  return features;
}

// What Converse does not say: who answered.
inline json comparable_reply(json reply) {
  for (const char* name : {"id", "model", "service_tier"}) reply.erase(name);
  return reply;
}

inline chat::Reply generated(int seed, const generate::Features& features) {
  std::mt19937 random(static_cast<uint32_t>(seed));
  chat::Reply reply = generate::reply(random, features);
  // One number holds the writes of both kinds, so there is always a rest.
  if (reply.usage.cache_write_hour && !reply.usage.cache_write) reply.usage.cache_write = 0;
  return reply;
}

inline json error(int status, std::string_view type, std::string_view body) {
  ErrorHead head;
  head.status = status;
  head.error_type = type;
  return describe(bedrock.read_error(head, body));
}

// --- Streams ------------------------------------------------------------------------------------

using recorded::Event;

// The events of a recorded stream, as the gateway hands them to the reader: from frames, the bytes
// pushed in steps of `step` (0: all at once), or from lines of payloads.
inline std::vector<Event> events_of(const recorded::Exchange& exchange, size_t step = 0) {
  std::vector<Event> events;
  if (exchange.name.ends_with(".jsonl")) {
    for (const Event& line : exchange.events()) {
      const json event = json::parse(line.data);
      for (const auto& [type, payload] : event.items()) events.push_back({type, payload.dump()});
    }
    return events;
  }
  codec::AwsEventReader reader;
  codec::AwsEvent event;
  const std::string_view stream = exchange.response;
  if (step == 0) step = stream.size();
  for (size_t at = 0; at < stream.size(); at += step) {
    reader.push(stream.substr(at, step));
    while (reader.next(event)) {
      std::string type = event.message_type == "exception"
                             ? "exception:" + std::string(event.exception_type)
                             : std::string(event.event_type);
      events.push_back({std::move(type), std::string(event.payload)});
    }
  }
  EXPECT_TRUE(reader.between_frames()) << exchange.name;
  return events;
}

inline bool is_stream(const recorded::Exchange& exchange) {
  return !exchange.name.ends_with(".json");
}

struct Streamed {
  json description;
  std::vector<json> errors;
  int starts = 0;
  StreamReader::Progress progress = StreamReader::Progress::kOpen;
};

inline Streamed read_stream(const std::vector<Event>& events) {
  const auto reader = bedrock.stream_reader({}, context);
  JoinedDeltas joined;
  for (const Event& event : events) {
    std::vector<chat::Delta> deltas;
    reader->read(event.type, event.data, deltas);
    joined.add(deltas);
  }
  return {joined.description(), joined.errors(), joined.starts(), reader->progress()};
}

}  // namespace postern::dialect::bedrock_tests
