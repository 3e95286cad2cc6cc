// What a key may do, wherever it is kept: ring, store or session token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/limits.h"
#include "policy/scopes.h"

namespace postern::policy {

struct Grant {
  Scopes scopes = default_scopes;
  KeyClass key_class = KeyClass::kLive;
  std::string account;              // empty: none
  std::vector<std::string> models;  // patterns (policy/models.h); empty: all
  // Those of the account, once its rights are applied (policy/accounts.h); empty: all. A model has
  // to be in both lists, so that two lists with nothing in common allow nothing.
  std::vector<std::string> account_models;
  Limits limits;
  // Valid while now < expires. A time that is stored but cannot be read is stored as 0: expired.
  std::optional<int64_t> expires_ms;
  // Replaced by another key at that time: a day of grace, unless it expires sooner.
  std::optional<int64_t> superseded_ms;
};

enum class Standing { kActive, kSuperseded, kExpired };

Standing standing(const Grant& grant, int64_t now_ms);

// The earlier of the expiry and the end of grace; nothing when neither is set.
std::optional<int64_t> ends_ms(const Grant& grant);

// By the key's own list and by that of its account.
bool grant_allows_model(const Grant& grant, std::string_view model);

}  // namespace postern::policy
