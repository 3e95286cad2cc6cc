// The deployment's configuration, read once from the Worker's variables and secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/ring.h"

namespace postern::policy {

// The variables that the core reads; the shim passes exactly these.
extern const std::vector<std::string_view> config_variables;

struct Config {
  Ring ring;                            // GATEWAY_API_KEY_HASHES
  std::optional<codec::Digest> legacy;  // digest of GATEWAY_API_KEY, when that is usable
  bool keys_named = false;  // either of the two was given anything at all, usable or not

  bool dev_marker = false;       // POSTERN_DEV holds something: closed on every deployed host
  bool dev_marker_long = false;  // long enough that a script made it, so that it may open a door

  std::string openai_api_key;      // trimmed; empty: none is sent
  std::string openai_base_url;     // without a trailing slash
  bool openai_configured = false;  // either of the two was set, and the address is usable
  std::string default_model;       // what `auto` means; empty: unset
  bool simulator = false;          // SIMULATOR=on
  bool stream_usage = true;        // STREAM_USAGE; off: streams are relayed as asked
  bool forward_traceparent = false;

  std::vector<std::string> allowed_origins;  // exact origins, or the single entry `*`
  size_t body_bytes_max = 0;                 // MAX_BODY_BYTES
  uint32_t first_byte_timeout_ms = 0;
  uint32_t idle_timeout_ms = 0;
  uint32_t stream_window_ms = 0;

  // For the operator's log, one sentence each; never a value of a secret.
  std::vector<std::string> warnings;

  // A usable key exists. While false, protected routes answer 503, whatever is presented.
  bool has_keys() const { return !ring.entries.empty() || legacy.has_value(); }
};

// `variables` is a JSON object of strings; members of another type or name are ignored.
Config read_config(std::string_view variables);

}  // namespace postern::policy
