#include "policy/trace.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::policy {
namespace {

const std::string random_bytes(
    "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"
    "\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8");
const std::string new_trace_id = "0102030405060708090a0b0c0d0e0f10";
const std::string our_span_id = "a1a2a3a4a5a6a7a8";
const std::string trace_id = "12345678901234567890123456789012";
const std::string valid = "00-" + trace_id + "-1234567890123456-01";

Trace continued(std::optional<std::string_view> traceparent,
                std::optional<std::string_view> tracestate = std::nullopt) {
  return continue_trace(traceparent, tracestate, random_bytes);
}

std::string tracestate_of(std::string_view tracestate) {
  const Trace trace = continued(valid, tracestate);
  EXPECT_EQ(trace.trace_id, trace_id) << "a tracestate must never affect the traceparent";
  return trace.tracestate;
}

void expect_restart(const std::string& traceparent) {
  const Trace trace = continued(traceparent, "foo=1");
  EXPECT_EQ(trace.trace_id, new_trace_id) << traceparent;
  EXPECT_EQ(trace.span_id, our_span_id) << traceparent;
  EXPECT_EQ(trace.tracestate, "") << traceparent;
  EXPECT_FALSE(trace.sampled) << traceparent;
  EXPECT_TRUE(trace.random_id) << traceparent;
}

std::string members(int count, size_t value_bytes = 1) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += (i == 0 ? "k" : ",k") + std::to_string(i) + "=" + std::string(value_bytes, 'v');
  return text;
}

TEST(Trace, G1_a_request_without_a_trace_starts_one) {
  const Trace trace = continued(std::nullopt, "foo=1");
  EXPECT_EQ(trace.traceparent(), "00-" + new_trace_id + "-" + our_span_id + "-02");
  EXPECT_EQ(trace.tracestate, "");
}

TEST(Trace, G1_ids_are_never_all_zero) {
  const Trace trace = continue_trace(std::nullopt, std::nullopt, std::string(24, '\0'));
  EXPECT_EQ(trace.traceparent(), "00-00000000000000000000000000000001-0000000000000001-02");
}

TEST(Trace, G2_a_plain_client_request_id_is_kept) {
  EXPECT_EQ(client_request_id("abc-DEF_0.9"), "abc-DEF_0.9");
  EXPECT_EQ(client_request_id(std::string(128, 'a')), std::string(128, 'a'));
}

TEST(Trace, G3_any_other_client_request_id_is_ignored) {
  EXPECT_EQ(client_request_id(std::nullopt), "");
  for (const std::string& id :
       {std::string(), std::string("a\r\nb"), std::string("\"a\""), std::string("\xC3\xA9"),
        std::string(10'240, 'a'), std::string(129, 'a'), std::string("a, b"), std::string("a b"),
        std::string("a/b"), std::string("a\0b", 3)})
    EXPECT_EQ(client_request_id(id), "");
}

TEST(Trace, G4_the_same_client_request_id_is_kept_each_time) {
  EXPECT_EQ(client_request_id("again"), client_request_id("again"));
}

TEST(Trace, G5_a_valid_trace_continues_with_our_span) {
  EXPECT_EQ(continued(valid).traceparent(), "00-" + trace_id + "-" + our_span_id + "-01");
}

TEST(Trace, G5_only_the_sampled_and_random_flags_are_kept) {
  const std::string without_flags = "00-" + trace_id + "-1234567890123456-";
  const std::string ours = "00-" + trace_id + "-" + our_span_id + "-";
  EXPECT_EQ(continued(without_flags + "00").traceparent(), ours + "00");
  EXPECT_EQ(continued(without_flags + "02").traceparent(), ours + "02");
  EXPECT_EQ(continued(without_flags + "03").traceparent(), ours + "03");
  EXPECT_EQ(continued(without_flags + "fc").traceparent(), ours + "00");
  EXPECT_EQ(continued(without_flags + "ff").traceparent(), ours + "03");
}

TEST(Trace, G6_a_malformed_traceparent_starts_a_new_trace) {
  const std::string span = "1234567890123456";
  for (const std::string& traceparent : {
           std::string(),
           std::string(" "),
           "00-" + trace_id + "-" + span + "-0",
           "00-" + trace_id + "-" + span + "-011",
           "00-" + trace_id + "-" + span + "-01.",
           "00-" + trace_id + "-" + span + "-01-extra",
           "00-" + trace_id + "-" + span + "-01-",
           "00-" + trace_id + "-" + span + "-.0",
           "00-" + trace_id + "-" + span + "-0.",
           "00-" + trace_id + "-" + span + "-0A",
           "00-" + trace_id + "-" + span + "-001",
           "00-" + trace_id + "-" + span + "-1",
           "00-" + trace_id + "-" + span,
           "ff-" + trace_id + "-" + span + "-01",
           ".0-" + trace_id + "-" + span + "-01",
           "0.-" + trace_id + "-" + span + "-01",
           "CC-" + trace_id + "-" + span + "-01",
           "000-" + trace_id + "-" + span + "-01",
           "0000-" + trace_id + "-" + span + "-01",
           "0-" + trace_id + "-" + span + "-01",
           "00-00000000000000000000000000000000-" + span + "-01",
           "00-" + trace_id + "-0000000000000000-01",
           "00-.2345678901234567890123456789012-" + span + "-01",
           "00-1234567890123456789012345678901.-" + span + "-01",
           "00-123456789012345678901234567890123-" + span + "-01",
           "00-1234567890123456789012345678901-" + span + "-01",
           "00-ABCDEF78901234567890123456789012-" + span + "-01",
           "00-" + trace_id + "-.234567890123456-01",
           "00-" + trace_id + "-123456789012345.-01",
           "00-" + trace_id + "-12345678901234567-01",
           "00-" + trace_id + "-123456789012345-01",
           "00-" + trace_id + "-ABCDEF7890123456-01",
           "00_" + trace_id + "-" + span + "-01",
           "00-" + trace_id + "_" + span + "-01",
           "00-" + trace_id + "-" + span + "_01",
           "00-" + trace_id + "-123456789012345\xC3\xA9-1",
           "00-\xEF\xBC\x91" + trace_id.substr(3) + "-" + span + "-01",
           "00-\xEF\xBC\x91" + trace_id.substr(1) + "-" + span + "-01",
           std::string(55, '\0'),
           std::string(100'000, '0'),
       })
    expect_restart(traceparent);
}

TEST(Trace, G7_a_later_version_is_read_as_far_as_it_is_known) {
  const std::string rest = trace_id + "-1234567890123456-01";
  const std::string ours = "00-" + trace_id + "-" + our_span_id + "-01";
  EXPECT_EQ(continued("01-" + rest).traceparent(), ours);
  EXPECT_EQ(continued("cc-" + rest).traceparent(), ours);
  EXPECT_EQ(continued("cc-" + rest + "-").traceparent(), ours);
  EXPECT_EQ(continued("cc-" + rest + "-what-the-future-will-be-like").traceparent(), ours);
  expect_restart("cc-" + rest + ".what-the-future-will-be-like");
  expect_restart("cc-" + rest + "0");
}

TEST(Trace, G8_two_traceparents_start_a_new_trace) {
  expect_restart(valid + ", " + valid);
  expect_restart("01" + valid.substr(2) + ", " + valid);
  expect_restart(valid + ",");
}

TEST(Trace, G9_a_well_formed_tracestate_is_passed_on) {
  EXPECT_EQ(tracestate_of("foo=1,bar=2"), "foo=1,bar=2");
  EXPECT_EQ(tracestate_of("0a=1,t/_-*@s=2"), "0a=1,t/_-*@s=2");
  EXPECT_EQ(tracestate_of("foo= 1"), "foo= 1");
  std::string value;
  for (char byte = 0x21; byte <= 0x7E; ++byte)
    if (byte != ',' && byte != '=') value += byte;
  EXPECT_EQ(tracestate_of("foo=" + value), "foo=" + value);
  EXPECT_EQ(tracestate_of(""), "");
}

TEST(Trace, G9_several_lines_are_combined_in_order) {
  EXPECT_EQ(tracestate_of("foo=1,bar=2, rojo=1,congo=2, baz=3"),
            "foo=1,bar=2,rojo=1,congo=2,baz=3");
}

TEST(Trace, G9_empty_members_and_white_space_are_tolerated) {
  EXPECT_EQ(tracestate_of("foo=1 \t , \t bar=2, \t baz=3"), "foo=1,bar=2,baz=3");
  EXPECT_EQ(tracestate_of(",foo=1,, ,\t,bar=2,"), "foo=1,bar=2");
  EXPECT_EQ(tracestate_of("\t foo=1 \t"), "foo=1");
  EXPECT_EQ(tracestate_of(members(32) + std::string(40, ',')), members(32));
}

TEST(Trace, G9_more_than_32_members_are_dropped_whole) {
  EXPECT_EQ(tracestate_of(members(32)), members(32));
  EXPECT_EQ(tracestate_of(members(33)), "");
}

TEST(Trace, G9_duplicate_keys_are_dropped_whole) {
  EXPECT_EQ(tracestate_of("foo=1,foo=1"), "");
  EXPECT_EQ(tracestate_of("foo=1,bar=2,foo=3"), "");
}

TEST(Trace, G9_malformed_members_are_dropped_whole) {
  for (const char* list :
       {"foo =1", "FOO=1", "foo.bar=1", "foo@=1,bar=2", "@foo=1,bar=2", "foo@@bar=1,bar=2",
        "foo@bar@baz=1,bar=2", "foo@1=1", "foo", "foo=", "=1", "foo=bar=baz", "foo=1;bar=2,a=b=c",
        "foo=\x01", "foo=\xC3\xA9", "foo=1\tx", "foo=1\nx", "\xC3\xA9=1", "_a=1"})
    EXPECT_EQ(tracestate_of(list), "") << list;
}

TEST(Trace, G9_keys_and_values_have_a_length) {
  const auto kept = [](const std::string& member) { return tracestate_of(member) == member; };
  EXPECT_TRUE(kept(std::string(256, 'z') + "=1"));
  EXPECT_FALSE(kept(std::string(257, 'z') + "=1"));
  EXPECT_TRUE(kept(std::string(241, 't') + "@" + std::string(14, 'v') + "=1"));
  EXPECT_FALSE(kept(std::string(242, 't') + "@v=1"));
  EXPECT_FALSE(kept("t@" + std::string(15, 'v') + "=1"));
  EXPECT_TRUE(kept("foo=" + std::string(256, 'v')));
  EXPECT_FALSE(kept("foo=" + std::string(257, 'v')));
}

TEST(Trace, G9_over_512_characters_whole_members_go_long_ones_first) {
  EXPECT_EQ(
      tracestate_of("a=" + std::string(250, '1') + ",b=" + std::string(257 - 1 - 1, '2') + ",c"),
      "");
  const std::string exact = "a=" + std::string(254, '1') + ",b=" + std::string(253, '2');
  ASSERT_EQ(exact.size(), 512u);
  EXPECT_EQ(tracestate_of(exact), exact);
  EXPECT_EQ(tracestate_of(exact + ",c=3"), "a=" + std::string(254, '1') + ",c=3");
  EXPECT_EQ(tracestate_of(members(8, 100)), members(4, 100));
  EXPECT_EQ(tracestate_of("x=" + std::string(200, 'x') + "," + members(4, 100)), members(4, 100));
}

TEST(Trace, G10_white_space_around_a_traceparent_is_not_part_of_it) {
  for (const std::string& padded :
       {" " + valid, "\t" + valid, valid + " ", valid + "\t", "\t " + valid + " \t"})
    EXPECT_EQ(continued(padded).trace_id, trace_id);
}

TEST(Trace, G11_the_caller_s_span_is_never_passed_on) {
  const Trace trace = continued(valid, "foo=1");
  EXPECT_EQ(trace.traceparent().find("1234567890123456-01"), std::string::npos);
}

}  // namespace
}  // namespace postern::policy
