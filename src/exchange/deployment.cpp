#include "exchange/deployment.h"

#include "policy/variables.h"

namespace postern::exchange {
namespace {

const provider::Setting& simulator_setting() {
  static const provider::Row row = [] {
    provider::Row simulator;
    simulator.prefix = "simulator";
    simulator.title = "Simulator";
    simulator.chat = &dialect::openai_chat;
    return simulator;
  }();
  static const provider::Setting setting = [] {
    provider::Setting simulator;
    simulator.row = &row;
    simulator.name = "simulator";
    return simulator;
  }();
  return setting;
}

}  // namespace

Deployment read_deployment(std::string_view variables) {
  Deployment deployment;
  const policy::Variables read(variables);
  deployment.config = policy::read_config(read);
  deployment.warnings = std::move(deployment.config.warnings);
  deployment.settings = provider::read_settings(read, deployment.warnings);
  return deployment;
}

provider::Target simulator_target(std::string_view model) {
  return {.setting = &simulator_setting(), .model = model};
}

bool is_simulator(const provider::Target& target) { return target.setting == &simulator_setting(); }

std::vector<std::string_view> secrets_of(const provider::Target& target) {
  std::vector<std::string_view> secrets;
  if (!target.setting) return secrets;
  const provider::Setting& setting = *target.setting;
  if (!setting.key.empty()) secrets.push_back(setting.key);
  if (setting.aws) {
    secrets.push_back(setting.aws->secret_access_key);
    if (!setting.aws->session_token.empty()) secrets.push_back(setting.aws->session_token);
  }
  return secrets;
}

}  // namespace postern::exchange
