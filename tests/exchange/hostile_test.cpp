// Whatever a client or a provider sends, the core answers; a trap would end this program. The same
// values go through the modules in tests/door/hostile.test.js.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "support/gateway.h"

namespace postern::testing {
namespace {

using nlohmann::json;

constexpr char key[] = "gw_live_FAKE0conversation0key0000000000000000";

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int time = 0; time < times; ++time) all += text;
  return all;
}

// Every type, depth and number that JSON has, and some that it has not.
std::vector<std::string> hostile_values() {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/exchange/hostile.json");
  const json document = json::parse(file);
  std::vector<std::string> values = document["values"];
  for (const auto& [text, depth] : document["nested"].items()) {
    const size_t middle = text.find('*');
    values.push_back(repeated(text.substr(0, middle), depth) +
                     repeated(text.substr(middle + 1), depth));
    values.push_back(repeated(text.substr(0, middle), depth));  // never closed
  }
  values.push_back("\"" + repeated("a", 100'000) + "\"");
  values.push_back("\"\xff\xfe\x80\"");
  values.push_back(std::string("\"\0\"", 3));
  return values;
}

std::vector<std::string> templates(const char* name) {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/exchange/hostile.json");
  return json::parse(file)[name];
}

std::string filled(std::string text, std::string_view value) {
  for (size_t at = 0; (at = text.find("VALUE", at)) != std::string::npos; at += value.size())
    text.replace(at, 5, value);
  return text;
}

class HostileTest : public ::testing::Test {
 protected:
  static constexpr char variables[] =
      R"({"GATEWAY_API_KEY":"gw_live_FAKE0conversation0key0000000000000000",)"
      R"("OPENAI_BASE_URL":"https://upstream.example/v1","SIMULATOR":"on","DEFAULT_MODEL":"d"})";

  uint32_t begin(std::string_view body) {
    const uint32_t handle = gateway_.open(config_);
    gateway_.handle(handle, "request", with_random(chat_head(key)));
    list_ = gateway_.handle(handle, "body", body);
    return handle;
  }

  // Lets the simulator play to its end, then expects one.
  void end(uint32_t handle) {
    while (question_of(list_) == "wait") list_ = gateway_.handle(handle, "waited");
    const std::string_view question = question_of(list_);
    if (question == "fetch") {
      list_ = gateway_.handle(handle, "failed", R"({"reason":"unreachable"})");
    } else if (!question.empty()) {
      list_ = gateway_.handle(handle, "client_left");
    }
    EXPECT_EQ(question_of(list_), "");
    EXPECT_NE(find(list_, "log"), nullptr) << "it ended before";
    EXPECT_EQ(gateway_.fault(), "");
    gateway_.close(handle);
  }

  Gateway gateway_;
  uint32_t config_ = gateway_.configure(variables);
  Actions list_;
};

TEST_F(HostileTest, every_type_in_every_field_of_a_request_is_answered) {
  for (const std::string& form : templates("requests"))
    for (const std::string& value : hostile_values()) {
      const std::string body = filled(form, value);
      const uint32_t handle = begin(body);
      const Action* fetch = find(list_, "fetch");
      if (fetch) {
        const std::string upstream = assembled(fetch->bytes, body);
        EXPECT_TRUE(json::accept(upstream) || !json::accept(body)) << form << ' ' << upstream;
        EXPECT_EQ(upstream.find("project_id"), std::string::npos);
      }
      end(handle);
    }
}

TEST_F(HostileTest, every_type_in_every_field_of_a_reply_is_answered) {
  for (const char* status : {"200", "400", "429", "500"})
    for (const std::string& form : templates("replies"))
      for (const std::string& value : hostile_values()) {
        const uint32_t handle = begin(R"({"model":"m"})");
        gateway_.handle(handle, "upstream_head",
                        std::string(R"({"status":)") + status + R"(,"headers":{}})");
        list_ = gateway_.handle(handle, "upstream_body", filled(form, value));
        EXPECT_NE(find(list_, "respond"), nullptr);
        end(handle);
      }
}

TEST_F(HostileTest, every_type_in_every_field_of_a_chunk_leaves_whole_events) {
  for (const char* body :
       {R"({"model":"m","stream":true})",
        R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})"})
    for (const std::string& form : templates("chunks"))
      for (const std::string& value : hostile_values()) {
        if (value.find('\n') != std::string::npos) continue;
        const uint32_t handle = begin(body);
        gateway_.handle(handle, "upstream_head",
                        R"({"status":200,"headers":{"content-type":"text/event-stream"}})");
        list_ = gateway_.handle(handle, "upstream_bytes", "data: " + filled(form, value) + "\n\n");
        std::string all = sent(list_);
        if (question_of(list_) == "read") list_ = gateway_.handle(handle, "upstream_end");
        all += sent(list_);
        // An error that flowed past the core needs no word of ours.
        const bool relayed = std::string_view(body).find("include_usage") != std::string_view::npos;
        EXPECT_TRUE(all.ends_with("\n\n") || (relayed && all.empty())) << form << ' ' << value;
        end(handle);
      }
}

TEST_F(HostileTest, every_type_in_a_head_of_the_shim_is_read) {
  for (const std::string& value : hostile_values()) {
    if (!json::accept(value) || value.find('\n') != std::string::npos) continue;
    for (const std::string& form : templates("heads")) {
      const uint32_t handle = gateway_.open(config_);
      gateway_.handle(handle, "request", with_random(filled(form, value)));
      gateway_.handle(handle, "client_left");
      gateway_.close(handle);
      const uint32_t second = begin(R"({"model":"m"})");
      gateway_.handle(second, "upstream_head", filled(form, value));
      gateway_.handle(second, "client_left");
      gateway_.close(second);
    }
    const uint32_t report = gateway_.open(config_);
    const std::string head =
        R"({"method":"GET","url":"http://gateway.example/v1/analytics","headers":{}})";
    gateway_.now_ms += 2000;
    list_ = gateway_.handle(report, "request", with_random(head));
    if (list_.back().bytes.find("\"add\"") != std::string::npos)
      list_ = gateway_.handle(report, "record", "[true]");
    ASSERT_EQ(question_of(list_), "call");
    list_ = gateway_.handle(report, "record", value);
    EXPECT_NE(find(list_, "respond"), nullptr);
    gateway_.close(report);
  }
}

TEST_F(HostileTest, an_event_without_end_is_cut_off) {
  const uint32_t handle = begin(R"({"model":"m","stream":true})");
  gateway_.handle(handle, "upstream_head",
                  R"({"status":200,"headers":{"content-type":"text/event-stream"}})");
  const std::string much = "data: " + repeated("x", 1 << 20);
  int reads = 0;
  do list_ = gateway_.handle(handle, "upstream_bytes", much);
  while (question_of(list_) == "read" && ++reads < 100);
  EXPECT_LE(reads, 8);
  EXPECT_NE(sent(list_).find("upstream_error"), std::string::npos);
  end(handle);
}

TEST_F(HostileTest, a_relayed_event_without_end_is_not_read_any_more) {
  const uint32_t handle =
      begin(R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})");
  gateway_.handle(handle, "upstream_head",
                  R"({"status":200,"headers":{"content-type":"text/event-stream"}})");
  const std::string much = "data: " + repeated("x", 1 << 20);
  for (int read = 0; read < 20; ++read) {
    list_ = gateway_.handle(handle, "upstream_bytes", much);
    ASSERT_EQ(question_of(list_), "read");
    EXPECT_NE(list_.back().bytes.find("\"pause_ms\":0"), std::string::npos) << "a large read";
  }
  list_ = gateway_.handle(handle, "upstream_end");
  EXPECT_EQ(sent(list_), "");
  ASSERT_NE(find(list_, "log"), nullptr);
  EXPECT_NE(find(list_, "log")->bytes.find("\"metered\":false"), std::string::npos);
  gateway_.close(handle);
}

TEST_F(HostileTest, characters_that_the_simulator_splits_come_out_whole) {
  const uint32_t handle = begin(R"({"model":"sim/fault-split","stream":true})");
  std::string all = sent(list_);
  while (question_of(list_) == "wait") {
    list_ = gateway_.handle(handle, "waited");
    const std::string now = sent(list_);
    EXPECT_TRUE(now.empty() || now.ends_with("\n\n")) << now;
    all += now;
  }
  EXPECT_TRUE(all.ends_with("data: [DONE]\n\n"));
  EXPECT_NE(all.find("\xF0\x9F\x98\x80"), std::string::npos);
  gateway_.close(handle);
}

}  // namespace
}  // namespace postern::testing
