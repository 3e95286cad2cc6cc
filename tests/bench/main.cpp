#include "bench.h"

int main() {
  postern::bench::bench_verify();
  postern::bench::bench_requests();
  postern::bench::bench_streams();
  postern::bench::bench_codec();
  std::printf("checksum %llu\n", static_cast<unsigned long long>(postern::bench::checksum));
}
