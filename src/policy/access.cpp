#include "policy/access.h"

#include <algorithm>
#include <utility>

#include "policy/accounts.h"
#include "policy/key_form.h"
#include "policy/origin.h"
#include "policy/ring.h"
#include "policy/shards.h"

namespace postern::policy {
namespace {

// As a parsed URL spells them. Nothing else is this machine: not `localhost.`, not 0.0.0.0, not a
// name that resolves to it.
bool is_dev_host(std::string_view hostname) {
  return hostname == "127.0.0.1" || hostname == "localhost" || hostname == "[::1]";
}

bool came_through_the_edge(const AccessFacts& facts) { return facts.cf_ray || facts.cf_worker; }

// A marker on a deployed host is a mistake that must be found at once, so nothing is served there
// while it stands, not even to valid keys.
bool is_marker_misplaced(const Config& config, const AccessFacts& facts) {
  return config.dev_marker && (!is_dev_host(facts.hostname) || came_through_the_edge(facts));
}

// No key guards the door in dev mode: its holder is the developer, who may do everything.
void become_developer(Caller& caller) {
  caller.source = Source::kDev;
  caller.name = caller.label = "dev";
  caller.grant.key_class = KeyClass::kDev;
  caller.grant.scopes = {Scope::kRead, Scope::kGenerate, Scope::kAdmin, Scope::kWebhookWrite};
}

// So that a page from elsewhere cannot reach a keyless gateway through the developer's own browser.
Caller keep_out_other_sites(const Config& config, const AccessFacts& facts, Caller caller) {
  if (caller.access != Access::kGranted || caller.source == Source::kSession) return caller;
  if (!in_dev_mode(config, facts) || !is_cross_site(config, facts)) return caller;
  Caller refused;
  refused.access = Access::kCrossSite;
  return refused;
}

// On a developer's own machine: `npm start` runs there, with keys or without.
bool on_dev_machine(const Config& config, const AccessFacts& facts) {
  return config.dev_marker_long && is_dev_host(facts.hostname) && !came_through_the_edge(facts);
}

// The checks that follow a full match, wherever the key was found.
void settle(const Config& config, const AccessFacts& facts, int64_t now_ms, Caller& caller) {
  caller.standing = standing(caller.grant, now_ms);
  const bool dev_elsewhere = caller.grant.key_class == KeyClass::kDev && !config.dev_keys_allowed &&
                             !on_dev_machine(config, facts);
  if (caller.standing == Standing::kExpired) {
    caller.access = Access::kExpiredKey;
  } else if (dev_elsewhere) {
    caller.access = Access::kDevKey;
  } else if (!inherit(config.accounts, caller.grant)) {
    caller.access = Access::kNoAccount;
  } else if (caller.session && facts.origin.value_or("") != caller.session->origin) {
    caller.access = Access::kWrongOrigin;
  } else {
    caller.access = Access::kGranted;
  }
}

// What the parent may do, less what the token leaves out. It keeps the parent's name, so that the
// counts of a key hold all that was done with it.
void narrow_to_session(const SessionToken& token, Caller& caller) {
  caller.source = Source::kSession;
  caller.key_id = token.id;
  caller.session = token;
  caller.grant.scopes = caller.grant.scopes.both(token.scopes);
  caller.grant.expires_ms =
      std::min(token.expires_ms, caller.grant.expires_ms.value_or(token.expires_ms));
}

void become_ring_key(const RingEntry& entry, Caller& caller) {
  caller.source = Source::kRing;
  caller.digest = entry.digest;
  caller.name = display_name(entry);
  caller.label = entry.label;
  caller.key_id = short_id(entry.digest);
  caller.grant = entry.grant;
}

void become_legacy_key(const codec::Digest& digest, Caller& caller) {
  caller.source = Source::kLegacy;
  caller.digest = digest;
  caller.name = caller.label = "legacy";
  caller.key_id = short_id(digest);
  caller.grant = {};
}

// Both sources are always looked at. The ring's label wins, so that a key which moves from the one
// to the other is counted under one name. A managed key is looked for only when its form says that
// it could be one: what no generator of ours has written costs the store nothing.
void find_key(const Config& config, const AccessFacts& facts, std::string_view token,
              const KeyCache& cache, int64_t now_ms, Caller& caller, StoreQuestion& question) {
  const KeyShape shape = shape_of(token);
  caller.access = Access::kInvalidKey;
  if (shape.form == KeyForm::kMistyped) {
    caller.hint = TokenHint::kMistyped;
    return;
  }
  const codec::Digest digest = codec::sha256(token);
  const RingMatch in_ring = match(config.ring, digest);
  const bool is_legacy = config.legacy && codec::equal_constant_time(*config.legacy, digest);
  if (in_ring.entry != nullptr || is_legacy) {
    if (in_ring.entry != nullptr) {
      become_ring_key(*in_ring.entry, caller);
    } else {
      become_legacy_key(digest, caller);
    }
    const bool class_stated = in_ring.entry != nullptr && in_ring.entry->class_stated;
    if (shape.form == KeyForm::kWellFormed && !class_stated)
      caller.grant.key_class = shape.key_class;
    return settle(config, facts, now_ms, caller);
  }
  if (shape.form != KeyForm::kWellFormed) {
    if (caller.hint == TokenHint::kNone && looks_like_provider_key(token))
      caller.hint = TokenHint::kProviderKey;
    return;
  }
  question = {
      .digest = digest, .shard = shard_of(digest), .name = codec::to_hex(digest), .session = {}};
  const CacheLook look = cache.find(digest, now_ms);
  if (look.known) {
    caller = authenticate_managed(config, facts, question, look.key.get(), now_ms);
  } else {
    caller.access = Access::kAskStore;
  }
}

// A ring or legacy key that is the parent of a token; false when there is none (any more).
bool find_parent(const Config& config, const SessionToken& token, Caller& caller) {
  for (size_t at = 0; at < config.ring_references.size(); ++at) {
    if (config.ring_references[at] != token.parent) continue;
    const RingEntry& entry = config.ring.entries[at];
    become_ring_key(entry, caller);
    if (!entry.class_stated) caller.grant.key_class = token.key_class;
    return true;
  }
  if (!config.legacy || config.legacy_reference != token.parent) return false;
  become_legacy_key(*config.legacy, caller);
  caller.grant.key_class = token.key_class;
  return true;
}

void find_session(const Config& config, const AccessFacts& facts, std::string_view token_text,
                  const KeyCache& cache, int64_t now_ms, Caller& caller, StoreQuestion& question) {
  caller.access = Access::kInvalidKey;
  if (!config.session_key) return;
  std::optional<SessionToken> token = read_session_token(token_text, *config.session_key);
  if (!token) return;
  if (now_ms >= token->expires_ms) {
    caller.access = Access::kExpiredKey;
    return;
  }
  if (find_parent(config, *token, caller)) {
    narrow_to_session(*token, caller);
    return settle(config, facts, now_ms, caller);
  }
  const int shard = shard_of_id(token->parent, key_id_prefix);
  if (shard < 0) return;  // a ring key that is gone
  question = {.digest = codec::sha256("postern key id\n" + token->parent),
              .shard = shard,
              .name = token->parent,
              .session = std::move(token)};
  const CacheLook look = cache.find(question.digest, now_ms);
  if (look.known) {
    caller = authenticate_managed(config, facts, question, look.key.get(), now_ms);
  } else {
    caller.access = Access::kAskStore;
  }
}

}  // namespace

Caller authenticate(const Config& config, const AccessFacts& facts, const KeyCache& cache,
                    int64_t now_ms, StoreQuestion& question) {
  Caller caller;
  if (!is_configured(config, facts)) return caller;

  const bool dev_mode = in_dev_mode(config, facts);
  const Credentials credentials = read_credentials(facts.authorization, facts.x_api_key);
  caller.hint = credentials.hint;
  caller.in_authorization = credentials.in_authorization;
  caller.in_x_api_key = credentials.in_x_api_key;
  switch (credentials.presented) {
    case Presented::kAmbiguous:
      caller.access = Access::kAmbiguous;
      break;
    case Presented::kMalformed:
      caller.access = Access::kInvalidKey;
      break;
    case Presented::kToken:
      if (is_session_token(credentials.token)) {
        find_session(config, facts, credentials.token, cache, now_ms, caller, question);
      } else {
        find_key(config, facts, credentials.token, cache, now_ms, caller, question);
      }
      break;
    case Presented::kNothing:
      caller.access = dev_mode ? Access::kGranted : Access::kMissingKey;
      if (dev_mode) become_developer(caller);
      break;
  }
  return keep_out_other_sites(config, facts, std::move(caller));
}

Caller authenticate_managed(const Config& config, const AccessFacts& facts,
                            const StoreQuestion& question, const KnownKey* key, int64_t now_ms) {
  Caller caller;
  caller.access = Access::kInvalidKey;
  const KeyGeneration* const generation = key ? key->record.generation(key->id) : nullptr;
  if (!generation) return caller;
  std::optional<Grant> grant = grant_of(key->record, *generation, now_ms);
  if (!grant) return caller;
  caller.source = Source::kManaged;
  caller.name = caller.label = key->record.label;
  caller.key_id = generation->id;
  caller.lineage = key->lineage;
  caller.grant = std::move(*grant);
  if (question.session) narrow_to_session(*question.session, caller);
  settle(config, facts, now_ms, caller);
  return keep_out_other_sites(config, facts, std::move(caller));
}

std::string reference_of(const Caller& caller) {
  switch (caller.source) {
    case Source::kRing:
    case Source::kLegacy:
      return key_reference(caller.digest);
    case Source::kManaged:
      return caller.key_id;
    case Source::kNone:
    case Source::kSession:
    case Source::kDev:
      break;
  }
  return {};
}

std::string count_scope(const Caller& caller) {
  if (!caller.lineage.empty()) return "key:" + caller.lineage;
  return (caller.grant.key_class == KeyClass::kTest ? "test:" : "label:") + caller.name;
}

bool in_dev_mode(const Config& config, const AccessFacts& facts) {
  return !config.keys_named && on_dev_machine(config, facts);
}

bool is_cross_site(const Config& config, const AccessFacts& facts) {
  if (facts.origin && *facts.origin != "*") {
    const auto& allowed = config.allowed_origins;
    if (std::find(allowed.begin(), allowed.end(), *facts.origin) != allowed.end()) return false;
  }
  if (facts.sec_fetch_site && facts.sec_fetch_site->find("cross-site") != std::string_view::npos)
    return true;
  return facts.origin && !is_dev_host(origin_hostname(*facts.origin));
}

bool is_configured(const Config& config, const AccessFacts& facts) {
  if (is_marker_misplaced(config, facts)) return false;
  return config.has_keys() || in_dev_mode(config, facts);
}

}  // namespace postern::policy
