#include <cstdint>
#include <string>
#include <string_view>

#include "bench.h"
#include "bodies.h"
#include "dialect/dialects.h"
#include "exchange/translated_stream.h"
#include "exchange/untouched_stream.h"

namespace postern::bench {
namespace {

void bench_stream(const char* what, exchange::Path path, size_t chunk_bytes) {
  const std::string stream = event_stream(StreamUsage::kReported);
  std::string out;
  print_rate(what, stream.size(), best_ns(200, [&] {
               exchange::UntouchedStream chat(
                   {.path = path, .usage_chunk = exchange::UsageChunk::kTakeOut, .secrets = {}});
               uint64_t sum = 0;
               for (size_t at = 0; at < stream.size(); at += chunk_bytes) {
                 out.clear();
                 chat.push(std::string_view(stream).substr(at, chunk_bytes), out);
                 sum += out.size();
               }
               return sum + chat.content_events() + chat.usage().prompt();
             }));
}

// Anthropic behind, OpenAI in front.
void bench_translation(const char* what, size_t chunk_bytes) {
  std::string stream =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\","
      "\"model\":\"claude\",\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}\n\n";
  stream +=
      "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
      "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
  for (int event = 0; event < 2000; ++event)
    stream +=
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
        "\"delta\":{\"type\":\"text_delta\",\"text\":\" a word of some length\"}          }\n\n";
  const dialect::ReplyContext context = {.request_id = "0123456789abcdef0123456789abcdef",
                                         .model = "m"};
  std::string out;
  print_rate(what, stream.size(), best_ns(50, [&] {
               exchange::TranslatedStream machine(exchange::Framing::kEventStream,
                                                  dialect::anthropic.stream_reader({}, context),
                                                  dialect::openai_chat.stream_writer(context), {});
               uint64_t sum = 0;
               for (size_t at = 0; at < stream.size(); at += chunk_bytes) {
                 out.clear();
                 machine.push(std::string_view(stream).substr(at, chunk_bytes), out);
                 sum += out.size();
               }
               return sum + machine.content_events();
             }));
}

}  // namespace

void bench_streams() {
  std::puts("a stream of 200 events with usage");
  bench_stream("metered beside a relay, 16 KB a read", exchange::Path::kRelayed, 16u << 10);
  bench_stream("usage taken out, whole", exchange::Path::kFed, 1u << 20);
  bench_stream("usage taken out, 700 bytes a read", exchange::Path::kFed, 700);
  bench_stream("usage taken out, a byte a read", exchange::Path::kFed, 1);
  std::puts("a stream of 2,000 events, translated from Anthropic's words to OpenAI's");
  bench_translation("whole", 1u << 24);
  bench_translation("16 KB a read", 16u << 10);
  bench_translation("150 bytes a read", 150);
}

}  // namespace postern::bench
