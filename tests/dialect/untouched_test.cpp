#include "dialect/untouched.h"

#include <gtest/gtest.h>

namespace postern::dialect {
namespace {

std::string without_null_usage(std::string_view data) {
  const ChatChunk chunk = read_chat_chunk(data);
  if (!chunk.null_usage) return std::string(data);
  return std::string(data.substr(0, chunk.null_usage->begin)) +
         std::string(data.substr(chunk.null_usage->end));
}

std::string asking_for_usage(std::string_view body) {
  Outline request;
  EXPECT_FALSE(read_outline(body, request).has_value());
  return apply({request.ask_usage}, body);
}

std::optional<chat::Refused> fault_of(std::string_view body) {
  Outline request;
  return read_outline(body, request);
}

TEST(Outline, what_the_gateway_needs_is_read_and_placed) {
  const std::string_view body =
      R"({"stream":true, "m\u006fdel" : "g\u0070t" ,"project_id":"p.1","stream_options":{"include_usage":true}})";
  Outline request;
  ASSERT_FALSE(read_outline(body, request).has_value());
  EXPECT_EQ(request.model, "gpt");
  EXPECT_EQ(request.project_id, "p.1");
  EXPECT_TRUE(request.stream);
  EXPECT_TRUE(request.include_usage);
  EXPECT_EQ(
      body.substr(request.model_value.begin, request.model_value.end - request.model_value.begin),
      R"("g\u0070t")");
}

TEST(Outline, namesakes_further_in_are_not_read) {
  Outline request;
  ASSERT_FALSE(
      read_outline(R"({"a":{"model":1,"stream":2,"project_id":3},"model":"m","b":[{"model":1}]})",
                   request)
          .has_value());
  EXPECT_EQ(request.model, "m");
  EXPECT_FALSE(request.project_member.has_value());
}

TEST(Outline, usage_is_asked_for_with_one_edit_wherever_the_options_stand) {
  EXPECT_EQ(asking_for_usage(R"({"model":"m"})"),
            R"({"stream_options":{"include_usage":true},"model":"m"})");
  EXPECT_EQ(asking_for_usage(R"({"model":"m","stream_options":{}})"),
            R"({"model":"m","stream_options":{"include_usage":true}})");
  EXPECT_EQ(asking_for_usage(R"({"model":"m","stream_options":{ }})"),
            R"({"model":"m","stream_options":{"include_usage":true }})");
  EXPECT_EQ(asking_for_usage(R"({"model":"m","stream_options":null})"),
            R"({"model":"m","stream_options":{"include_usage":true}})");
  EXPECT_EQ(asking_for_usage(R"({"model":"m","stream_options":{"a":1}})"),
            R"({"model":"m","stream_options":{"include_usage":true,"a":1}})");
  EXPECT_EQ(asking_for_usage(R"({"model":"m","stream_options":{"a":1,"include_usage" : false }})"),
            R"({"model":"m","stream_options":{"a":1,"include_usage" : true }})");
}

TEST(Outline, bounds_of_names_are_exact) {
  const auto model = [](size_t length) {
    return R"({"model":")" + std::string(length, 'm') + "\"}";
  };
  EXPECT_FALSE(fault_of(model(256)).has_value());
  EXPECT_EQ(fault_of(model(257))->param, "model");
  const auto project = [](size_t length) {
    return R"({"model":"m","project_id":")" + std::string(length, 'p') + "\"}";
  };
  EXPECT_FALSE(fault_of(project(64)).has_value());
  EXPECT_EQ(fault_of(project(65))->param, "project_id");
}

TEST(Outline, depth_is_bounded_and_the_fault_has_its_place) {
  const auto nested = [](size_t depth) {
    return R"({"model":"m","x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_FALSE(fault_of(nested(63)).has_value());
  const auto fault = fault_of(nested(64));
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->kind, chat::Refused::Kind::kJson);
  EXPECT_NE(fault->message.find("(byte "), std::string::npos);
}

TEST(Outline, a_fault_is_placed_by_line_and_column) {
  EXPECT_NE(fault_of("{\n \"model\" 1}")->message.find("line 2, column 10"), std::string::npos)
      << fault_of("{\n \"model\" 1}")->message;
}

TEST(ChatReply, an_error_is_an_envelope_only_with_a_message) {
  EXPECT_FALSE(read_chat_reply(R"({"error":null})").error);
  EXPECT_TRUE(read_chat_reply(R"({"error":{"message":"m"}})").envelope);
  for (const char* body : {R"({"error":{}})", R"({"error":"m"})", R"({"error":{"message":1}})"}) {
    EXPECT_TRUE(read_chat_reply(body).error) << body;
    EXPECT_FALSE(read_chat_reply(body).envelope) << body;
  }
}

TEST(ChatReply, only_whole_objects_are_valid) {
  for (const char* body : {"", "{", "[]", "1", "{}x", "{\"a\":}"})
    EXPECT_FALSE(read_chat_reply(body).valid) << body;
  EXPECT_TRUE(read_chat_reply(" {} \n").valid);
}

TEST(ChatReply, numbers_that_are_no_counts_are_absent) {
  const ChatReply reply = read_chat_reply(
      R"({"usage":{"prompt_tokens":-1,"completion_tokens":1e3,"total_tokens":99999999999999999999}})");
  EXPECT_TRUE(reply.valid);
  EXPECT_FALSE(reply.usage.reported());
}

TEST(ChatChunk, a_null_usage_is_cut_with_one_comma) {
  EXPECT_EQ(without_null_usage(R"({"usage":null})"), "{}");
  EXPECT_EQ(without_null_usage(R"({"usage":null,"a":1})"), R"({"a":1})");
  EXPECT_EQ(without_null_usage(R"({ "usage" : null , "a":1})"), R"({ "a":1})");
  EXPECT_EQ(without_null_usage(R"({"a":1,"usage":null})"), R"({"a":1})");
  EXPECT_EQ(without_null_usage(R"({"a":1, "usage":null, "b":2})"), R"({"a":1, "b":2})");
  EXPECT_EQ(without_null_usage(R"({"usage":{"total_tokens":1}})"),
            R"({"usage":{"total_tokens":1}})");
  EXPECT_EQ(without_null_usage(R"({"a":{"usage":null}})"), R"({"a":{"usage":null}})");
}

TEST(ChatChunk, the_extra_chunk_has_usage_and_no_choices) {
  const ChatChunk extra = read_chat_chunk(R"({"choices":[],"usage":{"prompt_tokens":1}})");
  EXPECT_TRUE(extra.choices_empty && extra.usage_reported);
  EXPECT_FALSE(read_chat_chunk(R"({"usage":{"prompt_tokens":1}})").choices_empty);
  EXPECT_FALSE(read_chat_chunk(R"({"choices":[{}],"usage":{}})").choices_empty);
}

TEST(Done, the_terminal_event_may_have_spaces_around_it) {
  EXPECT_TRUE(is_done("[DONE]"));
  EXPECT_TRUE(is_done(" [DONE]\t"));
  EXPECT_FALSE(is_done("[DONE] x"));
  EXPECT_FALSE(is_done(""));
  EXPECT_FALSE(is_done("  "));
  EXPECT_FALSE(is_done("\"[DONE]\""));
}

}  // namespace
}  // namespace postern::dialect
