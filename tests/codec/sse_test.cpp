#include "codec/sse.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.h"

namespace postern::codec {
namespace {

struct Event {
  std::string type;
  std::string data;
  std::string id;
  bool operator==(const Event&) const = default;
};

void PrintTo(const Event& event, std::ostream* out) {
  *out << "{" << testing::PrintToString(event.type) << ", " << testing::PrintToString(event.data)
       << ", " << testing::PrintToString(event.id) << "}";
}

struct Outcome {
  std::vector<Event> events;
  std::string raw;  // of all blocks and the rest
  std::string rest;
  std::optional<uint64_t> retry_ms;
  bool failed = false;
  bool between_blocks = false;
};

Outcome read_chunks(const std::vector<std::string>& chunks,
                    size_t block_bytes_max = bounds::event_bytes_max) {
  SseReader reader(block_bytes_max);
  Outcome outcome;
  for (const std::string& chunk : chunks) {
    // In a buffer of its own that is gone before the next push, so that the sanitizer sees a
    // reader that keeps a view of it.
    const std::vector<char> bytes(chunk.begin(), chunk.end());
    reader.push({bytes.data(), bytes.size()});
    for (SseBlock block; reader.next(block);) {
      outcome.raw += block.raw;
      if (!block.dispatched) continue;
      outcome.events.push_back({block.type.empty() ? "message" : std::string(block.type),
                                std::string(block.data), reader.last_event_id()});
    }
  }
  outcome.rest = reader.rest();
  outcome.raw += outcome.rest;
  outcome.retry_ms = reader.retry_ms();
  outcome.failed = reader.failed();
  outcome.between_blocks = reader.between_blocks();
  return outcome;
}

std::vector<std::string> cut_every(std::string_view text, size_t bytes) {
  std::vector<std::string> chunks;
  for (size_t begin = 0; begin < text.size(); begin += bytes) {
    chunks.emplace_back(text.substr(begin, bytes));
  }
  return chunks;
}

// The stream gives these events in one piece, in two pieces cut anywhere, and in pieces of every
// size; the raw bytes are always the stream.
void expect_events(std::string_view stream, const std::vector<Event>& events) {
  const auto expect = [&](const std::vector<std::string>& chunks) {
    const Outcome outcome = read_chunks(chunks);
    EXPECT_EQ(outcome.events, events) << testing::PrintToString(chunks);
    EXPECT_EQ(outcome.raw, stream) << testing::PrintToString(chunks);
    EXPECT_FALSE(outcome.failed);
  };
  for (size_t bytes = 1; bytes <= stream.size(); ++bytes) expect(cut_every(stream, bytes));
  for (size_t cut = 0; cut <= stream.size(); ++cut) {
    expect({std::string(stream.substr(0, cut)), std::string(stream.substr(cut))});
  }
}

TEST(SseReader, events_are_read_however_the_stream_is_cut) {
  expect_events("", {});
  expect_events("data: a\n\n", {{"message", "a", ""}});
  expect_events("data:a\n\ndata:  b\n\n", {{"message", "a", ""}, {"message", " b", ""}});
  expect_events("event: ping\ndata: {}\n\ndata: x\n\n", {{"ping", "{}", ""}, {"message", "x", ""}});
  expect_events("data: one\ndata: two\ndata\ndata:three\n\n",
                {{"message", "one\ntwo\n\nthree", ""}});
  expect_events("data\n\n", {{"message", "", ""}});
  expect_events("data:\ndata:\n\n", {{"message", "\n", ""}});
  expect_events(": note\n\n:\n\ndata: a\n: in between\n\n", {{"message", "a", ""}});
  expect_events("data: a\n\n\n\n\ndata: b\n\n", {{"message", "a", ""}, {"message", "b", ""}});
  expect_events("event: one\nevent: two\ndata: a\n\n", {{"two", "a", ""}});
  expect_events("event: one\n\ndata: a\n\n", {{"message", "a", ""}});
  expect_events("event: one\nevent\ndata: a\n\n", {{"message", "a", ""}});
  expect_events("Data: a\ndatas: b\n data: c\ndata : d\n\n", {});
  expect_events("data: unfinished\n", {});
  expect_events("data: a\n\ndata: [DONE]", {{"message", "a", ""}});
}

TEST(SseReader, lines_end_with_lf_cr_or_crlf) {
  const std::vector<Event> events = {{"x", "a\nb", ""}, {"message", "c", ""}};
  expect_events("event: x\ndata: a\ndata: b\n\ndata: c\n\n", events);
  expect_events("event: x\r\ndata: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", events);
  expect_events("event: x\rdata: a\rdata: b\r\rdata: c\r\r", events);
  expect_events("event: x\rdata: a\r\ndata: b\n\r\ndata: c\n\r", events);
  expect_events("event: x\r\ndata: a\ndata: b\r\n\ndata: c\r\r\n", events);
}

TEST(SseReader, a_byte_order_mark_is_dropped_once_and_only_at_the_beginning) {
  expect_events(
      "\xEF\xBB\xBF"
      "data: a\n\n",
      {{"message", "a", ""}});
  expect_events(
      "\xEF\xBB\xBF\n\xEF\xBB\xBF"
      "data: a\n\ndata: b\n\n",
      {{"message", "b", ""}});
  expect_events(
      "\xEF\xBB\xBF\xEF\xBB\xBF"
      "data: a\n\ndata: b\n\n",
      {{"message", "b", ""}});
  expect_events(
      "\n\xEF\xBB\xBF"
      "data: a\n\n",
      {});
  expect_events(
      "\xEF\xBB"
      "data: a\n\n",
      {});
}

TEST(SseReader, ids_stay_until_they_are_changed_and_never_hold_a_nul) {
  expect_events("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
                {{"message", "a", "1"}, {"message", "b", "1"}, {"message", "c", ""}});
  expect_events("id: 1\n\ndata: a\n\n", {{"message", "a", "1"}});
  expect_events(std::string_view("id: 1\nid: 2\0\ndata: a\n\n", 22), {{"message", "a", "1"}});
  expect_events("id: 1\nid: 2\ndata: a\n\nid: 3\ndata: lost", {{"message", "a", "2"}});
}

TEST(SseReader, an_id_in_an_unfinished_block_is_not_committed) {
  SseReader reader;
  SseBlock block;
  reader.push("id: 1\ndata: a\n\nid: 2\ndata: b\n");
  while (reader.next(block)) continue;
  EXPECT_EQ(reader.last_event_id(), "1");
}

TEST(SseReader, a_retry_is_taken_when_it_is_all_digits) {
  const auto retry_of = [](const std::string& stream) { return read_chunks({stream}).retry_ms; };
  EXPECT_EQ(retry_of("data: a\n\n"), std::nullopt);
  EXPECT_EQ(retry_of("retry: 3000\n"), 3000u);
  EXPECT_EQ(retry_of("retry: 0\n\n"), 0u);
  EXPECT_EQ(retry_of("retry: 1\nretry: 2\n\n"), 2u);
  EXPECT_EQ(retry_of("retry: 1\nretry: 2x\nretry: -3\nretry:  4\nretry:\nretry\n\n"), 1u);
  EXPECT_EQ(retry_of("retry: 99999999999999999999999999\n\n"), UINT64_MAX);
  EXPECT_EQ(retry_of("retry: 18446744073709551615\n\n"), UINT64_MAX);
  EXPECT_EQ(retry_of("retry: 184467440737095516160\n\n"), UINT64_MAX);
}

TEST(SseReader, a_block_whole_in_one_chunk_is_not_copied) {
  const std::string chunk = "event: delta\ndata: {\"a\":1}\n\n: note\n\n";
  const auto inside = [&](std::string_view view) {
    return view.data() >= chunk.data() && view.data() + view.size() <= chunk.data() + chunk.size();
  };
  SseReader reader;
  SseBlock block;
  reader.push(chunk);
  ASSERT_TRUE(reader.next(block));
  EXPECT_TRUE(inside(block.raw));
  EXPECT_TRUE(inside(block.type));
  EXPECT_TRUE(inside(block.data));
  ASSERT_TRUE(reader.next(block));
  EXPECT_TRUE(inside(block.raw));
  EXPECT_FALSE(block.dispatched);
}

TEST(SseReader, views_into_a_collected_block_are_valid_until_the_next_call) {
  SseReader reader;
  SseBlock block;
  reader.push("event: a\nda");
  EXPECT_FALSE(reader.next(block));
  EXPECT_EQ(reader.rest(), "event: a\nda");
  reader.push("ta: b\n\ndata: c\n\n");
  ASSERT_TRUE(reader.next(block));
  EXPECT_EQ(block.raw, "event: a\ndata: b\n\n");
  EXPECT_EQ(block.type, "a");
  EXPECT_EQ(block.data, "b");
  ASSERT_TRUE(reader.next(block));
  EXPECT_EQ(block.raw, "data: c\n\n");
  EXPECT_EQ(block.type, "");
  EXPECT_EQ(block.data, "c");
  EXPECT_FALSE(reader.next(block));
  EXPECT_EQ(reader.rest(), "");
}

TEST(SseReader, the_lf_of_a_crlf_that_was_cut_belongs_to_the_next_block) {
  SseReader reader;
  SseBlock block;
  reader.push("data: a\r\n\r");
  ASSERT_TRUE(reader.next(block));
  EXPECT_EQ(block.raw, "data: a\r\n\r");
  EXPECT_FALSE(reader.next(block));
  EXPECT_TRUE(reader.between_blocks());
  reader.push("\n");
  EXPECT_FALSE(reader.next(block));
  EXPECT_EQ(reader.rest(), "\n");
  EXPECT_TRUE(reader.between_blocks());
  EXPECT_FALSE(reader.flush(block));
  reader.push("data: b\n\n");
  ASSERT_TRUE(reader.next(block));
  EXPECT_EQ(block.raw, "\ndata: b\n\n");
  EXPECT_EQ(block.data, "b");
}

TEST(SseReader, it_knows_whether_the_input_ends_between_blocks) {
  EXPECT_TRUE(read_chunks({}).between_blocks);
  EXPECT_TRUE(read_chunks({"data: a\n\n"}).between_blocks);
  EXPECT_TRUE(read_chunks({"data: a\n", "\n"}).between_blocks);
  EXPECT_FALSE(read_chunks({"data: a\n"}).between_blocks);
  EXPECT_FALSE(read_chunks({"data: a\n\nd"}).between_blocks);
  EXPECT_FALSE(read_chunks({"data: a\n\n:"}).between_blocks);
  EXPECT_FALSE(read_chunks({"data: a\r\r", "\n:"}).between_blocks);
}

TEST(SseReader, flush_gives_the_unfinished_block_as_if_it_were_ended) {
  const auto flushed = [](const std::vector<std::string>& chunks) -> std::optional<SseBlock> {
    static SseReader reader;
    reader = SseReader();
    static SseBlock block;
    for (const std::string& chunk : chunks) {
      reader.push(chunk);
      while (reader.next(block)) continue;
    }
    if (!reader.flush(block)) return std::nullopt;
    EXPECT_EQ(reader.rest(), "");
    EXPECT_TRUE(reader.between_blocks());
    return block;
  };
  EXPECT_FALSE(flushed({}));
  EXPECT_FALSE(flushed({"data: a\n\n"}));
  EXPECT_FALSE(flushed({"data: a\n\n   \t"}));
  EXPECT_FALSE(flushed({"\xEF\xBB\xBF"}));
  for (const char* stream : {"data: [DONE]", "x: y\n\ndata: [DONE]\n", "data: [DONE]\r",
                             "\xEF\xBB\xBF"
                             "data: [DONE]"}) {
    for (const size_t bytes : {1, 3, 100}) {
      const std::optional<SseBlock> block = flushed(cut_every(stream, bytes));
      ASSERT_TRUE(block) << stream;
      EXPECT_TRUE(block->dispatched) << stream;
      EXPECT_EQ(block->data, "[DONE]") << stream;
    }
  }
  const std::optional<SseBlock> several = flushed({"id: 7\nevent: e\ndata: a\nda", "ta: b"});
  ASSERT_TRUE(several);
  EXPECT_EQ(several->raw, "id: 7\nevent: e\ndata: a\ndata: b");
  EXPECT_EQ(several->type, "e");
  EXPECT_EQ(several->data, "a\nb");
  const std::optional<SseBlock> comment = flushed({": bye"});
  ASSERT_TRUE(comment);
  EXPECT_FALSE(comment->dispatched);
  EXPECT_EQ(comment->raw, ": bye");
}

TEST(SseReader, a_block_over_the_bound_fails_for_good_wherever_it_is_cut) {
  const std::string small = "data: 56\n\n";  // 10 bytes
  const std::string large = "data: 567\n\n";
  for (size_t bytes = 1; bytes <= 21; ++bytes) {
    EXPECT_FALSE(read_chunks(cut_every(small + small, bytes), 10).failed) << bytes;
    const Outcome outcome = read_chunks(cut_every(small + large + small, bytes), 10);
    EXPECT_TRUE(outcome.failed) << bytes;
    EXPECT_EQ(outcome.events.size(), 1u) << bytes;
    EXPECT_EQ(outcome.rest, "");
    EXPECT_FALSE(outcome.between_blocks);
    const std::string windows = "data: 5\r\n\r\n";  // 11 bytes, of which the last does not count
    EXPECT_EQ(read_chunks(cut_every(windows + windows, bytes), 10).events.size(), 2u) << bytes;
    EXPECT_TRUE(read_chunks(cut_every(windows, bytes), 9).failed) << bytes;
  }
  EXPECT_TRUE(read_chunks({std::string(11, 'x')}, 10).failed);
  EXPECT_FALSE(read_chunks({std::string(10, 'x')}, 10).failed);
}

TEST(SseReader, a_failed_reader_ignores_everything) {
  SseReader reader(4);
  SseBlock block;
  reader.push("too long");
  EXPECT_FALSE(reader.next(block));
  EXPECT_TRUE(reader.failed());
  reader.push("\n\n:\n\n");
  EXPECT_FALSE(reader.next(block));
  EXPECT_FALSE(reader.flush(block));
  EXPECT_TRUE(reader.failed());
}

TEST(SseReader, a_block_of_eight_megabytes_a_byte_at_a_time_takes_linear_time) {
  const std::string stream = "data: " + std::string(bounds::event_bytes_max - 8, 'x') + "\n\n";
  ASSERT_EQ(stream.size(), bounds::event_bytes_max);
  SseReader reader;
  SseBlock block;
  size_t blocks = 0;
  for (const char& byte : stream) {
    reader.push({&byte, 1});
    while (reader.next(block)) ++blocks;
  }
  // Quadratic work would be 35 * 10^12 bytes: this test would not end.
  EXPECT_EQ(blocks, 1u);
  EXPECT_EQ(block.data.size(), bounds::event_bytes_max - 8);
}

// --- The recorded conformance cases ----------------------------------------------------------

std::filesystem::path conformance_file() {
  const char* const transcripts = std::getenv("TRANSCRIPTS");
#ifdef POSTERN_SOURCE_DIR
  const std::filesystem::path beside =
      std::filesystem::path(POSTERN_SOURCE_DIR) / ".." / "shared" / "transcripts";
#else
  const std::filesystem::path beside = "../shared/transcripts";
#endif
  return (transcripts != nullptr ? std::filesystem::path(transcripts) : beside) /
         "sse-conformance" / "cases.json";
}

std::string from_base64(std::string_view text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  for (const char digit : text) {
    if (digit == '=') break;
    bits = bits << 6 | static_cast<uint32_t>(digits.find(digit));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count));
  }
  return bytes;
}

TEST(SseReader, meets_every_conformance_case_whole_as_cut_and_a_byte_at_a_time) {
  std::ifstream file(conformance_file());
  if (!file) {
    GTEST_SKIP() << "The conformance cases are not here: set TRANSCRIPTS to the folder that has "
                    "sse-conformance/cases.json.";
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const Document document = Document::parse(text);
  size_t cases = 0;
  for (const Document& test : document.at("cases")) {
    SCOPED_TRACE(test.at("id").get<std::string>());
    ++cases;
    std::vector<std::string> chunks;
    std::string stream;
    for (const Document& chunk : test.at("chunks_base64")) {
      chunks.push_back(from_base64(chunk.get<std::string>()));
      stream += chunks.back();
    }
    std::vector<Event> events;
    for (const Document& event : test.at("expect_events")) {
      events.push_back({event.at("event").get<std::string>(), event.at("data").get<std::string>(),
                        event.at("id").get<std::string>()});
    }
    for (const auto& pieces :
         {std::vector<std::string>{stream}, chunks, cut_every(stream, 1), cut_every(stream, 2)}) {
      const Outcome outcome = read_chunks(pieces);
      EXPECT_EQ(outcome.events, events);
      EXPECT_EQ(outcome.raw, stream);
      EXPECT_FALSE(outcome.failed);
      if (test.contains("expect_retry")) {
        EXPECT_EQ(outcome.retry_ms, test.at("expect_retry").get<uint64_t>());
      }
    }
  }
  EXPECT_GE(cases, 49u);
}

}  // namespace
}  // namespace postern::codec
