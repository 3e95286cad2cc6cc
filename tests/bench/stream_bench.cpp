#include <cstdint>
#include <string>
#include <string_view>

#include "bench.h"
#include "bodies.h"
#include "exchange/stream.h"

namespace postern::bench {
namespace {

void bench_stream(const char* what, exchange::Path path, size_t chunk_bytes) {
  const std::string stream = event_stream(StreamUsage::kReported);
  std::string out;
  print_rate(what, stream.size(), best_ns(200, [&] {
               exchange::ChatStream chat(path, exchange::UsageChunk::kTakeOut, "sk-secret");
               uint64_t sum = 0;
               for (size_t at = 0; at < stream.size(); at += chunk_bytes) {
                 out.clear();
                 chat.push(std::string_view(stream).substr(at, chunk_bytes), out);
                 sum += out.size();
               }
               return sum + chat.content_events() + chat.usage().prompt_tokens.value_or(0);
             }));
}

}  // namespace

void bench_streams() {
  std::puts("a stream of 200 events with usage");
  bench_stream("metered beside a relay, 16 KB a read", exchange::Path::kRelayed, 16u << 10);
  bench_stream("usage taken out, whole", exchange::Path::kFed, 1u << 20);
  bench_stream("usage taken out, 700 bytes a read", exchange::Path::kFed, 700);
  bench_stream("usage taken out, a byte a read", exchange::Path::kFed, 1);
}

}  // namespace postern::bench
