#include "codec/json_writer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "codec/document.h"
#include "codec/json_reader.h"

namespace postern::codec {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

std::string number(int64_t value) {
  std::string out;
  JsonWriter(out).number(value);
  return out;
}

TEST(JsonWriter, commas_stand_between_values_and_nowhere_else) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_object().name("empty").begin_object().end_object();
  writer.name("none").begin_array().end_array();
  writer.name("list").begin_array().number(1).string("two").boolean(true).null();
  writer.begin_object().name("a").boolean(false).end_object();
  writer.begin_array().begin_array().end_array().number(2).end_array();
  writer.raw(R"({"raw":0})").end_array().name("last").null().end_object();
  EXPECT_EQ(out, R"({"empty":{},"none":[],"list":[1,"two",true,null,{"a":false},[[],2],{"raw":0}],)"
                 R"("last":null})");
}

TEST(JsonWriter, appends_to_what_is_there) {
  std::string out = "before ";
  JsonWriter(out).begin_array().number(1).end_array();
  EXPECT_EQ(out, "before [1]");
}

TEST(JsonWriter, numbers_are_written_to_the_edges_of_their_type) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(7), "7");
  EXPECT_EQ(number(-10), "-10");
  EXPECT_EQ(number(std::numeric_limits<int64_t>::max()), "9223372036854775807");
  EXPECT_EQ(number(std::numeric_limits<int64_t>::min()), "-9223372036854775808");
}

TEST(JsonWriter, strings_are_escaped_where_they_must_be) {
  EXPECT_EQ(in_quotes(""), R"("")");
  EXPECT_EQ(in_quotes("a/b"), R"("a/b")");
  EXPECT_EQ(in_quotes("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(in_quotes(std::string_view("\0\x01\x1F\x7F", 4)), "\"\\u0000\\u0001\\u001f\x7F\"");
  EXPECT_EQ(in_quotes("\xC3\xA9\xF0\x9F\x98\x80"), "\"\xC3\xA9\xF0\x9F\x98\x80\"");
}

TEST(JsonWriter, each_part_that_is_no_utf8_becomes_one_replacement_character) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(in_quotes("\xFF"), "\"" + mark + "\"");
  EXPECT_EQ(in_quotes("a\x80z"), "\"a" + mark + "z\"");
  EXPECT_EQ(in_quotes("\xE2\x82"), "\"" + mark + "\"");
  EXPECT_EQ(in_quotes("\xE2\x82\n"), "\"" + mark + "\\n\"");
  EXPECT_EQ(in_quotes("\xF0\x9F\x98"
                      "a"),
            "\"" + mark + "a\"");
  EXPECT_EQ(in_quotes("\xC0\xAF"), "\"" + mark + mark + "\"");
  EXPECT_EQ(in_quotes("\xE0\x80\x80"), "\"" + mark + mark + mark + "\"");
  EXPECT_EQ(in_quotes("\xED\xA0\x80"), "\"" + mark + mark + mark + "\"");
  EXPECT_EQ(in_quotes("\xF4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"");
  EXPECT_EQ(in_quotes("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"),
            "\"\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF\"");
}

TEST(JsonWriter, every_byte_comes_back_from_another_parser) {
  for (size_t padding = 0; padding < 40; ++padding) {
    for (int value = 0; value < 128; ++value) {
      const std::string text = std::string(padding, 'x') + static_cast<char>(value) + "y";
      const Document document = Document::parse(in_quotes(text), nullptr, false);
      ASSERT_TRUE(document.is_string());
      EXPECT_EQ(*document.get_ptr<const std::string*>(), text);
    }
  }
}

TEST(JsonWriter, what_it_writes_the_reader_reads) {
  const std::string text = "line\n\"quoted\" \\ \x01 \xE2\x82\xAC";
  const std::string json = in_quotes(text);
  JsonReader in(json);
  JsonString string;
  ASSERT_TRUE(in.read_string(string));
  EXPECT_TRUE(in.finish());
  EXPECT_TRUE(equals_unescaped(string, text));
  std::string out;
  append_unescaped(string, out);
  EXPECT_EQ(out, text);
}

}  // namespace
}  // namespace postern::codec
