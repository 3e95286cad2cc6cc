#include "policy/access.h"

#include <gtest/gtest.h>

#include <string>

namespace postern::policy {
namespace {

const std::string key_1 = "gw_live_FAKE000000000000000000000000000104zxfT";
const std::string key_2 = "gw_live_FAKE00000000000000000000000000022skRmv";
const std::string marker = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

std::string hash(std::string_view text) {
  const codec::Digest digest = codec::sha256(text);
  return codec::to_hex(digest);
}

Config ring_config(const std::string& ring) {
  Config config;
  config.ring = parse_ring(ring);
  config.keys_named = !ring.empty();
  return config;
}

Config legacy_config(const std::string& key) {
  Config config;
  config.legacy = codec::sha256(key);
  config.keys_named = true;
  return config;
}

Config dev_config() { return read_config("{\"POSTERN_DEV\":\"" + marker + "\"}"); }

constexpr int64_t now_ms = 1'750'000'000'000;

// With a store that holds nothing.
Caller authenticate(const Config& config, const AccessFacts& facts) {
  StoreQuestion question;
  const Caller caller = policy::authenticate(config, facts, KeyCache(), now_ms, question);
  if (caller.access != Access::kAskStore) return caller;
  return authenticate_managed(config, facts, question, nullptr, now_ms);
}

Caller call(const Config& config, std::string_view authorization,
            std::string_view hostname = "gateway.example") {
  AccessFacts facts;
  facts.hostname = hostname;
  facts.authorization = authorization;
  return authenticate(config, facts);
}

Access access_to(const Config& config, const AccessFacts& facts) {
  return authenticate(config, facts).access;
}

AccessFacts at(std::string_view hostname) {
  AccessFacts facts;
  facts.hostname = hostname;
  return facts;
}

TEST(Access, H3_no_key_is_missing) {
  EXPECT_EQ(access_to(ring_config(hash(key_1)), at("gateway.example")), Access::kMissingKey);
}

TEST(Access, H4_an_empty_header_is_missing) {
  EXPECT_EQ(call(ring_config(hash(key_1)), "").access, Access::kMissingKey);
}

TEST(Access, H5_a_scheme_alone_is_invalid_even_if_nothing_was_the_key) {
  EXPECT_EQ(call(ring_config(hash("")), "Bearer").access, Access::kNotConfigured);
  EXPECT_EQ(call(ring_config(hash("") + "," + hash(key_1)), "Bearer ").access, Access::kInvalidKey);
}

TEST(Access, H9_other_schemes_are_missing) {
  EXPECT_EQ(call(ring_config(hash(key_1)), "Basic Og==").access, Access::kMissingKey);
}

TEST(Access, H16_a_quoted_key_is_invalid_and_hinted_at) {
  const std::string header = "Bearer \"" + key_1 + "\"";
  const Caller caller = call(ring_config(hash(key_1)), header);
  EXPECT_EQ(caller.access, Access::kInvalidKey);
  EXPECT_EQ(caller.hint, TokenHint::kQuotes);
}

TEST(Access, H24_two_valid_keys_are_ambiguous) {
  const std::string header = "Bearer " + key_1;
  AccessFacts facts = at("gateway.example");
  facts.authorization = header;
  facts.x_api_key = key_2;
  EXPECT_EQ(access_to(ring_config(hash(key_1) + "," + hash(key_2)), facts), Access::kAmbiguous);
}

TEST(Access, R1_a_bare_entry_is_known_by_its_digest) {
  const Caller caller = call(ring_config(hash(key_1)), "Bearer " + key_1);
  EXPECT_EQ(caller.access, Access::kGranted);
  EXPECT_EQ(caller.name, hash(key_1).substr(0, 8));
  EXPECT_EQ(caller.label, "");
  EXPECT_EQ(caller.key_id, hash(key_1).substr(0, 8));
}

TEST(Access, R2_a_labelled_entry_is_known_by_its_label) {
  const Caller caller = call(ring_config("a:" + hash(key_1)), "Bearer " + key_1);
  EXPECT_EQ(caller.access, Access::kGranted);
  EXPECT_EQ(caller.name, "a");
  EXPECT_EQ(caller.label, "a");
  EXPECT_EQ(caller.key_id, hash(key_1).substr(0, 8));
}

TEST(Access, R17_a_key_in_ring_and_legacy_has_the_ring_s_label) {
  Config config = ring_config("a:" + hash(key_1));
  config.legacy = codec::sha256(key_1);
  EXPECT_EQ(call(config, "Bearer " + key_1).name, "a");
}

TEST(Access, R25_a_changed_ring_counts_for_the_next_request) {
  EXPECT_EQ(call(ring_config(hash(key_1)), "Bearer " + key_1).access, Access::kGranted);
  EXPECT_EQ(call(ring_config(hash(key_2)), "Bearer " + key_1).access, Access::kInvalidKey);
  EXPECT_EQ(call(ring_config(hash(key_2)), "Bearer " + key_2).access, Access::kGranted);
}

TEST(Access, R26_two_configurations_do_not_mix) {
  const Config preview = ring_config("preview:" + hash(key_1));
  const Config production = ring_config("production:" + hash(key_2));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(call(preview, "Bearer " + key_1).name, "preview");
    EXPECT_EQ(call(production, "Bearer " + key_1).access, Access::kInvalidKey);
    EXPECT_EQ(call(production, "Bearer " + key_2).name, "production");
    EXPECT_EQ(call(preview, "Bearer " + key_2).access, Access::kInvalidKey);
  }
}

TEST(Access, T1_a_digest_is_no_key) {
  EXPECT_EQ(call(ring_config("label:" + hash(key_1)), "Bearer " + hash(key_1)).access,
            Access::kInvalidKey);
  EXPECT_EQ(call(legacy_config(key_1), "Bearer " + hash(key_1)).access, Access::kInvalidKey);
}

TEST(Access, T2_a_ring_entry_is_no_key) {
  const std::string entry = "label:" + hash(key_1);
  EXPECT_EQ(call(ring_config(entry), "Bearer " + entry).access, Access::kInvalidKey);
}

TEST(Access, T3_a_key_with_a_tail_is_invalid) {
  for (const char* tail : {"-1", "-admin", ".", "=", "/"})
    EXPECT_EQ(call(ring_config(hash(key_1)), "Bearer " + key_1 + tail).access, Access::kInvalidKey);
}

TEST(Access, T4_a_change_at_any_position_is_invalid) {
  const Config config = ring_config(hash(key_1));
  for (size_t i = 0; i < key_1.size(); ++i) {
    std::string changed = key_1;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_EQ(call(config, "Bearer " + changed).access, Access::kInvalidKey) << i;
  }
}

TEST(Access, T5_a_known_beginning_is_invalid_right_after_the_key_was_used) {
  const Config config = ring_config(hash(key_1));
  ASSERT_EQ(call(config, "Bearer " + key_1).access, Access::kGranted);
  for (const size_t kept : {8u, 20u, 40u})
    EXPECT_EQ(
        call(config, "Bearer " + key_1.substr(0, kept) + std::string(key_1.size() - kept, 'z'))
            .access,
        Access::kInvalidKey);
}

TEST(Access, T6_keys_are_case_sensitive) {
  std::string flipped = key_1;
  for (char& byte : flipped)
    if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 'a' + 'A');
  EXPECT_EQ(call(ring_config(hash(key_1)), "Bearer " + flipped).access, Access::kInvalidKey);
}

TEST(Access, T7_hostile_text_is_invalid) {
  for (const char* text : {"' OR 1=1 --", "${jndi:ldap://x}", "<script>", "%00", "../"})
    EXPECT_EQ(call(ring_config(hash(key_1)), std::string("Bearer ") + text).access,
              Access::kInvalidKey);
}

TEST(Access, T12_names_of_object_members_are_invalid) {
  for (const char* text : {"__proto__", "constructor", "toString", "hasOwnProperty"})
    EXPECT_EQ(call(ring_config("constructor:" + hash(key_1)), std::string("Bearer ") + text).access,
              Access::kInvalidKey);
}

TEST(Access, T13_placeholders_are_invalid) {
  for (const char* text :
       {"undefined", "null", "NaN", "[object Object]", "your-api-key", "sk-...", "changeme"}) {
    const Config config = ring_config(hash("undefined") + "," + hash("null") + "," + hash(key_1));
    EXPECT_EQ(call(config, std::string("Bearer ") + text).access, Access::kInvalidKey) << text;
  }
}

TEST(Access, T20_ten_thousand_wrong_keys_do_not_change_the_answer_for_the_right_one) {
  const Config config = ring_config("a:" + hash(key_1));
  for (int i = 0; i < 10'000; ++i)
    ASSERT_EQ(call(config, "Bearer wrong-" + std::to_string(i)).access, Access::kInvalidKey);
  EXPECT_EQ(call(config, "Bearer " + key_1).access, Access::kGranted);
}

TEST(Access, L1_without_keys_nothing_is_configured_whatever_is_presented) {
  const Config config = read_config("{}");
  for (const char* header : {"", "Bearer", "Bearer x", "Bearer a, Bearer b", "nonsense"}) {
    const Caller caller = call(config, header);
    EXPECT_EQ(caller.access, Access::kNotConfigured);
    EXPECT_FALSE(caller.in_authorization) << "the header was read";
  }
  EXPECT_FALSE(is_configured(config, at("gateway.example")));
}

TEST(Access, L2_an_empty_legacy_key_matches_no_empty_token) {
  EXPECT_EQ(call(read_config(R"({"GATEWAY_API_KEY":""})"), "Bearer ").access,
            Access::kNotConfigured);
}

TEST(Access, L3_a_placeholder_as_legacy_key_opens_nothing) {
  for (const std::string& value : {std::string("changeme"), std::string("test")})
    EXPECT_EQ(
        call(read_config("{\"GATEWAY_API_KEY\":\"" + value + "\"}"), "Bearer " + value).access,
        Access::kNotConfigured);
}

TEST(Access, L4_a_line_end_behind_the_legacy_key_does_not_matter) {
  const Config config = read_config("{\"GATEWAY_API_KEY\":\"" + key_1 + "\\n\"}");
  EXPECT_EQ(call(config, "Bearer " + key_1).access, Access::kGranted);
}

TEST(Access, L6_a_bad_ring_leaves_the_legacy_key_and_opens_nothing_else) {
  const Config config = read_config("{\"GATEWAY_API_KEY\":\"" + key_1 +
                                    "\",\"GATEWAY_API_KEY_HASHES\":\"nonsense\"}");
  EXPECT_EQ(call(config, "Bearer " + key_1).name, "legacy");
  EXPECT_EQ(call(config, "Bearer nonsense").access, Access::kInvalidKey);
  EXPECT_EQ(access_to(config, at("gateway.example")), Access::kMissingKey);
}

TEST(Access, L7_the_legacy_key_is_compared_by_digest_whatever_the_lengths) {
  const Config config = legacy_config(key_1);
  const Caller caller = call(config, "Bearer " + key_1);
  EXPECT_EQ(caller.access, Access::kGranted);
  EXPECT_EQ(caller.name, "legacy");
  EXPECT_EQ(caller.label, "legacy");
  EXPECT_EQ(caller.key_id, hash(key_1).substr(0, 8));
  for (const std::string& wrong : {key_1.substr(1), key_1 + "0", std::string("x"), key_2})
    EXPECT_EQ(call(config, "Bearer " + wrong).access, Access::kInvalidKey);
}

TEST(Access, D1_without_the_marker_this_machine_is_like_any_other) {
  EXPECT_EQ(access_to(read_config("{}"), at("127.0.0.1")), Access::kNotConfigured);
  EXPECT_EQ(access_to(ring_config(hash(key_1)), at("localhost")), Access::kMissingKey);
}

TEST(Access, D2_with_the_marker_no_key_is_needed_on_this_machine) {
  for (const char* host : {"127.0.0.1", "localhost", "[::1]"}) {
    const Caller caller = authenticate(dev_config(), at(host));
    EXPECT_EQ(caller.access, Access::kGranted);
    EXPECT_EQ(caller.name, "dev");
    EXPECT_EQ(caller.key_id, "");
    EXPECT_TRUE(in_dev_mode(dev_config(), at(host)));
    EXPECT_TRUE(is_configured(dev_config(), at(host)));
  }
}

TEST(Access, D2_in_dev_mode_a_presented_key_is_still_checked) {
  EXPECT_EQ(call(dev_config(), "Bearer wrong", "localhost").access, Access::kInvalidKey);
  EXPECT_EQ(call(dev_config(), "Bearer", "localhost").access, Access::kInvalidKey);
  EXPECT_EQ(call(dev_config(), "Bearer a, Bearer b", "localhost").access, Access::kAmbiguous);
  EXPECT_EQ(call(dev_config(), "", "localhost").access, Access::kGranted);
}

TEST(Access, D2_with_keys_configured_the_marker_changes_nothing_on_this_machine) {
  Config config = ring_config("a:" + hash(key_1));
  config.dev_marker = config.dev_marker_long = true;
  EXPECT_FALSE(in_dev_mode(config, at("localhost")));
  EXPECT_EQ(access_to(config, at("localhost")), Access::kMissingKey);
  EXPECT_EQ(call(config, "Bearer " + key_1, "localhost").name, "a");
}

TEST(Access, D2_a_secret_that_was_set_but_is_unusable_closes_dev_mode) {
  for (const char* secret : {"\"GATEWAY_API_KEY\":\"short\"", "\"GATEWAY_API_KEY_HASHES\":\"x\""}) {
    const Config config =
        read_config("{\"POSTERN_DEV\":\"" + marker + "\"," + std::string(secret) + "}");
    EXPECT_EQ(access_to(config, at("localhost")), Access::kNotConfigured) << secret;
  }
}

TEST(Access, D3_the_marker_on_any_other_host_refuses_to_serve) {
  EXPECT_EQ(access_to(dev_config(), at("gateway.example")), Access::kNotConfigured);
  Config config = ring_config(hash(key_1));
  config.dev_marker = config.dev_marker_long = true;
  EXPECT_EQ(call(config, "Bearer " + key_1).access, Access::kNotConfigured);
  EXPECT_FALSE(is_configured(config, at("gateway.example")));
}

TEST(Access, D4_a_request_through_the_edge_is_never_local) {
  for (const bool with_keys : {false, true}) {
    Config config = dev_config();
    if (with_keys) config.ring = parse_ring(hash(key_1));
    AccessFacts facts = at("localhost");
    facts.cf_ray = "8f0";
    EXPECT_EQ(access_to(config, facts), Access::kNotConfigured);
    facts = at("localhost");
    facts.cf_worker = "";
    EXPECT_EQ(access_to(config, facts), Access::kNotConfigured);
  }
}

TEST(Access, D4_a_short_marker_opens_nothing_and_closes_every_other_host) {
  const Config config = read_config(R"({"POSTERN_DEV":"true"})");
  EXPECT_EQ(access_to(config, at("localhost")), Access::kNotConfigured);
  EXPECT_EQ(access_to(config, at("gateway.example")), Access::kNotConfigured);

  Config with_keys = ring_config(hash(key_1));
  with_keys.dev_marker = true;
  EXPECT_EQ(call(with_keys, "Bearer " + key_1).access, Access::kNotConfigured);
  EXPECT_EQ(call(with_keys, "Bearer " + key_1, "localhost").access, Access::kGranted);
}

TEST(Access, D8_only_the_exact_names_are_this_machine) {
  for (const char* host :
       {"127.0.0.1.nip.io", "localhost.evil.com", "LOCALHOST", "127.1", "0.0.0.0",
        "[::ffff:7f00:1]", "[::ffff:127.0.0.1]", "2130706433", "localhost:8787", "localhost.",
        "::1", "", "127.0.0.2", "evil.localhost"})
    EXPECT_EQ(access_to(dev_config(), at(host)), Access::kNotConfigured) << host;
}

TEST(Access, D10_a_page_from_another_site_is_refused_in_dev_mode) {
  for (const char* origin :
       {"https://evil.example", "null", "", "http://localhost.evil.example",
        "http://127.0.0.1.nip.io", "http://localhost@evil.example", "file://",
        "http://localhost:8787/", "ftp://localhost", "http://localhost:", "http://localhost:80x",
        "http://localhost, http://evil.example", "http://[::1].evil.example", "*"}) {
    AccessFacts facts = at("localhost");
    facts.origin = origin;
    EXPECT_EQ(access_to(dev_config(), facts), Access::kCrossSite) << origin;
  }
  AccessFacts facts = at("localhost");
  facts.sec_fetch_site = "cross-site";
  EXPECT_EQ(access_to(dev_config(), facts), Access::kCrossSite);
  facts.origin = "http://localhost:8787";
  EXPECT_EQ(access_to(dev_config(), facts), Access::kCrossSite);
}

TEST(Access, D10_pages_of_this_machine_are_served_in_dev_mode) {
  for (const char* origin : {"http://localhost:3000", "http://127.0.0.1:8787", "http://[::1]:8787",
                             "https://localhost", "http://[::1]"}) {
    AccessFacts facts = at("localhost");
    facts.origin = origin;
    facts.sec_fetch_site = "same-site";
    EXPECT_EQ(access_to(dev_config(), facts), Access::kGranted) << origin;
  }
  for (const char* site : {"none", "same-origin", "same-site"}) {
    AccessFacts facts = at("localhost");
    facts.sec_fetch_site = site;
    EXPECT_EQ(access_to(dev_config(), facts), Access::kGranted) << site;
  }
}

TEST(Access, D10_an_origin_named_in_the_configuration_may_cross) {
  Config config = dev_config();
  config.allowed_origins = {"https://app.example"};
  AccessFacts facts = at("localhost");
  facts.origin = "https://app.example";
  facts.sec_fetch_site = "cross-site";
  EXPECT_EQ(access_to(config, facts), Access::kGranted);
  facts.origin = "https://other.example";
  EXPECT_EQ(access_to(config, facts), Access::kCrossSite);
  config.allowed_origins = {"*"};
  EXPECT_EQ(access_to(config, facts), Access::kCrossSite);
  facts.origin = "*";
  EXPECT_EQ(access_to(config, facts), Access::kCrossSite);
}

TEST(Access, D10_outside_dev_mode_other_sites_are_none_of_our_business) {
  const std::string header = "Bearer " + key_1;
  AccessFacts facts = at("gateway.example");
  facts.authorization = header;
  facts.origin = "https://evil.example";
  facts.sec_fetch_site = "cross-site";
  EXPECT_EQ(access_to(ring_config(hash(key_1)), facts), Access::kGranted);
}

TEST(Access, D10_a_wrong_key_is_told_before_the_site) {
  AccessFacts facts = at("localhost");
  facts.authorization = "Bearer wrong";
  facts.sec_fetch_site = "cross-site";
  EXPECT_EQ(access_to(dev_config(), facts), Access::kInvalidKey);
}

}  // namespace
}  // namespace postern::policy
