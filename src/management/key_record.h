// Managed keys between the store and the answers: who may see one, how it is written back, and how
// it is shown. Nothing here ever shows a digest.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.h"
#include "management/operation.h"
#include "management/store.h"
#include "policy/access.h"
#include "policy/managed_key.h"

namespace postern::management {

using policy::key_id_prefix;

// The kinds of their records. Test keys are apart, so that who holds one sees no others.
inline constexpr std::string_view key_kind = "key";
inline constexpr std::string_view test_key_kind = "test_key";
std::string_view kind_of(policy::KeyClass key_class);

// A lineage, with the generation that was asked for.
struct FoundKey {
  std::string record_id;
  int64_t version = 0;
  policy::ManagedKey key;
  std::string id;  // of the generation; there is one

  const policy::KeyGeneration& generation() const { return *key.generation(id); }
};

// Nothing for a key that does not exist, cannot be read, or is none of the caller's business: all
// three get the same answer.
std::optional<FoundKey> read_found_key(const codec::Document& answer, const policy::Caller& caller);

// Callers of class test see test keys only; callers with an account see only its keys.
bool may_see(const policy::Caller& caller, const policy::Grant& grant);

bool is_own(const policy::Caller& caller, const FoundKey& found);

// Asks for the record of a generation by its id; refuses an id that cannot be one.
Step ask_for_key(std::string_view id);
Refused no_such_key();
// Names the state of the generation, and the key that took its place.
Refused not_active(const policy::ManagedKey& key, std::string_view id, int64_t now_ms);

// `names` and `drop` are left to the caller.
Commit::Write write_of(std::string record_id, int64_t version, const policy::ManagedKey& key);

// By which a lineage is known to the cache.
std::string lineage_of(const policy::ManagedKey& key);

// The key object, as one generation of the lineage.
codec::Document key_object(const policy::ManagedKey& key, const policy::KeyGeneration& generation,
                           int64_t now_ms);
Reply key_reply(int status, const codec::Document& object);

// How records name the caller that made or decided something.
std::string name_of(const policy::Caller& caller);

}  // namespace postern::management
