#include "policy/routes.h"

#include "bounds.h"

namespace postern::policy {
namespace {

constexpr Callers everybody = {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev};
// A test key that manages makes and sees test keys only.
constexpr Callers managers = everybody;
// What is asked for here becomes keys of any class.
constexpr Callers operators = {KeyClass::kLive, KeyClass::kDev};

constexpr Scope read = Scope::kRead, generate = Scope::kGenerate, admin = Scope::kAdmin;
constexpr Guard open = Guard::kPublic, guarded = Guard::kProtected;
constexpr std::nullopt_t any_key = std::nullopt;
constexpr Feature self_serve = Feature::kSelfServe;

constexpr Route table[] = {
    {RouteId::kRoot, "root", "GET", "/", open},
    {RouteId::kDocs, "docs", "GET", "/docs", open},
    {RouteId::kOpenapi, "openapi", "GET", "/openapi.json", open},
    {RouteId::kHealth, "health", "GET", "/health", open},
    {RouteId::kHealthz, "healthz", "GET", "/v1/healthz", open},
    {RouteId::kModels, "models", "GET", "/v1/models", open},
    {RouteId::kAnalytics, "analytics", "GET", "/v1/analytics", open},
    {RouteId::kProviderStats, "provider_stats", "GET", "/v1/stats/providers", open},

    {RouteId::kWhoami, "whoami", "GET", "/v1/whoami", guarded, any_key, everybody.with_sessions()},
    {RouteId::kUsage, "usage", "GET", "/usage", guarded, read, everybody.with_sessions()},
    {RouteId::kUsage, "usage", "GET", "/v1/usage", guarded, read, everybody.with_sessions()},
    {RouteId::kChatCompletions, "chat_completions", "POST", "/v1/chat/completions", guarded,
     generate, everybody.with_sessions()},
    {RouteId::kCompletions, "completions", "POST", "/v1/completions", guarded, generate,
     everybody.with_sessions()},
    {RouteId::kEmbeddings, "embeddings", "POST", "/v1/embeddings", guarded, generate,
     everybody.with_sessions()},
    {RouteId::kMessages, "messages", "POST", "/v1/messages", guarded, generate,
     everybody.with_sessions()},
    {RouteId::kCountTokens, "count_tokens", "POST", "/v1/messages/count_tokens", guarded, generate,
     everybody.with_sessions()},
    {RouteId::kResponses, "responses", "POST", "/v1/responses", guarded, generate,
     everybody.with_sessions()},

    {RouteId::kCreateKey, "create_key", "POST", "/v1/keys", guarded, admin, managers},
    {RouteId::kListKeys, "list_keys", "GET", "/v1/keys", guarded, admin, managers},
    {RouteId::kReadKey, "read_key", "GET", "/v1/keys/{id}", guarded, admin, managers},
    {RouteId::kChangeKey, "change_key", "PATCH", "/v1/keys/{id}", guarded, admin, managers},
    {RouteId::kRevokeKey, "revoke_key", "DELETE", "/v1/keys/{id}", guarded, admin, managers},
    {RouteId::kSupersedeKey, "supersede_key", "POST", "/v1/keys/{id}/supersede", guarded, admin,
     managers},

    {RouteId::kCreateSession, "create_session", "POST", "/v1/sessions", guarded, generate,
     operators, Feature::kSessions},

    {RouteId::kRequestKey,
     "request_key",
     "POST",
     "/access/request-key",
     open,
     any_key,
     {},
     self_serve},
    {RouteId::kListRequests, "list_requests", "GET", "/access/requests", guarded, admin, operators,
     self_serve},
    {RouteId::kApproveRequest, "approve_request", "POST", "/access/requests/{id}/approve", guarded,
     admin, operators, self_serve},
    {RouteId::kDenyRequest, "deny_request", "POST", "/access/requests/{id}/deny", guarded, admin,
     operators, self_serve},
    {RouteId::kClaimKey, "claim_key", "POST", "/access/claim", open, any_key, {}, self_serve},
};

bool is_parameter(std::string_view text) {
  if (text.empty() || text.size() > bounds::path_parameter_bytes_max) return false;
  for (const char byte : text) {
    const bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= 'a' && byte <= 'z');
    if (!alphanumeric && byte != '_' && byte != '-') return false;
  }
  return true;
}

// Does the path fit the template? Its parameter goes to `parameter`.
bool fits(std::string_view route_path, std::string_view path, std::string_view& parameter) {
  const size_t brace = route_path.find('{');
  if (brace == route_path.npos) return route_path == path;
  const std::string_view before = route_path.substr(0, brace);
  const std::string_view behind = route_path.substr(route_path.find('}') + 1);
  if (path.size() <= before.size() + behind.size()) return false;
  if (!path.starts_with(before) || !path.ends_with(behind)) return false;
  const std::string_view between =
      path.substr(before.size(), path.size() - before.size() - behind.size());
  if (!is_parameter(between)) return false;
  parameter = between;
  return true;
}

}  // namespace

std::span<const Route> routes() { return table; }

bool is_management(const Route& route) {
  return route.scope == Scope::kAdmin || route.feature != Feature::kNone;
}

RouteMatch find_route(std::string_view method, std::string_view path) {
  RouteMatch match;
  match.guard = path.starts_with("/v1/") ? Guard::kProtected : Guard::kPublic;
  if (method == "HEAD") method = "GET";
  for (const Route& route : table) {
    if (!fits(route.path, path, match.parameter)) continue;
    if (!match.path_known) match.guard = Guard::kPublic;
    match.path_known = true;
    // A path that is open for one method and guarded for another is guarded for those unknown.
    if (route.guard == Guard::kProtected) match.guard = Guard::kProtected;
    match.feature = route.feature;
    if (route.method == method) match.route = &route;
  }
  if (match.route) match.guard = match.route->guard;
  return match;
}

std::string allowed_methods(std::string_view path) {
  std::string allow;
  std::string_view parameter;
  for (const Route& route : table) {
    if (!fits(route.path, path, parameter)) continue;
    if (!allow.empty()) allow += ", ";
    allow += route.method;
    if (route.method == "GET") allow += ", HEAD";
  }
  if (!allow.empty()) allow += ", OPTIONS";
  return allow;
}

}  // namespace postern::policy
