// Settings as a deployment with these variables has them.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/json_writer.h"
#include "policy/variables.h"
#include "provider/settings.h"

namespace postern::provider {

using VariableList = std::vector<std::pair<std::string, std::string>>;

inline policy::Variables variables_of(const VariableList& list) {
  std::string json;
  codec::JsonWriter out(json);
  out.begin_object();
  for (const auto& [name, value] : list) out.name(name).string(value);
  out.end_object();
  return policy::Variables(json);
}

struct Read {
  Settings settings;
  std::vector<std::string> warnings;

  const Setting* operator[](std::string_view name) const { return settings.find(name); }
};

inline Read settings_of(const VariableList& list) {
  Read read;
  read.settings = read_settings(variables_of(list), read.warnings);
  return read;
}

// Every provider of the table by a key of its own, and two of the operator's.
inline const VariableList& all_variables() {
  static const VariableList list = [] {
    VariableList all = {{"AZURE_BASE_URL", "https://r.openai.azure.com/openai/v1"},
                        {"AWS_REGION", "eu-central-1"},
                        {"WORKERS_AI_ACCOUNT_ID", "0123456789abcdef0123456789abcdef"},
                        {"VERTEX_PROJECT", "project-1"},
                        {"VERTEX_LOCATION", "europe-west4"},
                        {"OLLAMA_BASE_URL", "http://127.0.0.1:11434/v1"},
                        {"COMPATIBLE_PROVIDERS", "vllm, lm-studio"},
                        {"VLLM_BASE_URL", "http://127.0.0.1:8000/v1"},
                        {"LM_STUDIO_BASE_URL", "http://127.0.0.1:1234/v1/"},
                        {"LM_STUDIO_API_KEY", "key-of-lm-studio"}};
    for (const Row& row : table())
      if (row.prefix != "ollama")
        all.push_back({row.key_variable(), "key-of-" + std::string(row.prefix)});
    return all;
  }();
  return list;
}

}  // namespace postern::provider
