#include "policy/session.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bounds.h"
#include "codec/base64url.h"
#include "codec/hmac.h"
#include "policy/credentials.h"

namespace postern::policy {
namespace {

constexpr std::string_view secret = "a plainly fake secret of 32 bytes";

std::string_view bytes_of(const codec::Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

const codec::Digest& signing_key() {
  static const codec::Digest key = session_signing_key(secret);
  return key;
}

SessionToken example() {
  SessionToken token;
  token.id = "ses_0123456789abcdef";
  token.parent = key_reference(codec::sha256("a key"));
  token.issued_ms = 1'790'000'000'000;
  token.expires_ms = 1'790'000'900'000;
  token.scopes = {Scope::kRead, Scope::kGenerate};
  token.models = {"openai/*", "simulator/echo"};
  token.origin = "https://app.example.com";
  token.budget_nano_usd = 5'000'000'000;
  return token;
}

void expect_same(const SessionToken& left, const SessionToken& right) {
  EXPECT_EQ(left.id, right.id);
  EXPECT_EQ(left.parent, right.parent);
  EXPECT_EQ(left.issued_ms, right.issued_ms);
  EXPECT_EQ(left.expires_ms, right.expires_ms);
  EXPECT_EQ(left.scopes, right.scopes);
  EXPECT_EQ(left.models, right.models);
  EXPECT_EQ(left.origin, right.origin);
  EXPECT_EQ(left.budget_nano_usd, right.budget_nano_usd);
}

// A token with any payload at all, signed as the gateway would.
std::string signed_with(std::string_view payload, const codec::Digest& key) {
  const std::string text = "gws_" + codec::to_base64url(payload);
  return text + "." + codec::to_base64url(bytes_of(codec::hmac_sha256(bytes_of(key), text)));
}

std::optional<SessionToken> read_payload(std::string_view payload) {
  return read_session_token(signed_with(payload, signing_key()), signing_key());
}

// The members of a payload that is right, so that one of them can be replaced or left out.
struct Member {
  std::string_view name;
  std::string value;
};

std::vector<Member> members() {
  return {{"i", R"("ses_0123456789abcdef")"},
          {"p", R"("ring:00112233445566778899aabbccddeeff")"},
          {"t", "1790000000000"},
          {"e", "1790000900000"},
          {"s", R"("read+generate")"},
          {"m", R"(["openai/*"])"},
          {"o", R"("https://a.example")"},
          {"b", "5"}};
}

std::string payload_of(const std::vector<Member>& list) {
  std::string json;
  for (const Member& member : list) {
    json += json.empty() ? '{' : ',';
    json += '"';
    json += member.name;
    json += "\":" + member.value;
  }
  return json + "}";
}

std::string payload_with(std::string_view name, std::string_view value) {
  std::vector<Member> list = members();
  for (Member& member : list)
    if (member.name == name) member.value = value;
  return payload_of(list);
}

std::string payload_without(std::string_view name) {
  std::vector<Member> list = members();
  std::erase_if(list, [&](const Member& member) { return member.name == name; });
  return payload_of(list);
}

TEST(Session, what_is_written_is_read_again) {
  SessionToken token = example();
  const std::string text = write_session_token(token, signing_key());
  ASSERT_TRUE(is_session_token(text));
  const auto read = read_session_token(text, signing_key());
  ASSERT_TRUE(read);
  expect_same(*read, token);

  token.models.clear();
  token.budget_nano_usd.reset();
  token.scopes = {};
  token.parent = "key_a0123456789abcdefghijkl";
  const auto bare = read_session_token(write_session_token(token, signing_key()), signing_key());
  ASSERT_TRUE(bare);
  expect_same(*bare, token);
}

TEST(Session, every_scope_and_a_budget_of_nothing_come_back) {
  SessionToken token = example();
  token.models.clear();
  token.budget_nano_usd = 0;
  for (const Scope scope : {Scope::kRead, Scope::kGenerate, Scope::kAdmin, Scope::kWebhookWrite}) {
    token.scopes = {scope};
    const auto read = read_session_token(write_session_token(token, signing_key()), signing_key());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->scopes, Scopes{scope});
    EXPECT_EQ(read->budget_nano_usd, 0);
  }
}

TEST(Session, a_token_passes_as_a_credential) {
  const std::string text = write_session_token(example(), signing_key());
  EXPECT_LE(text.size(), bounds::token_bytes_max);
  for (const char byte : text) EXPECT_TRUE(byte >= 0x21 && byte <= 0x7E && byte != ',');
  const std::string header = "Bearer " + text;
  const Credentials credentials = read_credentials(header, std::nullopt);
  EXPECT_EQ(credentials.presented, Presented::kToken);
  EXPECT_EQ(credentials.token, text);
}

TEST(Session, a_token_is_as_long_as_a_credential_may_be_or_is_not_written) {
  SessionToken token = example();
  size_t longest = 0;
  bool refused = false;
  for (size_t length = 1; length < 600; ++length) {
    token.origin = "https://" + std::string(length, 'a');
    const std::string text = write_session_token(token, signing_key());
    if (text.empty()) {
      refused = true;
    } else {
      EXPECT_FALSE(refused) << length;
      EXPECT_TRUE(read_session_token(text, signing_key()));
      longest = text.size();
    }
  }
  EXPECT_TRUE(refused);
  EXPECT_LE(longest, bounds::token_bytes_max);
  EXPECT_GE(longest, bounds::token_bytes_max - 2);
}

TEST(Session, every_bit_of_every_byte_of_a_token_matters) {
  const std::string text = write_session_token(example(), signing_key());
  for (size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string wrong = text;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(read_session_token(wrong, signing_key())) << bit;
  }
}

TEST(Session, every_byte_of_a_token_matters) {
  const std::string text = write_session_token(example(), signing_key());
  for (size_t at = 0; at < text.size(); ++at) {
    for (const char other : {'A', 'g', '0', '_', '-', '.', '=', ' ', '\0', '\xFF'}) {
      std::string wrong = text;
      wrong[at] = other;
      if (wrong != text) EXPECT_FALSE(read_session_token(wrong, signing_key())) << at;
    }
  }
}

TEST(Session, a_token_cut_lengthened_or_padded_anywhere_is_refused) {
  const std::string text = write_session_token(example(), signing_key());
  for (size_t at = 0; at < text.size(); ++at) {
    EXPECT_FALSE(read_session_token(std::string_view(text).substr(0, at), signing_key())) << at;
    EXPECT_FALSE(read_session_token(std::string_view(text).substr(at + 1), signing_key())) << at;
    for (const char extra : {'A', '=', '.', ' ', '\0', '\n'}) {
      std::string longer = text;
      longer.insert(at, 1, extra);
      EXPECT_FALSE(read_session_token(longer, signing_key())) << at;
    }
  }
  for (const std::string_view tail : {"A", "=", "==", ".", " ", "\n"})
    EXPECT_FALSE(read_session_token(text + std::string(tail), signing_key()));
}

TEST(Session, parts_of_two_tokens_make_no_third) {
  SessionToken other = example();
  other.scopes = {Scope::kAdmin};
  const std::string left = write_session_token(example(), signing_key());
  const std::string right = write_session_token(other, signing_key());
  EXPECT_FALSE(read_session_token(right.substr(0, right.find('.')) + left.substr(left.find('.')),
                                  signing_key()));
}

TEST(Session, texts_that_are_no_token_at_all_are_refused) {
  for (const std::string_view text :
       {"", "gws_", "gws_.", "gws_..", "gws_e30", "gws_e30.", ".", "gws", "GWS_e30.AAAA",
        "gws_e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "gw_live_000000000000000000000000000000001tVawj"}) {
    EXPECT_FALSE(read_session_token(text, signing_key())) << text;
  }
  EXPECT_FALSE(read_session_token("gws_" + std::string(1'000'000, 'A'), signing_key()));
  const std::string long_payload = R"({"i":")" + std::string(100'000, 'a') + R"("})";
  EXPECT_FALSE(read_payload(long_payload));
  EXPECT_TRUE(is_session_token("gws_anything"));
  EXPECT_FALSE(is_session_token("gw_live_anything"));
  EXPECT_FALSE(is_session_token(" gws_anything"));
}

TEST(Session, M9_a_signature_made_under_another_tag_with_the_same_secret_is_refused) {
  const std::string payload = payload_of(members());
  ASSERT_TRUE(read_payload(payload));
  const codec::Digest plain = codec::sha256(secret);
  for (const codec::Digest& key :
       {session_signing_key("another plainly fake secret......"), plain,
        codec::hmac_sha256(secret, ""), codec::hmac_sha256(secret, "claim code"),
        codec::hmac_sha256(secret, "postern session token, parent reference, 1"),
        codec::hmac_sha256(bytes_of(signing_key()), "again"), codec::Digest{}}) {
    EXPECT_FALSE(read_session_token(signed_with(payload, key), signing_key()));
  }
  // The secret itself as the key of the signature, and a signature over the payload alone.
  const std::string text = "gws_" + codec::to_base64url(payload);
  EXPECT_FALSE(read_session_token(
      text + "." + codec::to_base64url(bytes_of(codec::hmac_sha256(secret, text))), signing_key()));
  const auto over_payload = codec::hmac_sha256(bytes_of(signing_key()), payload);
  EXPECT_FALSE(
      read_session_token(text + "." + codec::to_base64url(bytes_of(over_payload)), signing_key()));
}

TEST(Session, M9_secrets_give_signing_keys_that_are_neither_them_nor_each_other) {
  EXPECT_NE(session_signing_key("one"), session_signing_key("two"));
  EXPECT_NE(session_signing_key(secret), codec::sha256(secret));
}

TEST(Session, O9_a_reference_shows_nothing_of_the_digest_and_tells_keys_apart) {
  std::set<std::string> references;
  for (int number = 0; number < 1000; ++number) {
    const codec::Digest digest = codec::sha256(std::to_string(number));
    const std::string reference = key_reference(digest);
    EXPECT_EQ(reference, key_reference(digest));
    ASSERT_EQ(reference.size(), 37u);
    EXPECT_EQ(reference.substr(0, 5), "ring:");
    const std::string hex = codec::to_hex(bytes_of(digest));
    for (size_t at = 5; at + 8 <= reference.size(); ++at)
      EXPECT_EQ(hex.find(reference.substr(at, 8)), std::string::npos);
    EXPECT_NE(reference.substr(5),
              codec::to_hex(bytes_of(codec::sha256(bytes_of(digest)))).substr(0, 32));
    references.insert(reference);
  }
  EXPECT_EQ(references.size(), 1000u);
}

TEST(Session, a_payload_of_the_documented_form_is_read) {
  const auto token = read_payload(payload_of(members()));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->id, "ses_0123456789abcdef");
  EXPECT_EQ(token->parent, "ring:00112233445566778899aabbccddeeff");
  EXPECT_EQ(token->issued_ms, 1'790'000'000'000);
  EXPECT_EQ(token->expires_ms, 1'790'000'900'000);
  EXPECT_EQ(token->scopes, (Scopes{Scope::kRead, Scope::kGenerate}));
  EXPECT_EQ(token->models, std::vector<std::string>{"openai/*"});
  EXPECT_EQ(token->origin, "https://a.example");
  EXPECT_EQ(token->budget_nano_usd, 5);
}

TEST(Session, each_member_but_models_and_budget_is_required) {
  for (const std::string_view name : {"i", "p", "t", "e", "s", "o"})
    EXPECT_FALSE(read_payload(payload_without(name))) << name;
  for (const std::string_view name : {"m", "b"})
    EXPECT_TRUE(read_payload(payload_without(name))) << name;
}

TEST(Session, a_value_of_another_kind_is_refused_in_every_member) {
  for (const Member& member : members()) {
    for (const std::string_view value : {"null",
                                         "true",
                                         "false",
                                         "{}",
                                         "[]",
                                         "[[]]",
                                         "[1]",
                                         "[null]",
                                         "[\"\"]",
                                         "{\"a\":1}",
                                         "\"\"",
                                         "-1",
                                         "1.5",
                                         "1e3",
                                         "9007199254740993000000",
                                         "-9223372036854775808",
                                         "9223372036854775807",
                                         "1e999",
                                         "NaN",
                                         "\"\\u0000\"",
                                         "\"\\ud800\"",
                                         "\"\xFF\"",
                                         "\" \"",
                                         "\"a b\"",
                                         "\"a\\nb\"",
                                         ""}) {
      if (member.name == "s" && value.starts_with('"')) continue;
      EXPECT_FALSE(read_payload(payload_with(member.name, value))) << member.name << " " << value;
    }
  }
}

TEST(Session, S4_a_scope_that_is_not_known_grants_nothing) {
  const struct {
    std::string_view text;
    Scopes scopes;
  } cases[] = {
      {"", {}},
      {"+", {}},
      {"read", {Scope::kRead}},
      {"read+everything", {Scope::kRead}},
      {"everything", {}},
      {"Read", {}},
      {"read ", {}},
      {"readgenerate", {}},
      {"+read+", {Scope::kRead}},
      {"read+read", {Scope::kRead}},
      {"webhook:write+read", {Scope::kRead, Scope::kWebhookWrite}},
      {"*", {}},
  };
  for (const auto& test : cases) {
    const auto token = read_payload(payload_with("s", "\"" + std::string(test.text) + "\""));
    ASSERT_TRUE(token) << test.text;
    EXPECT_EQ(token->scopes, test.scopes) << test.text;
  }
  const auto odd = read_payload(payload_with("s", "\"\\u0000\xFF\\ud800\""));
  ASSERT_TRUE(odd);
  EXPECT_TRUE(odd->scopes.empty());
}

TEST(Session, a_member_that_is_not_known_makes_a_token_unreadable) {
  for (const std::string_view name : {"x", "", "ip", "I", "\\u0069", "scopes", "__proto__"}) {
    std::vector<Member> list = members();
    list.push_back({name, "1"});
    EXPECT_FALSE(read_payload(payload_of(list))) << name;
  }
  std::vector<Member> escaped = members();
  escaped[0].name = "\\u0069";
  EXPECT_FALSE(read_payload(payload_of(escaped)));
}

TEST(Session, a_member_that_stands_twice_is_refused) {
  for (const Member& member : members()) {
    std::vector<Member> list = members();
    list.push_back(member);
    EXPECT_FALSE(read_payload(payload_of(list))) << member.name;
  }
}

TEST(Session, no_list_of_models_that_cannot_be_read_becomes_all_models) {
  for (const std::string_view value :
       {"[]", "[\"\"]", "null", "\"openai/*\"", "[\"openai/*\",1]", "[\"openai/*\",\"\"]",
        "[\"openai/*\",]", "[\"open ai/*\"]", "[\"openai//x\"]", "[[\"openai/*\"]]", "{}"}) {
    EXPECT_FALSE(read_payload(payload_with("m", value))) << value;
  }
  std::string many = "[\"a\"";
  for (size_t count = 1; count < bounds::model_patterns_max; ++count) many += ",\"a\"";
  std::string short_payload = payload_with("m", many + "]");
  short_payload = payload_with("m", many + ",\"a\"]");
  EXPECT_FALSE(read_payload(short_payload));
}

TEST(Session, no_origin_is_not_an_origin) {
  for (const std::string_view value : {"\"\"", "null", "\"https://a\\u0000\"", "\"h\xC3\xA9\""})
    EXPECT_FALSE(read_payload(payload_with("o", value))) << value;
}

TEST(Session, parents_of_another_form_are_refused) {
  for (const std::string_view value :
       {"ring:", "ring:00", "ring:00112233445566778899AABBCCDDEEFF",
        "ring:00112233445566778899aabbccddeeff0", "ring:00112233445566778899aabbccddeefg", "key_",
        "key_a b", "key_../x", "other:00112233445566778899aabbccddeeff", "legacy",
        "00112233445566778899aabbccddeeff"}) {
    EXPECT_FALSE(read_payload(payload_with("p", "\"" + std::string(value) + "\""))) << value;
  }
  EXPECT_FALSE(read_payload(payload_with("p", "\"key_" + std::string(61, 'a') + "\"")));
  EXPECT_TRUE(read_payload(payload_with("p", "\"key_a0123456789abcdefghijkl\"")));
}

TEST(Session, times_and_budgets_beyond_reason_are_refused) {
  for (const std::string_view name : {"t", "e"}) {
    EXPECT_TRUE(read_payload(payload_with(name, "0")));
    EXPECT_TRUE(read_payload(payload_with(name, "253402300799999")));
    EXPECT_FALSE(read_payload(payload_with(name, "253402300800000")));
  }
  EXPECT_TRUE(read_payload(payload_with("b", "9007199254740991")));
  EXPECT_FALSE(read_payload(payload_with("b", "9007199254740992")));
}

TEST(Session, what_is_not_json_behind_a_right_signature_is_refused) {
  const std::string deep(300, '[');
  for (const std::string_view payload : {"",
                                         " ",
                                         "{",
                                         "}",
                                         "{}",
                                         "[]",
                                         "null",
                                         "1",
                                         "\"\"",
                                         "{\"i\"",
                                         "{\"i\":",
                                         "{\"i\":\"",
                                         "{\"i\":\"ses_a\",}",
                                         "{i:1}",
                                         "{'i':1}",
                                         "{\"i\":1}{}",
                                         "\xEF\xBB\xBF{}",
                                         "\xFF\xFE",
                                         "{\"\":1}",
                                         "{\"m\":[[[[[[[[[[[[",
                                         "{\"m\":{\"m\":{\"m\":1}}}"}) {
    EXPECT_FALSE(read_payload(payload)) << payload;
  }
  EXPECT_FALSE(read_payload(deep));
  EXPECT_FALSE(read_payload(std::string(340, '\0')));
  const std::string right = payload_of(members());
  EXPECT_FALSE(read_payload(right + "x"));
  EXPECT_FALSE(read_payload(right + right));
  for (size_t at = 0; at < right.size(); ++at)
    EXPECT_FALSE(read_payload(std::string_view(right).substr(0, at))) << at;
}

TEST(Session, a_payload_in_base64_that_is_not_canonical_is_refused_behind_a_right_signature) {
  const std::string payload = payload_of(members());
  for (const std::string_view tail : {"=", "==", "A", "+", "/", " "}) {
    const std::string text = "gws_" + codec::to_base64url(payload) + std::string(tail);
    const codec::Digest signature = codec::hmac_sha256(bytes_of(signing_key()), text);
    EXPECT_FALSE(
        read_session_token(text + "." + codec::to_base64url(bytes_of(signature)), signing_key()))
        << tail;
  }
}

TEST(Session, any_byte_of_the_payload_changed_and_signed_anew_ends_in_a_value) {
  const std::string right = payload_of(members());
  int read = 0;
  for (size_t at = 0; at < right.size(); ++at) {
    for (int value = 0; value < 256; ++value) {
      std::string wrong = right;
      wrong[at] = static_cast<char>(value);
      const auto token = read_payload(wrong);
      if (!token) continue;
      ++read;
      EXPECT_FALSE(token->origin.empty());
      EXPECT_FALSE(token->models.empty());
      EXPECT_FALSE(write_session_token(*token, signing_key()).empty());
    }
  }
  EXPECT_GT(read, 1000);
}

TEST(Session, what_could_not_be_read_again_is_not_written) {
  SessionToken token = example();
  token.origin = "";
  EXPECT_EQ(write_session_token(token, signing_key()), "");
  token = example();
  token.id = "0123";
  EXPECT_EQ(write_session_token(token, signing_key()), "");
  token = example();
  token.parent = "";
  EXPECT_EQ(write_session_token(token, signing_key()), "");
  token = example();
  token.models = {"not a pattern"};
  EXPECT_EQ(write_session_token(token, signing_key()), "");
  token = example();
  token.models.assign(bounds::model_patterns_max + 1, "a");
  EXPECT_EQ(write_session_token(token, signing_key()), "");
  token = example();
  token.expires_ms = INT64_MAX;
  EXPECT_EQ(write_session_token(token, signing_key()), "");
  token = example();
  token.budget_nano_usd = -1;
  EXPECT_EQ(write_session_token(token, signing_key()), "");
}

}  // namespace
}  // namespace postern::policy
