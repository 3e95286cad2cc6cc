#include <cstdint>
#include <string>
#include <string_view>

#include "bench.h"
#include "bodies.h"
#include "codec/json_reader.h"
#include "codec/sha256.h"
#include "codec/sse.h"

namespace postern::bench {
namespace {

uint64_t skip_document(std::string_view body) {
  codec::JsonReader in(body);
  in.skip();
  return in.finish() ? body.size() : 0;
}

uint64_t read_events(std::string_view stream, size_t chunk_bytes) {
  codec::SseReader reader;
  codec::SseBlock block;
  uint64_t data_bytes = 0;
  for (size_t begin = 0; begin < stream.size(); begin += chunk_bytes) {
    reader.push(stream.substr(begin, chunk_bytes));
    while (reader.next(block)) data_bytes += block.dispatched ? block.data.size() : 0;
  }
  return data_bytes;
}

void bench_json(const char* what, const std::string& body) {
  print_rate(what, body.size(), best_ns(200, [&] { return skip_document(body); }));
}

void bench_events(const char* what, const std::string& stream, size_t chunk_bytes) {
  print_rate(what, stream.size(), best_ns(200, [&] { return read_events(stream, chunk_bytes); }));
}

}  // namespace

void bench_codec() {
  std::puts("codec");
  bench_json("JSON, 1 MB as one string", one_string_body());
  bench_json(
      "JSON, 1 MB chat, short messages, no escapes",
      chat_body(body_bytes, "What is the capital of France?", "The capital of France is Paris."));
  bench_json("JSON, 1 MB chat, short messages with escapes", escaped_chat_body(body_bytes));
  bench_json("JSON, 1 MB chat, messages all of \\u escapes",
             chat_body(body_bytes, R"(\u4f60\u597d\uff0c\u4e16\u754c\u3002\u4f60\u597d)",
                       R"(\u6211\u5f88\u597d\uff0c\u8c22\u8c22\u3002\u4f60\u5462\uff1f)"));
  bench_json("JSON, 1 MB indented", indented_body());
  bench_json("JSON, 1 MB of numbers", number_body());

  const std::string stream = event_stream(StreamUsage::kAbsent);
  bench_events("events, 200, whole", stream, stream.size());
  bench_events("events, 200, chunks of 300 bytes", stream, 300);
  bench_events("events, 200, a byte at a time", stream, 1);

  const std::string key(46, 'k');
  print_time("SHA-256 of a 46-byte key", best_ns_of_short([&] { return codec::sha256(key)[0]; }));
}

}  // namespace postern::bench
