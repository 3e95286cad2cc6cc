#include "provider/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "policy/config.h"
#include "policy/models.h"

namespace postern::provider {
namespace {

TEST(ProviderTable, has_every_provider_under_its_prefix) {
  std::vector<std::string> prefixes;
  for (const Row& row : table()) prefixes.emplace_back(row.prefix);
  EXPECT_EQ(prefixes, (std::vector<std::string>{
                          "openai", "anthropic", "gemini", "vertex", "azure", "bedrock",
                          "workers-ai", "mistral", "groq", "deepseek", "xai", "openrouter",
                          "together", "fireworks", "cerebras", "perplexity", "cohere", "ollama"}));
}

TEST(ProviderTable, every_row_is_complete) {
  for (const Row& row : table()) {
    EXPECT_FALSE(row.title.empty()) << row.prefix;
    EXPECT_NE(row.chat, nullptr) << row.prefix;
    EXPECT_FALSE(row.needs.empty()) << row.prefix;
    EXPECT_FALSE(row.notes.empty()) << row.prefix;
    EXPECT_EQ(find_row(row.prefix), &row);
    EXPECT_FALSE(row.base_url.ends_with('/')) << row.prefix;
    EXPECT_TRUE(policy::is_model_pattern(std::string(row.prefix) + "/*")) << row.prefix;
    EXPECT_TRUE(is_reserved(row.prefix));
  }
  EXPECT_TRUE(compatible.prefix.empty());
  EXPECT_NE(compatible.chat, nullptr);
}

TEST(ProviderTable, unknown_prefixes_have_no_row) {
  for (const char* prefix : {"", "OpenAI", "openai/", "meta-llama", "workers_ai", "sim"})
    EXPECT_EQ(find_row(prefix), nullptr) << prefix;
}

TEST(ProviderTable, variables_are_the_prefix_in_capitals) {
  EXPECT_EQ(find_row("openai")->key_variable(), "OPENAI_API_KEY");
  EXPECT_EQ(find_row("workers-ai")->key_variable(), "WORKERS_AI_API_KEY");
  EXPECT_EQ(find_row("workers-ai")->url_variable(), "WORKERS_AI_BASE_URL");
}

TEST(ProviderTable, variables_are_named_once_and_none_is_the_gateways_own) {
  const std::vector<std::string> names = variables();
  std::set<std::string> seen(policy::config_variables.begin(), policy::config_variables.end());
  for (const std::string& name : names) EXPECT_TRUE(seen.insert(name).second) << name;
  for (const char* name :
       {"OPENAI_API_KEY", "OPENAI_BASE_URL", "AZURE_BASE_URL", "AZURE_API_VERSION",
        "BEDROCK_API_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_REGION", "WORKERS_AI_ACCOUNT_ID", "VERTEX_PROJECT", "VERTEX_LOCATION",
        "OLLAMA_BASE_URL", "COMPATIBLE_PROVIDERS", "*_API_KEY", "*_BASE_URL", "AI"})
    EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
}

// Their variables would be the gateway's own secret, their models the simulator's.
TEST(ProviderTable, the_gateways_own_names_are_reserved) {
  EXPECT_TRUE(is_reserved("gateway"));
  EXPECT_TRUE(is_reserved("sim"));
  EXPECT_FALSE(is_reserved("vllm"));
  for (const std::string_view name : policy::config_variables) {
    for (const std::string_view end : {"_API_KEY", "_BASE_URL"}) {
      if (!name.ends_with(end)) continue;
      std::string word(name.substr(0, name.size() - end.size()));
      for (char& byte : word) byte = byte == '_' ? '-' : static_cast<char>(byte | 0x20);
      EXPECT_TRUE(is_reserved(word)) << name;
    }
  }
}

TEST(ProviderTable, rewritten_providers_are_those_that_clients_of_openai_cannot_read) {
  for (const char* prefix : {"mistral", "workers-ai"})
    EXPECT_TRUE(find_row(prefix)->quirks.rewritten) << prefix;
  for (const char* prefix :
       {"openai", "azure", "groq", "deepseek", "xai", "openrouter", "perplexity", "ollama"})
    EXPECT_FALSE(find_row(prefix)->quirks.rewritten) << prefix;
  EXPECT_TRUE(find_row("xai")->quirks.reasoning_beside_output);
  EXPECT_TRUE(find_row("workers-ai")->quirks.usage_increments);
  EXPECT_FALSE(find_row("mistral")->quirks.stream_usage);
}

TEST(Dialects, are_found_by_their_names) {
  std::set<std::string_view> names;
  for (const dialect::Dialect* one : dialect::dialects()) {
    EXPECT_TRUE(names.insert(one->name).second);
    EXPECT_EQ(dialect::find_dialect(one->name), one);
  }
  EXPECT_EQ(names.size(), 8u);
  EXPECT_EQ(dialect::find_dialect("latin"), nullptr);
}

}  // namespace
}  // namespace postern::provider
