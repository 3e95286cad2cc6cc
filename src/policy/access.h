// Who is calling? Decides once per request, before routing, from the request's head alone.
// The order of the checks is the contract (docs/authentication.md): configured, credential
// syntax, digest, match. Dev mode stands beside it and has its own conditions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "policy/config.h"
#include "policy/credentials.h"

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
  kNotConfigured,  // 503
  kMissingKey,     // 401
  kInvalidKey,     // 401
  kAmbiguous,      // 400
  kCrossSite,      // 403, dev mode only
};

struct Caller {
  Access access = Access::kNotConfigured;
  std::string name;    // for logs and counts: label, `legacy`, `dev`, or eight digits of the digest
  std::string label;   // as the operator wrote it; may be empty
  std::string key_id;  // first eight hex digits of the digest; empty in dev mode without a key
  Credentials credentials;  // for the hints and the places of a refusal; views into the facts
};

Caller authenticate(const Config& config, const AccessFacts& facts);

// Is this request served in dev mode? Needs a marker of full length, neither key variable set (one
// that holds only unusable keys counts as set), one of the hosts 127.0.0.1, localhost and [::1],
// and neither CF-Ray nor CF-Worker.
bool in_dev_mode(const Config& config, const AccessFacts& facts);

// Could any request like this one be authenticated? What /health says.
bool is_configured(const Config& config, const AccessFacts& facts);

}  // namespace postern::policy
