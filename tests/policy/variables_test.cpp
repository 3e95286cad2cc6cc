#include "policy/variables.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace postern::policy {
namespace {

TEST(Variables, of_equal_names_the_last_one_counts) {
  const Variables variables(R"({"A":"1","B":" 2\n","\u0041":"3","C":""})");
  EXPECT_TRUE(variables.well_formed());
  EXPECT_EQ(variables.text("A"), "3");
  EXPECT_EQ(variables.text("B"), " 2\n");
  EXPECT_EQ(variables.trimmed("B"), "2");
  EXPECT_EQ(variables.text("C"), "");
  EXPECT_EQ(variables.text("D"), "");
}

TEST(Variables, members_of_another_type_are_passed_over) {
  const Variables variables(R"({"A":1,"B":{"A":"x"},"C":["x"],"D":null,"E":true,"F":"f"})");
  EXPECT_TRUE(variables.well_formed());
  for (const char* name : {"A", "B", "C", "D", "E"}) EXPECT_EQ(variables.text(name), "") << name;
  EXPECT_EQ(variables.text("F"), "f");
}

TEST(Variables, text_that_is_no_object_holds_nothing) {
  for (const char* text : {"", "[]", "\"x\"", R"({"A":"1")", R"({"A":"1"} x)"}) {
    const Variables variables(text);
    EXPECT_FALSE(variables.well_formed()) << text;
    EXPECT_EQ(variables.text("A"), "") << text;
  }
}

TEST(Variables, lists_are_separated_by_commas_and_white_space) {
  std::string_view list = " ,a, b\t\r\nc,,d ";
  std::vector<std::string> words;
  for (auto word = take_word(list); !word.empty(); word = take_word(list)) words.emplace_back(word);
  EXPECT_EQ(words, (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_EQ(take_word(list), "");
}

TEST(Variables, a_warning_is_a_sentence) {
  EXPECT_EQ(warning_about("NAME", "is odd"), "NAME is odd.");
}

}  // namespace
}  // namespace postern::policy
