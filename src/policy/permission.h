// May this caller do this? After authentication, before the body is read.
#pragma once

#include <string_view>

#include "policy/access.h"
#include "policy/routes.h"

namespace postern::policy {

enum class Permission {
  kGranted,
  kWrongClass,     // CLASS
  kMissingScope,   // SCOPE
  kSupersededKey,  // a superseded key manages nothing: who holds an old key must not outlive it
};

// In that order: class, scope, standing.
Permission permit(const Route& route, const Caller& caller);

// May this caller use that model? `model` is the one that will be asked, not an alias of it.
bool may_use(const Caller& caller, std::string_view model);

}  // namespace postern::policy
