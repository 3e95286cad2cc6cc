// Every route with every kind of caller, against the checked-in table
// tests/vectors/permissions.json that a route without a row, and a row without a route, fails to
// match.
#include "policy/routes.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "policy/permission.h"

namespace postern::policy {
namespace {

using nlohmann::json;

constexpr KeyClass all_classes[] = {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev};
constexpr Scope all_scopes[] = {Scope::kRead, Scope::kGenerate, Scope::kAdmin,
                                Scope::kWebhookWrite};

json table() {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/vectors/permissions.json");
  return json::parse(file);
}

std::string key_of(const Route& route) {
  return std::string(route.method) + " " + std::string(route.path);
}

bool holds(const json& list, std::string_view word) {
  for (const json& one : list)
    if (one == word) return true;
  return false;
}

// What the table says, by a rule of its own: class first, then scope, then standing.
Permission expected(const json& row, const Caller& caller, bool session) {
  if (row == "public") return Permission::kGranted;
  if (session && !row["sessions"].get<bool>()) return Permission::kWrongClass;
  if (!holds(row["classes"], class_name(caller.grant.key_class))) return Permission::kWrongClass;
  bool scope = row["scope"].is_null();
  for (const std::string_view name : names_of(caller.grant.scopes)) scope |= row["scope"] == name;
  if (!scope) return Permission::kMissingScope;
  const bool gives_rights = row["scope"] == "admin" || !row["sessions"].get<bool>();
  if (caller.standing == Standing::kSuperseded && gives_rights) return Permission::kSupersededKey;
  return Permission::kGranted;
}

TEST(Routes, S8_every_route_has_a_row_and_every_row_a_route) {
  const json rows = table();
  std::set<std::string> known;
  for (const Route& route : routes()) {
    EXPECT_TRUE(rows.contains(key_of(route))) << key_of(route);
    EXPECT_TRUE(known.insert(key_of(route)).second) << key_of(route) << " stands twice";
    const bool open = rows.contains(key_of(route)) && rows[key_of(route)] == "public";
    EXPECT_EQ(route.guard == Guard::kPublic, open) << key_of(route);
  }
  EXPECT_EQ(known.size(), rows.size());
}

TEST(Routes, S8_S1_S2_every_route_with_every_class_scope_and_standing_is_as_the_table_says) {
  const json rows = table();
  int granted = 0, refused = 0;
  for (const Route& route : routes())
    for (const KeyClass key_class : all_classes)
      for (unsigned set = 0; set < 16; ++set)
        for (const bool session : {false, true})
          for (const Standing standing : {Standing::kActive, Standing::kSuperseded}) {
            Caller caller;
            caller.access = Access::kGranted;
            caller.source = session ? Source::kSession : Source::kRing;
            caller.grant.key_class = key_class;
            caller.grant.scopes = {};
            for (unsigned at = 0; at < 4; ++at)
              if (set >> at & 1) caller.grant.scopes.add(all_scopes[at]);
            caller.standing = standing;
            const Permission is = permit(route, caller);
            EXPECT_EQ(is, expected(rows[key_of(route)], caller, session))
                << key_of(route) << " " << class_name(key_class) << " " << set << " " << session;
            ++(is == Permission::kGranted ? granted : refused);
          }
  EXPECT_GT(granted, 500);
  EXPECT_GT(refused, 500);
}

TEST(Routes, a_parameter_stands_for_one_plain_segment) {
  const RouteMatch match = find_route("POST", "/v1/keys/key_0abc/supersede");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->id, RouteId::kSupersedeKey);
  EXPECT_EQ(match.parameter, "key_0abc");
  for (const char* path :
       {"/v1/keys/", "/v1/keys/a/b", "/v1/keys/a%2fb", "/v1/keys/a.b", "/v1/keys//supersede",
        "/v1/keys/a/supersede/", "/v1/keys/a;b", "/V1/keys/a"}) {
    EXPECT_FALSE(find_route("POST", path).path_known) << path;
  }
  EXPECT_FALSE(find_route("GET", "/v1/keys/" + std::string(65, 'a')).path_known);
  EXPECT_TRUE(find_route("GET", "/v1/keys/" + std::string(64, 'a')).path_known);
}

TEST(Routes, a_path_names_all_its_methods_in_allow) {
  const RouteMatch match = find_route("PUT", "/v1/keys/key_0abc");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_TRUE(match.path_known);
  EXPECT_EQ(match.guard, Guard::kProtected);
  EXPECT_EQ(allowed_methods("/v1/keys/abc"), "GET, HEAD, PATCH, DELETE, OPTIONS");
}

TEST(Routes, unknown_paths_under_v1_are_protected_and_all_others_are_not) {
  EXPECT_EQ(find_route("GET", "/v1/none").guard, Guard::kProtected);
  EXPECT_EQ(find_route("GET", "/access/none").guard, Guard::kPublic);
  EXPECT_FALSE(find_route("GET", "/access/none").path_known);
}

}  // namespace
}  // namespace postern::policy
