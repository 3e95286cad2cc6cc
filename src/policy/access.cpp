#include "policy/access.h"

#include <algorithm>

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

// The hostname of an `Origin` header, or nothing when it is no web origin (`null` is none).
std::string_view origin_hostname(std::string_view origin) {
  const size_t scheme_end = origin.find("://");
  if (scheme_end == origin.npos) return {};
  const std::string_view scheme = origin.substr(0, scheme_end);
  if (scheme != "http" && scheme != "https") return {};

  const std::string_view host = origin.substr(scheme_end + 3);
  const size_t colon = host.find(':', host.starts_with('[') ? host.find(']') : 0);
  if (colon == host.npos) return host;
  const std::string_view port = host.substr(colon + 1);
  if (port.empty() || port.find_first_not_of("0123456789") != port.npos) return {};
  return host.substr(0, colon);
}

// In dev mode no key guards the door, so a page from elsewhere must not reach it through the
// developer's own browser.
bool is_cross_site(const Config& config, const AccessFacts& facts) {
  if (facts.origin && *facts.origin != "*") {
    const auto& allowed = config.allowed_origins;
    if (std::find(allowed.begin(), allowed.end(), *facts.origin) != allowed.end()) return false;
  }
  if (facts.sec_fetch_site && facts.sec_fetch_site->find("cross-site") != std::string_view::npos)
    return true;
  return facts.origin && !is_dev_host(origin_hostname(*facts.origin));
}

std::string key_id_of(const codec::Digest& digest) {
  return codec::to_hex({reinterpret_cast<const char*>(digest.data()), 4});
}

// Both sources are always looked at. The ring's label wins, so that a key which moves from the one
// to the other is counted under one name.
void grant_if_known(const Config& config, Caller& caller) {
  const codec::Digest digest = codec::sha256(caller.credentials.token);
  const RingMatch in_ring = match(config.ring, digest);
  const bool is_legacy = config.legacy && codec::equal_constant_time(*config.legacy, digest);
  if (in_ring.entry == nullptr && !is_legacy) {
    caller.access = Access::kInvalidKey;
    return;
  }
  caller.access = Access::kGranted;
  caller.name = in_ring.entry != nullptr ? display_name(*in_ring.entry) : "legacy";
  caller.label = in_ring.entry != nullptr ? in_ring.entry->label : "legacy";
  caller.key_id = key_id_of(digest);
}

}  // namespace

Caller authenticate(const Config& config, const AccessFacts& facts) {
  Caller caller;
  if (!is_configured(config, facts)) return caller;

  const bool dev_mode = in_dev_mode(config, facts);
  caller.credentials = read_credentials(facts.authorization, facts.x_api_key);
  switch (caller.credentials.presented) {
    case Presented::kAmbiguous:
      caller.access = Access::kAmbiguous;
      break;
    case Presented::kMalformed:
      caller.access = Access::kInvalidKey;
      break;
    case Presented::kToken:
      grant_if_known(config, caller);
      break;
    case Presented::kNothing:
      caller.access = dev_mode ? Access::kGranted : Access::kMissingKey;
      if (dev_mode) caller.name = caller.label = "dev";
      break;
  }

  if (dev_mode && caller.access == Access::kGranted && is_cross_site(config, facts)) {
    caller = Caller{};
    caller.access = Access::kCrossSite;
  }
  return caller;
}

bool in_dev_mode(const Config& config, const AccessFacts& facts) {
  return config.dev_marker_long && !config.keys_named && is_dev_host(facts.hostname) &&
         !came_through_the_edge(facts);
}

bool is_configured(const Config& config, const AccessFacts& facts) {
  if (is_marker_misplaced(config, facts)) return false;
  return config.has_keys() || in_dev_mode(config, facts);
}

}  // namespace postern::policy
