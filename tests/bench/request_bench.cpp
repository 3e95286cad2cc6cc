#include <cstdint>
#include <string>

#include "bench.h"
#include "bodies.h"
#include "dialect/untouched.h"

namespace postern::bench {
namespace {

void bench_request(const char* what, const std::string& body) {
  print_rate(what, body.size(), best_ns(200, [&] {
               dialect::Outline request;
               const auto fault = dialect::read_outline(body, request);
               return fault ? uint64_t{0} : uint64_t{request.model.size()};
             }));
}

}  // namespace

void bench_requests() {
  std::puts("a request body, read for what the gateway needs");
  bench_request("2 KB chat", escaped_chat_body(2'000));
  bench_request("100 KB chat", escaped_chat_body(100'000));
  bench_request("1 MB chat, short messages with escapes", escaped_chat_body(body_bytes));
  bench_request("1 MB as one string", one_string_body());
}

}  // namespace postern::bench
