// However a stream is cut it gives the same events, ids and retry, fails at the same event, and
// the raw bytes of its blocks and the rest are the stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sse.h"

namespace {

using postern::codec::SseBlock;
using postern::codec::SseReader;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct Outcome {
  std::vector<std::string> events;
  std::string last_event_id;
  uint64_t retry_ms = UINT64_MAX;
  bool failed = false;
  bool between_blocks = false;
  bool operator==(const Outcome&) const = default;
};

void note(const SseBlock& block, const SseReader& reader, Outcome& outcome) {
  if (!block.dispatched) return;
  std::string event(block.type);
  event += '\n';
  event += block.data;
  event += '\n';
  event += reader.last_event_id();
  outcome.events.push_back(event);
}

// Cuts the stream by the bytes of `cuts`, taken in turn as sizes; no cuts: in one piece.
Outcome read(std::string_view stream, std::string_view cuts, size_t block_bytes_max) {
  SseReader reader(block_bytes_max);
  Outcome outcome;
  std::string raw;
  SseBlock block;
  size_t turn = 0;
  for (size_t begin = 0; begin < stream.size();) {
    size_t bytes = stream.size() - begin;
    if (!cuts.empty()) {
      const size_t wanted = static_cast<unsigned char>(cuts[turn++ % cuts.size()]) % 64 + 1;
      bytes = wanted < bytes ? wanted : bytes;
    }
    // A copy that is gone before the next push: a view kept too long is found.
    const std::unique_ptr<char[]> chunk(new char[bytes]);
    stream.copy(chunk.get(), bytes, begin);
    begin += bytes;
    reader.push({chunk.get(), bytes});
    while (reader.next(block)) {
      raw += block.raw;
      note(block, reader, outcome);
    }
  }
  raw += reader.rest();
  outcome.failed = reader.failed();
  outcome.between_blocks = reader.between_blocks();
  require(outcome.failed || raw == stream);
  const std::string rest(reader.rest());
  if (reader.flush(block)) {
    require(block.raw == rest && !outcome.failed && !outcome.between_blocks);
    require(reader.rest().empty());
    note(block, reader, outcome);
  }
  outcome.last_event_id = reader.last_event_id();
  outcome.retry_ms = reader.retry_ms().value_or(UINT64_MAX);
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut_bytes = std::min<size_t>(static_cast<size_t>(data[0] % 8) + 1, size - 2);
  const size_t block_bytes_max = data[1] < 128 ? 1 << 20 : data[1] - 127u;
  const std::string_view stream = input.substr(2 + cut_bytes);
  const Outcome whole = read(stream, "", block_bytes_max);
  if (!whole.failed) {
    require(read(stream, input.substr(2, cut_bytes), block_bytes_max) == whole);
    require(read(stream, std::string_view("\0", 1), block_bytes_max) == whole);
    return 0;
  }
  // What a failed reader noted of its last block depends on how much of it came in one piece.
  const Outcome cut = read(stream, input.substr(2, cut_bytes), block_bytes_max);
  require(cut.failed && cut.events == whole.events && cut.last_event_id == whole.last_event_id);
  return 0;
}
