#include "codec/aws_event_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/aws_frames.h"

namespace postern::codec {
namespace {

struct Outcome {
  std::vector<std::string> events;
  bool failed = false;
  bool between_frames = false;
  bool operator==(const Outcome&) const = default;
};

Outcome read(std::string_view stream, size_t chunk_bytes,
             size_t frame_bytes_max = bounds::event_bytes_max) {
  AwsEventReader reader(frame_bytes_max);
  Outcome outcome;
  AwsEvent event;
  for (size_t at = 0; at < stream.size(); at += chunk_bytes) {
    // A copy that is gone before the next push: a view kept too long is found.
    const std::string_view piece = stream.substr(at, chunk_bytes);
    const std::unique_ptr<char[]> chunk(new char[piece.size()]);
    std::ranges::copy(piece, chunk.get());
    reader.push({chunk.get(), piece.size()});
    while (reader.next(event)) {
      std::string said(event.message_type);
      for (const std::string_view part : {event.event_type, event.exception_type, event.error_code,
                                          event.error_message, event.content_type, event.payload}) {
        said += '|';
        said += part;
      }
      outcome.events.push_back(std::move(said));
    }
  }
  outcome.failed = reader.failed();
  outcome.between_frames = reader.between_frames();
  return outcome;
}

Outcome read(std::string_view stream) { return read(stream, stream.size()); }

std::vector<std::string> recorded_streams() {
  namespace fs = std::filesystem;
  const char* given = std::getenv("TRANSCRIPTS");
  const fs::path root =
      given ? fs::path(given) : fs::path(POSTERN_SOURCE_DIR).parent_path() / "shared/transcripts";
  std::vector<std::string> streams;
  if (!fs::is_directory(root / "bedrock")) return streams;
  for (const auto& file : fs::recursive_directory_iterator(root / "bedrock")) {
    const std::string name = file.path().filename().string();
    if (!name.ends_with(".resp.eventstream") && !name.ends_with(".resp.txt")) continue;
    std::ifstream in(file.path(), std::ios::binary);
    streams.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return streams;
}

TEST(AwsEventStream, a_frame_gives_its_headers_and_its_payload) {
  const std::string frame = aws_frame("event", "messageStart", R"({"role":"assistant"})");
  const Outcome outcome = read(frame);
  ASSERT_EQ(outcome.events.size(), 1u);
  EXPECT_EQ(outcome.events[0], R"(event|messageStart||||application/json|{"role":"assistant"})");
  EXPECT_FALSE(outcome.failed);
  EXPECT_TRUE(outcome.between_frames);
}

TEST(AwsEventStream, exceptions_and_errors_are_told_by_their_headers) {
  const std::string stream =
      aws_frame("exception", "throttlingException", R"({"message":"slow"})") +
      aws_frame_of(aws_string_header(":message-type", "error") +
                       aws_string_header(":error-code", "InternalError") +
                       aws_string_header(":error-message", "broken"),
                   "");
  const Outcome outcome = read(stream);
  ASSERT_EQ(outcome.events.size(), 2u);
  EXPECT_EQ(outcome.events[0],
            R"(exception||throttlingException|||application/json|{"message":"slow"})");
  EXPECT_EQ(outcome.events[1], "error|||InternalError|broken||");
}

TEST(AwsEventStream, the_published_frames_without_headers_or_payload_are_read) {
  // From the test vectors of the AWS SDKs: "empty_message" and "payload_no_headers".
  const std::string empty("\0\0\0\x10\0\0\0\0\x05\xc2\x48\xeb\x7d\x98\xc8\xff", 16);
  EXPECT_EQ(read(empty).events, std::vector<std::string>{"||||||"});
  EXPECT_EQ(aws_frame_of("", ""), empty);
  const std::string payload =
      std::string("\0\0\0\x1d\0\0\0\0\xfd\x52\x8c\x5a", 12) + "{'foo':'bar'}\xc3\x65\x39\x36";
  EXPECT_EQ(read(payload).events, std::vector<std::string>{"||||||{'foo':'bar'}"});
}

TEST(AwsEventStream, a_stream_means_the_same_however_it_is_cut) {
  const std::string stream = aws_frame("event", "messageStart", R"({"role":"assistant"})") +
                             aws_frame("event", "contentBlockDelta", std::string(3000, 'x')) +
                             aws_frame("exception", "validationException", "{}") +
                             aws_frame("event", "metadata", "");
  const Outcome whole = read(stream);
  EXPECT_EQ(whole.events.size(), 4u);
  for (size_t bytes = 1; bytes < stream.size(); ++bytes) EXPECT_EQ(read(stream, bytes), whole);
}

TEST(AwsEventStream, nothing_is_copied_while_a_frame_lies_whole_in_a_chunk) {
  const std::string stream = aws_frame("event", "a", "first") + aws_frame("event", "b", "second");
  AwsEventReader reader;
  reader.push(stream);
  for (AwsEvent event; reader.next(event);) {
    EXPECT_GE(event.payload.data(), stream.data());
    EXPECT_LE(event.payload.data() + event.payload.size(), stream.data() + stream.size());
  }
}

TEST(AwsEventStream, every_flipped_bit_of_a_frame_is_noticed) {
  const std::string frame = aws_frame("event", "contentBlockDelta", R"({"delta":{"text":"hi"}})");
  for (size_t bit = 0; bit < frame.size() * 8; ++bit) {
    std::string flipped = frame;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    const Outcome outcome = read(flipped);
    EXPECT_TRUE(outcome.events.empty()) << bit;
    EXPECT_TRUE(outcome.failed) << bit;
    EXPECT_EQ(read(flipped, 1), outcome) << bit;
  }
}

TEST(AwsEventStream, a_stream_that_ends_within_a_frame_is_not_between_frames) {
  const std::string frame = aws_frame("event", "messageStop", "{}");
  for (size_t bytes = 1; bytes < frame.size(); ++bytes) {
    const Outcome outcome = read(frame.substr(0, bytes));
    EXPECT_FALSE(outcome.failed);
    EXPECT_FALSE(outcome.between_frames) << bytes;
  }
}

TEST(AwsEventStream, a_frame_beyond_the_bound_fails_before_it_is_collected) {
  const std::string frame = aws_frame("event", "chunk", std::string(1000, 'x'));
  EXPECT_TRUE(read(frame, 1, frame.size() - 1).failed);
  EXPECT_TRUE(read(frame.substr(0, 12), 12, frame.size() - 1).failed);
  EXPECT_FALSE(read(frame, 1, frame.size()).failed);
}

TEST(AwsEventStream, malformed_headers_fail) {
  const std::string good = aws_string_header(":event-type", "x");
  const std::vector<std::string> bad = {
      std::string("\0\x07\0\x01x", 5),                   // no name
      std::string(":event-type"),                        // a name longer than the headers
      std::string("\x01"),                               // no name at all
      std::string("\x01n"),                              // no type
      std::string("\x01n\x0a"),                          // no such type
      std::string("\x01n\x07\0\x05hell", 9),             // a value cut off
      std::string("\x01n\x07\0", 4),                     // a length cut off
      std::string("\x01n\x08\0\0\0\0\0\0\0", 10),        // seven bytes of eight
      std::string("\x0b:event-type\x04\0\0\0\x01", 17),  // a known name, but a number
      good + good,                                       // twice
      aws_string_header(":event-type", "") + good,       // twice, the first empty
  };
  for (const std::string& headers : bad) {
    EXPECT_TRUE(read(aws_frame_of(headers, "{}")).failed) << testing::PrintToString(headers);
  }
}

TEST(AwsEventStream, headers_of_every_type_are_passed_over) {
  std::string headers;
  const auto add = [&](char type, size_t bytes) {
    headers += std::string("\x01n") + type + std::string(bytes, '\x2a');
  };
  add('\0', 0);
  add('\x01', 0);
  add('\x02', 1);
  add('\x03', 2);
  add('\x04', 4);
  add('\x05', 8);
  headers += std::string(
      "\x01n\x06\0\x03"
      "abc",
      8);
  add('\x08', 8);
  add('\x09', 16);
  headers += aws_string_header(":event-type", "last");
  EXPECT_EQ(read(aws_frame_of(headers, "p")).events, std::vector<std::string>{"|last|||||p"});
}

TEST(AwsEventStream, a_failure_is_final) {
  AwsEventReader reader;
  AwsEvent event;
  const std::string noise(64, '\x41');
  reader.push(noise);
  EXPECT_FALSE(reader.next(event));
  EXPECT_TRUE(reader.failed());
  EXPECT_NE(reader.fault(), nullptr);
  const std::string frame = aws_frame("event", "messageStart", "{}");
  reader.push(frame);
  EXPECT_FALSE(reader.next(event));
  EXPECT_FALSE(reader.between_frames());
}

TEST(AwsEventStream, recorded_streams_are_read_whole_and_one_byte_at_a_time) {
  const std::vector<std::string> streams = recorded_streams();
  if (streams.empty()) GTEST_SKIP() << "no recordings: neither TRANSCRIPTS nor ../shared is there";
  for (const std::string& stream : streams) {
    const Outcome whole = read(stream);
    EXPECT_FALSE(whole.failed);
    EXPECT_TRUE(whole.between_frames);
    EXPECT_GE(whole.events.size(), 3u);
    EXPECT_EQ(read(stream, 1), whole);
    EXPECT_EQ(read(stream, 13), whole);
  }
}

}  // namespace
}  // namespace postern::codec
