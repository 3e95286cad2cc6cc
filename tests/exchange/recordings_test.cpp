// Streams that real providers sent (TRANSCRIPTS, or ../shared/transcripts), through the core:
// however they are cut, the client gets the same bytes and the log the same usage, and that usage
// is what a reader of the whole text finds.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>

#include "support/gateway.h"

namespace postern::testing {
namespace {

using nlohmann::json;

constexpr char key[] = "gw_live_FAKE0conversation0key0000000000000000";

struct Recording {
  std::string file;
  std::string bytes;
};

std::filesystem::path folder_of_transcripts() {
  const char* given = std::getenv("TRANSCRIPTS");
  return given ? std::filesystem::path(given)
               : std::filesystem::path(POSTERN_SOURCE_DIR) / "../shared/transcripts";
}

std::vector<Recording> recordings() {
  std::vector<Recording> all;
  std::ifstream index_file(folder_of_transcripts() / "index.json");
  const json index = json::parse(index_file, nullptr, false);
  const json& entries =
      index.is_object() && index.contains("exchanges") ? index["exchanges"] : index;
  if (!entries.is_array()) return all;
  for (const json& entry : entries) {
    const std::string file = entry["files"].value("response", "");
    if (entry.value("surface", "") != "chat" || !file.ends_with(".sse")) continue;
    std::ifstream stream(folder_of_transcripts() / file, std::ios::binary);
    std::ostringstream bytes;
    bytes << stream.rdbuf();
    all.push_back({file, bytes.str()});
  }
  return all;
}

// Simpler than the one under test: lines of the whole text, every document parsed.
struct Independent {
  json usage;  // the last object; null when there is none
  bool done = false, finished = false, error = false, readable = true;
};

Independent read_independently(const std::string& bytes) {
  Independent found;
  std::istringstream lines(bytes);
  for (std::string line; std::getline(lines, line);) {
    while (line.ends_with('\r')) line.pop_back();
    if (line == "data:[DONE]" || line == "data: [DONE]") found.done = true;
    if (found.done || !line.starts_with("data:")) continue;
    const json document = json::parse(line.substr(5), nullptr, false);
    if (!document.is_object()) {
      found.readable = false;
      continue;
    }
    if (document.contains("error") && !document["error"].is_null()) found.error = true;
    if (document.contains("usage") && document["usage"].is_object())
      found.usage = document["usage"];
    for (const json& choice : document.value("choices", json::array()))
      found.finished |= choice.is_object() && choice.value("finish_reason", json()).is_string();
  }
  return found;
}

struct Outcome {
  std::string sent;
  json log;
};

class RecordingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    all_ = recordings();
    if (all_.empty()) GTEST_SKIP() << "no recordings at " << folder_of_transcripts();
  }

  // `cuts` in order; the bytes between two of them arrive together.
  Outcome play(const std::string& bytes, const std::set<size_t>& cuts, std::string_view body) {
    const uint32_t handle = gateway_.open(config_);
    gateway_.handle(handle, "request", with_random(chat_head(key)));
    gateway_.handle(handle, "body", body);
    gateway_.handle(handle, "upstream_head",
                    R"({"status":200,"headers":{"content-type":"text/event-stream"}})");
    Outcome outcome;
    size_t at = 0;
    const auto take = [&](const Actions& list) {
      const std::string now = sent(list);
      EXPECT_TRUE(now.empty() || ends_an_event(now)) << now;
      outcome.sent += now;
      if (const Action* log = find(list, "log")) outcome.log = json::parse(log->bytes);
    };
    const auto give = [&](size_t end) {
      if (end > at && outcome.log.is_null())
        take(gateway_.handle(handle, "upstream_bytes", bytes.substr(at, end - at)));
      at = end;
    };
    for (const size_t cut : cuts) give(cut);
    give(bytes.size());
    if (outcome.log.is_null()) take(gateway_.handle(handle, "upstream_end"));
    gateway_.close(handle);
    EXPECT_EQ(gateway_.fault(), "");
    return outcome;
  }

  Gateway gateway_;
  uint32_t config_ =
      gateway_.configure(R"({"GATEWAY_API_KEY":"gw_live_FAKE0conversation0key0000000000000000",)"
                         R"("OPENAI_BASE_URL":"https://upstream.example/v1"})");
  std::vector<Recording> all_;
};

constexpr char window_body[] = R"({"model":"m","stream":true})";
constexpr char relay_body[] =
    R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})";

TEST_F(RecordingTest, random_cuts_change_neither_the_bytes_nor_the_usage) {
  std::mt19937 random(20'261'121);
  for (const Recording& recording : all_) {
    SCOPED_TRACE(recording.file);
    for (const char* body : {window_body, relay_body}) {
      const Outcome whole = play(recording.bytes, {}, body);
      // A relayed stream is only metered, by the same reader.
      const int rounds = body == window_body ? 50 : 10;
      for (int round = 0; round < rounds; ++round) {
        std::set<size_t> cuts;
        const size_t count = 1 + random() % 40;
        while (cuts.size() < std::min(count, recording.bytes.size()))
          cuts.insert(random() % recording.bytes.size());
        const Outcome cut = play(recording.bytes, cuts, body);
        ASSERT_EQ(whole.sent, cut.sent);
        ASSERT_EQ(whole.log["usage"], cut.log["usage"]);
        ASSERT_EQ(whole.log["end"], cut.log["end"]);
        ASSERT_EQ(whole.log["content_events"], cut.log["content_events"]);
      }
    }
  }
}

TEST_F(RecordingTest, usage_is_what_an_independent_reader_finds) {
  size_t with_usage = 0;
  for (const Recording& recording : all_) {
    SCOPED_TRACE(recording.file);
    // Asked by its own name xAI is known to count reasoning apart; here all are the default one.
    if (recording.file.starts_with("xai/")) continue;
    const Independent found = read_independently(recording.bytes);
    for (const char* body : {window_body, relay_body}) {
      const json log = play(recording.bytes, {}, body).log;
      for (const char* name : {"prompt_tokens", "completion_tokens", "total_tokens"}) {
        const bool wanted = found.usage.is_object() && found.usage.contains(name) &&
                            found.usage[name].is_number_unsigned();
        const bool there = log["usage"].is_object() && log["usage"].contains(name);
        ASSERT_EQ(wanted, there) << name << ' ' << log.dump();
        if (wanted) {
          EXPECT_EQ(log["usage"][name], found.usage[name]);
        }
      }
    }
    with_usage += found.usage.is_object();
  }
  EXPECT_GT(with_usage, 0u);
  std::cout << all_.size() << " recordings, " << with_usage << " with usage\n";
}

TEST_F(RecordingTest, a_stream_is_complete_exactly_when_its_terminal_event_was_recorded) {
  for (const Recording& recording : all_) {
    SCOPED_TRACE(recording.file);
    const Independent found = read_independently(recording.bytes);
    const json log = play(recording.bytes, {}, relay_body).log;
    // Some end their streams with a finish_reason and without `[DONE]`.
    EXPECT_EQ(log["end"], found.error                    ? "upstream_failed"
                          : found.done || found.finished ? "complete"
                                                         : "truncated");
  }
}

TEST_F(RecordingTest, what_the_window_hands_on_is_the_stream_without_the_usage_we_asked_for) {
  for (const Recording& recording : all_) {
    SCOPED_TRACE(recording.file);
    const Independent found = read_independently(recording.bytes);
    if (!found.done || found.error || !found.readable) continue;
    // Line by line, because providers differ in their ends of lines.
    const std::string got = play(recording.bytes, {}, window_body).sent;
    std::istringstream given_lines(recording.bytes), got_lines(got);
    std::vector<json> given_documents, got_documents;
    const auto read = [](std::istringstream& lines, std::vector<json>& documents) {
      for (std::string line; std::getline(lines, line);) {
        json document =
            json::parse(line.starts_with("data:") ? line.substr(5) : "", nullptr, false);
        if (!document.is_object()) continue;
        const bool usage = document.contains("usage") && document["usage"].is_object();
        if (usage && document.contains("choices") && document["choices"].empty()) continue;
        if (document.contains("usage") && document["usage"].is_null()) document.erase("usage");
        documents.push_back(std::move(document));
      }
    };
    read(given_lines, given_documents);
    read(got_lines, got_documents);
    EXPECT_EQ(given_documents, got_documents);
    EXPECT_EQ(got.find("\"usage\":null"), std::string::npos);
  }
}

}  // namespace
}  // namespace postern::testing
