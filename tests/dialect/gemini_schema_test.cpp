#include <gtest/gtest.h>

#include <string>

#include "dialect/gemini/schema.h"

namespace {

using postern::dialect::gemini_wire::append_schema;
using postern::dialect::gemini_wire::Schema;

std::string written(std::string_view schema, Schema expected = Schema::kWritten) {
  std::string out;
  EXPECT_EQ(append_schema(schema, out), expected) << schema;
  return out;
}

TEST(GeminiSchema, what_is_understood_stays_as_written) {
  constexpr std::string_view schema =
      R"({"type":["object","null"],"properties":{"a":{"type":"number","minimum":1.50,"default":2},)"
      R"("b":{"anyOf":[{"type":"string"},{"type":"null"}]}},"required":["a"],)"
      R"("additionalProperties":false})";
  EXPECT_EQ(written(schema), schema);
}

TEST(GeminiSchema, members_that_only_describe_are_left_out_at_every_level) {
  EXPECT_EQ(written(R"({"$schema":"x","strict":true,"type":"array",)"
                    R"("items":{"$comment":"y","examples":[1],"type":"integer"}})"),
            R"({"type":"array","items":{"type":"integer"}})");
}

TEST(GeminiSchema, properties_that_are_called_like_keywords_stay) {
  constexpr std::string_view schema =
      R"({"properties":{"$schema":{"type":"string"},"const":{"type":"string"},"strict":true}})";
  EXPECT_EQ(written(schema), schema);
}

TEST(GeminiSchema, values_are_no_schemas) {
  constexpr std::string_view schema = R"({"enum":[{"const":1,"strict":2}],"default":{"$ref":"x"}})";
  EXPECT_EQ(written(schema), schema);
}

TEST(GeminiSchema, beside_a_reference_only_dollar_members_stay) {
  EXPECT_EQ(written(R"({"properties":{"a":{"description":"d","$ref":"#/$defs/A","title":"t",)"
                    R"("$anchor":"n"}},"$defs":{"A":{"type":"string"}}})"),
            R"({"properties":{"a":{"$ref":"#/$defs/A","$anchor":"n"}},)"
            R"("$defs":{"A":{"type":"string"}}})");
}

TEST(GeminiSchema, definitions_become_defs_and_references_follow) {
  EXPECT_EQ(written(R"({"$ref":"#/definitions/A","definitions":{"A":{"items":)"
                    R"({"$ref":"#/definitions/A"}}}})"),
            R"({"$ref":"#/$defs/A","$defs":{"A":{"items":{"$ref":"#/$defs/A"}}}})");
  constexpr std::string_view both =
      R"({"definitions":{"A":{"$ref":"#/definitions/A"}},"$defs":{}})";
  EXPECT_EQ(written(both), both);
}

TEST(GeminiSchema, a_constant_is_a_choice_of_one) {
  EXPECT_EQ(written(R"({"anyOf":[{"const":"a"},{"const":1,"enum":[1,2]}]})"),
            R"({"anyOf":[{"enum":["a"]},{"enum":[1,2]}]})");
}

TEST(GeminiSchema, bounds_that_exclude_become_bounds_that_include) {
  EXPECT_EQ(written(R"({"exclusiveMinimum":0,"exclusiveMaximum":9.5})", Schema::kWidened),
            R"({"minimum":0,"maximum":9.5})");
  EXPECT_EQ(written(R"({"exclusiveMinimum":0,"minimum":1})", Schema::kWidened), R"({"minimum":1})");
  EXPECT_EQ(written(R"({"minimum":1,"exclusiveMinimum":true})", Schema::kWidened),
            R"({"minimum":1})");
}

TEST(GeminiSchema, what_is_no_object_is_broken) {
  for (const std::string_view schema : {"", "true", "[]", "{", "{\"a\":}", "{} {}"})
    written(schema, Schema::kBroken);
  std::string deep;
  for (int level = 0; level < 70; ++level) deep += "{\"items\":";
  written(deep, Schema::kBroken);
}

}  // namespace
