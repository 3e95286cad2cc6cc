// Which providers this deployment has, read once from its variables and secrets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/variables.h"
#include "provider/table.h"

namespace postern::provider {

struct AwsKeys {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: none is sent
};

// What an address of Azure's wants after it.
enum class AzurePaths : uint8_t {
  kPlain,        // .../openai/v1: OpenAI's own paths
  kDeployments,  // .../openai: the model is a deployment, in the path
  kModels,       // .../models: OpenAI's paths, but for chat and embeddings alone
};

// One provider that can be asked. Everything is checked: it fits into a URL or a header as it is.
struct Setting {
  const Row* row = nullptr;
  std::string name;            // before the slash in a model's name
  std::string base_url;        // without a trailing slash; empty through a binding
  std::string key;             // empty: none is sent
  std::optional<AwsKeys> aws;  // requests are signed; then there is no key
  std::string region;          // of AWS
  std::string api_version;     // of Azure; empty: none is sent
  bool via_binding = false;    // of Workers AI: no address, no key
  AzurePaths azure_paths = AzurePaths::kPlain;
};

struct Settings {
  std::vector<Setting> providers;  // in the order of the table, the operator's own at the end

  // The usable words of COMPATIBLE_PROVIDERS, with an address or without.
  std::vector<std::string> compatible_names;

  const Setting* find(std::string_view name) const;  // null when it is not configured
};

// A provider is there with its secret, or with an address of its own and no secret at all. What
// is at fault is told in `warnings`, one sentence each, never with a value of a secret, and the
// provider that it belongs to is not used: no key goes to an address that nobody chose.
Settings read_settings(const policy::Variables& variables, std::vector<std::string>& warnings);

}  // namespace postern::provider
