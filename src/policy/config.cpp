#include "policy/config.h"

#include <algorithm>
#include <array>
#include <utility>

#include "bounds.h"
#include "policy/key_form.h"
#include "policy/names.h"
#include "policy/origin.h"
#include "policy/session.h"

namespace postern::policy {

const std::vector<std::string_view> config_variables = {
    "GATEWAY_API_KEY",
    "GATEWAY_API_KEY_HASHES",
    "POSTERN_DEV",
    "DEFAULT_MODEL",
    "SIMULATOR",
    "STREAM_USAGE",
    "FORWARD_TRACEPARENT",
    "ALLOWED_ORIGINS",
    "MAX_BODY_BYTES",
    "FIRST_BYTE_TIMEOUT_MS",
    "IDLE_TIMEOUT_MS",
    "STREAM_WINDOW_MS",
    "KEEP_ALIVE_MS",
    "ACCOUNTS",
    "ACCESS_REQUESTS",
    "ALLOW_DEV_KEYS",
    "GATEWAY_SESSION_SECRET",
};

namespace {

// A key or secret with fewer different characters is a row of the same few letters.
constexpr size_t distinct_characters_min = 6;

// What stands in examples where a key should stand, and what people type to get past a check.
constexpr std::string_view placeholders[] = {"changemechangeme",      "your-api-key-here",
                                             "your_api_key_here",     "your-gateway-api-key",
                                             "your_gateway_api_key",  "your-gateway-key-here",
                                             "replace-with-your-key", "insert-your-key-here"};

class ConfigReader {
 public:
  explicit ConfigReader(const Variables& variables) : variables_(variables) {}
  Config read();

 private:
  void read_ring();
  void read_legacy_key();
  void read_accounts();
  void read_session_secret();
  void read_dev_marker();
  void read_default_model();
  void read_allowed_origins();
  bool read_switch(std::string_view name, bool default_value);
  uint64_t read_number(std::string_view name, uint64_t least, uint64_t most,
                       uint64_t default_value);
  void warn(std::string_view name, std::string_view sentence);

  const Variables& variables_;
  Config config_;
};

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

size_t distinct_characters(std::string_view text) {
  std::array<bool, 256> seen{};
  for (const char byte : text) seen[static_cast<unsigned char>(byte)] = true;
  return static_cast<size_t>(std::count(seen.begin(), seen.end(), true));
}

bool is_placeholder(std::string_view key) {
  const std::string folded = lower_case(key);
  return std::find(std::begin(placeholders), std::end(placeholders), folded) !=
         std::end(placeholders);
}

std::string count_of(size_t count, std::string_view one, std::string_view many) {
  std::string text = std::to_string(count) + ' ';
  text += count == 1 ? one : many;
  return text;
}

Config ConfigReader::read() {
  if (!variables_.well_formed())
    config_.warnings.push_back("The variables could not be read; all of them count as unset.");
  read_ring();
  read_legacy_key();
  read_accounts();
  read_session_secret();
  read_dev_marker();
  read_default_model();
  read_allowed_origins();
  config_.simulator = read_switch("SIMULATOR", false);
  config_.stream_usage = read_switch("STREAM_USAGE", true);
  config_.forward_traceparent = read_switch("FORWARD_TRACEPARENT", false);
  config_.self_serve = read_switch("ACCESS_REQUESTS", false);
  config_.dev_keys_allowed = read_switch("ALLOW_DEV_KEYS", false);

  const auto milliseconds = [&](std::string_view name, uint32_t least, uint32_t most,
                                uint32_t default_value) {
    return static_cast<uint32_t>(read_number(name, least, most, default_value));
  };
  config_.body_bytes_max = static_cast<size_t>(
      read_number("MAX_BODY_BYTES", 1, bounds::body_bytes_max, bounds::body_bytes_default));
  config_.first_byte_timeout_ms = milliseconds("FIRST_BYTE_TIMEOUT_MS", 1, bounds::timeout_ms_max,
                                               bounds::first_byte_timeout_ms_default);
  config_.idle_timeout_ms =
      milliseconds("IDLE_TIMEOUT_MS", 1, bounds::timeout_ms_max, bounds::idle_timeout_ms_default);
  config_.stream_window_ms = milliseconds("STREAM_WINDOW_MS", 0, bounds::stream_window_ms_max,
                                          bounds::stream_window_ms_default);
  config_.keep_alive_ms =
      milliseconds("KEEP_ALIVE_MS", 0, bounds::timeout_ms_max, bounds::keep_alive_ms_default);
  return std::move(config_);
}

void ConfigReader::read_ring() {
  constexpr std::string_view name = "GATEWAY_API_KEY_HASHES";
  const std::string_view text = variables_.text(name);
  if (text.empty()) return;

  config_.ring = parse_ring(text);
  const Ring& ring = config_.ring;
  config_.keys_named = !ring.entries.empty() || ring.bad_entries > 0;
  if (ring.entries.empty()) warn(name, "is set but holds no usable entry");
  if (ring.bad_entries > 0)
    warn(name, "holds " + count_of(ring.bad_entries, "bad entry", "bad entries") +
                   ": not a SHA-256 digest, a bad label or attribute, the digest of nothing, or a "
                   "repeat");
  if (ring.weak_entries > 0)
    warn(name, "holds " + count_of(ring.weak_entries, "weak entry", "weak entries") +
                   ": the digest of a word that anybody can guess");
  if (ring.unknown_scopes > 0)
    warn(name, "holds " + count_of(ring.unknown_scopes, "entry", "entries") +
                   " with a scope that is not known and grants nothing");
  if (ring.mixed_scopes > 0)
    warn(name, "holds " + count_of(ring.mixed_scopes, "entry", "entries") +
                   " with admin and generate: a key that manages does not generate");
  if (ring.unreadable_times > 0)
    warn(name, "holds " + count_of(ring.unreadable_times, "entry", "entries") +
                   " with a time that cannot be read, which count as expired");
}

void ConfigReader::read_legacy_key() {
  constexpr std::string_view name = "GATEWAY_API_KEY";
  const std::string_view key = variables_.trimmed(name);
  if (key.empty()) {
    if (!variables_.text(name).empty()) warn(name, "holds only white space and counts as unset");
    return;
  }
  config_.keys_named = true;
  if (const char* fault = plain_key_fault(key)) {
    warn(name, std::string(fault) + " and is not used");
    return;
  }
  config_.legacy = codec::sha256(key);
}

void ConfigReader::read_accounts() {
  config_.accounts = policy::read_accounts(variables_.text("ACCOUNTS"));
  const Accounts& accounts = config_.accounts;
  for (const std::string& fault : accounts.faults) config_.warnings.push_back("ACCOUNTS: " + fault);
  if (!accounts.configured) return;

  const auto& entries = config_.ring.entries;
  const auto stray = static_cast<size_t>(
      std::count_if(entries.begin(), entries.end(), [&](const RingEntry& entry) {
        return !entry.grant.account.empty() && !accounts.usable.contains(entry.grant.account);
      }));
  if (stray > 0)
    warn("GATEWAY_API_KEY_HASHES", "holds " + count_of(stray, "entry", "entries") +
                                       " with an account that ACCOUNTS does not make usable; "
                                       "such keys are refused");
}

void ConfigReader::read_session_secret() {
  constexpr std::string_view name = "GATEWAY_SESSION_SECRET";
  const std::string_view secret = variables_.trimmed(name);
  if (secret.empty()) return;
  if (secret.size() < bounds::session_secret_bytes_min) {
    static_assert(bounds::session_secret_bytes_min == 32, "the sentence below says 32");
    return warn(name, "is shorter than 32 bytes and counts as unset; there are no session tokens");
  }
  if (distinct_characters(secret) < distinct_characters_min)
    return warn(name,
                "has fewer than 6 different characters and counts as unset; there are no session "
                "tokens");
  config_.session_key = session_signing_key(secret);
  for (const RingEntry& entry : config_.ring.entries)
    config_.ring_references.push_back(key_reference(entry.digest));
  if (config_.legacy) config_.legacy_reference = key_reference(*config_.legacy);
}

void ConfigReader::read_dev_marker() {
  constexpr std::string_view name = "POSTERN_DEV";
  const std::string_view marker = variables_.trimmed(name);
  config_.dev_marker = !marker.empty();
  config_.dev_marker_long = marker.size() >= bounds::dev_marker_bytes_min;
  if (config_.dev_marker && !config_.dev_marker_long)
    warn(name,
         "is not a value that the start script makes; it opens nothing, and every host but "
         "this machine is refused while it is set");
  if (config_.dev_marker_long && !config_.keys_named)
    config_.warnings.push_back(
        "DEV MODE: no key is needed. Whoever reaches 127.0.0.1, localhost or [::1] on this port "
        "may "
        "use this gateway and what it is configured with; every other host is refused.");
}

void ConfigReader::read_default_model() {
  const std::string_view model = variables_.trimmed("DEFAULT_MODEL");
  if (model.empty()) return;
  if (model.size() > bounds::model_bytes_max || !is_visible(model)) {
    warn("DEFAULT_MODEL", "is not a model name and counts as unset");
  } else if (model == "auto") {
    warn("DEFAULT_MODEL", "cannot be `auto`, which asks for this very setting; it counts as unset");
  } else {
    config_.default_model = model;
  }
}

void ConfigReader::read_allowed_origins() {
  constexpr std::string_view name = "ALLOWED_ORIGINS";
  std::vector<std::string>& origins = config_.allowed_origins;
  std::string_view rest = variables_.text(name);
  bool any = false;
  size_t bad = 0;
  while (true) {
    const std::string_view word = take_word(rest);
    if (word.empty()) break;
    std::string origin = lower_case(word);
    if (origin == "*") {
      any = true;
    } else if (!is_origin(origin)) {
      ++bad;
    } else if (std::find(origins.begin(), origins.end(), origin) == origins.end()) {
      origins.push_back(std::move(origin));
    }
  }
  if (any) origins.assign(1, "*");
  if (bad > 0)
    warn(name, "holds " + count_of(bad, "entry that is", "entries that are") +
                   " not of the form scheme://host or scheme://host:port; skipped");
}

bool ConfigReader::read_switch(std::string_view name, bool default_value) {
  const std::string word = lower_case(variables_.trimmed(name));
  if (word.empty()) return default_value;
  if (word == "on" || word == "true" || word == "1" || word == "yes") return true;
  if (word == "off" || word == "false" || word == "0" || word == "no") return false;
  warn(name, default_value ? "is neither on nor off; it stays on"
                           : "is neither on nor off; it stays off");
  return default_value;
}

uint64_t ConfigReader::read_number(std::string_view name, uint64_t least, uint64_t most,
                                   uint64_t default_value) {
  const std::string_view digits = variables_.trimmed(name);
  if (digits.empty()) return default_value;
  uint64_t value = 0;
  for (const char byte : digits) {
    if (!is_digit(byte)) {
      warn(name,
           "is not a whole number; the default " + std::to_string(default_value) + " is used");
      return default_value;
    }
    // Once above the maximum the rest of the digits cannot bring it back.
    if (value <= most) value = value * 10 + static_cast<uint64_t>(byte - '0');
  }
  if (value > most) {
    warn(name, "is too large; the maximum " + std::to_string(most) + " is used");
    return most;
  }
  if (value < least) {
    warn(name, "is too small; the default " + std::to_string(default_value) + " is used");
    return default_value;
  }
  return value;
}

void ConfigReader::warn(std::string_view name, std::string_view sentence) {
  config_.warnings.push_back(warning_about(name, sentence));
}

}  // namespace

Config read_config(const Variables& variables) { return ConfigReader(variables).read(); }
Config read_config(std::string_view json) { return read_config(Variables(json)); }

// A comma could not be told from a header that was sent twice, and other bytes outside 0x21..0x7E
// never arrive in one. A mistyped key of ours is refused before anybody looks at its digest.
const char* plain_key_fault(std::string_view key) {
  if (key.size() > bounds::token_bytes_max) return "is longer than 512 characters";
  if (key.find(',') != key.npos) return "holds a comma";
  if (!is_visible(key)) return "holds spaces or characters outside printable ASCII";
  if (key.size() < bounds::legacy_key_bytes_min) return "is shorter than 16 characters";
  if (distinct_characters(key) < distinct_characters_min)
    return "has fewer than 6 different characters";
  if (is_placeholder(key)) return "looks like a placeholder";
  if (shape_of(key).form == KeyForm::kMistyped)
    return "has the form of a gateway key and a wrong checksum";
  return nullptr;
}

}  // namespace postern::policy
