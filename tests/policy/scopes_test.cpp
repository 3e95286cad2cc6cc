#include "policy/scopes.h"

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

using Names = std::vector<std::string_view>;

TEST(Scopes, every_scope_has_a_name_and_is_found_by_it) {
  for (const Scope scope : {Scope::kRead, Scope::kGenerate, Scope::kAdmin, Scope::kWebhookWrite}) {
    EXPECT_FALSE(scope_name(scope).empty());
    EXPECT_EQ(scope_named(scope_name(scope)), scope);
  }
  EXPECT_EQ(scope_name(Scope::kWebhookWrite), "webhook:write");
}

TEST(Scopes, S4_unknown_scopes_have_no_meaning) {
  for (const char* name : {"", "Read", "READ", "read ", " read", "reads", "rea", "*", "all",
                           "webhook", "webhook:*", "webhook:", "admin:read", "generate,admin"})
    EXPECT_EQ(scope_named(name), std::nullopt) << name;
}

TEST(Scopes, S3_the_default_is_never_everything) {
  EXPECT_TRUE(default_scopes.has(Scope::kRead));
  EXPECT_TRUE(default_scopes.has(Scope::kGenerate));
  EXPECT_FALSE(default_scopes.has(Scope::kAdmin));
  EXPECT_FALSE(default_scopes.has(Scope::kWebhookWrite));
  EXPECT_TRUE(Scopes().empty());
}

TEST(Scopes, are_sets) {
  const Scopes read = {Scope::kRead}, admin = {Scope::kAdmin};
  EXPECT_TRUE(read.within(default_scopes));
  EXPECT_FALSE(default_scopes.within(read));
  EXPECT_TRUE(Scopes().within(read));
  EXPECT_TRUE(read.both(admin).empty());
  EXPECT_EQ(read.either(admin), (Scopes{Scope::kAdmin, Scope::kRead}));
  EXPECT_EQ(default_scopes.both({Scope::kRead, Scope::kAdmin}), read);
}

TEST(Scopes, S2_admin_and_generate_are_two_planes) {
  EXPECT_TRUE((Scopes{Scope::kAdmin, Scope::kGenerate}).mixes_planes());
  EXPECT_FALSE((Scopes{Scope::kAdmin, Scope::kRead, Scope::kWebhookWrite}).mixes_planes());
  EXPECT_FALSE(default_scopes.mixes_planes());
}

TEST(Scopes, are_listed_in_one_order) {
  EXPECT_EQ(names_of({Scope::kWebhookWrite, Scope::kAdmin, Scope::kGenerate, Scope::kRead}),
            (Names{"read", "generate", "admin", "webhook:write"}));
  EXPECT_EQ(names_of({}), Names{});
}

TEST(KeyClass, every_class_has_a_name_and_is_found_by_it) {
  for (const KeyClass one : {KeyClass::kLive, KeyClass::kTest, KeyClass::kDev})
    EXPECT_EQ(class_named(class_name(one)), one);
  EXPECT_EQ(class_name(KeyClass::kTest), "test");
  for (const char* name : {"", "Live", "LIVE", "live ", "prod", "tes"})
    EXPECT_EQ(class_named(name), std::nullopt) << name;
}

}  // namespace
}  // namespace postern::policy
