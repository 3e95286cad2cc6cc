// The slab of exchanges behind the door: handles, generations, and taking back what was abandoned.
#include "abi/host.h"

#include <gtest/gtest.h>

#include <set>

#include "bounds.h"
#include "support/gateway.h"

namespace postern::testing {
namespace {

constexpr char key[] = "gw_live_FAKE0conversation0key0000000000000000";
constexpr char config_json[] =
    R"({"GATEWAY_API_KEY":"gw_live_FAKE0conversation0key0000000000000000",)"
    R"("OPENAI_BASE_URL":"https://upstream.example/v1"})";
constexpr int64_t patience_ms = bounds::first_byte_timeout_ms_default + bounds::reap_grace_ms;

class HostTest : public ::testing::Test {
 protected:
  uint32_t open() { return gateway_.open(config_); }

  // A request up to the question that nobody answers; counts the log lines that come along.
  uint32_t open_to_fetch() {
    const uint32_t handle = open();
    if (handle <= abi::handle_unconfigured) return handle;
    count(gateway_.handle(handle, "request", with_random(chat_head(key))));
    const Actions list = gateway_.handle(handle, "body", R"({"model":"m"})");
    EXPECT_EQ(question_of(list), "fetch");
    count(list);
    return handle;
  }

  void serve_one() {
    const uint32_t handle = open();
    ASSERT_GT(handle, abi::handle_unconfigured);
    count(gateway_.handle(handle, "request", with_random(healthz)));
    gateway_.close(handle);
  }

  void count(const Actions& list) {
    for (const Action& action : list)
      if (action.kind == "log" && action.bytes.find(R"("end":"abandoned")") != std::string::npos)
        ++abandoned_;
    EXPECT_EQ(gateway_.fault(), "");
  }

  static constexpr char healthz[] =
      R"({"method":"GET","url":"http://gateway.example/v1/healthz","headers":{}})";

  Gateway gateway_;
  uint32_t config_ = gateway_.configure(config_json);
  int abandoned_ = 0;
};

TEST_F(HostTest, ten_thousand_abandoned_requests_give_their_slots_back) {
  for (int request = 0; request < 10'000; ++request) open_to_fetch();
  EXPECT_EQ(gateway_.open_exchanges(), 10'000u);
  EXPECT_EQ(abandoned_, 0);

  gateway_.now_ms += patience_ms - 1;
  for (int request = 0; request < 100; ++request) serve_one();
  EXPECT_EQ(gateway_.open_exchanges(), 10'000u) << "their time has not passed";

  gateway_.now_ms += 1;
  int served = 0;
  while (gateway_.open_exchanges() > 0 && served < 20'000) {
    serve_one();
    ++served;
  }
  EXPECT_EQ(gateway_.open_exchanges(), 0u);
  EXPECT_EQ(abandoned_, 10'000) << "each has its line in the log";
  EXPECT_LE(served, 10'000 / 3) << "the reaper outruns arrivals";
}

TEST_F(HostTest, requests_that_are_abandoned_one_after_the_other_never_pile_up) {
  size_t most = 0;
  for (int request = 0; request < 20'000; ++request) {
    open_to_fetch();
    gateway_.now_ms += 100;
    most = std::max(most, gateway_.open_exchanges());
  }
  // A request every 100 ms, each of which lives for its patience.
  EXPECT_LE(most, static_cast<size_t>(patience_ms / 100 * 3 / 2));
}

TEST_F(HostTest, a_full_slab_takes_no_more_and_recovers_when_the_time_has_passed) {
  std::vector<uint32_t> handles;
  for (size_t slot = 0; slot < bounds::exchanges_max; ++slot) {
    handles.push_back(open_to_fetch());
    ASSERT_GT(handles.back(), abi::handle_unconfigured);
  }
  EXPECT_EQ(open(), abi::handle_full);
  EXPECT_EQ(gateway_.open_exchanges(), bounds::exchanges_max);

  // One that ends makes room for one.
  gateway_.close(handles.front());
  EXPECT_GT(open(), abi::handle_unconfigured);
  EXPECT_EQ(open(), abi::handle_full);

  // No event will ever come for any of the others.
  gateway_.now_ms += patience_ms;
  int served = 0;
  for (; gateway_.open_exchanges() > 1 && served < 20'000; ++served) serve_one();
  EXPECT_LE(gateway_.open_exchanges(), 1u) << "the one that was never used";
  EXPECT_EQ(abandoned_, static_cast<int>(bounds::exchanges_max) - 1);
}

TEST_F(HostTest, a_slow_client_of_a_stream_has_twice_the_idle_time) {
  const uint32_t handle = open();
  gateway_.handle(handle, "request", with_random(chat_head(key)));
  gateway_.handle(handle, "body", R"({"model":"m","stream":true})");
  gateway_.handle(handle, "upstream_head",
                  R"({"status":200,"headers":{"content-type":"text/event-stream"}})");
  gateway_.now_ms += 2 * bounds::idle_timeout_ms_default;
  for (int request = 0; request < 8; ++request) serve_one();
  EXPECT_EQ(gateway_.open_exchanges(), 1u);
  gateway_.now_ms += bounds::reap_grace_ms;
  for (int request = 0; request < 8; ++request) serve_one();
  EXPECT_EQ(gateway_.open_exchanges(), 0u);
  EXPECT_EQ(abandoned_, 1);
}

TEST_F(HostTest, a_stale_handle_does_nothing) {
  const uint32_t first = open_to_fetch();
  gateway_.close(first);
  gateway_.close(first);
  const uint32_t second = open_to_fetch();
  EXPECT_NE(first, second);
  EXPECT_EQ(first & 0xffff, second & 0xffff) << "the same slot";
  EXPECT_TRUE(gateway_.handle(first, "upstream_head", R"({"status":401})").empty());
  gateway_.close(first);
  EXPECT_EQ(gateway_.open_exchanges(), 1u);
  EXPECT_FALSE(gateway_.handle(second, "upstream_head", R"({"status":401})").empty());
}

TEST_F(HostTest, a_reaped_exchange_ends_without_a_word_when_its_answer_comes_late) {
  const uint32_t handle = open_to_fetch();
  gateway_.now_ms += patience_ms;
  for (int request = 0; request < 4; ++request) serve_one();
  EXPECT_EQ(abandoned_, 1);
  EXPECT_TRUE(gateway_.handle(handle, "upstream_head", R"({"status":200})").empty());
  gateway_.close(handle);
  EXPECT_EQ(gateway_.open_exchanges(), 0u);
}

TEST_F(HostTest, a_slot_that_is_used_again_and_again_never_repeats_a_recent_handle) {
  std::set<uint32_t> seen;
  for (int round = 0; round < 0xffff; ++round) {
    const uint32_t handle = open();
    EXPECT_GT(handle, abi::handle_unconfigured);
    EXPECT_TRUE(seen.insert(handle).second);
    gateway_.close(handle);
  }
  const uint32_t again = open();
  EXPECT_GT(again, 0xffffu) << "generation 0 is left out";
  EXPECT_FALSE(seen.insert(again).second);
}

TEST_F(HostTest, handles_of_nothing_are_ignored) {
  for (const uint32_t handle : {0u, 1u, 0x10000u, 0xffffffffu}) {
    EXPECT_TRUE(gateway_.handle(handle, "client_left").empty());
    gateway_.close(handle);
  }
  EXPECT_EQ(gateway_.open_exchanges(), 0u);
}

TEST_F(HostTest, a_configuration_that_was_forgotten_is_asked_for_again) {
  for (size_t other = 0; other < bounds::configs_max; ++other)
    gateway_.configure(R"({"MAX_BODY_BYTES":")" + std::to_string(1000 + other) + "\"}");
  EXPECT_EQ(open(), abi::handle_unconfigured);
  config_ = gateway_.configure(config_json);
  EXPECT_GT(open(), abi::handle_unconfigured);
  EXPECT_EQ(gateway_.open(99'999), abi::handle_unconfigured);
}

TEST_F(HostTest, an_exchange_keeps_the_configuration_it_began_with) {
  const uint32_t handle = open();
  for (size_t other = 0; other < bounds::configs_max; ++other)
    gateway_.configure(R"({"MAX_BODY_BYTES":")" + std::to_string(1000 + other) + "\"}");
  gateway_.handle(handle, "request", with_random(chat_head(key)));
  EXPECT_EQ(question_of(gateway_.handle(handle, "body", R"({"model":"m"})")), "fetch");
}

}  // namespace
}  // namespace postern::testing
