#include "policy/routes.h"

namespace postern::policy {
namespace {

constexpr Route table[] = {
    {RouteId::kRoot, "root", "GET", "/", Guard::kPublic},
    {RouteId::kDocs, "docs", "GET", "/docs", Guard::kPublic},
    {RouteId::kOpenapi, "openapi", "GET", "/openapi.json", Guard::kPublic},
    {RouteId::kHealth, "health", "GET", "/health", Guard::kPublic},
    {RouteId::kHealthz, "healthz", "GET", "/v1/healthz", Guard::kPublic},
    {RouteId::kModels, "models", "GET", "/v1/models", Guard::kPublic},
    {RouteId::kAnalytics, "analytics", "GET", "/v1/analytics", Guard::kPublic},
    {RouteId::kProviderStats, "provider_stats", "GET", "/v1/stats/providers", Guard::kPublic},
    {RouteId::kWhoami, "whoami", "GET", "/v1/whoami", Guard::kProtected},
    {RouteId::kUsage, "usage", "GET", "/usage", Guard::kProtected},
    {RouteId::kUsage, "usage", "GET", "/v1/usage", Guard::kProtected},
    {RouteId::kChatCompletions, "chat_completions", "POST", "/v1/chat/completions",
     Guard::kProtected},
};

}  // namespace

std::span<const Route> routes() { return table; }

RouteMatch find_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  match.guard = path.starts_with("/v1/") ? Guard::kProtected : Guard::kPublic;
  if (method == "HEAD") method = "GET";
  for (const Route& route : table) {
    if (route.path != path) continue;
    match.path_known = true;
    match.guard = route.guard;
    match.allow = route.method == "GET" ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
    if (route.method == method) match.route = &route;
  }
  return match;
}

}  // namespace postern::policy
