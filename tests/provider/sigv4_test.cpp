#include "provider/sigv4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace postern::provider {
namespace {

constexpr AwsCredentials example = {"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
constexpr AwsScope suite_scope = {"us-east-1", "service"};
constexpr int64_t suite_time_ms = 1440938160000;   // 2015-08-30T12:36:00Z
constexpr int64_t vector_time_ms = 1795252087000;  // 2026-11-21T09:08:07Z

std::string value_of(const std::vector<SignedHeader>& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &SignedHeader::name);
  return found == headers.end() ? "" : found->value;
}

std::string signature_of(const std::vector<SignedHeader>& headers) {
  const std::string authorization = value_of(headers, "authorization");
  const size_t at = authorization.find("Signature=");
  return at == authorization.npos ? "" : authorization.substr(at + 10);
}

std::string suite_signature(std::string_view method, std::string_view path, std::string_view query,
                            const std::vector<AwsHeader>& headers = {},
                            std::string_view body = "") {
  const AwsRequest request = {method, "example.amazonaws.com", path, query, headers, body, {}};
  return signature_of(sign_aws_request(request, suite_scope, example, suite_time_ms));
}

// From the test suite that AWS published for implementers.
TEST(Sigv4, the_vectors_of_the_published_suite_are_met) {
  EXPECT_EQ(suite_signature("GET", "/", ""),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(suite_signature("POST", "/", ""),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  EXPECT_EQ(suite_signature("GET", "/", "Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(
      suite_signature("POST", "/", "", {{"Content-Type", "application/x-www-form-urlencoded"}},
                      "Param1=value1"),
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST(Sigv4, the_example_of_the_manual_is_met) {
  const std::vector<AwsHeader> headers = {
      {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  const AwsRequest request = {
      "GET", "iam.amazonaws.com", "/", "Action=ListUsers&Version=2010-05-08", headers, "", {}};
  const auto made = sign_aws_request(request, {"us-east-1", "iam"}, example, suite_time_ms);
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(value_of(made, "x-amz-date"), "20150830T123600Z");
  EXPECT_EQ(value_of(made, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

// The following were made with botocore 1.44.5, AWS's own library for Python.
TEST(Sigv4, a_model_in_the_path_is_encoded_once_more_for_the_signature) {
  const std::vector<AwsHeader> headers = {{"content-type", "application/json"}};
  const AwsRequest request = {"POST",
                              "bedrock-runtime.us-east-1.amazonaws.com",
                              "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse",
                              "",
                              headers,
                              R"({"messages":[{"role":"user","content":[{"text":"Hello"}]}]})",
                              {}};
  const auto made = sign_aws_request(request, {"us-east-1", "bedrock"}, example, vector_time_ms);
  EXPECT_EQ(value_of(made, "x-amz-date"), "20261121T090807Z");
  EXPECT_EQ(signature_of(made), "65f39c682d9b5d452c9c4906b87484c378d65aed7a15480cb1b6c5f7d1524e7c");
}

TEST(Sigv4, the_token_of_temporary_credentials_is_sent_and_signed) {
  const AwsCredentials temporary = {example.access_key_id, example.secret_access_key,
                                    "FQoGZXIvYXdzEXAMPLE//token=="};
  const std::vector<AwsHeader> headers = {{"content-type", "application/json"},
                                          {"accept", "application/vnd.amazon.eventstream"}};
  const AwsRequest request = {
      "POST",
      "bedrock-runtime.eu-central-1.amazonaws.com",
      "/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Ainference-profile%2F"
      "eu.amazon.nova-lite-v1%3A0/converse-stream",
      "",
      headers,
      "{\"text\":\"caf\xc3\xa9\"}",
      {}};
  const auto made =
      sign_aws_request(request, {"eu-central-1", "bedrock"}, temporary, vector_time_ms);
  ASSERT_EQ(made.size(), 3u);
  EXPECT_EQ(value_of(made, "x-amz-security-token"), temporary.session_token);
  EXPECT_EQ(value_of(made, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-central-1/bedrock/aws4_request, "
            "SignedHeaders=accept;content-type;host;x-amz-date;x-amz-security-token, "
            "Signature=6fee01df8ebb152231547052b287825b32861f3953099f3b7205d8a4047493ac");
}

TEST(Sigv4, parameters_are_sorted_and_spaces_in_headers_joined) {
  const std::vector<AwsHeader> headers = {{"X-Custom", "  a   b  "}};
  const AwsRequest request = {
      "GET", "example.amazonaws.com:8443", "", "b=2&a=%C3%A9&a=1&c", headers, "", {}};
  EXPECT_EQ(signature_of(sign_aws_request(request, suite_scope, example, vector_time_ms)),
            "6ba64832daeaac9eaf787952aebfdd36f2bd78e0005d9f9ff1b0d8b2cd17db86");
}

TEST(Sigv4, a_known_digest_stands_for_the_body_and_is_sent_where_wanted) {
  AwsRequest request = {"POST", "example.amazonaws.com", "/", "", {}, "body", {}};
  const auto computed =
      sign_aws_request(request, suite_scope, example, suite_time_ms, BodyDigestHeader::kSent);
  request.body_digest = codec::sha256("body");
  request.body = "";
  const auto known =
      sign_aws_request(request, suite_scope, example, suite_time_ms, BodyDigestHeader::kSent);
  EXPECT_EQ(signature_of(computed), signature_of(known));
  EXPECT_EQ(value_of(known, "x-amz-content-sha256"), codec::to_hex(codec::sha256("body")));
  EXPECT_NE(value_of(known, "authorization").find("host;x-amz-content-sha256;x-amz-date"),
            std::string::npos);
}

TEST(Sigv4, headers_of_one_name_are_signed_as_one) {
  const std::vector<AwsHeader> two = {{"My-Header1", "value1"}, {"my-header1", "value2"}};
  const std::vector<AwsHeader> joined = {{"my-header1", "value1,value2"}};
  EXPECT_EQ(suite_signature("GET", "/", "", two), suite_signature("GET", "/", "", joined));
}

TEST(Sigv4, everything_that_is_signed_changes_the_signature) {
  const std::string plain = suite_signature("POST", "/a", "b=c", {{"d", "e"}}, "f");
  EXPECT_NE(suite_signature("PUT", "/a", "b=c", {{"d", "e"}}, "f"), plain);
  EXPECT_NE(suite_signature("POST", "/a%2F", "b=c", {{"d", "e"}}, "f"), plain);
  EXPECT_NE(suite_signature("POST", "/a", "b=d", {{"d", "e"}}, "f"), plain);
  EXPECT_NE(suite_signature("POST", "/a", "b=c", {{"d", "f"}}, "f"), plain);
  EXPECT_NE(suite_signature("POST", "/a", "b=c", {{"d", "e"}}, "g"), plain);
}

}  // namespace
}  // namespace postern::provider
