#include "dialect/envelope.h"

#include <gtest/gtest.h>

#include "dialect/error_words.h"

namespace postern::dialect {
namespace {

constexpr ErrorText error = {.status = 429,
                             .message = "slow \"down\"",
                             .code = "rate_limited",
                             .param = {},
                             .request_id = "abc"};

std::string body(Envelope envelope) {
  std::string out;
  write_error(envelope, error, out);
  return out;
}

std::string event(Envelope envelope) {
  std::string out;
  write_error_event(envelope, error, 7, out);
  return out;
}

TEST(Envelope, openai_clients_get_a_message_a_type_a_param_and_a_code) {
  const std::string wanted =
      R"({"error":{"message":"slow \"down\"","type":"rate_limit_error","param":null,"code":"rate_limited"}})";
  EXPECT_EQ(body(Envelope::kOpenai), wanted);
  EXPECT_EQ(body(Envelope::kResponses), wanted);
  EXPECT_EQ(event(Envelope::kOpenai), "data: " + wanted + "\n\n");
}

TEST(Envelope, responses_have_an_event_of_their_own_with_its_number) {
  EXPECT_EQ(
      event(Envelope::kResponses),
      "event: error\ndata: {\"type\":\"error\",\"sequence_number\":7,\"code\":\"rate_limited\","
      "\"message\":\"slow \\\"down\\\"\",\"param\":null}\n\n");
}

TEST(Envelope, anthropic_clients_get_a_type_and_the_request_id) {
  const std::string wanted =
      R"({"type":"error","error":{"type":"rate_limit_error","message":"slow \"down\"","code":"rate_limited"},"request_id":"abc"})";
  EXPECT_EQ(body(Envelope::kAnthropic), wanted);
  EXPECT_EQ(event(Envelope::kAnthropic), "event: error\ndata: " + wanted + "\n\n");
}

TEST(ErrorWords, what_a_provider_says_of_the_gateways_key_is_not_told) {
  chat::Error refused;
  refused.kind = chat::Error::Kind::kAuthentication;
  refused.message = "Incorrect API key provided: sk-1";
  const ErrorText text = error_text(refused, Envelope::kOpenai, "abc");
  EXPECT_EQ(text.status, 502);
  EXPECT_EQ(text.code, "upstream_auth_error");
  EXPECT_EQ(text.message.find("sk-1"), text.message.npos);
}

TEST(ErrorWords, only_anthropic_knows_529) {
  EXPECT_EQ(status_of(chat::Error::Kind::kOverloaded, Envelope::kAnthropic), 529);
  EXPECT_EQ(status_of(chat::Error::Kind::kOverloaded, Envelope::kOpenai), 503);
}

}  // namespace
}  // namespace postern::dialect
