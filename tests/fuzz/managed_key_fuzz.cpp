// Any text is a record that is refused, or a key that obeys the rules: it is written and read again
// as the same, at most two of its secrets work at any time, and none works once it is revoked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "bounds.h"
#include "policy/managed_key.h"

namespace {

using namespace postern;

constexpr int64_t times_ms[] = {946'684'800'000, 1'795'000'000'000, 1'795'086'400'000,
                                4'102'444'800'000};

void require(bool holds) {
  if (!holds) std::abort();
}

bool works(const policy::ManagedKey& key, const policy::KeyGeneration& generation, int64_t now_ms) {
  const policy::KeyState state = policy::state_of(key, generation, now_ms);
  return state == policy::KeyState::kActive || state == policy::KeyState::kSuperseded;
}

void check_states(const policy::ManagedKey& key, int64_t now_ms) {
  int working = 0;
  for (const policy::KeyGeneration& generation : key.generations) {
    const bool usable = works(key, generation, now_ms);
    const std::optional<policy::Grant> grant = policy::grant_of(key, generation, now_ms);
    working += usable;
    require(!usable || grant);
    require(!generation.revoked_ms || !grant);
    require(!grant || usable == (policy::standing(*grant, now_ms) != policy::Standing::kExpired));
  }
  require(working <= 2);
}

void check_changes(const policy::ManagedKey& key, int64_t now_ms) {
  policy::ManagedKey changed = key;
  policy::KeyGeneration successor;
  successor.id = "key_successor";
  if (key.generation(successor.id) == nullptr &&
      policy::supersede(changed, key.current().id, successor, bounds::grace_ms, now_ms) ==
          policy::KeyChange::kDone) {
    require(changed.generations.size() <= bounds::key_generations_max);
    require(changed.generations.front().id == key.generations.front().id);
    check_states(changed, now_ms);
  }
  policy::revoke(changed, changed.current().id, now_ms);
  for (const policy::KeyGeneration& generation : changed.generations)
    require(!works(changed, generation, now_ms));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::optional<policy::ManagedKey> key = policy::read_managed_key(input);
  if (!key) return 0;
  require(!key->generations.empty());
  require(key->generations.size() <= bounds::key_generations_max);
  require(key->grant.models.size() <= bounds::model_patterns_max);
  require(!key->grant.scopes.mixes_planes());

  const std::string written = policy::write_managed_key(*key);
  const std::optional<policy::ManagedKey> again = policy::read_managed_key(written);
  require(again && policy::write_managed_key(*again) == written);
  for (const int64_t now_ms : times_ms) {
    check_states(*key, now_ms);
    check_changes(*key, now_ms);
  }
  return 0;
}
