// Every recorded stream, cut in two at every single byte: the same bytes out and the same usage as
// uncut. Some ten thousand million bytes, so that this is a program of its own, built for speed.
//
//   every_cut [part of] [parts]    for machines with several cores
#include <cstdio>
#include <cstdlib>

#include "exchange/recorded_streams.h"

namespace {

using namespace postern;
using namespace postern::exchange;

// The front door for which this stream has to be translated.
std::unique_ptr<ReplyStream> machine_for(const recorded::Stream& stream) {
  const bool chat = stream.dialect == &dialect::openai_chat;
  return recorded::translated(stream, chat ? dialect::anthropic : dialect::openai_chat);
}

bool holds_at_every_byte(const recorded::Stream& stream) {
  const recorded::Outcome whole = recorded::play(*machine_for(stream), stream.bytes, {});
  for (size_t cut = 1; cut < stream.bytes.size(); ++cut) {
    if (recorded::play(*machine_for(stream), stream.bytes, {cut}) == whole) continue;
    std::printf("%s: a cut at byte %zu changes the stream\n", stream.name.c_str(), cut);
    return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t part = argc > 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  const size_t parts = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  const auto streams = recorded::load();
  if (streams.empty()) {
    std::printf("skipped: no recordings at %s\n", dialect::recorded::root().c_str());
    return 0;
  }
  size_t failed = 0, played = 0, cuts = 0;
  for (size_t at = part; at < streams.size(); at += parts) {
    failed += !holds_at_every_byte(streams[at]);
    cuts += streams[at].bytes.size();
    ++played;
  }
  std::printf("%zu streams, %zu cuts, %zu streams that a cut changes\n", played, cuts, failed);
  return failed == 0 ? 0 : 1;
}
