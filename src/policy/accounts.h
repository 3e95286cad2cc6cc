// Accounts and tiers, from the variable ACCOUNTS, a JSON object:
//
//   {"tiers":    {"pro": {"requests_per_minute": 600, "budget_nano_usd_per_month": 50000000000}},
//    "accounts": {"acme": {"tier": "pro",
//                          "quotas": {"requests_per_day": 10000},
//                          "members": {"scopes": ["read", "generate"], "classes": ["live", "test"],
//                                      "models": ["openai/*"]}}}}
//
// A tier is a set of limits (policy/limits.h); an account's quotas take the place of its tier's,
// limit by limit; its keys inherit both, and hold no right that its members do not have. All parts
// are optional. An account with any part that cannot be read is not used: its keys are refused, for
// a mistake must never widen what a key may do. Nor is one that stands twice, that names a tier
// which is not there or cannot be read, or whose list of models is empty; empty lists of scopes and
// classes allow nothing.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "policy/grant.h"

namespace postern::policy {

struct Account {
  std::string tier;  // its name; empty: none
  Limits limits;     // of the tier and the quotas
  Scopes scopes = {Scope::kRead, Scope::kGenerate, Scope::kAdmin, Scope::kWebhookWrite};
  std::vector<KeyClass> classes = {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev};
  std::vector<std::string> models;  // patterns; empty: all
};

struct Accounts {
  bool configured = false;  // ACCOUNTS holds something
  std::map<std::string, Account, std::less<>> usable;
  std::vector<std::string> faults;  // sentences for the operator's log
};

// [A-Za-z0-9][A-Za-z0-9._-]{0,63}
bool is_account_name(std::string_view text);

// Blank text configures nothing. Text that is no such object configures accounts of which none is
// usable.
Accounts read_accounts(std::string_view json);

// Narrows a grant to the rights of its account, whose models become grant.account_models, and a
// dev key to its limits. False when there are accounts and this one is not among the usable, or
// when its members may hold no key of this class. Without any configured account the name stands
// for itself.
bool inherit(const Accounts& accounts, Grant& grant);

// What dev keys are held to on top of everything else.
const Limits& dev_limits();

}  // namespace postern::policy
