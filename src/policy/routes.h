// Every route of the gateway, in one table: the router, the OpenAPI document's test and the
// authentication tests all read it.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace postern::policy {

enum class RouteId {
  kRoot,
  kDocs,
  kOpenapi,
  kHealth,
  kHealthz,
  kModels,
  kAnalytics,
  kProviderStats,
  kWhoami,
  kUsage,
  kChatCompletions,
};

enum class Guard {
  kPublic,     // credentials are ignored
  kProtected,  // a key is needed, whatever the method
};

struct Route {
  RouteId id;
  std::string_view name;  // for logs, which never carry a path that a client made up
  std::string_view method;
  std::string_view path;
  Guard guard;
};

std::span<const Route> routes();

struct RouteMatch {
  const Route* route = nullptr;  // null: no such path, or not with this method
  bool path_known = false;
  Guard guard = Guard::kPublic;  // of the path; unknown paths under /v1/ are protected
  std::string_view allow;        // the Allow header of a 405
};

// Paths match exactly, byte for byte, as the URL parser left them. HEAD is as GET.
RouteMatch find_route(std::string_view method, std::string_view path);

}  // namespace postern::policy
