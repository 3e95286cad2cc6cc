// Plays the conversations of this folder with the native core. tests/door/conversations.test.js
// plays the same ones with the modules.
#include "support/conversation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <regex>

#include "support/gateway.h"

namespace postern::testing {
namespace {

using nlohmann::json;

enum class Cuts { kAsWritten, kOneByte, kAtOnce };
constexpr std::string_view names_of_cuts[] = {"as written", "one byte at a time", "all at once"};

bool is_regex(std::string_view text) {
  return text.size() > 2 && text.starts_with('/') && text.ends_with('/');
}

bool found_by(const std::string& regex, const std::string& text) {
  return std::regex_search(text, std::regex(regex.substr(1, regex.size() - 2)));
}

// Members that are named must be there and match; one named with `!` must not be there.
std::string difference(const json& wanted, const json& actual, const std::string& place) {
  if (wanted.is_object() && actual.is_object()) {
    for (const auto& [name, value] : wanted.items()) {
      const bool absent = name.starts_with('!');
      const auto found = actual.find(absent ? name.substr(1) : name);
      if (absent != (found == actual.end()))
        return place + "." + name + (absent ? "" : " is missing");
      if (absent) continue;
      const std::string inside = difference(value, *found, place + "." + name);
      if (!inside.empty()) return inside;
    }
    return {};
  }
  if (wanted.is_array() && actual.is_array() && wanted.size() == actual.size()) {
    for (size_t at = 0; at < wanted.size(); ++at) {
      const std::string inside =
          difference(wanted[at], actual[at], place + "[" + std::to_string(at) + "]");
      if (!inside.empty()) return inside;
    }
    return {};
  }
  if (wanted.is_string() && actual.is_string() && is_regex(wanted.get<std::string>())) {
    if (found_by(wanted.get<std::string>(), actual.get<std::string>())) return {};
  } else if (wanted == actual) {
    return {};
  }
  return place + " is " + actual.dump() + " instead of " + wanted.dump();
}

std::string payload_difference(const Line& wanted, const Action& actual) {
  if (actual.kind == "forward" || actual.kind == "relay" || actual.kind == "window") return {};
  if (wanted.rest.empty()) return {};
  if (is_regex(wanted.rest)) return found_by(wanted.rest, actual.bytes) ? "" : "is " + actual.bytes;
  if (actual.kind != "send" || wanted.rest.starts_with('{')) {
    // A head and a JSON text behind it are taken as one object.
    const size_t head_end = std::min(actual.bytes.find('\n'), actual.bytes.size());
    json document = json::parse(actual.bytes.substr(0, head_end), nullptr, false);
    if (head_end < actual.bytes.size()) {
      const json rest = json::parse(actual.bytes.substr(head_end), nullptr, false);
      if (document.is_object() && rest.is_object()) document.update(rest);
    }
    if (document.is_discarded()) return "is no JSON: " + actual.bytes;
    return difference(json::parse(wanted.rest), document, actual.kind);
  }
  return unescaped(wanted.rest) == actual.bytes ? "" : "is " + actual.bytes;
}

// What must not depend on where the upstream's bytes were cut.
struct Outcome {
  std::string sent;
  std::string ending;
  bool operator==(const Outcome&) const = default;
};

class Player {
 public:
  Player(const Conversation& conversation, Cuts cuts) : conversation_(conversation), cuts_(cuts) {}

  void play() {
    json config = conversation_.config;
    for (const Line& line : conversation_.lines)
      if (line.word == "config") config = merged(config, json::parse(line.text.substr(7)));
    config_ = gateway_.configure(config.dump());
    for (const Line& line : conversation_.lines) {
      step(line);
      if (!gateway_.fault().empty()) ADD_FAILURE() << gateway_.fault();
      if (::testing::Test::HasFailure()) {
        ADD_FAILURE() << "in: " << line.text;
        return;
      }
    }
    flush();
    end_list();
  }

  const std::map<std::string, Outcome>& outcomes() const { return outcomes_; }

 private:
  bool checks() const { return cuts_ == Cuts::kAsWritten; }

  void step(const Line& line) {
    if (line.word == "config") return;
    if (line.word == ">") {
      if (cuts_ == Cuts::kAtOnce && line.kind == "upstream_bytes") {
        held_ += unescaped(line.rest);
        return;
      }
      flush();
      end_list();
      take_event(line);
    } else if (line.word == "exchange") {
      flush();
      end_list();
      name_ = line.rest;
    } else if (line.word == "at") {
      gateway_.now_ms += std::stoll(line.rest);
    } else if (!checks()) {
      return;
    } else if (line.word == "<") {
      expect(line);
    } else if (line.word == "=") {
      const Action* fetch = find(list_, "fetch");
      ASSERT_NE(fetch, nullptr);
      EXPECT_EQ(assembled(fetch->bytes, body_), unescaped(line.rest));
    } else if (line.word == "!") {
      EXPECT_EQ(find(list_, line.kind), nullptr) << find(list_, line.kind)->bytes;
    } else {
      ADD_FAILURE() << "unknown line";
    }
  }

  void take_event(const Line& line) {
    std::string payload = unescaped(line.rest);
    if (line.kind == "request") payload = with_random(request_head(line.rest).dump(), number_++);
    if (line.kind == "trapped") {
      json head = json::parse(line.rest);
      head["request"] = conversation_.request;
      payload = with_random(head.dump(), number_++);
    }
    if (line.kind == "tick") payload = with_random("", number_++);
    if (line.kind == "body") body_ = payload;
    if (line.kind != "upstream_bytes" || cuts_ != Cuts::kOneByte) return handle(line.kind, payload);
    for (const char byte : payload) handle(line.kind, std::string_view(&byte, 1));
  }

  // `METHOD URL {members}`, each of them optional, over the file's default.
  json request_head(std::string rest) const {
    json head = conversation_.request;
    if (!rest.empty() && !rest.starts_with('{')) {
      head["method"] = first_word(rest);
      const std::string url = first_word(rest);
      head["url"] = url.starts_with('/') ? "http://gateway.example" + url : url;
    }
    return rest.empty() ? head : merged(head, json::parse(rest));
  }

  void flush() {
    if (held_.empty()) return;
    end_list();
    handle("upstream_bytes", held_);
    held_.clear();
  }

  void handle(std::string_view event, std::string_view payload) {
    if (!handles_.contains(name_)) handles_[name_] = gateway_.open(config_);
    // The event's own bytes must not outlive it.
    std::string copy(payload);
    list_ = gateway_.handle(handles_[name_], event, copy);
    at_ = 0;
    Outcome& outcome = outcomes_[name_];
    for (const Action& action : list_) {
      if (action.kind == "send") outcome.sent += action.bytes;
      if (action.kind == "forward") outcome.sent += copy;
      if (action.kind == "log") {
        json line = json::parse(action.bytes);
        for (const char* time : {"total_ms", "first_byte_ms", "head_ms"}) line.erase(time);
        outcome.ending += line.dump();
      }
    }
  }

  void expect(const Line& wanted) {
    if (wanted.kind == "nothing") return end_list();
    skip_unnamed(wanted.kind);
    ASSERT_LT(at_, list_.size()) << "the list has ended";
    const Action& actual = list_[at_++];
    ASSERT_EQ(wanted.kind, actual.kind) << actual.bytes;
    EXPECT_EQ(payload_difference(wanted, actual), "");
  }

  void skip_unnamed(std::string_view wanted) {
    while (at_ < list_.size() && list_[at_].kind != wanted &&
           (list_[at_].kind == "log" || list_[at_].kind == "schedule"))
      ++at_;
  }

  void end_list() {
    if (!checks()) return;
    skip_unnamed("");
    if (at_ < list_.size())
      ADD_FAILURE() << "unexpected " << list_[at_].kind << ' ' << list_[at_].bytes;
    at_ = list_.size();
  }

  const Conversation& conversation_;
  Cuts cuts_;
  Gateway gateway_;
  uint32_t config_ = 0;
  std::map<std::string, uint32_t> handles_;
  std::map<std::string, Outcome> outcomes_;
  std::string name_;
  unsigned number_ = 0;
  std::string body_;
  std::string held_;
  Actions list_;
  size_t at_ = 0;
};

class ConversationTest : public ::testing::Test {
 public:
  explicit ConversationTest(Conversation conversation) : conversation_(std::move(conversation)) {}

  void TestBody() override {
    Player written(conversation_, Cuts::kAsWritten);
    written.play();
    const bool streams = std::any_of(
        conversation_.lines.begin(), conversation_.lines.end(),
        [](const Line& line) { return line.word == ">" && line.kind == "upstream_bytes"; });
    if (HasFailure() || !streams) return;
    for (const Cuts cuts : {Cuts::kOneByte, Cuts::kAtOnce}) {
      SCOPED_TRACE(names_of_cuts[static_cast<size_t>(cuts)]);
      Player other(conversation_, cuts);
      other.play();
      for (const auto& [name, outcome] : written.outcomes()) {
        EXPECT_EQ(outcome.sent, other.outcomes().at(name).sent);
        EXPECT_EQ(outcome.ending, other.outcomes().at(name).ending);
      }
    }
  }

 private:
  Conversation conversation_;
};

const bool registered = [] {
  const std::filesystem::path folder = POSTERN_SOURCE_DIR "/tests/exchange";
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".md" && entry.path().filename() != "README.md")
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::string suite = "Conversation_" + file.stem().string();
    for (Conversation& conversation : read_conversations(file.string())) {
      std::string name = conversation.heading;
      for (char& c : name)
        if (!isalnum(static_cast<unsigned char>(c))) c = '_';
      ::testing::RegisterTest(
          suite.c_str(), name.c_str(), nullptr, nullptr, file.c_str(), 0,
          [conversation]() -> ConversationTest* { return new ConversationTest(conversation); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace postern::testing
