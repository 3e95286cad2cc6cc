// The JSON bodies of the gateway's own routes. Every one is an allow-list: what is not written
// here is not told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/access.h"
#include "policy/config.h"
#include "policy/routes.h"
#include "provider/settings.h"

namespace postern::exchange {

enum class Configured { kNo, kYes };
enum class SimulatorDoor { kShut, kOpen };

// `record` is what the store answered to `load`, or empty when it did not answer.
std::string health_answer(Configured configured, std::string_view record);
std::string analytics_answer(std::string_view record);
std::string provider_stats_answer(const provider::Settings& settings, SimulatorDoor simulator,
                                  std::string_view record);
std::string usage_answer(const policy::Caller& caller, std::string_view record);

std::string models_answer(const policy::Config& config, SimulatorDoor simulator);
// `mode` is `dev` or `key`.
std::string whoami_answer(const policy::Caller& caller, const policy::Config& config,
                          std::string_view mode, std::string_view request_id);

}  // namespace postern::exchange
