#include "management/fresh_key.h"

#include "codec/base62.h"
#include "codec/random.h"
#include "management/key_record.h"
#include "management/tagged_digest.h"
#include "policy/key_form.h"

namespace postern::management {
namespace {

std::string numbered(std::string_view purpose, int attempt) {
  return std::string(purpose) + ' ' + std::to_string(attempt);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> FreshKey::names() const {
  return {{codec::to_hex(digest), generation.id}, {generation.id, generation.id}};
}

FreshKey make_fresh_key(policy::KeyClass key_class, std::string_view seed, int attempt,
                        std::optional<int> shard, int64_t now_ms) {
  codec::RandomBytes random(seed, numbered("managed key", attempt));
  FreshKey fresh;
  do {
    fresh.key = policy::make_key(key_class, random);
    fresh.digest = codec::sha256(fresh.key);
  } while (shard && fresh.shard() != *shard);
  fresh.generation.id = make_id(key_id_prefix, fresh.shard(), 22, seed, "managed key id", attempt);
  fresh.generation.display = policy::masked_key(fresh.key);
  fresh.generation.created_ms = now_ms;
  return fresh;
}

std::string make_id(std::string_view prefix, int shard, size_t characters, std::string_view seed,
                    std::string_view purpose, int attempt) {
  codec::RandomBytes random(seed, numbered(purpose, attempt));
  std::string id(prefix);
  id.push_back(policy::shard_digit(shard));
  return id += codec::base62_random(random, characters);
}

}  // namespace postern::management
