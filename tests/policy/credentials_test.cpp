#include "policy/credentials.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::policy {
namespace {

const std::string key = "gw_live_FAKE000000000000000000000000000104zxfT";
const std::string other_key = "gw_live_FAKE00000000000000000000000000022skRmv";

Credentials from_authorization(std::string_view header) {
  return read_credentials(header, std::nullopt);
}

Credentials from_x_api_key(std::string_view header) {
  return read_credentials(std::nullopt, header);
}

void expect_token(const Credentials& credentials, std::string_view token) {
  EXPECT_EQ(credentials.presented, Presented::kToken);
  EXPECT_EQ(credentials.token, token);
}

void expect_malformed(const Credentials& credentials) {
  EXPECT_EQ(credentials.presented, Presented::kMalformed);
  EXPECT_EQ(credentials.token, "");
}

void expect_ambiguous(const Credentials& credentials) {
  EXPECT_EQ(credentials.presented, Presented::kAmbiguous);
  EXPECT_EQ(credentials.token, "");
}

void expect_nothing(const Credentials& credentials) {
  EXPECT_EQ(credentials.presented, Presented::kNothing);
  EXPECT_FALSE(credentials.in_authorization);
  EXPECT_FALSE(credentials.in_x_api_key);
}

TEST(Credentials, H1_the_scheme_is_compared_without_regard_to_case) {
  for (const char* scheme : {"Bearer ", "bearer ", "BEARER ", "bEaReR "})
    expect_token(from_authorization(scheme + key), key);
}

TEST(Credentials, H2_any_number_of_spaces_may_follow_the_scheme) {
  expect_token(from_authorization("Bearer   " + key), key);
}

TEST(Credentials, H3_no_header_is_no_credential) {
  expect_nothing(read_credentials(std::nullopt, std::nullopt));
}

TEST(Credentials, H4_an_empty_header_is_no_credential) {
  for (const char* blank : {"", " ", "\t", " \r\n"}) {
    expect_nothing(from_authorization(blank));
    expect_nothing(from_x_api_key(blank));
    expect_nothing(read_credentials(blank, blank));
  }
}

TEST(Credentials, H5_a_scheme_without_a_token_is_malformed) {
  for (const char* header : {"Bearer", "Bearer ", "bearer", "BEARER   "})
    expect_malformed(from_authorization(header));
}

TEST(Credentials, H6_a_tab_does_not_separate_scheme_and_token) {
  expect_malformed(from_authorization("Bearer\t" + key));
  expect_malformed(from_authorization("Bearer \t" + key));
}

TEST(Credentials, H7_scheme_and_token_must_be_separated) {
  expect_malformed(from_authorization("Bearer" + key));
  expect_malformed(from_authorization("Bearer:" + key));
}

TEST(Credentials, H8_a_token_without_a_scheme_is_malformed) {
  expect_malformed(from_authorization(key));
}

TEST(Credentials, H9_basic_credentials_are_not_looked_into) {
  expect_nothing(from_authorization("Basic Z3dfbGl2ZV9GQUtFOg=="));
  expect_nothing(from_authorization("Basic OmdfbGl2ZV9GQUtF"));
}

TEST(Credentials, H10_other_schemes_are_no_credential) {
  expect_nothing(from_authorization("Digest username=\"a\", realm=\"b\", nonce=\"c\""));
  expect_nothing(from_authorization("Negotiate YII="));
  expect_nothing(from_authorization("Token " + key));
  expect_nothing(from_authorization("Key " + key));
  expect_nothing(from_authorization("Negotiate " + std::string(60'000, 'A')));
}

TEST(Credentials, H11_the_same_key_in_two_lines_is_ambiguous) {
  const Credentials credentials = from_authorization("Bearer " + key + ", Bearer " + key);
  expect_ambiguous(credentials);
  EXPECT_TRUE(credentials.in_authorization);
  EXPECT_FALSE(credentials.in_x_api_key);
  expect_ambiguous(from_x_api_key(key + ", " + key));
}

TEST(Credentials, H12_two_lines_are_ambiguous_in_either_order) {
  expect_ambiguous(from_authorization("Bearer " + key + ", Bearer wrong"));
  expect_ambiguous(from_authorization("Bearer wrong, Bearer " + key));
  expect_ambiguous(from_authorization("Basic Og==, bEARER " + key));
  expect_ambiguous(from_authorization("Bearer " + key + ", Basic Og=="));
  expect_ambiguous(from_authorization(key + ", Bearer " + key));
  expect_ambiguous(from_authorization("Negotiate, Bearer " + key));
}

TEST(Credentials, H12_two_lines_of_the_longest_tokens_are_ambiguous) {
  const std::string longest(512, 'k');
  expect_ambiguous(from_authorization("Bearer " + longest + ", Bearer " + longest));
}

TEST(Credentials, H13_a_comma_in_one_line_is_ambiguous) {
  expect_ambiguous(from_authorization("Bearer " + key + ", wrong"));
  expect_ambiguous(from_authorization("Bearer " + key + ","));
  expect_ambiguous(from_authorization("Bearer ," + key));
  expect_ambiguous(from_authorization("Bearer, Bearer " + key));
}

TEST(Credentials, H14_two_tokens_are_malformed) {
  expect_malformed(from_authorization("Bearer " + key + " wrong"));
}

TEST(Credentials, H15_the_scheme_is_never_stripped_twice) {
  expect_malformed(from_authorization("Bearer Bearer " + key));
}

TEST(Credentials, H16_quotes_stay_part_of_the_token_and_are_hinted_at) {
  for (const std::string& quoted :
       {"\"" + key + "\"", "'" + key + "'", "<" + key + ">", "\"" + key, key + "'"}) {
    const std::string header = "Bearer " + quoted;
    const Credentials credentials = from_authorization(header);
    expect_token(credentials, quoted);
    EXPECT_EQ(credentials.hint, TokenHint::kQuotes);
  }
  EXPECT_EQ(from_authorization("Bearer \"" + key + " \"").hint, TokenHint::kQuotes);
  EXPECT_EQ(from_authorization("\"" + key + "\"").hint, TokenHint::kQuotes);
  EXPECT_EQ(from_authorization("Bearer \xE2\x80\x9C" + key + "\xE2\x80\x9D").hint,
            TokenHint::kQuotes);
  EXPECT_EQ(from_authorization("Bearer " + key).hint, TokenHint::kNone);
}

TEST(Credentials, H17_white_space_around_the_value_is_not_part_of_it) {
  expect_token(from_authorization(" \t Bearer " + key + " \t"), key);
  expect_token(from_x_api_key("\t " + key + " \t"), key);
}

TEST(Credentials, H18_line_ends_around_the_value_are_not_part_of_it) {
  expect_token(from_authorization("Bearer " + key + "\n"), key);
  expect_token(from_authorization("\r\nBearer " + key + "\r\n"), key);
  expect_token(from_x_api_key(key + "\r\n"), key);
}

TEST(Credentials, H19_control_characters_inside_are_malformed) {
  for (const std::string& middle : {std::string("\r"), std::string("\n"), std::string(1, '\0'),
                                    std::string("\x7F"), std::string("\x1B")}) {
    expect_malformed(from_authorization("Bearer " + key + middle + "x"));
    expect_malformed(from_authorization("Bearer " + middle + key));
    expect_malformed(from_x_api_key(key + middle + "x"));
  }
  expect_malformed(from_authorization("Bearer " + key + std::string(1, '\0')));
}

TEST(Credentials, H20_a_folded_line_is_malformed) {
  expect_malformed(from_authorization("Bearer\r\n " + key));
  expect_malformed(from_authorization("Bearer \r\n " + key));
}

TEST(Credentials, H21_x_api_key_alone_holds_a_token) {
  const Credentials credentials = from_x_api_key(key);
  expect_token(credentials, key);
  EXPECT_FALSE(credentials.in_authorization);
  EXPECT_TRUE(credentials.in_x_api_key);
}

TEST(Credentials, H22_x_api_key_takes_no_scheme) {
  expect_malformed(from_x_api_key("Bearer " + key));
}

TEST(Credentials, H23_the_same_token_in_both_headers_is_one_token) {
  const std::string header = "Bearer " + key;
  const Credentials credentials = read_credentials(header, key);
  expect_token(credentials, key);
  EXPECT_TRUE(credentials.in_authorization);
  EXPECT_TRUE(credentials.in_x_api_key);
}

TEST(Credentials, H24_two_different_tokens_are_ambiguous) {
  const Credentials credentials = read_credentials("Bearer " + key, other_key);
  expect_ambiguous(credentials);
  EXPECT_TRUE(credentials.in_authorization);
  EXPECT_TRUE(credentials.in_x_api_key);
}

TEST(Credentials, H25_a_foreign_token_beside_ours_is_ambiguous) {
  expect_ambiguous(read_credentials("Bearer " + key, "sk-ant-foreign"));
  expect_ambiguous(read_credentials("Bearer sk-ant-foreign", key));
}

TEST(Credentials, H25_a_malformed_header_is_never_overlooked_beside_a_good_one) {
  expect_ambiguous(read_credentials("Bearer", key));
  expect_ambiguous(read_credentials("Bearer " + key, "Bearer " + key));
  expect_ambiguous(read_credentials("Bearer " + key + ", x", key));
  expect_ambiguous(read_credentials("Bearer", "a b"));
}

TEST(Credentials, H9_another_scheme_beside_x_api_key_is_ignored) {
  expect_token(read_credentials("Basic Og==", key), key);
}

TEST(Credentials, H30_a_token_over_512_bytes_is_malformed) {
  expect_token(from_authorization("Bearer " + std::string(512, 'k')), std::string(512, 'k'));
  for (const size_t size : {513u, 8u << 10, 100u << 10}) {
    expect_malformed(from_authorization("Bearer " + std::string(size, 'k')));
    expect_malformed(from_x_api_key(std::string(size, 'k')));
  }
}

TEST(Credentials, H31_a_megabyte_is_malformed) {
  expect_malformed(from_authorization("Bearer " + std::string(1 << 20, 'k')));
  expect_malformed(from_authorization("Bearer " + std::string(1 << 20, ' ') + key));
  expect_malformed(from_x_api_key(std::string(1 << 20, ',')));
}

TEST(Credentials, T7_hostile_text_is_a_token_like_any_other_or_malformed) {
  expect_malformed(from_authorization("Bearer ' OR 1=1 --"));
  for (const char* text : {"'OR1=1--", "${jndi:ldap://x}", "<script>", "%00", "../"})
    expect_token(from_authorization(std::string("Bearer ") + text), text);
}

TEST(Credentials, T8_nothing_is_percent_decoded) {
  expect_token(from_authorization("Bearer %67w_live_FAKE"), "%67w_live_FAKE");
}

TEST(Credentials, T9_bytes_outside_ascii_are_malformed) {
  for (const char* text :
       {"\xD0\x90", "\xCE\xB1", "\xEF\xBD\x87", "e\xCC\x81", "\xC3\xA9", "\x80", "\xFF"}) {
    expect_malformed(from_authorization("Bearer " + key + text));
    expect_malformed(from_authorization(std::string("Bearer ") + text + key));
    expect_malformed(from_x_api_key(key + text));
  }
}

TEST(Credentials, T10_invisible_characters_are_malformed_and_hinted_at) {
  for (const char* invisible :
       {"\xE2\x80\x8B", "\xE2\x80\x8D", "\xC2\xA0", "\xEF\xBB\xBF", "\xC2\xAD"}) {
    for (const std::string& token :
         {invisible + key, key + invisible, key.substr(0, 9) + invisible + key.substr(9)}) {
      const Credentials credentials = from_authorization("Bearer " + token);
      expect_malformed(credentials);
      EXPECT_EQ(credentials.hint, TokenHint::kInvisible);
      EXPECT_EQ(from_x_api_key(token).hint, TokenHint::kInvisible);
    }
  }
}

TEST(Credentials, T11_an_encoded_surrogate_is_malformed) {
  expect_malformed(from_authorization("Bearer " + key + "\xED\xA0\x80"));
  expect_malformed(from_authorization("Bearer " + key + "\xEF\xBF\xBD"));
}

TEST(Credentials, T14_an_empty_token_is_never_presented) {
  for (const char* header : {"", " ", "Bearer", "Bearer ", "Bearer \t", "Bearer \r\n"})
    EXPECT_NE(from_authorization(header).presented, Presented::kToken);
}

}  // namespace
}  // namespace postern::policy
