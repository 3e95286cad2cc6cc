// How long a piece of work takes natively: the best of many rounds, because what disturbs a
// measurement only ever adds to it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace postern::bench {

// What the work returns is added up here and printed at the end: it keeps the work from being
// optimised away, and shows that two runs did the same.
inline uint64_t checksum = 0;

template <typename Work>
double best_ns(int rounds, Work work) {
  double best = 1e18;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    checksum += work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count());
  }
  return best;
}

// Short work is repeated, so that the clock's own cost vanishes.
template <typename Work>
double best_ns_of_short(Work work) {
  constexpr int repeats = 1000;
  return best_ns(200,
                 [&] {
                   uint64_t sum = 0;
                   for (int index = 0; index < repeats; ++index) sum += work();
                   return sum;
                 }) /
         repeats;
}

// A rate in 10^6 bytes a second, and the time itself.
inline void print_rate(const char* what, size_t bytes, double ns) {
  std::printf("  %-52s %8.0f MB/s %10.1f us\n", what, static_cast<double>(bytes) * 1e3 / ns,
              ns / 1e3);
}

inline void print_time(const char* what, double ns) {
  std::printf("  %-52s %18.0f ns\n", what, ns);
}

void bench_codec();
void bench_requests();
void bench_streams();
void bench_verify();

}  // namespace postern::bench
