#include <cstdint>
#include <string>

#include "bench.h"
#include "codec/sha256.h"
#include "policy/access.h"
#include "policy/config.h"

namespace postern::bench {
namespace {

std::string hex_digest(const std::string& key) {
  const codec::Digest digest = codec::sha256(key);
  return codec::to_hex(digest);
}

policy::Config ring_of(int entries, const std::string& key) {
  std::string ring;
  for (int index = 1; index < entries; ++index) {
    const std::string number = std::to_string(index);
    ring += "other-" + number + ":" + hex_digest("other key " + number) + ",";
  }
  ring += "bench:" + hex_digest(key);
  return policy::read_config(R"({"GATEWAY_API_KEY_HASHES":")" + ring + R"("})");
}

// All of authentication: the header's grammar, the digest, every entry of the ring.
double bench_ring(const char* what, int entries) {
  const std::string key = "pstn-bench-000000000000000000000000000000000001";
  const std::string header = "Bearer " + key;
  const policy::Config config = ring_of(entries, key);
  policy::AccessFacts facts;
  facts.hostname = "api.example.com";
  facts.authorization = header;
  const policy::KeyCache cache;
  const double ns = best_ns_of_short([&] {
    policy::StoreQuestion question;
    const policy::Caller caller = policy::authenticate(config, facts, cache, 1, question);
    return uint64_t{caller.access == policy::Access::kGranted};
  });
  print_time(what, ns);
  return ns;
}

}  // namespace

void bench_verify() {
  std::puts("a key, verified");
  const double one = bench_ring("against a ring of 1", 1);
  const double many = bench_ring("against a ring of 76, the last matches", 76);
  std::printf("  %-52s %18.0f ns%s\n", "the difference (at most 1000)", many - one,
              many - one > 1000 ? "  OVER ITS CEILING" : "");
}

}  // namespace postern::bench
