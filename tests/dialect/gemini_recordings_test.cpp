// Real traffic: what is read of it must be what a second, much simpler reading finds.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "codec/sse.h"
#include "gemini_support.h"

namespace {

using namespace gemini_test;
namespace codec = postern::codec;
namespace fs = std::filesystem;

fs::path transcripts() {
  const char* given = std::getenv("TRANSCRIPTS");
  return given ? fs::path(given) : fs::path(POSTERN_SOURCE_DIR) / "../shared/transcripts";
}

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return (std::stringstream() << file.rdbuf()).str();
}

struct Exchange {
  std::string name, request, response;
  int status = 0;  // 0: not recorded
};

std::vector<Exchange> exchanges() {
  std::vector<Exchange> found;
  const json index = json::parse(contents(transcripts() / "index.json"), nullptr, false);
  if (!index.is_object()) return found;
  for (const json& each : index["exchanges"]) {
    if (each["surface"] != "generateContent") continue;
    Exchange exchange;
    exchange.name = each["files"]["response"];
    exchange.response = contents(transcripts() / exchange.name);
    if (each["files"].contains("request"))
      exchange.request = contents(transcripts() / each["files"]["request"].get<std::string>());
    if (each["status"].is_number()) exchange.status = each["status"];
    found.push_back(std::move(exchange));
  }
  return found;
}

// Every event of a stream, as the framing gives it when it is fed so many bytes at a time, with
// bare errors among them.
std::vector<std::string> events_of(const Exchange& exchange, size_t step) {
  std::vector<std::string> events;
  if (exchange.name.ends_with(".jsonl")) {
    std::istringstream lines(exchange.response);
    for (std::string line; std::getline(lines, line);)
      if (!line.empty()) events.push_back(line);
    return events;
  }
  codec::SseReader reader;
  codec::SseBlock block;
  const auto take = [&] {
    if (block.dispatched) {
      events.emplace_back(block.data);
    } else if (dialect::gemini_wire::is_bare_error(block.raw)) {
      events.emplace_back(block.raw);
    }
  };
  const std::string_view bytes = exchange.response;
  for (size_t at = 0; at < bytes.size(); at += step) {
    reader.push(bytes.substr(at, step));
    while (reader.next(block)) take();
  }
  if (reader.flush(block)) take();
  return events;
}

// What an answer says, in few words.
struct Said {
  std::string text, thoughts, finish;
  json calls = json::array();
  std::vector<std::string> signatures;
  uint64_t prompt = 0, completion = 0, images = 0;
  bool operator==(const Said&) const = default;
};

void PrintTo(const Said& said, std::ostream* out) {
  *out << said.text << '|' << said.thoughts << '|' << said.calls.dump() << '|' << said.finish << '|'
       << said.prompt << '+' << said.completion << '|' << json(said.signatures).dump();
}

// --- The simple reading
// ---------------------------------------------------------------------------

// "$.a[0].b": the place in `args`, made where it is missing.
json& place_of(json& args, const std::string& path) {
  json* at = &args;
  for (size_t begin = 1; begin < path.size();) {
    const size_t end = std::min(path.find_first_of(".[", begin + 1), path.size());
    const std::string step = path.substr(begin + 1, end - begin - 1);
    at = path[begin] == '[' ? &(*at)[std::stoul(step)] : &(*at)[step];
    begin = end;
  }
  return *at;
}

void find_call(const json& call, Said& said) {
  if (call.contains("name"))
    said.calls.push_back({call["name"], call.value("args", json::object())});
  for (const json& leaf : call.value("partialArgs", json::array())) {
    json& place = place_of(said.calls.back()[1], leaf["jsonPath"]);
    if (leaf.contains("numberValue")) place = leaf["numberValue"];
    if (leaf.contains("stringValue"))
      place = (place.is_string() ? place.get<std::string>() : "") +
              leaf["stringValue"].get<std::string>();
  }
}

void find_candidate(const json& candidate, Said& said) {
  const json content = candidate.value("content", json::object());
  for (const json& part : content.value("parts", json::array())) {
    if (part.contains("text"))
      (part.value("thought", false) ? said.thoughts : said.text) += part["text"];
    if (part.contains("functionCall")) find_call(part["functionCall"], said);
    said.images += part.contains("inlineData");
    if (part.contains("thoughtSignature") && !part.contains("executableCode"))
      said.signatures.push_back(part["thoughtSignature"]);
  }
  static const std::map<std::string, std::string> words = {{"STOP", "stop"},
                                                           {"MAX_TOKENS", "length"},
                                                           {"SAFETY", "content_filter"},
                                                           {"RECITATION", "content_filter"}};
  if (!candidate.contains("finishReason")) return;
  const auto word = words.find(candidate["finishReason"]);
  said.finish = word == words.end() ? "error" : word->second;
}

Said find(const std::vector<json>& responses) {
  Said said;
  said.finish = "none";
  for (const json& response : responses) {
    for (const json& candidate : response.value("candidates", json::array()))
      find_candidate(candidate, said);
    if (response.value("promptFeedback", json::object()).contains("blockReason"))
      said.finish = "content_filter";
    const json usage = response.value("usageMetadata", json::object());
    if (!usage.contains("promptTokenCount")) continue;
    said.prompt = usage["promptTokenCount"].get<uint64_t>() +
                  usage.value("toolUsePromptTokenCount", uint64_t{0});
    said.completion = usage.value("candidatesTokenCount", uint64_t{0}) +
                      usage.value("thoughtsTokenCount", uint64_t{0});
  }
  if (said.finish == "stop" && !said.calls.empty()) said.finish = "tool_calls";
  return said;
}

// --- Ours
// -----------------------------------------------------------------------------------------

Said said_in(const json& description) {
  Said said;
  said.finish = "none";
  EXPECT_LE(description["choices"].size(), 1u);
  if (description["choices"].empty()) return said;
  const json& choice = description["choices"][0];
  said.finish = choice["finish"];
  for (const json& part : choice["parts"]) {
    if (part["kind"] == "text") said.text += part.value("text", "");
    if (part["kind"] == "reasoning") said.thoughts += part.value("text", "");
    if (part["kind"] == "tool_call") {
      said.calls.push_back({part["name"], part["arguments"]});
      EXPECT_TRUE(part.contains("id"));
    }
    said.images += part["kind"] == "image";
    if (part.contains("signature")) said.signatures.push_back(part["signature"]);
  }
  const json& usage = description["usage"];
  said.prompt = usage.value("input", uint64_t{0}) + usage.value("cache_read", uint64_t{0});
  said.completion = usage.value("output", uint64_t{0}) + usage.value("reasoning", uint64_t{0});
  return said;
}

class GeminiRecordings : public testing::Test {
 protected:
  void SetUp() override {
    all_ = exchanges();
    if (all_.empty()) GTEST_SKIP() << "no recordings at " << transcripts();
  }
  std::vector<Exchange> all_;
};

TEST_F(GeminiRecordings, whole_replies_say_what_was_recorded) {
  int read = 0;
  for (const Exchange& exchange : all_) {
    if (!exchange.name.ends_with(".json")) continue;
    SCOPED_TRACE(exchange.name);
    const json recorded = json::parse(exchange.response, nullptr, false);
    chat::Reply reply;
    const bool understood = dialect::gemini.read_reply(exchange.response, {}, context(), reply);
    const bool answer = recorded.is_object() &&
                        (!recorded.value("candidates", json()).empty() ||
                         recorded.contains("usageMetadata") || recorded.contains("promptFeedback"));
    ASSERT_EQ(understood, answer);
    if (!understood) continue;
    ++read;
    Said expected = find({recorded});
    if (recorded.value("candidates", json()).empty() && expected.finish == "none")
      expected.finish = "error";
    EXPECT_EQ(said_in(dialect::describe(reply)), expected);
  }
  EXPECT_GT(read, 70);
}

TEST_F(GeminiRecordings, streams_say_what_was_recorded_however_they_are_cut) {
  int read = 0;
  for (const Exchange& exchange : all_) {
    if (exchange.name.ends_with(".json")) continue;
    SCOPED_TRACE(exchange.name);
    const std::vector<std::string> events = events_of(exchange, exchange.response.size());
    EXPECT_EQ(events, events_of(exchange, 1));
    std::vector<json> recorded;
    bool error = false;
    for (const std::string& event : events) {
      recorded.push_back(json::parse(event, nullptr, false));
      error |= recorded.back().contains("error") || recorded.back().contains("this");
    }
    Stream stream(events);
    ASSERT_EQ(stream.joined.errors().size(), error ? 1u : 0u);
    if (stream.kinds.front() == chat::Delta::Kind::kError) continue;
    ++read;
    EXPECT_EQ(stream.joined.starts(), 1);
    const Said expected = find(recorded);
    EXPECT_EQ(said_in(stream.joined.description()), expected);
    const auto progress = stream.reader->progress();
    if (!error)
      EXPECT_EQ(progress == dialect::StreamReader::Progress::kWhole, expected.finish != "none");
  }
  EXPECT_GT(read, 60);
}

TEST_F(GeminiRecordings, errors_are_understood) {
  int read = 0;
  for (const Exchange& exchange : all_) {
    if (exchange.status < 400) continue;
    SCOPED_TRACE(exchange.name);
    ++read;
    const json recorded = json::parse(exchange.response, nullptr, false);
    const json& wire = recorded.is_array() ? recorded[0]["error"] : recorded["error"];
    dialect::ErrorHead head;
    head.status = exchange.status;
    const chat::Error error = dialect::gemini.read_error(head, exchange.response);
    EXPECT_EQ(json(error.message), wire["message"]);
    EXPECT_EQ(json(error.code), wire["status"]);
    using Kind = chat::Error::Kind;
    const std::string dump = wire.dump();
    const auto says = [&](const char* words) { return dump.find(words) != dump.npos; };
    Kind expected = Kind::kInvalidRequest;
    if (exchange.status == 403 || says("FAILED_PRECONDITION")) expected = Kind::kPermission;
    if (exchange.status == 404 && !says("cache content")) expected = Kind::kModelNotFound;
    if (exchange.status == 429) expected = Kind::kRateLimited;
    if (says("API_KEY_INVALID")) expected = Kind::kAuthentication;
    if (says("input token count")) expected = Kind::kContextLength;
    EXPECT_EQ(error.kind, expected) << error.message;
    EXPECT_EQ(error.retry_after_ms.has_value(), says("retryDelay"));
  }
  EXPECT_GT(read, 20);
}

TEST_F(GeminiRecordings, requests_are_read_and_written_again) {
  int read = 0;
  for (const Exchange& exchange : all_) {
    if (exchange.request.empty()) continue;
    SCOPED_TRACE(exchange.name);
    ++read;
    const json recorded = json::parse(exchange.request);
    chat::Request request;
    const auto fault = dialect::gemini_wire::read_request(exchange.request, request);
    const bool bad_role = exchange.request.find("invalid_role") != std::string::npos;
    ASSERT_EQ(fault.has_value(), bad_role);
    if (fault) continue;
    request.model = "gemini-2.5-flash";
    const Written again = written(request);
    ASSERT_FALSE(again.refused) << again.refused->message;
    std::string expected, found;
    for (const auto& [body, to] : {std::pair{&recorded, &expected}, {&again.body, &found}})
      for (const json& content : (*body)["contents"])
        for (const json& part : content["parts"]) {
          if (part.value("thought", false) && !part.contains("thoughtSignature")) continue;
          *to += part.value("text", "");
          if (part.contains("functionCall")) *to += part["functionCall"]["args"].dump();
          if (part.contains("functionResponse")) *to += part["functionResponse"]["name"];
        }
    EXPECT_EQ(found, expected);
  }
  EXPECT_GT(read, 50);
}

}  // namespace
