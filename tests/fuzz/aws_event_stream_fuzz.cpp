// However a stream is cut it gives the same frames and fails at the same one; what was written as
// a frame is read back from it, unless its headers are malformed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/aws_event_stream.h"
#include "codec/aws_frames.h"

namespace {

using postern::codec::AwsEvent;
using postern::codec::AwsEventReader;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

struct Outcome {
  std::vector<std::string> events;
  bool failed = false;
  bool between_frames = false;
  bool operator==(const Outcome&) const = default;
};

// Cuts the stream by the bytes of `cuts`, taken in turn as sizes; no cuts: in one piece.
Outcome read(std::string_view stream, std::string_view cuts, size_t frame_bytes_max) {
  AwsEventReader reader(frame_bytes_max);
  Outcome outcome;
  AwsEvent event;
  size_t turn = 0;
  for (size_t begin = 0; begin < stream.size();) {
    size_t bytes = stream.size() - begin;
    if (!cuts.empty()) {
      const size_t wanted = static_cast<unsigned char>(cuts[turn++ % cuts.size()]) % 64 + 1;
      bytes = std::min(wanted, bytes);
    }
    // A copy that is gone before the next push: a view kept too long is found.
    const std::unique_ptr<char[]> chunk(new char[bytes]);
    stream.copy(chunk.get(), bytes, begin);
    begin += bytes;
    reader.push({chunk.get(), bytes});
    while (reader.next(event)) {
      std::string said;
      for (const std::string_view part :
           {event.message_type, event.event_type, event.exception_type, event.error_code,
            event.error_message, event.content_type, event.payload}) {
        said += part;
        said += '\n';
      }
      outcome.events.push_back(std::move(said));
    }
  }
  outcome.failed = reader.failed();
  outcome.between_frames = reader.between_frames();
  require(outcome.failed == (reader.fault() != nullptr));
  return outcome;
}

void check(std::string_view stream, std::string_view cuts, size_t frame_bytes_max) {
  const Outcome whole = read(stream, "", frame_bytes_max);
  require(read(stream, cuts, frame_bytes_max) == whole);
  require(read(stream, std::string_view("\0", 1), frame_bytes_max) == whole);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 4) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut_bytes = std::min<size_t>(static_cast<size_t>(data[0] % 8) + 1, size - 3);
  const size_t frame_bytes_max = data[1] < 128 ? 1 << 20 : data[1];
  const std::string_view cuts = input.substr(3, cut_bytes);
  const std::string_view rest = input.substr(3 + cut_bytes);
  check(rest, cuts, frame_bytes_max);

  // The same bytes as headers and payload of frames whose checks are right, as no chance finds.
  const size_t header_bytes = std::min<size_t>(data[2], rest.size());
  const std::string_view payload = rest.substr(header_bytes);
  const std::string frame = postern::codec::aws_frame_of(rest.substr(0, header_bytes), payload);
  check(frame + frame, cuts, frame_bytes_max);
  const Outcome plain = read(postern::codec::aws_frame("event", "x", payload), cuts, 1 << 20);
  require(!plain.failed && plain.between_frames && plain.events.size() == 1);
  require(plain.events[0].ends_with(std::string(payload) + "\n"));
  return 0;
}
