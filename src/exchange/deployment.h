// What a deployment was told by its variables and secrets: read once, shared by its exchanges.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/config.h"
#include "provider/settings.h"
#include "provider/target.h"

namespace postern::exchange {

struct Deployment {
  policy::Config config;
  provider::Settings settings;
  // For the operator's log, one sentence each; never a value of a secret.
  std::vector<std::string> warnings;
};

// `variables` is a JSON object of strings.
Deployment read_deployment(std::string_view variables);

// The simulator as a provider: in OpenAI's words, without an address. `model` outlives the target.
provider::Target simulator_target(std::string_view model);
bool is_simulator(const provider::Target& target);

// What must never reach a client.
std::vector<std::string_view> secrets_of(const provider::Target& target);

}  // namespace postern::exchange
