// New secrets and ids, made from the random bytes that the request brought. Each attempt and each
// use draws from bytes of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/sha256.h"
#include "management/store.h"
#include "policy/managed_key.h"

namespace postern::management {

struct FreshKey {
  std::string key;  // goes into one answer, once, and nowhere else
  codec::Digest digest{};
  policy::KeyGeneration generation;

  int shard() const { return shard_of(digest); }
  // What the store has to know it by: digest and id.
  std::vector<std::pair<std::string, std::string>> names() const;
};

// A key whose digest belongs to `shard`, when one is named: on average it takes sixteen keys to
// find one. Its id belongs to the same shard.
FreshKey make_fresh_key(policy::KeyClass key_class, std::string_view seed, int attempt,
                        std::optional<int> shard, int64_t now_ms);

// `prefix`, the digit of the shard, and `characters` of base62.
std::string make_id(std::string_view prefix, int shard, size_t characters, std::string_view seed,
                    std::string_view purpose, int attempt);

}  // namespace postern::management
