// Every route of the gateway, with what it asks of a caller, in one table: the router, the
// permissions, the OpenAPI document's test and the test of every combination all read it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "policy/scopes.h"

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
  kCompletions,
  kEmbeddings,
  kMessages,
  kCountTokens,
  kResponses,
  kCreateKey,
  kListKeys,
  kReadKey,
  kChangeKey,
  kRevokeKey,
  kSupersedeKey,
  kCreateSession,
  kRequestKey,
  kListRequests,
  kApproveRequest,
  kDenyRequest,
  kClaimKey,
};

enum class Guard {
  kPublic,     // credentials are ignored
  kProtected,  // a key is needed, whatever the method
};

// What has to be configured for a route to be there at all; otherwise it is a 404.
enum class Feature { kNone, kSelfServe, kSessions };

// Who may come: the classes of keys, and session tokens.
class Callers {
 public:
  constexpr Callers(std::initializer_list<KeyClass> classes) {
    for (const KeyClass one : classes) bits_ |= 1u << static_cast<uint8_t>(one);
  }
  constexpr Callers with_sessions() const {
    Callers callers = *this;
    callers.sessions_ = true;
    return callers;
  }
  constexpr bool has(KeyClass one) const { return (bits_ >> static_cast<uint8_t>(one) & 1u) != 0; }
  constexpr bool sessions() const { return sessions_; }

 private:
  unsigned bits_ = 0;
  bool sessions_ = false;
};

struct Route {
  RouteId id;
  std::string_view name;  // for logs, which never carry a path that a client made up
  std::string_view method;
  std::string_view path;  // one segment may be `{id}`
  Guard guard;
  std::optional<Scope> scope = std::nullopt;  // none: any valid key
  Callers callers = {};                       // of protected routes
  Feature feature = Feature::kNone;
};

std::span<const Route> routes();

// Is it about keys themselves, rather than about what a key is for?
bool is_management(const Route& route);

struct RouteMatch {
  const Route* route = nullptr;  // null: no such path, or not with this method
  bool path_known = false;
  Guard guard = Guard::kPublic;  // of the path; unknown paths under /v1/ are protected
  Feature feature = Feature::kNone;
  std::string_view parameter;  // what stands where the table has {id}: [A-Za-z0-9_-]{1,64}
};

// Paths match exactly, byte for byte, as the URL parser left them. HEAD is as GET.
RouteMatch find_route(std::string_view method, std::string_view path);

// The Allow header of a 405 for a known path.
std::string allowed_methods(std::string_view path);

}  // namespace postern::policy
