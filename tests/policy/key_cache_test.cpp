#include "policy/key_cache.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bounds.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#define POSTERN_ADDRESS_SANITIZER
#endif
#endif

namespace postern::policy {
namespace {

constexpr int64_t start_ms = 1'795'000'000'000;
constexpr int64_t age_ms = bounds::key_cache_age_ms;

size_t allocated_bytes() {
#ifdef POSTERN_ADDRESS_SANITIZER
  return __sanitizer_get_current_allocated_bytes();
#else
  return mallinfo2().uordblks;
#endif
}

KeyGeneration generation_named(const std::string& id) {
  KeyGeneration generation;
  generation.id = id;
  return generation;
}

std::shared_ptr<const KnownKey> key_named(const std::string& id) {
  KnownKey known;
  known.id = id;
  known.record.label = "label of " + id;
  known.record.generations.push_back(generation_named(id));
  return std::make_shared<const KnownKey>(known);
}

codec::Digest digest_of(std::string_view token) { return codec::sha256(token); }

// The id that the cache holds for a token; `?` when the store has to be asked, empty when it is
// remembered that there is no such key.
std::string held(const KeyCache& cache, std::string_view token, int64_t now_ms) {
  const CacheLook look = cache.find(digest_of(token), now_ms);
  if (!look.known) return "?";
  return look.key == nullptr ? "" : look.key->id;
}

// Tokens whose digests all fall into one set.
std::vector<std::string> crowd(size_t count) {
  constexpr size_t sets = bounds::key_cache_places / bounds::key_cache_ways;
  std::vector<std::string> tokens;
  for (int i = 0; tokens.size() < count; ++i) {
    std::string token = "token " + std::to_string(i);
    const codec::Digest digest = digest_of(token);
    if ((static_cast<size_t>(digest[8]) << 8 | digest[9]) % sets == 0)
      tokens.push_back(std::move(token));
  }
  return tokens;
}

TEST(KeyCache, an_empty_cache_knows_nothing_and_does_the_work_of_a_full_one) {
  const KeyCache cache;
  for (const codec::Digest& digest : {codec::Digest{}, digest_of("key")}) {
    for (const int64_t now_ms : {start_ms, int64_t{0}, INT64_MIN, INT64_MAX}) {
      const CacheLook look = cache.find(digest, now_ms);
      EXPECT_FALSE(look.known);
      EXPECT_EQ(look.key, nullptr);
      EXPECT_EQ(look.digests_compared, bounds::key_cache_ways);
      EXPECT_EQ(look.bytes_touched, bounds::key_cache_ways * sizeof(codec::Digest));
    }
  }
}

TEST(KeyCache, the_digest_of_a_free_place_opens_nothing) {
  KeyCache cache;
  cache.remember(digest_of("key"), key_named("key_a"), start_ms);
  EXPECT_FALSE(cache.find(codec::Digest{}, start_ms).known);
  EXPECT_FALSE(cache.find(codec::Digest{}, INT64_MIN).known);
}

TEST(KeyCache, CC4_a_key_is_believed_for_ten_seconds_from_the_question_and_not_a_moment_longer) {
  KeyCache cache;
  cache.remember(digest_of("key"), key_named("key_a"), start_ms);
  EXPECT_EQ(held(cache, "key", start_ms - 1), "?");
  EXPECT_EQ(held(cache, "key", start_ms), "key_a");
  EXPECT_EQ(held(cache, "key", start_ms + age_ms - 1), "key_a");
  EXPECT_EQ(held(cache, "key", start_ms + age_ms), "?");
  EXPECT_EQ(held(cache, "key", start_ms + age_ms + 1), "?");
  EXPECT_EQ(held(cache, "key", INT64_MAX), "?");
  EXPECT_EQ(held(cache, "key", INT64_MIN), "?");
}

TEST(KeyCache, CC6_a_changed_record_takes_the_place_of_the_one_before) {
  KeyCache cache;
  cache.remember(digest_of("key"), key_named("key_a"), start_ms);
  KnownKey changed = *key_named("key_a");
  changed.record.grant.limits[Limit::kRequestsPerDay] = 1;
  cache.remember(digest_of("key"), std::make_shared<const KnownKey>(changed), start_ms + 1);
  const CacheLook look = cache.find(digest_of("key"), start_ms + 1);
  ASSERT_TRUE(look.key);
  EXPECT_EQ(look.key->record.grant.limits[Limit::kRequestsPerDay], 1);
  EXPECT_EQ(held(cache, "key", start_ms + age_ms), "key_a");
}

TEST(KeyCache, CC7_an_unknown_key_is_remembered_as_such_no_longer_than_a_known_one) {
  KeyCache cache;
  cache.remember(digest_of("key"), nullptr, start_ms);
  EXPECT_EQ(held(cache, "key", start_ms + age_ms - 1), "");
  EXPECT_EQ(held(cache, "key", start_ms + age_ms), "?");
  cache.remember(digest_of("key"), key_named("key_a"), start_ms + age_ms);
  EXPECT_EQ(held(cache, "key", start_ms + age_ms), "key_a");
}

TEST(KeyCache, CC1_keys_with_equal_beginnings_are_kept_apart) {
  for (const size_t equal : {8u, 20u, 40u}) {
    const std::string beginning =
        std::string("gw_live_FAKE0000000000000000000000000000000001").substr(0, equal);
    KeyCache cache;
    for (const char* end : {"a", "b", "c"})
      cache.remember(digest_of(beginning + end), key_named(std::string("key_") + end), start_ms);
    EXPECT_EQ(held(cache, beginning + "a", start_ms), "key_a");
    EXPECT_EQ(held(cache, beginning + "b", start_ms), "key_b");
    EXPECT_EQ(held(cache, beginning + "c", start_ms), "key_c");
    EXPECT_EQ(held(cache, beginning + "d", start_ms), "?");
    EXPECT_EQ(held(cache, beginning, start_ms), "?");
  }
}

TEST(KeyCache, CC1_digests_that_differ_in_any_one_byte_are_kept_apart) {
  KeyCache cache;
  const codec::Digest digest = digest_of("key");
  cache.remember(digest, key_named("key_a"), start_ms);
  for (size_t byte = 0; byte < digest.size(); ++byte) {
    for (const int bit : {0, 7}) {
      codec::Digest other = digest;
      other[byte] = static_cast<uint8_t>(other[byte] ^ (1 << bit));
      EXPECT_FALSE(cache.find(other, start_ms).known) << "byte " << byte << " bit " << bit;
    }
  }
  EXPECT_TRUE(cache.find(digest, start_ms).known);
}

TEST(KeyCache, CC5_a_late_answer_to_an_early_question_changes_nothing) {
  KeyCache cache;
  cache.remember(digest_of("key"), nullptr, start_ms + 5);
  cache.remember(digest_of("key"), key_named("key_a"), start_ms + 4);
  EXPECT_EQ(held(cache, "key", start_ms + 5), "");
  cache.remember(digest_of("key"), key_named("key_a"), start_ms + 6);
  cache.remember(digest_of("key"), nullptr, start_ms + 5);
  EXPECT_EQ(held(cache, "key", start_ms + 6), "key_a");
}

TEST(KeyCache, CC5_a_change_beats_answers_that_are_there_and_answers_that_come_later) {
  KeyCache cache;
  cache.remember(digest_of("key"), key_named("key_a"), start_ms);
  cache.forget("key_a", start_ms + 10);
  EXPECT_EQ(held(cache, "key", start_ms + 10), "?");
  for (const int64_t asked_ms : {start_ms, start_ms + 9, start_ms + 10}) {
    cache.remember(digest_of("key"), key_named("key_a"), asked_ms);
    EXPECT_EQ(held(cache, "key", start_ms + 10), "?");
  }
  cache.remember(digest_of("key"), key_named("key_a"), start_ms + 11);
  EXPECT_EQ(held(cache, "key", start_ms + 11), "key_a");
}

TEST(KeyCache, what_was_asked_after_a_change_is_kept) {
  KeyCache cache;
  cache.remember(digest_of("key"), key_named("key_a"), start_ms + 1);
  cache.forget("key_a", start_ms);
  EXPECT_EQ(held(cache, "key", start_ms + 1), "key_a");
}

TEST(KeyCache, a_change_forgets_every_key_of_its_lineage_and_no_other) {
  KeyCache cache;
  KnownKey lineage;
  for (const char* id : {"key_a", "key_b", "key_c"})
    lineage.record.generations.push_back(generation_named(id));
  for (const char* id : {"key_a", "key_b", "key_c"}) {
    lineage.id = id;
    cache.remember(digest_of(id), std::make_shared<const KnownKey>(lineage), start_ms);
  }
  cache.remember(digest_of("other"), key_named("key_other"), start_ms);
  cache.remember(digest_of("unknown"), nullptr, start_ms);
  cache.forget("key_a", start_ms);
  for (const char* id : {"key_a", "key_b", "key_c"}) EXPECT_EQ(held(cache, id, start_ms), "?");
  EXPECT_EQ(held(cache, "other", start_ms), "key_other");
  EXPECT_EQ(held(cache, "unknown", start_ms), "");
}

TEST(KeyCache, a_record_that_is_forgotten_is_given_back) {
  KeyCache cache;
  std::shared_ptr<const KnownKey> key = key_named("key_a");
  const std::weak_ptr<const KnownKey> watched = key;
  cache.remember(digest_of("key"), std::move(key), start_ms);
  EXPECT_FALSE(watched.expired());
  cache.forget("key_a", start_ms);
  EXPECT_TRUE(watched.expired());
}

TEST(KeyCache, more_changes_than_are_remembered_hold_back_more_answers_never_fewer) {
  KeyCache cache;
  cache.forget("key_a", start_ms);
  for (size_t i = 1; i <= bounds::key_changes_max; ++i)
    cache.forget("key_" + std::to_string(i), start_ms + static_cast<int64_t>(i));
  cache.remember(digest_of("key"), key_named("key_a"), start_ms);
  EXPECT_EQ(held(cache, "key", start_ms), "?");
  cache.remember(digest_of("other"), key_named("key_other"), start_ms);
  EXPECT_EQ(held(cache, "other", start_ms), "?");
  cache.remember(digest_of("last"), key_named("key_64"), start_ms + 64);
  EXPECT_EQ(held(cache, "last", start_ms + 64), "?");
  cache.remember(digest_of("other"), key_named("key_other"), start_ms + 1);
  EXPECT_EQ(held(cache, "other", start_ms + 1), "key_other");
}

TEST(KeyCache, unknown_keys_do_not_push_out_known_ones_that_are_believed) {
  const std::vector<std::string> tokens = crowd(12);
  KeyCache cache;
  for (size_t i = 0; i < 3; ++i)
    cache.remember(digest_of(tokens[i]), key_named(tokens[i]), start_ms);
  for (size_t i = 4; i < 8; ++i) cache.remember(digest_of(tokens[i]), nullptr, start_ms + 1);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(held(cache, tokens[i], start_ms + 1), tokens[i]);

  // A known key takes the place of an unknown one, and then nothing is left for those.
  cache.remember(digest_of(tokens[3]), key_named(tokens[3]), start_ms + 2);
  cache.remember(digest_of(tokens[8]), nullptr, start_ms + 3);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(held(cache, tokens[i], start_ms + 3), tokens[i]);
  EXPECT_EQ(held(cache, tokens[8], start_ms + 3), "?");

  // The fifth known key takes the place of the oldest.
  cache.remember(digest_of(tokens[9]), key_named(tokens[9]), start_ms + 4);
  EXPECT_EQ(held(cache, tokens[9], start_ms + 4), tokens[9]);
  EXPECT_EQ(held(cache, tokens[3], start_ms + 4), tokens[3]);

  // Those that are no longer believed go first.
  cache.remember(digest_of(tokens[10]), nullptr, start_ms + age_ms);
  EXPECT_EQ(held(cache, tokens[10], start_ms + age_ms), "");
  EXPECT_EQ(held(cache, tokens[3], start_ms + age_ms), tokens[3]);
  EXPECT_EQ(held(cache, tokens[9], start_ms + age_ms), tokens[9]);
}

TEST(KeyCache, a_key_becomes_unknown_in_the_place_that_it_has) {
  const std::vector<std::string> tokens = crowd(4);
  KeyCache cache;
  for (const std::string& token : tokens)
    cache.remember(digest_of(token), key_named(token), start_ms);
  cache.remember(digest_of(tokens[2]), nullptr, start_ms + 1);
  EXPECT_EQ(held(cache, tokens[2], start_ms + 1), "");
  EXPECT_EQ(held(cache, tokens[3], start_ms + 1), tokens[3]);
}

TEST(KeyCache, CC8_a_hundred_thousand_unknown_keys_cost_no_memory_and_push_out_no_known_one) {
  KeyCache cache;
  std::vector<std::string> known;
  for (int i = 0; i < 100; ++i) {
    known.push_back("known key " + std::to_string(i));
    cache.remember(digest_of(known.back()), key_named(known.back()), start_ms);
  }
  const auto all_known = [&] {
    return std::all_of(known.begin(), known.end(), [&](const std::string& token) {
      return held(cache, token, start_ms + 5'000) == token;
    });
  };
  ASSERT_TRUE(all_known());
  const size_t before = allocated_bytes();
  for (int i = 0; i < 100'000; ++i)
    cache.remember(digest_of("unknown key " + std::to_string(i)), nullptr, start_ms + 1 + i / 25);
  EXPECT_LE(allocated_bytes(), before + 1'024);
  EXPECT_TRUE(all_known());
}

TEST(KeyCache, changes_without_end_cost_no_memory) {
  KeyCache cache;
  const auto change = [&cache](int i) { cache.forget("key_" + std::to_string(i), start_ms + i); };
  for (int i = 100'000; i < 100'200; ++i) change(i);
  const size_t before = allocated_bytes();
  for (int i = 100'200; i < 110'000; ++i) change(i);
  EXPECT_LE(allocated_bytes(), before + 1'024);
}

// A store that changes, questions to it that take their time, and a cache in between: whatever the
// cache says was true at some moment since the last change of this isolate and within its age.
TEST(KeyCache, CC5_what_is_said_was_true_lately_and_since_the_last_change) {
  struct Answer {
    std::string token;
    std::shared_ptr<const KnownKey> key;
    int64_t asked_ms = 0;
  };
  struct Truth {
    int64_t since_ms = 0;
    std::shared_ptr<const KnownKey> key;
  };
  for (unsigned seed = 1; seed <= 50 && !HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const std::vector<std::string> tokens = crowd(6);
    std::map<std::string, std::vector<Truth>> truths;
    std::map<std::string, int64_t> changed_here_ms;
    for (const std::string& token : tokens) {
      truths[token] = {{start_ms, nullptr}};
      changed_here_ms[token] = INT64_MIN;
    }
    KeyCache cache;
    std::vector<Answer> under_way;
    int64_t now_ms = start_ms;
    for (int step = 0; step < 2'000; ++step) {
      now_ms += random() % 4 == 0 ? random() % 2'000 : random() % 3;
      const std::string& token = tokens[random() % tokens.size()];
      std::vector<Truth>& truth = truths[token];
      switch (random() % 5) {
        case 0:  // the record changes, by this isolate or by another
          truth.push_back({now_ms, random() % 8 == 0 ? nullptr : key_named(token)});
          if (random() % 2 == 0) {
            cache.forget(token, now_ms);
            if (truth.back().key != nullptr) changed_here_ms[token] = now_ms;
          }
          break;
        case 1:
        case 2:
          under_way.push_back({token, truth.back().key, now_ms});
          break;
        default:
          if (under_way.empty()) break;
          const size_t which = random() % under_way.size();
          cache.remember(digest_of(under_way[which].token), under_way[which].key,
                         under_way[which].asked_ms);
          under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
      }
      for (const std::string& each : tokens) {
        const CacheLook look = cache.find(digest_of(each), now_ms);
        if (!look.known) continue;
        bool true_lately = false;
        const std::vector<Truth>& facts = truths[each];
        for (size_t i = 0; i < facts.size(); ++i) {
          const int64_t until_ms = i + 1 < facts.size() ? facts[i + 1].since_ms : INT64_MAX;
          const bool since_change = look.key == nullptr || until_ms > changed_here_ms[each];
          true_lately |= facts[i].key == look.key && until_ms > now_ms - age_ms && since_change;
        }
        EXPECT_TRUE(true_lately) << each << " at step " << step;
      }
    }
  }
}

}  // namespace
}  // namespace postern::policy
