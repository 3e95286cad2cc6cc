#include "codec/json_reader.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.h"
#include "json_differential.h"

namespace postern::codec {
namespace {

// The fault that a whole text ends in, or "" for a well-formed one.
std::string fault_of(std::string_view text) {
  JsonReader in(text);
  in.skip();
  return in.finish() ? "" : in.error().reason;
}

size_t fault_offset_of(std::string_view text) {
  JsonReader in(text);
  in.skip();
  in.finish();
  return in.error().offset;
}

// Walks the text by entering everything, so that the other half of the reader is tested too.
void walk_value(JsonReader& in) {
  JsonString string;
  int64_t integer = 0;
  bool boolean = false;
  switch (in.kind()) {
    case JsonKind::kObject:
      if (in.enter_object()) {
        while (in.next_member()) walk_value(in);
      }
      break;
    case JsonKind::kArray:
      if (in.enter_array()) {
        while (in.next_element()) walk_value(in);
      }
      break;
    case JsonKind::kString:
      in.read_string(string);
      break;
    case JsonKind::kNumber:
      if (!in.read_integer(integer)) in.skip();
      break;
    case JsonKind::kTrue:
    case JsonKind::kFalse:
      in.read_bool(boolean);
      break;
    default:
      in.skip();
  }
}

std::string walked_fault_of(std::string_view text) {
  JsonReader in(text);
  walk_value(in);
  return in.finish() ? "" : in.error().reason;
}

std::string nested(int levels) {
  std::string text;
  for (int level = 0; level < levels; ++level) text += level % 2 == 0 ? "[" : R"({"a":)";
  text += "1";
  for (int level = levels - 1; level >= 0; --level) text += level % 2 == 0 ? "]" : "}";
  return text;
}

JsonString string_in(std::string_view text) {
  JsonReader in(text);
  JsonString string;
  EXPECT_TRUE(in.read_string(string)) << text;
  return string;
}

std::string unescaped(std::string_view text) {
  std::string out;
  append_unescaped(string_in(text), out);
  return out;
}

TEST(JsonReader, every_well_formed_text_is_accepted_by_skipping_and_by_walking) {
  const std::string_view texts[] = {
      "0",
      "-0",
      "1",
      "-1",
      "10",
      "1.5",
      "0.0",
      "-0.5e-7",
      "1e5",
      "1E+5",
      "1e999",
      "-1E-999",
      "123456789012345678901234567890",
      "true",
      "false",
      "null",
      "\"\"",
      "\"a\"",
      "[]",
      "{}",
      "[[]]",
      "[{}]",
      "{\"\":{}}",
      " [ 1 , 2 ] ",
      "\t{\r\n\"a\" : 1 , \"b\":[ ] }\n",
      "{\"a\":1,\"a\":2}",
      "[1,\"2\",true,false,null,{\"a\":[]}]",
      "\"\x7F\"",
      "\"\xC3\xA4\xF0\x9F\x98\x80\"",
      "\"\xFF\x80\"",
      "\"\\uD800\"",
      "\"\\uDC00\\uD800\"",
      "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uABCD\\uabcd\"",
      "                        [                        ]                        "};
  for (const std::string_view text : texts) {
    EXPECT_EQ(fault_of(text), "") << text;
    EXPECT_EQ(walked_fault_of(text), "") << text;
  }
}

TEST(JsonReader, every_grammar_error_is_named_and_placed) {
  struct Case {
    std::string_view text;
    std::string_view reason;
    size_t offset;
  };
  const std::string_view early = "the text ended too early";
  const std::string_view value = "a value was expected";
  const std::string_view word = "true, false or null was expected";
  const std::string_view digit = "a digit was expected";
  const std::string_view escape = "the escape is not valid";
  const std::string_view control = "a control character must be escaped";
  const Case cases[] = {
      {"", early, 0},
      {"  \n", early, 3},
      {"x", value, 0},
      {"'a'", value, 0},
      {"+1", value, 0},
      {".5", value, 0},
      {"]", value, 0},
      {"\xEF\xBB\xBF{}", value, 0},
      {std::string_view("\0", 1), value, 0},
      {"\v1", value, 0},
      {"nul", early, 3},
      {"nulL", word, 3},
      {"True", value, 0},
      {"tRue", word, 1},
      {"falsy", word, 4},
      {"nan", word, 1},
      {"truee", "only white space may follow the value", 4},
      {"1 2", "only white space may follow the value", 2},
      {"{}}", "only white space may follow the value", 2},
      {"[] // no", "only white space may follow the value", 3},
      {"-", early, 1},
      {"-x", digit, 1},
      {"1.", early, 2},
      {"1.x", digit, 2},
      {"1.e5", digit, 2},
      {"1e", early, 2},
      {"1e+", early, 3},
      {"[1e-]", digit, 4},
      {"01", "a number has no leading zeros", 1},
      {"-00", "a number has no leading zeros", 2},
      {"[0x1]", "a comma or ] was expected", 2},
      {"[", early, 1},
      {"[1", early, 2},
      {"[1,", early, 3},
      {"[,]", value, 1},
      {"[1,]", value, 3},
      {"[1 2]", "a comma or ] was expected", 3},
      {"[1}", "a comma or ] was expected", 2},
      {"[1:2]", "a comma or ] was expected", 2},
      {"{", early, 1},
      {"{\"a\"", early, 4},
      {"{\"a\":", early, 5},
      {"{\"a\":1", early, 6},
      {"{\"a\":1,", early, 7},
      {"{a:1}", "a name in quotes was expected", 1},
      {"{1:1}", "a name in quotes was expected", 1},
      {"{,}", "a name in quotes was expected", 1},
      {"{\"a\":1,}", "a name in quotes was expected", 7},
      {"{\"a\" 1}", "a colon was expected", 5},
      {"{\"a\",1}", "a colon was expected", 4},
      {"{\"a\":}", value, 5},
      {"{\"a\":1]", "a comma or } was expected", 6},
      {"{\"a\":1 \"b\":2}", "a comma or } was expected", 7},
      {"{\"a\":1:2}", "a comma or } was expected", 6},
      {"\"", early, 1},
      {"\"abc", early, 4},
      {"\"\\", early, 2},
      {"\"\\\"", early, 3},
      {"\"\\u12", early, 5},
      {"\"\\u12\"", escape, 5},
      {"\"\\u12G4\"", escape, 5},
      {"\"\\x41\"", escape, 2},
      {"\"\\U0041\"", escape, 2},
      {"\"\\'\"", escape, 2},
      {"\"a\nb\"", control, 2},
      {"\"\t\"", control, 1},
      {std::string_view("\"a\0b\"", 5), control, 2},
      {"\"0123456789abcdefghij\x1F\"", control, 21},
      {"{\"a\nb\":1}", control, 3},
      {"{\"\\q\":1}", escape, 3},
  };
  for (const Case& test : cases) {
    EXPECT_EQ(fault_of(test.text), test.reason) << test.text;
    EXPECT_EQ(fault_offset_of(test.text), test.offset) << test.text;
    EXPECT_EQ(walked_fault_of(test.text), test.reason) << test.text;
  }
}

TEST(JsonReader, a_text_cut_anywhere_ended_too_early) {
  const std::string text =
      "{\"model\":\"gpt\\u00e9\\n\",\"list\":[1.5e-3,true,null,{\"a\\\\b\":[]},{}],\"last\": "
      "false}";
  ASSERT_EQ(fault_of(text), "");
  for (size_t size = 0; size < text.size(); ++size) {
    // In a buffer of its own, so that a read behind the end is seen by the sanitizer.
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<ptrdiff_t>(size));
    const std::string_view view(cut.data(), cut.size());
    EXPECT_EQ(fault_of(view), "the text ended too early") << view;
    EXPECT_EQ(fault_offset_of(view), size) << view;
    EXPECT_EQ(walked_fault_of(view), "the text ended too early") << view;
  }
}

TEST(JsonReader, nesting_is_accepted_to_64_levels_and_refused_beyond) {
  EXPECT_EQ(fault_of(nested(64)), "");
  EXPECT_EQ(walked_fault_of(nested(64)), "");
  for (const int levels : {65, 66, 10'000}) {
    EXPECT_EQ(fault_of(nested(levels)), "nesting is deeper than 64 levels");
    EXPECT_EQ(walked_fault_of(nested(levels)), "nesting is deeper than 64 levels");
  }
  EXPECT_EQ(fault_of(std::string(10'000, '[')), "nesting is deeper than 64 levels");
  EXPECT_EQ(fault_offset_of(std::string(10'000, '[')), 64u);
  const std::string empty_at_65 = std::string(64, '[') + "{}" + std::string(64, ']');
  EXPECT_EQ(fault_of(empty_at_65), "nesting is deeper than 64 levels");
  EXPECT_EQ(fault_of(std::string(64, '[') + std::string(64, ']')), "");
}

TEST(JsonReader, skip_counts_the_levels_that_were_entered_before) {
  const std::string text = "{\"a\":" + nested(63) + ",\"b\":" + nested(64) + "}";
  JsonReader in(text);
  ASSERT_TRUE(in.enter_object());
  ASSERT_TRUE(in.next_member());
  EXPECT_TRUE(in.skip());
  ASSERT_TRUE(in.next_member());
  EXPECT_FALSE(in.skip());
  EXPECT_STREQ(in.error().reason, "nesting is deeper than 64 levels");
}

TEST(JsonReader, a_smaller_bound_on_depth_holds_and_a_larger_one_does_not) {
  JsonReader small("[[[]]]", 2);
  EXPECT_FALSE(small.skip());
  EXPECT_STREQ(small.error().reason, "nesting is too deep");
  const std::string deep = nested(65);
  JsonReader large(deep, 1000);
  EXPECT_FALSE(large.skip());
}

TEST(JsonReader, objects_and_arrays_close_with_their_own_brackets_at_every_depth) {
  std::string text = nested(64);
  for (size_t index = 0; index < text.size(); ++index) {
    if (text[index] != ']' && text[index] != '}') continue;
    std::string wrong = text;
    wrong[index] = text[index] == ']' ? '}' : ']';
    EXPECT_NE(fault_of(wrong), "");
    EXPECT_NE(walked_fault_of(wrong), "");
  }
}

TEST(JsonReader, members_are_read_in_order_with_their_places) {
  const std::string_view text = R"( {"a": "x", "b" :[1, 2],"c":{"d":null} , "e":true} )";
  JsonReader in(text);
  std::vector<std::string_view> members;
  ASSERT_TRUE(in.enter_object());
  while (in.next_member()) {
    const size_t begin = in.member_begin();
    JsonSpan span;
    ASSERT_TRUE(in.skip(&span));
    EXPECT_EQ(text[begin], '"');
    members.push_back(text.substr(begin, span.end - begin));
  }
  EXPECT_TRUE(in.finish());
  const std::vector<std::string_view> expected = {R"("a": "x")", R"("b" :[1, 2])",
                                                  R"("c":{"d":null})", R"("e":true)"};
  EXPECT_EQ(members, expected);
}

TEST(JsonReader, a_span_is_exactly_the_value) {
  const std::string_view text = R"([ 12 , "a\"b" , [ ] , {"x": [1]} , null ])";
  JsonReader in(text);
  std::vector<std::string_view> values;
  ASSERT_TRUE(in.enter_array());
  while (in.next_element()) {
    JsonSpan span;
    ASSERT_TRUE(in.skip(&span));
    values.push_back(text.substr(span.begin, span.end - span.begin));
  }
  EXPECT_TRUE(in.finish());
  const std::vector<std::string_view> expected = {"12", R"("a\"b")", "[ ]", R"({"x": [1]})",
                                                  "null"};
  EXPECT_EQ(values, expected);
}

TEST(JsonReader, duplicate_names_are_all_reported) {
  JsonReader in(R"({"model":"a","m\u006fdel":"b"})");
  int found = 0;
  ASSERT_TRUE(in.enter_object());
  while (in.next_member()) {
    found += in.name_is("model") ? 1 : 0;
    in.skip();
  }
  EXPECT_TRUE(in.finish());
  EXPECT_EQ(found, 2);
}

TEST(JsonReader, names_are_compared_unescaped) {
  const auto name_is = [](std::string_view text, std::string_view plain) {
    JsonReader in(text);
    return in.enter_object() && in.next_member() && in.name_is(plain);
  };
  EXPECT_TRUE(name_is(R"({"model":1})", "model"));
  EXPECT_TRUE(name_is(R"({"\u006d\u006F\u0064el":1})", "model"));
  EXPECT_TRUE(name_is(R"({"mode\u006c":1})", "model"));
  EXPECT_TRUE(name_is(R"({"a\/b\\\"":1})", "a/b\\\""));
  EXPECT_TRUE(name_is(R"({"":1})", ""));
  EXPECT_TRUE(name_is(R"({"\ud83d\ude00\u00e9\u20ac":1})", "\xF0\x9F\x98\x80\xC3\xA9\xE2\x82\xAC"));
  EXPECT_TRUE(name_is(R"({"a\u0000b":1})", std::string_view("a\0b", 3)));
  EXPECT_FALSE(name_is(R"({"mode":1})", "model"));
  EXPECT_FALSE(name_is(R"({"mod\u0065":1})", "model"));
  EXPECT_FALSE(name_is(R"({"\u006dodels":1})", "model"));
  EXPECT_FALSE(name_is(R"({"Model":1})", "model"));
  EXPECT_FALSE(name_is(R"({"mo\\u0064el":1})", "model"));
  EXPECT_FALSE(name_is(R"({"\ud83d":1})", "\xEF\xBF\xBD"));
}

TEST(JsonReader, escapes_are_resolved_and_what_is_no_character_is_replaced) {
  EXPECT_EQ(unescaped(R"("plain")"), "plain");
  EXPECT_EQ(unescaped(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
  EXPECT_EQ(unescaped(R"("\u0041\u00e9\u20AC\ud83d\ude00")"),
            "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  EXPECT_EQ(unescaped(R"("\udbff\udfff\uD800\uDC00")"), "\xF4\x8F\xBF\xBF\xF0\x90\x80\x80");
  EXPECT_EQ(unescaped(R"("\u0000")"), std::string(1, '\0'));
  EXPECT_EQ(unescaped(R"("a\ud800b")"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(unescaped(R"("\udc00")"), "\xEF\xBF\xBD");
  EXPECT_EQ(unescaped(R"("\ud800\ud800\udc00")"), "\xEF\xBF\xBD\xF0\x90\x80\x80");
  EXPECT_EQ(unescaped(R"("\ud800\n")"), "\xEF\xBF\xBD\n");
  EXPECT_EQ(unescaped(R"("\ud800A")"),
            "\xEF\xBF\xBD"
            "A");
  EXPECT_EQ(unescaped("\"a\xFF"
                      "b\""),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(unescaped("\"\xE2\x82\\n\""), "\xEF\xBF\xBD\n");
  EXPECT_EQ(unescaped("\"\xED\xA0\x80\""), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(unescaped("\"\xF0\x9F\x98\x80 \xC0\xAF\""),
            "\xF0\x9F\x98\x80 \xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(JsonReader, a_string_that_was_not_read_by_it_is_unescaped_without_harm) {
  for (const std::string_view raw :
       {"\\", "a\\", "\\u", "\\u12", "\\uD800\\", "\\uD800\\u", "\\q"}) {
    const std::vector<char> bytes(raw.begin(), raw.end());
    const JsonString string = {{bytes.data(), bytes.size()}, true};
    std::string out;
    append_unescaped(string, out);
    EXPECT_NE(out.find("\xEF\xBF\xBD"), std::string::npos) << raw;
    EXPECT_FALSE(equals_unescaped(string, raw)) << raw;
  }
}

TEST(JsonReader, escapes_and_ends_are_found_at_every_place_in_a_block) {
  for (size_t padding = 0; padding < 150; ++padding) {
    const std::string filler(padding, 'x');
    for (const std::string_view escape : {"\\n", "\\\"", "\\\\", "\\u00e9", "\\uD83D\\uDE00"}) {
      const std::string text = "\"" + filler + std::string(escape) + filler + "\"";
      JsonReader in(text);
      JsonString string;
      ASSERT_TRUE(in.read_string(string)) << text;
      EXPECT_TRUE(string.escaped);
      EXPECT_EQ(string.raw.size(), text.size() - 2);
      EXPECT_TRUE(in.finish());
      EXPECT_EQ(fault_of(text), "");
      EXPECT_EQ(unescaped(text), Document::parse(text).get<std::string>());
    }
    const std::string bad = "\"" + filler + "\\u00g0" + filler + "\"";
    EXPECT_EQ(fault_of(bad), "the escape is not valid");
    EXPECT_EQ(fault_offset_of(bad), padding + 5);
    const std::string control = "\"" + filler + "\x1F" + filler + "\"";
    EXPECT_EQ(fault_of(control), "a control character must be escaped");
    EXPECT_EQ(fault_offset_of(control), padding + 1);
    EXPECT_EQ(fault_of("\"" + filler), "the text ended too early");
    EXPECT_EQ(fault_of("\"" + filler + "\x20\x21\x23\x5B\x5D\x7F\x80\xA0\xA2\xDC\xFF\""), "");
  }
}

TEST(JsonReader, every_single_byte_in_a_string_is_judged_the_same_in_and_out_of_a_block) {
  for (int value = 0; value < 256; ++value) {
    const bool stop = value < 0x20 || value == '"' || value == '\\';
    const std::string byte(1, static_cast<char>(value));
    const std::string in_block = "\"" + byte + std::string(40, 'x') + "\"";
    const std::string in_tail = "\"" + byte + "xx\"";
    EXPECT_EQ(fault_of(in_block) != "", stop) << value;
    EXPECT_EQ(fault_of(in_tail) != "", stop) << value;
  }
}

TEST(JsonReader, integers_are_read_to_the_edges_of_their_type) {
  const auto integer = [](std::string_view text, int64_t& out) {
    JsonReader in(text);
    return in.read_integer(out) && in.finish();
  };
  int64_t value = 1;
  EXPECT_TRUE(integer("0", value));
  EXPECT_EQ(value, 0);
  value = 1;
  EXPECT_TRUE(integer("-0", value));
  EXPECT_EQ(value, 0);
  EXPECT_TRUE(integer(" -12 ", value));
  EXPECT_EQ(value, -12);
  EXPECT_TRUE(integer("9223372036854775807", value));
  EXPECT_EQ(value, std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(integer("-9223372036854775808", value));
  EXPECT_EQ(value, std::numeric_limits<int64_t>::min());
}

TEST(JsonReader, a_number_that_is_no_integer_stays_in_place_and_can_be_skipped) {
  for (const std::string_view text :
       {"1.5", "1.0", "1e3", "1E3", "0.0", "0e1", "1e999", "9223372036854775808",
        "-9223372036854775809", "18446744073709551616", "99999999999999999999999999", "\"1\"",
        "true", "null", "[]", "{}"}) {
    JsonReader in(text);
    int64_t value = 7;
    EXPECT_FALSE(in.read_integer(value)) << text;
    EXPECT_EQ(value, 7);
    EXPECT_EQ(in.offset(), 0u);
    EXPECT_EQ(in.error().reason, nullptr) << text;
    EXPECT_TRUE(in.skip());
    EXPECT_TRUE(in.finish());
  }
  for (const std::string_view text : {"-", "01", "-01", "-x", "00"}) {
    JsonReader in(text);
    int64_t value = 7;
    EXPECT_FALSE(in.read_integer(value)) << text;
    EXPECT_FALSE(in.skip()) << text;
    EXPECT_NE(in.error().reason, nullptr) << text;
  }
}

TEST(JsonReader, reading_another_kind_consumes_nothing_and_is_no_fault) {
  for (const std::string_view text : {"{}", "[]", "\"\"", "1", "true", "false", "null"}) {
    JsonReader in(text);
    const JsonKind kind = in.kind();
    JsonString string;
    int64_t integer = 0;
    bool boolean = false;
    EXPECT_TRUE(kind == JsonKind::kString || !in.read_string(string));
    EXPECT_TRUE(kind == JsonKind::kNumber || !in.read_integer(integer));
    EXPECT_TRUE(kind == JsonKind::kTrue || kind == JsonKind::kFalse || !in.read_bool(boolean));
    EXPECT_TRUE(kind == JsonKind::kObject || !in.enter_object());
    EXPECT_TRUE(kind == JsonKind::kArray || !in.enter_array());
    EXPECT_EQ(in.offset(), 0u);
    EXPECT_EQ(in.error().reason, nullptr);
    EXPECT_EQ(in.kind(), kind);
    EXPECT_TRUE(in.skip());
    EXPECT_TRUE(in.finish());
  }
}

TEST(JsonReader, booleans_are_read_whole) {
  bool value = false;
  JsonReader yes("true");
  EXPECT_TRUE(yes.read_bool(value));
  EXPECT_TRUE(value);
  JsonReader no("false");
  EXPECT_TRUE(no.read_bool(value));
  EXPECT_FALSE(value);
  JsonReader broken("tru");
  EXPECT_FALSE(broken.read_bool(value));
  EXPECT_STREQ(broken.error().reason, "the text ended too early");
}

TEST(JsonReader, the_first_fault_is_final) {
  JsonReader in("[1,x,2]");
  ASSERT_TRUE(in.enter_array());
  ASSERT_TRUE(in.next_element());
  ASSERT_TRUE(in.skip());
  ASSERT_TRUE(in.next_element());
  EXPECT_FALSE(in.skip());
  const size_t offset = in.offset();
  EXPECT_EQ(in.error().offset, 3u);
  JsonString string;
  int64_t integer = 0;
  bool boolean = false;
  EXPECT_EQ(in.kind(), JsonKind::kNone);
  EXPECT_FALSE(in.skip());
  EXPECT_FALSE(in.next_element());
  EXPECT_FALSE(in.next_member());
  EXPECT_FALSE(in.enter_array());
  EXPECT_FALSE(in.enter_object());
  EXPECT_FALSE(in.read_string(string));
  EXPECT_FALSE(in.read_integer(integer));
  EXPECT_FALSE(in.read_bool(boolean));
  EXPECT_FALSE(in.finish());
  EXPECT_EQ(in.offset(), offset);
  EXPECT_EQ(in.error().offset, 3u);
  EXPECT_STREQ(in.error().reason, "a value was expected");
}

TEST(JsonReader, a_value_left_unread_or_read_twice_is_a_fault) {
  JsonReader unread("[1]");
  EXPECT_FALSE(unread.enter_object());
  EXPECT_FALSE(unread.finish());
  EXPECT_STREQ(unread.error().reason, "a value of another kind was expected");

  JsonReader twice("[1 2]");
  ASSERT_TRUE(twice.enter_array());
  ASSERT_TRUE(twice.next_element());
  EXPECT_TRUE(twice.skip());
  EXPECT_EQ(twice.kind(), JsonKind::kNone);
  EXPECT_FALSE(twice.skip());
  EXPECT_FALSE(twice.finish());

  JsonReader forgotten(R"({"a":1,"b":2})");
  ASSERT_TRUE(forgotten.enter_object());
  ASSERT_TRUE(forgotten.next_member());
  EXPECT_FALSE(forgotten.next_member());
  EXPECT_FALSE(forgotten.finish());

  JsonReader open("[1]");
  ASSERT_TRUE(open.enter_array());
  EXPECT_FALSE(open.next_member());
  EXPECT_FALSE(open.finish());
}

TEST(JsonReader, places_are_counted_in_lines_and_bytes) {
  const std::string_view text = "{\n  \"a\": 1,\r\n  x\n}";
  JsonReader in(text);
  in.skip();
  const TextPlace place = place_of(text, in.error().offset);
  EXPECT_EQ(place.line, 3u);
  EXPECT_EQ(place.column, 3u);
  EXPECT_EQ(place_of(text, 0).line, 1u);
  EXPECT_EQ(place_of(text, 0).column, 1u);
  EXPECT_EQ(place_of(text, 2).line, 2u);
  EXPECT_EQ(place_of(text, 2).column, 1u);
  EXPECT_EQ(place_of(text, 1000).line, 4u);
  EXPECT_EQ(place_of("", 0).column, 1u);
}

TEST(JsonReader, agrees_with_another_parser_on_mutated_documents) {
  const std::string_view seeds[] = {
      R"({"model":"gpt-4o","messages":[{"role":"user","content":"Hi \"there\"\n\u00e9\ud83d\ude00"}],)"
      R"("stream":true,"temperature":0.7,"n":1,"stop":null,"x":{},"y":[]})",
      R"([0,-0,1.5,-2.5e+10,1E-5,123456789,true,false,null,"",[[]],{"a":{"b":[1,{"c":2}]}}])",
      R"(  {"a" : [ 1 , 2 , { "b" : "c" } ] , "d" : "0123456789abcdef0123456789\\\\\/\b\f\r\t" } )"};
  constexpr std::string_view spice = "{}[]\",:\\/0123456789-+.eEtfnul \n\t\x1F\x7Fu";
  std::mt19937 random(20240607);
  int accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text(seeds[random() % 3]);
    const size_t edits = random() % 4;
    for (size_t edit = 0; edit < edits; ++edit) {
      const size_t at = random() % text.size();
      const char byte = spice[random() % spice.size()];
      switch (random() % 4) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        case 2:
          text.erase(at, 1 + random() % 3);
          break;
        default:
          text.insert(at, text, random() % text.size(), random() % 12);
      }
    }
    const Verdict expected = verdict_of(text);
    if (expected == Verdict::kNotComparable) continue;
    const bool accept = expected == Verdict::kAccept;
    accepted += accept ? 1 : 0;
    ASSERT_EQ(fault_of(text) == "", accept) << text;
    ASSERT_EQ(walked_fault_of(text) == "", accept) << text;
  }
  EXPECT_GT(accepted, 10'000);
}

}  // namespace
}  // namespace postern::codec
