// Streams that real providers sent, in two hundred random fragmentations each: whatever the cuts,
// each front door's client gets the same bytes, and the books say the same.
#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <tuple>

#include "exchange/recorded_streams.h"

namespace postern::exchange {
namespace {

constexpr int fragmentations = 200;

std::vector<size_t> random_cuts(size_t bytes, std::mt19937& random) {
  std::vector<size_t> cuts(1 + random() % 40);
  for (size_t& cut : cuts) cut = random() % (bytes + 1);
  std::sort(cuts.begin(), cuts.end());
  return cuts;
}

constexpr size_t parts = 4;  // so that several cores share the work

class Fragments : public ::testing::TestWithParam<std::tuple<const dialect::Dialect*, size_t>> {};

// A null front stands for the stream's own dialect.
TEST_P(Fragments, of_every_recorded_stream_give_the_same_bytes_and_usage) {
  const std::vector<recorded::Stream> streams = recorded::load();
  if (streams.empty()) GTEST_SKIP() << "no recordings at " << dialect::recorded::root();
  std::mt19937 random(20'261'121);
  size_t played = 0;
  const auto [front, part] = GetParam();
  for (size_t at = part; at < streams.size(); at += parts) {
    const recorded::Stream& stream = streams[at];
    SCOPED_TRACE(stream.name);
    if (!front && stream.framing != Framing::kEventStream) continue;
    const dialect::Dialect* const door = front;
    const auto machine = [&] {
      return door ? recorded::translated(stream, *door) : recorded::untouched(stream);
    };
    const recorded::Outcome whole = recorded::play(*machine(), stream.bytes, {});
    for (int round = 0; round < fragmentations; ++round) {
      const auto cuts = random_cuts(stream.bytes.size(), random);
      ASSERT_EQ(recorded::play(*machine(), stream.bytes, cuts), whole);
    }
    ++played;
  }
  std::cout << played << " streams\n";
}

INSTANTIATE_TEST_SUITE_P(Doors, Fragments,
                         ::testing::Combine(::testing::Values(nullptr, &dialect::openai_chat,
                                                              &dialect::anthropic,
                                                              &dialect::responses),
                                            ::testing::Range<size_t>(0, parts)),
                         [](const auto& info) -> std::string {
                           const dialect::Dialect* const front = std::get<0>(info.param);
                           const std::string name(front ? front->name : "untouched");
                           return name + "_" + std::to_string(std::get<1>(info.param));
                         });

}  // namespace
}  // namespace postern::exchange
