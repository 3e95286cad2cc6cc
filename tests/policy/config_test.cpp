#include "policy/config.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "bounds.h"
#include "codec/json_writer.h"
#include "policy/session.h"

namespace postern::policy {
namespace {

const std::string key = "gw_live_FAKE000000000000000000000000000104zxfT";

std::string json_of(const std::vector<std::pair<std::string, std::string>>& variables) {
  std::string json;
  codec::JsonWriter out(json);
  out.begin_object();
  for (const auto& [name, value] : variables) out.name(name).string(value);
  out.end_object();
  return json;
}

Config config_of(const std::vector<std::pair<std::string, std::string>>& variables) {
  return read_config(json_of(variables));
}

std::string hash(std::string_view text) {
  const codec::Digest digest = codec::sha256(text);
  return codec::to_hex(digest);
}

void expect_refused_legacy_key(const std::string& value) {
  const Config config = config_of({{"GATEWAY_API_KEY", value}});
  EXPECT_FALSE(config.has_keys()) << value;
  ASSERT_EQ(config.warnings.size(), 1u) << value;
  EXPECT_EQ(config.warnings[0].find(value), std::string::npos) << "a warning quotes the value";
}

TEST(Config, L1_nothing_set_means_no_keys) {
  const Config config = read_config("{}");
  EXPECT_FALSE(config.has_keys());
  EXPECT_FALSE(config.dev_marker);
  EXPECT_TRUE(config.warnings.empty());
}

TEST(Config, L2_an_empty_legacy_key_is_unset) {
  const Config config = config_of({{"GATEWAY_API_KEY", ""}});
  EXPECT_FALSE(config.has_keys());
  EXPECT_FALSE(config.keys_named);
  EXPECT_TRUE(config.warnings.empty());
}

TEST(Config, L3_a_guessable_legacy_key_is_refused_with_a_warning) {
  for (const char* value :
       {"   ", "changeme", "test", "sk-xxx", "123456789012345", "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
        "aaaaaaaaaaaaaaaaaaaaaaaa", "your-gateway-api-key", "YOUR_API_KEY_HERE", "changemechangeme",
        "replace-with-your-key", "[object Object]x"})
    expect_refused_legacy_key(value);
}

TEST(Config, L4_a_legacy_key_is_trimmed_once_at_load) {
  for (const std::string& value : {key, key + "\n", key + "\r\n", " \t" + key + " \n"}) {
    const Config config = config_of({{"GATEWAY_API_KEY", value}});
    ASSERT_TRUE(config.legacy.has_value());
    EXPECT_EQ(*config.legacy, codec::sha256(key));
    EXPECT_TRUE(config.warnings.empty());
  }
}

TEST(Config, L5_a_legacy_key_that_no_header_can_carry_is_refused) {
  for (const std::string& value :
       {key + ",x", key + "\xC3\xA9", key + " x", key + "\tx", std::string(513, 'k') + key})
    expect_refused_legacy_key(value);
}

TEST(Config, L6_a_bad_ring_beside_a_legacy_key_leaves_the_legacy_key) {
  const Config config =
      config_of({{"GATEWAY_API_KEY", key}, {"GATEWAY_API_KEY_HASHES", "nonsense, " + key}});
  EXPECT_TRUE(config.has_keys());
  EXPECT_TRUE(config.legacy.has_value());
  EXPECT_TRUE(config.ring.entries.empty());
  EXPECT_EQ(config.warnings.size(), 2u);
}

TEST(Config, L9_no_warning_repeats_a_value) {
  const std::string canary = "Canary7";
  std::vector<std::pair<std::string, std::string>> variables;
  for (const std::string_view name : config_variables)
    variables.push_back({std::string(name), canary + " \x01,\"" + canary});
  const Config config = config_of(variables);
  EXPECT_GE(config.warnings.size(), 16u);
  for (const std::string& warning : config.warnings)
    EXPECT_EQ(warning.find(canary), std::string::npos) << warning;
}

TEST(Config, R5_a_ring_of_separators_is_no_key_and_is_warned_about) {
  const Config config = config_of({{"GATEWAY_API_KEY_HASHES", " ,\n\r\n,"}});
  EXPECT_FALSE(config.has_keys());
  EXPECT_FALSE(config.keys_named);
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_EQ(config.warnings[0], "GATEWAY_API_KEY_HASHES is set but holds no usable entry.");
}

TEST(Config, R18_weak_entries_are_warned_about) {
  const Config config = config_of({{"GATEWAY_API_KEY_HASHES", hash("test")}});
  EXPECT_TRUE(config.has_keys());
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_NE(config.warnings[0].find("1 weak entry"), std::string::npos);
}

TEST(Config, R27_bad_entries_are_counted_in_a_warning) {
  const Config config = config_of({{"GATEWAY_API_KEY_HASHES", "x,y," + hash(key)}});
  EXPECT_TRUE(config.has_keys());
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_NE(config.warnings[0].find("2 bad entries"), std::string::npos);
}

TEST(Config, R28_a_ring_of_bad_entries_is_no_key) {
  const Config config = config_of({{"GATEWAY_API_KEY_HASHES", "x"}});
  EXPECT_FALSE(config.has_keys());
  EXPECT_TRUE(config.keys_named);
  EXPECT_EQ(config.warnings.size(), 2u);
}

TEST(Config, S4_unknown_scopes_are_counted_in_a_warning) {
  const Config config = config_of({{"GATEWAY_API_KEY_HASHES", hash(key) + ";scope=read+billing"}});
  EXPECT_TRUE(config.has_keys());
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_EQ(config.warnings[0],
            "GATEWAY_API_KEY_HASHES holds 1 entry with a scope that is not known and grants "
            "nothing.");
}

TEST(Config, E2_times_that_cannot_be_read_are_counted_in_a_warning) {
  const Config config =
      config_of({{"GATEWAY_API_KEY_HASHES", hash(key) + ";expires=tomorrow," + hash("another key") +
                                                ";superseded=2027-01-01"}});
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_EQ(config.warnings[0],
            "GATEWAY_API_KEY_HASHES holds 2 entries with a time that cannot be read, which count "
            "as expired.");
}

TEST(Config, T15_a_mistyped_legacy_key_is_refused) {
  std::string mistyped = key;
  mistyped.back() = mistyped.back() == '0' ? '1' : '0';
  expect_refused_legacy_key(mistyped);
  EXPECT_STREQ(plain_key_fault(mistyped), "has the form of a gateway key and a wrong checksum");
  EXPECT_EQ(plain_key_fault(key), nullptr);
}

TEST(Config, accounts_are_read_and_their_faults_are_warnings) {
  const Config config = config_of(
      {{"ACCOUNTS", R"({"accounts":{"acme":{},"odd":{"quotas":{"requests_per_day":-1}}}})"}});
  EXPECT_TRUE(config.accounts.configured);
  EXPECT_TRUE(config.accounts.usable.contains("acme"));
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_EQ(config.warnings[0],
            "ACCOUNTS: The account `odd` has a requests_per_day that is not an integer from 0 to "
            "2^53 - 1; it is not used.");
  EXPECT_FALSE(read_config("{}").accounts.configured);
}

TEST(Config, ring_entries_of_unusable_accounts_are_counted_in_a_warning) {
  const std::string ring = hash("1") + ";account=acme," + hash("2") + ";account=other," +
                           hash("3") + "," + hash("4") + ";account=third";
  const Config config =
      config_of({{"GATEWAY_API_KEY_HASHES", ring}, {"ACCOUNTS", R"({"accounts":{"acme":{}}})"}});
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_TRUE(config.warnings[0].starts_with("GATEWAY_API_KEY_HASHES holds 2 entries"));
  EXPECT_TRUE(config_of({{"GATEWAY_API_KEY_HASHES", ring}}).warnings.empty());
}

TEST(Config, sessions_need_a_secret_of_full_length) {
  const std::string secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
  const std::string ring = "a:" + hash("1") + ",b:" + hash("2");
  const Config config = config_of({{"GATEWAY_SESSION_SECRET", " " + secret + "\n"},
                                   {"GATEWAY_API_KEY_HASHES", ring},
                                   {"GATEWAY_API_KEY", key}});
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_EQ(config.session_key, session_signing_key(secret));
  EXPECT_EQ(config.ring_references, (std::vector<std::string>{key_reference(codec::sha256("1")),
                                                              key_reference(codec::sha256("2"))}));
  EXPECT_EQ(config.legacy_reference, key_reference(codec::sha256(key)));

  const Config none = config_of({{"GATEWAY_API_KEY_HASHES", ring}, {"GATEWAY_API_KEY", key}});
  EXPECT_FALSE(none.session_key);
  EXPECT_TRUE(none.ring_references.empty());
  EXPECT_EQ(none.legacy_reference, "");
}

TEST(Config, a_guessable_session_secret_counts_as_unset) {
  for (const std::string& secret : {std::string("changeme"), std::string(64, 'a'),
                                    std::string("abcdeabcdeabcdeabcdeabcdeabcdeab"),
                                    std::string("0f1e2d3c4b5a69788796a5b4c3d2e1f")}) {
    const Config config = config_of({{"GATEWAY_SESSION_SECRET", secret}});
    EXPECT_FALSE(config.session_key) << secret;
    ASSERT_EQ(config.warnings.size(), 1u) << secret;
    EXPECT_EQ(config.warnings[0].find(secret), std::string::npos);
  }
  EXPECT_TRUE(config_of({{"GATEWAY_SESSION_SECRET", " \n"}}).warnings.empty());
}

TEST(Config, what_strangers_and_dev_keys_may_do_is_off_unless_switched_on) {
  EXPECT_FALSE(read_config("{}").self_serve);
  EXPECT_FALSE(read_config("{}").dev_keys_allowed);
  const Config config = config_of({{"ACCESS_REQUESTS", "on"}, {"ALLOW_DEV_KEYS", "On"}});
  EXPECT_TRUE(config.self_serve);
  EXPECT_TRUE(config.dev_keys_allowed);
  const Config odd = config_of({{"ACCESS_REQUESTS", "please"}, {"ALLOW_DEV_KEYS", "maybe"}});
  EXPECT_FALSE(odd.self_serve);
  EXPECT_FALSE(odd.dev_keys_allowed);
  EXPECT_EQ(odd.warnings.size(), 2u);
}

TEST(Config, numbers_have_defaults_and_bounds) {
  const Config defaults = read_config("{}");
  EXPECT_EQ(defaults.body_bytes_max, bounds::body_bytes_default);
  EXPECT_EQ(defaults.first_byte_timeout_ms, 60'000u);
  EXPECT_EQ(defaults.idle_timeout_ms, 60'000u);
  EXPECT_EQ(defaults.stream_window_ms, 20u);

  const Config set = config_of({{"MAX_BODY_BYTES", "1000"},
                                {"FIRST_BYTE_TIMEOUT_MS", " 5 "},
                                {"IDLE_TIMEOUT_MS", "900000"},
                                {"STREAM_WINDOW_MS", "0"}});
  EXPECT_EQ(set.body_bytes_max, 1000u);
  EXPECT_EQ(set.first_byte_timeout_ms, 5u);
  EXPECT_EQ(set.idle_timeout_ms, 900'000u);
  EXPECT_EQ(set.stream_window_ms, 0u);
  EXPECT_TRUE(set.warnings.empty());
}

TEST(Config, a_number_above_its_maximum_becomes_the_maximum) {
  for (const std::string& value :
       {std::string("67108865"), std::string("18446744073709551617"), std::string(1000, '9')}) {
    const Config config = config_of({{"MAX_BODY_BYTES", value}});
    EXPECT_EQ(config.body_bytes_max, bounds::body_bytes_max);
    EXPECT_EQ(config.warnings.size(), 1u);
  }
}

TEST(Config, a_bad_number_becomes_the_default) {
  for (const char* value : {"-1", "1.5", "1e3", "0x10", "ten", "5 s", "999999999999x"}) {
    const Config config = config_of({{"IDLE_TIMEOUT_MS", value}});
    EXPECT_EQ(config.idle_timeout_ms, 60'000u) << value;
    EXPECT_EQ(config.warnings.size(), 1u) << value;
  }
  EXPECT_EQ(config_of({{"MAX_BODY_BYTES", "0"}}).body_bytes_max, bounds::body_bytes_default);
  EXPECT_EQ(config_of({{"FIRST_BYTE_TIMEOUT_MS", "0"}}).first_byte_timeout_ms, 60'000u);
}

TEST(Config, switches_read_the_usual_words) {
  for (const char* word : {"off", "OFF", "false", "No", "0", " off\n"})
    EXPECT_FALSE(config_of({{"STREAM_USAGE", word}}).stream_usage) << word;
  for (const char* word : {"on", "ON", "true", "Yes", "1"}) {
    EXPECT_TRUE(config_of({{"SIMULATOR", word}}).simulator) << word;
    EXPECT_TRUE(config_of({{"FORWARD_TRACEPARENT", word}}).forward_traceparent) << word;
  }
  const Config config = config_of({{"STREAM_USAGE", "maybe"}, {"SIMULATOR", "maybe"}});
  EXPECT_TRUE(config.stream_usage);
  EXPECT_FALSE(config.simulator);
  EXPECT_EQ(config.warnings.size(), 2u);
  EXPECT_FALSE(read_config("{}").forward_traceparent);
}

TEST(Config, O13_allowed_origins_are_exact_and_lower_case) {
  const Config config = config_of(
      {{"ALLOWED_ORIGINS", "https://App.example, http://localhost:3000\nhttps://app.example "}});
  EXPECT_EQ(config.allowed_origins,
            (std::vector<std::string>{"https://app.example", "http://localhost:3000"}));
  EXPECT_TRUE(config.warnings.empty());
  EXPECT_TRUE(read_config("{}").allowed_origins.empty());
}

TEST(Config, O13_a_star_allows_every_origin) {
  EXPECT_EQ(config_of({{"ALLOWED_ORIGINS", "https://app.example,*"}}).allowed_origins,
            std::vector<std::string>{"*"});
}

TEST(Config, O13_a_bad_origin_is_skipped_with_a_warning) {
  const Config config = config_of({{"ALLOWED_ORIGINS",
                                    "null https://a.example/ app.example https://*.example "
                                    "https://u@a.example https://a.example:x http:// "
                                    "https://good.example"}});
  EXPECT_EQ(config.allowed_origins, std::vector<std::string>{"https://good.example"});
  ASSERT_EQ(config.warnings.size(), 1u);
  EXPECT_NE(config.warnings[0].find("7 entries"), std::string::npos);
}

TEST(Config, the_default_model_is_a_plain_name) {
  EXPECT_EQ(config_of({{"DEFAULT_MODEL", " gpt-4o-mini\n"}}).default_model, "gpt-4o-mini");
  for (const std::string& value : {std::string("auto"), std::string("two words"),
                                   std::string("m\xC3\xB6"), std::string(257, 'm')}) {
    const Config config = config_of({{"DEFAULT_MODEL", value}});
    EXPECT_EQ(config.default_model, "");
    EXPECT_EQ(config.warnings.size(), 1u);
  }
}

TEST(Config, D4_a_marker_too_short_for_a_random_value_is_warned_about) {
  const Config shorter = config_of({{"POSTERN_DEV", "true"}});
  EXPECT_TRUE(shorter.dev_marker);
  EXPECT_FALSE(shorter.dev_marker_long);
  EXPECT_EQ(shorter.warnings.size(), 1u);

  const Config full = config_of({{"POSTERN_DEV", "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}});
  EXPECT_TRUE(full.dev_marker);
  EXPECT_TRUE(full.dev_marker_long);
  ASSERT_EQ(full.warnings.size(), 1u);
  EXPECT_TRUE(full.warnings[0].starts_with("DEV MODE"));

  EXPECT_FALSE(config_of({{"POSTERN_DEV", " \n"}}).dev_marker);
}

TEST(Config, members_of_another_type_or_name_are_ignored) {
  const Config config = read_config(
      R"({"OTHER":"x","GATEWAY_API_KEY":5,"GATEWAY_API_KEY_HASHES":["x"],"ACCOUNTS":{"a":1},)"
      R"("SIMULATOR":true,"DEFAULT_MODEL":null})");
  EXPECT_FALSE(config.has_keys());
  EXPECT_TRUE(config.warnings.empty());
}

TEST(Config, text_that_is_not_an_object_configures_nothing) {
  for (const char* text : {"", "[]", "\"x\"", "{", "{\"GATEWAY_API_KEY\":\"gw_live_FAKE000001\"",
                           "{\"GATEWAY_API_KEY\":\"gw_live_FAKE000001\"} x"}) {
    const Config config = read_config(text);
    EXPECT_FALSE(config.has_keys()) << text;
    EXPECT_EQ(config.warnings.size(), 1u) << text;
    EXPECT_EQ(config.idle_timeout_ms, 60'000u);
  }
}

}  // namespace
}  // namespace postern::policy
