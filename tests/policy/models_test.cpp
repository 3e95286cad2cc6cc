#include "policy/models.h"

#include <gtest/gtest.h>

namespace postern::policy {
namespace {

using List = std::vector<std::string>;

TEST(Models, S7_names_are_compared_segment_by_segment) {
  EXPECT_TRUE(matches("gpt-4", "gpt-4"));
  EXPECT_FALSE(matches("gpt-4", "gpt-4o"));
  EXPECT_FALSE(matches("gpt-4o", "gpt-4"));
  EXPECT_FALSE(matches("openai/gpt-4", "openai/gpt-4o"));
  EXPECT_FALSE(matches("mcp/*", "mcp-other/tool"));
  EXPECT_TRUE(matches("mcp/*", "mcp/tool"));
  EXPECT_FALSE(matches("mcp/*", "mcp"));
  EXPECT_FALSE(matches("mcp/*", "mcp/"));
  EXPECT_FALSE(matches("a/b", "a/b/c"));
  EXPECT_TRUE(matches("a/b/*", "a/b/c/d"));
  EXPECT_FALSE(matches("a/b/*", "a/bc/d"));
  EXPECT_FALSE(matches("a/b/*", "x/a/b/c"));
}

TEST(Models, S7_a_wildcard_needs_no_table_of_models) {
  EXPECT_TRUE(matches("anthropic/*", "anthropic/claude-of-the-year-2031"));
  EXPECT_TRUE(matches("anthropic/*", "anthropic/a/b:free"));
  EXPECT_FALSE(matches("anthropic/*", "openai/anthropic/x"));
}

TEST(Models, S7_a_name_without_a_provider_is_of_the_default_provider) {
  EXPECT_TRUE(matches("gpt-4o", "openai/gpt-4o"));
  EXPECT_TRUE(matches("openai/gpt-4o", "gpt-4o"));
  EXPECT_TRUE(matches("openai/*", "gpt-4o"));
  EXPECT_FALSE(matches("anthropic/*", "gpt-4o"));
  EXPECT_FALSE(matches("gpt-4o", "azure/gpt-4o"));
  EXPECT_FALSE(matches("openai/*", "openai/"));
}

TEST(Models, S13_names_are_compared_byte_by_byte) {
  EXPECT_FALSE(matches("gpt-4o", "GPT-4o"));
  EXPECT_FALSE(matches("openai/*", "OpenAI/gpt-4o"));
  EXPECT_FALSE(matches("gpt-4o", "gpt-4o "));
  EXPECT_FALSE(matches("gpt-4o", ""));
}

TEST(Models, a_star_alone_matches_everything) {
  for (const char* model : {"gpt-4o", "a/b/c", "anthropic/x"}) EXPECT_TRUE(matches("*", model));
}

TEST(Models, an_empty_list_allows_every_model) {
  EXPECT_TRUE(allows_model({}, "anything/at-all"));
  EXPECT_TRUE(allows_model({"a", "b/*"}, "b/c"));
  EXPECT_FALSE(allows_model({"a", "b/*"}, "c"));
}

TEST(Models, patterns_have_a_grammar) {
  for (const std::string& good :
       {std::string("*"), std::string("openai/*"), std::string("a/b/c/*"), std::string("gpt-4o"),
        std::string("meta-llama/llama-3:free"), std::string("ft:gpt-4o:org::id"),
        std::string("@cf/meta/llama"), std::string(256, 'm')})
    EXPECT_TRUE(is_model_pattern(good)) << good;
  for (const std::string& bad :
       {std::string(),          std::string("/"),         std::string("/a"),
        std::string("a/"),      std::string("a//b"),      std::string("a b"),
        std::string("a,b"),     std::string("a;b"),       std::string("a+b"),
        std::string("gpt-*"),   std::string("*/a"),       std::string("a/*/b"),
        std::string("**"),      std::string("a/**"),      std::string("a/*b"),
        std::string("a\tb"),    std::string("m\xC3\xB6"), std::string("a\x7F"),
        std::string("a\0b", 3), std::string(257, 'm')})
    EXPECT_FALSE(is_model_pattern(bad)) << bad;
}

TEST(Models, S5_a_list_is_within_another_by_its_patterns) {
  EXPECT_TRUE(models_within({"openai/gpt-4o"}, {"openai/*"}));
  EXPECT_TRUE(models_within({"gpt-4o"}, {"openai/*"}));
  EXPECT_TRUE(models_within({"openai/gpt-4o"}, {"gpt-4o"}));
  EXPECT_TRUE(models_within({"openai/*"}, {"openai/*", "a"}));
  EXPECT_TRUE(models_within({"openai/ft/*"}, {"openai/*"}));
  EXPECT_FALSE(models_within({"openai/*"}, {"openai/ft/*", "gpt-4o", "openai/gpt-5"}));
  EXPECT_FALSE(models_within({"openai/*"}, {"anthropic/*"}));
  EXPECT_FALSE(models_within({"gpt-4o", "a/b"}, {"openai/*"}));
  EXPECT_FALSE(models_within({"openaix/*"}, {"openai/*"}));
}

TEST(Models, S5_an_empty_list_is_wider_than_any_but_a_star) {
  EXPECT_TRUE(models_within({}, {}));
  EXPECT_TRUE(models_within({"a"}, {}));
  EXPECT_TRUE(models_within({}, {"*"}));
  EXPECT_TRUE(models_within({"*"}, {"*"}));
  EXPECT_TRUE(models_within({"*"}, {}));
  EXPECT_TRUE(models_within({"a/*", "*"}, {"b", "*"}));
  EXPECT_FALSE(models_within({}, {"openai/*"}));
  EXPECT_FALSE(models_within({"*"}, {"openai/*"}));
  EXPECT_FALSE(models_within({"*"}, {"openai/*", "anthropic/*"}));
}

// All lists of up to two patterns over a small world, judged by every name of that world and by
// names that no pattern of it writes out.
TEST(Models, S5_within_agrees_with_what_the_lists_allow) {
  const List patterns = {"*",        "m",          "openai/m",   "openai/*", "openai/m/*",
                         "a/m",      "a/*",        "a/b/*",      "a/b/m",    "ab/*",
                         "openai/b", "openai/b/*", "openai/b/m", "b"};
  const List names = {"m",       "b",          "new",       "openai/m/m",    "openai/m/new",
                      "a/m",     "a/b",        "a/new",     "a/b/m",         "a/b/new",
                      "ab/m",    "ab/new",     "new/new",   "openai/b/m",    "openai/b/new",
                      "a/b/c/d", "openai/new", "a/new/new", "openai/b/m/new"};
  std::vector<List> lists = {{}};
  for (const std::string& one : patterns) {
    lists.push_back({one});
    for (const std::string& other : patterns) lists.push_back({one, other});
  }
  for (const List& inner : lists)
    for (const List& outer : lists) {
      bool expected = true;
      for (const std::string& name : names)
        if (allows_model(inner, name) && !allows_model(outer, name)) expected = false;
      ASSERT_EQ(models_within(inner, outer), expected)
          << ::testing::PrintToString(inner) << " in " << ::testing::PrintToString(outer);
    }
}

}  // namespace
}  // namespace postern::policy
