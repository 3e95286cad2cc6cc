// Who is calling? Decides before routing, from the request's head alone, and from what the store
// says of a managed key. The order of the checks is the contract (docs/authentication.md):
// configured, credential syntax, digest, match, state. Class, scope and models come when the route
// is known (policy/permission.h). Dev mode stands beside it and has its own conditions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "policy/config.h"
#include "policy/credentials.h"
#include "policy/grant.h"
#include "policy/key_cache.h"
#include "policy/session.h"

namespace postern::policy {

// The parts of a request's head that decide about access. Absent headers are nullopt.
struct AccessFacts {
  std::string_view hostname;  // of the parsed URL, without port
  std::optional<std::string_view> authorization, x_api_key;
  std::optional<std::string_view> cf_ray, cf_worker;
  std::optional<std::string_view> origin, sec_fetch_site;
};

enum class Access {
  kGranted,
  kAskStore,       // a managed key that the cache does not know: see StoreQuestion
  kNotConfigured,  // 503
  kMissingKey,     // 401
  kInvalidKey,     // 401
  kExpiredKey,     // 401, only after a full match
  kAmbiguous,      // 400
  kCrossSite,      // 403, dev mode only
  kDevKey,         // 403, a dev key that came from elsewhere
  kWrongOrigin,    // 403, a session token from another page than its own
  kNoAccount,      // 403, the account of the key is not configured, or holds no keys of its class
};

enum class Source { kNone, kRing, kLegacy, kManaged, kSession, kDev };

// What the store has to be asked before the caller is known.
struct StoreQuestion {
  codec::Digest digest{};  // by which the answer is cached
  int shard = 0;
  std::string name;  // by which the store finds the record: the digest in hex, or a key's id
  std::optional<SessionToken> session;  // the key asked for is the parent of this one
};

struct Caller {
  Access access = Access::kNotConfigured;
  Source source = Source::kNone;
  std::string name;    // for logs and counts: label, `legacy`, `dev`, or eight digits of the digest
  std::string label;   // as the operator wrote it; may be empty
  std::string key_id;  // eight hex digits of the digest, or a managed key's or a session's id
  codec::Digest digest{};  // of a ring or legacy key; never told to anybody
  std::string lineage;     // id of the first generation of a managed key
  Grant grant;             // with the rights of its account applied
  Standing standing = Standing::kActive;
  std::optional<SessionToken> session;

  TokenHint hint = TokenHint::kNone;  // what a refusal may add
  bool in_authorization = false;      // which places held a credential, for the ambiguous answer
  bool in_x_api_key = false;
};

// `question` is filled with kAskStore, and only then.
Caller authenticate(const Config& config, const AccessFacts& facts, const KeyCache& cache,
                    int64_t now_ms, StoreQuestion& question);

// The second half for a key that the store had to be asked about; `key` null: there is none.
Caller authenticate_managed(const Config& config, const AccessFacts& facts,
                            const StoreQuestion& question, const KnownKey* key, int64_t now_ms);

// By which a session token refers to this key (SessionToken::parent), and the key's own requests
// are told from those of others. Empty for who has none.
std::string reference_of(const Caller& caller);

// Under which word the counts of this caller are kept, and who may read them. A managed key has its
// own, since anybody may ask for one of any label; what a test key did is no part of a live report.
std::string count_scope(const Caller& caller);

// Is this request served in dev mode? Needs a marker of full length, neither key variable set (one
// that holds only unusable keys counts as set), one of the hosts 127.0.0.1, localhost and [::1],
// and neither CF-Ray nor CF-Worker.
bool in_dev_mode(const Config& config, const AccessFacts& facts);

// Does a page of another site ask? By Sec-Fetch-Site and Origin, but for origins that are listed.
bool is_cross_site(const Config& config, const AccessFacts& facts);

// Could any request like this one be authenticated? What /health says.
bool is_configured(const Config& config, const AccessFacts& facts);

}  // namespace postern::policy
