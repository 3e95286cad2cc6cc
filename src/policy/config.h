// The deployment's configuration, read once from the Worker's variables and secrets; all of it
// but the providers (provider/settings.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sha256.h"
#include "policy/accounts.h"
#include "policy/ring.h"
#include "policy/variables.h"

namespace postern::policy {

// The variables that this is read from.
extern const std::vector<std::string_view> config_variables;

struct Config {
  Ring ring;                            // GATEWAY_API_KEY_HASHES
  std::optional<codec::Digest> legacy;  // digest of GATEWAY_API_KEY, when that is usable
  bool keys_named = false;  // either of the two was given anything at all, usable or not
  Accounts accounts;        // ACCOUNTS

  bool self_serve = false;                   // ACCESS_REQUESTS=on: strangers may ask for keys
  bool dev_keys_allowed = false;             // ALLOW_DEV_KEYS=on: dev keys work when deployed too
  std::optional<codec::Digest> session_key;  // from GATEWAY_SESSION_SECRET; unset: no sessions
  // By which session tokens refer to their parents (policy/session.h): one for each entry of the
  // ring, in its order, and that of the legacy key. Empty without a session key.
  std::vector<std::string> ring_references;
  std::string legacy_reference;

  bool dev_marker = false;       // POSTERN_DEV holds something: closed on every deployed host
  bool dev_marker_long = false;  // long enough that a script made it, so that it may open a door

  std::string default_model;  // what `auto` means; empty: unset
  bool simulator = false;     // SIMULATOR=on
  bool stream_usage = true;   // STREAM_USAGE; off: streams are relayed as asked
  bool forward_traceparent = false;

  std::vector<std::string> allowed_origins;  // exact origins, or the single entry `*`
  size_t body_bytes_max = 0;                 // MAX_BODY_BYTES
  uint32_t first_byte_timeout_ms = 0;
  uint32_t idle_timeout_ms = 0;
  uint32_t stream_window_ms = 0;
  uint32_t keep_alive_ms = 0;  // KEEP_ALIVE_MS; 0: silent streams stay silent

  // For the operator's log, one sentence each; never a value of a secret.
  std::vector<std::string> warnings;

  // A usable key exists. While false, protected routes answer 503, whatever is presented.
  bool has_keys() const { return !ring.entries.empty() || legacy.has_value(); }
};

Config read_config(const Variables& variables);
Config read_config(std::string_view json);  // of the variables, as a JSON object

// Why a plaintext key cannot open anything, as the end of a sentence that begins with its variable;
// null when it can. White space around it is taken off before.
const char* plain_key_fault(std::string_view key);

}  // namespace postern::policy
