// Streams that real providers sent, in two hundred random fragmentations each: whatever the cuts,
// each front door's client gets the same bytes, and the books say the same.
#include <gtest/gtest.h>

#include <iostream>
#include <random>

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

class Fragments : public ::testing::TestWithParam<const dialect::Dialect*> {};

// A null front stands for the stream's own dialect.
TEST_P(Fragments, of_every_recorded_stream_give_the_same_bytes_and_usage) {
  const std::vector<recorded::Stream> streams = recorded::load();
  if (streams.empty()) GTEST_SKIP() << "no recordings at " << dialect::recorded::root();
  std::mt19937 random(20'261'121);
  size_t played = 0;
  for (const recorded::Stream& stream : streams) {
    SCOPED_TRACE(stream.name);
    if (!GetParam() && stream.framing != Framing::kEventStream) continue;
    const auto machine = [&] {
      return GetParam() ? recorded::translated(stream, *GetParam()) : recorded::untouched(stream);
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
                         ::testing::Values(nullptr, &dialect::openai_chat, &dialect::anthropic,
                                           &dialect::responses),
                         [](const auto& info) -> std::string {
                           return info.param ? std::string(info.param->name) : "untouched";
                         });

}  // namespace
}  // namespace postern::exchange
