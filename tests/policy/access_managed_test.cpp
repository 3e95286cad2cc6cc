// Callers whose key lives in the store, and session tokens: both halves of authentication.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "policy/access.h"
#include "policy/key_form.h"

namespace postern::policy {
namespace {

constexpr int64_t now_ms = 1'750'000'000'000;
constexpr std::string_view origin = "https://app.example";

std::string hex(const codec::Digest& digest) { return codec::to_hex(digest); }

std::string key_of(KeyClass key_class, std::string_view purpose) {
  codec::RandomBytes random("0123456789abcdef0123456789abcdef", purpose);
  return make_key(key_class, random);
}

const std::string managed = key_of(KeyClass::kLive, "managed");
const std::string ring_key = key_of(KeyClass::kLive, "ring");
const std::string dev_key = key_of(KeyClass::kDev, "dev");

Config config_of(const std::string& more = "") {
  return read_config(R"({"GATEWAY_API_KEY_HASHES":"web:)" + hex(codec::sha256(ring_key)) +
                     ",dev:" + hex(codec::sha256(dev_key)) +
                     R"(","GATEWAY_SESSION_SECRET":"0123456789abcdef0123456789abcdef")" + more +
                     "}");
}

KnownKey known_key() {
  KnownKey known;
  known.id = known.lineage = "key_5aaaaaaaaaaaaaaaaaaaaaa";
  known.record.label = "app";
  known.record.generations = {{.id = known.id, .display = "gw_live_...aaaa", .created_ms = now_ms}};
  return known;
}

struct Asked {
  Caller caller;
  StoreQuestion question;
};

Asked ask(const Config& config, const std::string& token, const KeyCache& cache = {},
          std::optional<std::string_view> from = std::nullopt) {
  const std::string header = "Bearer " + token;
  AccessFacts facts;
  facts.hostname = "gateway.example";
  facts.authorization = header;
  facts.origin = from;
  Asked asked;
  asked.caller = authenticate(config, facts, cache, now_ms, asked.question);
  return asked;
}

Caller answer(const Config& config, const StoreQuestion& question, const KnownKey* key,
              std::optional<std::string_view> from = std::nullopt) {
  AccessFacts facts;
  facts.hostname = "gateway.example";
  facts.origin = from;
  return authenticate_managed(config, facts, question, key, now_ms);
}

std::string token_for(const Config& config, const Caller& parent) {
  SessionToken token;
  token.id = "ses_0123456789abcdef";
  token.parent = reference_of(parent);
  token.key_class = parent.grant.key_class;
  token.issued_ms = now_ms;
  token.expires_ms = now_ms + 60'000;
  token.scopes = {Scope::kGenerate};
  token.origin = origin;
  return write_session_token(token, *config.session_key);
}

TEST(AccessManaged, a_key_that_the_cache_does_not_know_is_asked_for_by_its_whole_digest) {
  const Asked asked = ask(config_of(), managed);
  EXPECT_EQ(asked.caller.access, Access::kAskStore);
  EXPECT_EQ(asked.question.digest, codec::sha256(managed));
  EXPECT_EQ(asked.question.name, hex(codec::sha256(managed)));
  EXPECT_EQ(asked.question.shard, codec::sha256(managed)[0] >> 4);
}

TEST(AccessManaged, what_the_store_knows_is_granted_and_what_it_does_not_is_invalid) {
  const Config config = config_of();
  const Asked asked = ask(config, managed);
  const KnownKey known = known_key();
  const Caller caller = answer(config, asked.question, &known);
  EXPECT_EQ(caller.access, Access::kGranted);
  EXPECT_EQ(caller.source, Source::kManaged);
  EXPECT_EQ(caller.key_id, known.id);
  EXPECT_EQ(answer(config, asked.question, nullptr).access, Access::kInvalidKey);
}

TEST(AccessManaged, CC1_a_key_in_the_cache_is_found_by_all_of_its_digest) {
  const Config config = config_of();
  KeyCache cache;
  cache.remember(codec::sha256(managed), std::make_shared<const KnownKey>(known_key()), now_ms);
  EXPECT_EQ(ask(config, managed, cache).caller.access, Access::kGranted);
  const std::string other = key_of(KeyClass::kLive, "another");
  EXPECT_EQ(ask(config, other, cache).caller.access, Access::kAskStore);
}

TEST(AccessManaged, T15_T19_what_cannot_be_a_managed_key_is_never_asked_for) {
  const Config config = config_of();
  std::string mistyped = managed;
  mistyped.back() = mistyped.back() == '0' ? '1' : '0';
  const Asked wrong_checksum = ask(config, mistyped);
  EXPECT_EQ(wrong_checksum.caller.access, Access::kInvalidKey);
  EXPECT_EQ(wrong_checksum.caller.hint, TokenHint::kMistyped);
  for (const char* foreign : {"sk-proj-0123456789", "AIzaSy0123", "wrong", "gw_live_short"})
    EXPECT_EQ(ask(config, foreign).caller.access, Access::kInvalidKey) << foreign;
  EXPECT_EQ(ask(config, "sk-proj-0123456789").caller.hint, TokenHint::kProviderKey);
}

TEST(AccessManaged, Q17_a_revoked_or_disabled_key_is_as_unknown_as_one_that_never_was) {
  const Config config = config_of();
  const Asked asked = ask(config, managed);
  KnownKey known = known_key();
  known.record.disabled = true;
  EXPECT_EQ(answer(config, asked.question, &known).access, Access::kInvalidKey);
  known = known_key();
  EXPECT_EQ(revoke(known.record, known.id, now_ms - 1), KeyChange::kDone);
  EXPECT_EQ(answer(config, asked.question, &known).access, Access::kInvalidKey);
}

TEST(AccessManaged, a_session_of_a_ring_key_asks_nobody) {
  const Config config = config_of();
  const std::string token = token_for(config, ask(config, ring_key).caller);
  const Caller caller = ask(config, token, {}, origin).caller;
  EXPECT_EQ(caller.access, Access::kGranted);
  EXPECT_EQ(caller.source, Source::kSession);
  EXPECT_EQ(caller.label, "web");
  EXPECT_EQ(caller.grant.scopes, Scopes{Scope::kGenerate});
  EXPECT_EQ(ask(config, token, {}, "https://evil.example").caller.access, Access::kWrongOrigin);
  EXPECT_EQ(ask(config, token).caller.access, Access::kWrongOrigin);
}

TEST(AccessManaged, a_session_ends_with_the_ring_entry_of_its_parent) {
  const Config config = config_of();
  const std::string token = token_for(config, ask(config, ring_key).caller);
  const Config without =
      read_config(R"({"GATEWAY_API_KEY_HASHES":"dev:)" + hex(codec::sha256(dev_key)) +
                  R"(","GATEWAY_SESSION_SECRET":"0123456789abcdef0123456789abcdef"})");
  EXPECT_EQ(ask(without, token, {}, origin).caller.access, Access::kInvalidKey);
}

TEST(AccessManaged, a_session_of_a_managed_key_asks_for_its_parent_by_id) {
  const Config config = config_of();
  const KnownKey known = known_key();
  const Caller parent = answer(config, ask(config, managed).question, &known);
  const std::string token = token_for(config, parent);
  const Asked asked = ask(config, token, {}, origin);
  EXPECT_EQ(asked.caller.access, Access::kAskStore);
  EXPECT_EQ(asked.question.name, known.id);
  EXPECT_EQ(asked.question.shard, 5);
  EXPECT_EQ(answer(config, asked.question, &known, origin).access, Access::kGranted);
  EXPECT_EQ(answer(config, asked.question, nullptr, origin).access, Access::kInvalidKey);
}

TEST(AccessManaged, D11_a_session_of_a_dev_key_is_a_dev_key_too) {
  const Config allowed = config_of(R"(,"ALLOW_DEV_KEYS":"on")");
  const Caller parent = ask(allowed, dev_key).caller;
  ASSERT_EQ(parent.access, Access::kGranted);
  const std::string token = token_for(allowed, parent);
  const Caller session = ask(allowed, token, {}, origin).caller;
  EXPECT_EQ(session.access, Access::kGranted);
  EXPECT_EQ(session.grant.key_class, KeyClass::kDev);
  EXPECT_EQ(session.grant.limits, dev_limits());
  EXPECT_EQ(ask(config_of(), token, {}, origin).caller.access, Access::kDevKey);
}

TEST(AccessManaged, without_a_secret_no_token_is_read) {
  const Config config = config_of();
  const std::string token = token_for(config, ask(config, ring_key).caller);
  const Config off = read_config(R"({"GATEWAY_API_KEY":"0123456789abcdefg"})");
  EXPECT_EQ(ask(off, token, {}, origin).caller.access, Access::kInvalidKey);
}

}  // namespace
}  // namespace postern::policy
