// Any text makes accounts within their bounds, of which no one that is not usable holds a key, and
// of which none gives a key a right that it did not have.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bounds.h"
#include "policy/accounts.h"
#include "policy/models.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

void check_inherited(const policy::Accounts& accounts, const std::string& name) {
  for (const policy::KeyClass one :
       {policy::KeyClass::kLive, policy::KeyClass::kTest, policy::KeyClass::kDev}) {
    policy::Grant before;
    before.account = name;
    before.key_class = one;
    before.models = {"openai/*"};
    before.limits[policy::Limit::kRequestsPerDay] = 100;
    policy::Grant after = before;
    const bool held = policy::inherit(accounts, after);
    require(!held || accounts.usable.contains(name));
    if (!held) continue;
    require(after.scopes.within(before.scopes));
    require(policy::within(after.limits, before.limits));
    require(after.models == before.models && after.key_class == one);
    require(!policy::grant_allows_model(after, "anthropic/claude"));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const policy::Accounts accounts = policy::read_accounts(text);
  require(accounts.faults.size() <= bounds::accounts_faults_max + 1);
  require(accounts.configured || accounts.usable.empty());
  for (const std::string& fault : accounts.faults) require(fault.size() < 250);
  for (const auto& [name, account] : accounts.usable) {
    require(policy::is_account_name(name));
    require(account.tier.empty() || policy::is_account_name(account.tier));
    require(account.models.size() <= bounds::model_patterns_max);
    for (const std::string& pattern : account.models) require(policy::is_model_pattern(pattern));
    for (const auto& value : account.limits.values) require(!value || *value >= 0);
    check_inherited(accounts, name);
  }
  if (accounts.configured) check_inherited(accounts, "nobody");
  return 0;
}
