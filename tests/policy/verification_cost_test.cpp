// What it costs to verify a key, counted: digests compared, bytes touched, and instructions, which
// are counted by stepping through a child process one by one. No clock is read.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bounds.h"
#include "codec/sha256.h"
#include "policy/key_cache.h"
#include "policy/ring.h"

#if defined(__linux__)
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#define POSTERN_ADDRESS_SANITIZER
#endif
#endif

namespace postern::policy {
namespace {

constexpr int64_t now_ms = 1'795'000'000'000;
constexpr long no_tracing = -1;

// What calls cost, and copying a shared pointer and giving it back, with all that sanitizers add.
constexpr long call_bound = 128;
constexpr long copy_bound = 400;

using Work = std::function<void()>;

#if defined(__linux__)
// The address sanitizer keeps frames on a stack of its own, and sometimes looks twice for a free
// one. As if it were about to change stacks, it uses the real one until the process ends.
void settle_on_real_stack() {
#ifdef POSTERN_ADDRESS_SANITIZER
  void* kept = nullptr;
  __sanitizer_start_switch_fiber(&kept, nullptr, 0);
#endif
}

// What counts is everything between two signals to itself: the work, and the way out of the one
// call and into the other, which is the same for every work.
[[noreturn]] void be_traced(const Work& work) {
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
  settle_on_real_stack();
  for (;;) {
    raise(SIGUSR1);
    work();
  }
}

// By which signal the child has stopped; 0 when it has not.
int next_stop(pid_t child) {
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFSTOPPED(status) ? WSTOPSIG(status) : 0;
}

// The first round does not count: symbols are resolved and pages fetched in it.
long steps_of(pid_t child) {
  if (next_stop(child) != SIGUSR1) return no_tracing;
  if (ptrace(PTRACE_CONT, child, nullptr, nullptr) != 0) return no_tracing;
  if (next_stop(child) != SIGUSR1) return no_tracing;
  for (long steps = 1;; ++steps) {
    if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) return no_tracing;
    const int signal = next_stop(child);
    if (signal == SIGUSR1) return steps;
    if (signal != SIGTRAP) return no_tracing;
  }
}

long count_steps(const Work& work) {
  const pid_t child = fork();
  if (child < 0) return no_tracing;
  if (child == 0) be_traced(work);
  const long steps = steps_of(child);
  kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
  }
  return steps;
}
#else
long count_steps(const Work&) { return no_tracing; }
#endif

// The instructions that the work executes; nothing where processes may not be traced.
std::optional<long> instructions(const Work& work) {
  static const long empty = count_steps([] {});
  const long full = count_steps(work);
  if (empty == no_tracing || full == no_tracing) return std::nullopt;
  return full - empty;
}

#define POSTERN_NEEDS_TRACING() \
  if (count_steps([] {}) == no_tracing) GTEST_SKIP() << "processes may not be traced here"

codec::Digest digest_of_key(int number) {
  return codec::sha256("key number " + std::to_string(number));
}

codec::Digest with_flipped_byte(codec::Digest digest, size_t byte) {
  digest[byte] = static_cast<uint8_t>(digest[byte] ^ 0x10);
  return digest;
}

std::shared_ptr<const KnownKey> known_key(int number) {
  KnownKey known;
  known.id = "key_" + std::to_string(number);
  KeyGeneration generation;
  generation.id = known.id;
  known.record.generations.push_back(generation);
  return std::make_shared<const KnownKey>(known);
}

// The last of the keys is the one that is looked for: with ten thousand some of the others have
// had to make room.
std::unique_ptr<KeyCache> cache_of(int keys) {
  auto cache = std::make_unique<KeyCache>();
  for (int number = 1; number <= keys; ++number)
    cache->remember(digest_of_key(number), known_key(number), now_ms);
  return cache;
}

Ring ring_of(int keys) {
  std::string text;
  for (int number = 1; number <= keys; ++number) {
    const codec::Digest digest = digest_of_key(number);
    text += codec::to_hex(digest) + "\n";
  }
  return parse_ring(text);
}

volatile bool sink = false;

[[gnu::noinline]] bool is_in_cache(const KeyCache& cache, const codec::Digest& digest) {
  return cache.find(digest, now_ms).known;
}

[[gnu::noinline]] bool is_in_ring(const Ring& ring, const codec::Digest& digest) {
  return match(ring, digest).entry != nullptr;
}

Work find_in(const KeyCache& cache, const codec::Digest& digest) {
  return [&cache, digest] { sink = is_in_cache(cache, digest); };
}

Work match_in(const Ring& ring, const codec::Digest& digest) {
  return [&ring, digest] { sink = is_in_ring(ring, digest); };
}

// As a request does: the ring first, and the cache for what is not in it.
Work verify_in(const Ring& ring, const KeyCache& cache, const codec::Digest& digest) {
  return [&ring, &cache, digest] { sink = is_in_ring(ring, digest) || is_in_cache(cache, digest); };
}

const codec::Digest stranger = codec::sha256("no such key");

TEST(VerificationCost, a_look_up_compares_as_many_digests_in_every_cache_and_for_every_key) {
  const auto empty = cache_of(0), ten = cache_of(10), many = cache_of(10'000);
  ten->remember(stranger, nullptr, now_ms);
  for (const KeyCache* cache : {empty.get(), ten.get(), many.get()}) {
    for (const codec::Digest& digest :
         {stranger, digest_of_key(1), digest_of_key(10), digest_of_key(10'000), codec::Digest{}}) {
      for (const int64_t time_ms : {now_ms, now_ms + bounds::key_cache_age_ms}) {
        const CacheLook look = cache->find(digest, time_ms);
        EXPECT_EQ(look.digests_compared, bounds::key_cache_ways);
        EXPECT_EQ(look.bytes_touched, bounds::key_cache_ways * sizeof(codec::Digest));
      }
    }
  }
  EXPECT_NE(ten->find(digest_of_key(10), now_ms).key, nullptr);
  EXPECT_NE(many->find(digest_of_key(10'000), now_ms).key, nullptr);
}

TEST(VerificationCost, a_managed_key_costs_what_a_ring_key_costs_and_one_look_up_of_the_cache) {
  const Ring ring = ring_of(20);
  const auto cache = cache_of(10'000);
  const RingMatch of_ring_key = match(ring, digest_of_key(11));
  const RingMatch of_managed_key = match(ring, digest_of_key(10'000));
  ASSERT_NE(of_ring_key.entry, nullptr);
  ASSERT_EQ(of_managed_key.entry, nullptr);
  EXPECT_EQ(of_managed_key.digests_compared, of_ring_key.digests_compared);
  EXPECT_EQ(of_managed_key.bytes_touched, of_ring_key.bytes_touched);

  POSTERN_NEEDS_TRACING();
  const auto ring_key = instructions(verify_in(ring, *cache, digest_of_key(11)));
  const auto managed_key = instructions(verify_in(ring, *cache, digest_of_key(10'000)));
  const auto look_up = instructions(find_in(*cache, digest_of_key(10'000)));
  ASSERT_TRUE(ring_key && managed_key && look_up);
  EXPECT_LE(std::abs(*managed_key - *ring_key - *look_up), call_bound);
}

TEST(VerificationCost, a_look_up_executes_as_many_instructions_with_ten_keys_as_with_ten_thousand) {
  POSTERN_NEEDS_TRACING();
  const auto ten = cache_of(10), many = cache_of(10'000);
  const auto hit = instructions(find_in(*ten, digest_of_key(10)));
  ASSERT_TRUE(hit);
  EXPECT_GT(*hit, 0);
  EXPECT_EQ(instructions(find_in(*many, digest_of_key(10'000))), hit);
  EXPECT_EQ(instructions(find_in(*many, digest_of_key(9'999))), hit);

  const auto miss = instructions(find_in(*ten, stranger));
  EXPECT_EQ(instructions(find_in(*many, stranger)), miss);
  EXPECT_EQ(instructions(find_in(*many, codec::sha256("another stranger"))), miss);

  // Who is found is handed out, by one more copy of a pointer; that is all there is between them.
  RecordProperty("hit", static_cast<int>(*hit));
  RecordProperty("miss", static_cast<int>(*miss));
  EXPECT_GE(*hit, *miss);
  EXPECT_LE(*hit - *miss, copy_bound);
  // A cache without any key looks at a set of its own; choosing that one is all that differs.
  const auto none = instructions(find_in(*cache_of(0), stranger));
  EXPECT_LE(std::abs(*none - *miss), call_bound);
}

TEST(VerificationCost, T22_no_comparison_of_the_cache_ends_early) {
  const auto cache = cache_of(10'000);
  for (const int number : {9'999, 10'000}) {
    const codec::Digest held = digest_of_key(number);
    ASSERT_TRUE(cache->find(held, now_ms).known);
  }
  POSTERN_NEEDS_TRACING();
  const codec::Digest held = digest_of_key(10'000);
  const auto miss = instructions(find_in(*cache, stranger));
  ASSERT_TRUE(miss);
  for (size_t byte = 0; byte < held.size(); ++byte)
    EXPECT_EQ(instructions(find_in(*cache, with_flipped_byte(held, byte))), miss)
        << "byte " << byte;
}

TEST(VerificationCost, T22_no_comparison_of_the_ring_ends_early) {
  const Ring ring = ring_of(20);
  POSTERN_NEEDS_TRACING();
  const auto miss = instructions(match_in(ring, stranger));
  ASSERT_TRUE(miss);
  EXPECT_GT(*miss, 20 * 4);
  for (const int number : {2, 11, 20}) {
    const codec::Digest held = digest_of_key(number);
    for (size_t byte = 0; byte < held.size(); byte += 5)
      EXPECT_EQ(instructions(match_in(ring, with_flipped_byte(held, byte))), miss)
          << "byte " << byte << " of key " << number;
  }
  // Who is found is pointed at; that does not depend on where it stands.
  const auto hit = instructions(match_in(ring, digest_of_key(1)));
  for (const int number : {2, 11, 20})
    EXPECT_EQ(instructions(match_in(ring, digest_of_key(number))), hit);
  EXPECT_LE(std::abs(*hit - *miss), call_bound);
}

TEST(VerificationCost, T22_the_comparison_with_the_legacy_key_does_not_end_early) {
  const codec::Digest legacy = codec::sha256("legacy key");
  const auto compare = [&legacy](const codec::Digest& presented) {
    return instructions(
        [&legacy, presented] { sink = codec::equal_constant_time(legacy, presented); });
  };
  POSTERN_NEEDS_TRACING();
  const auto equal = compare(legacy);
  ASSERT_TRUE(equal);
  EXPECT_GE(*equal, 2);
  for (size_t byte = 0; byte < legacy.size(); ++byte)
    EXPECT_EQ(compare(with_flipped_byte(legacy, byte)), equal) << "byte " << byte;
  EXPECT_EQ(compare(stranger), equal);
}

TEST(VerificationCost, the_counting_notices_a_comparison_that_ends_early) {
  POSTERN_NEEDS_TRACING();
  const codec::Digest held = digest_of_key(1);
  const auto compare = [&held](const codec::Digest& presented) {
    return instructions([&held, presented] {
      size_t byte = 0;
      while (byte < held.size() && held[byte] == presented[byte]) ++byte;
      sink = byte == held.size();
    });
  };
  EXPECT_NE(compare(with_flipped_byte(held, 0)), compare(with_flipped_byte(held, 31)));
}

}  // namespace
}  // namespace postern::policy
