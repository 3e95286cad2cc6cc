#include "policy/permission.h"

#include "policy/models.h"

namespace postern::policy {

Permission permit(const Route& route, const Caller& caller) {
  if (route.guard == Guard::kPublic) return Permission::kGranted;
  const bool session = caller.source == Source::kSession;
  if (session && !route.callers.sessions()) return Permission::kWrongClass;
  if (!route.callers.has(caller.grant.key_class)) return Permission::kWrongClass;
  if (route.scope && !caller.grant.scopes.has(*route.scope)) return Permission::kMissingScope;
  const bool manages = route.scope == Scope::kAdmin || route.id == RouteId::kCreateSession;
  if (manages && caller.standing == Standing::kSuperseded) return Permission::kSupersededKey;
  return Permission::kGranted;
}

bool may_use(const Caller& caller, std::string_view model) {
  if (caller.session && !allows_model(caller.session->models, model)) return false;
  return grant_allows_model(caller.grant, model);
}

}  // namespace postern::policy
