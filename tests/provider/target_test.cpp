#include "provider/target.h"

#include <gtest/gtest.h>

#include <string>

#include "settings_of.h"

namespace postern::provider {
namespace {

struct Chosen {
  std::string name;   // the provider's; empty when there is none
  std::string model;  // or the message
};

Chosen choice(const Settings& settings, std::string_view model) {
  Target target;
  if (const auto fault = choose(settings, model, target)) return {"", fault->message};
  return {target.setting->name, std::string(target.model)};
}

void expect_choice(const Settings& settings, std::string_view model, std::string_view name,
                   std::string_view rest) {
  const Chosen chosen = choice(settings, model);
  EXPECT_EQ(chosen.name, name) << model;
  EXPECT_EQ(chosen.model, rest) << model;
}

TEST(ProviderTarget, the_first_segment_chooses_and_is_taken_off) {
  const Read read = settings_of(all_variables());
  expect_choice(read.settings, "anthropic/claude-sonnet-4-5", "anthropic", "claude-sonnet-4-5");
  expect_choice(read.settings, "openai/gpt-4o", "openai", "gpt-4o");
  expect_choice(read.settings, "openrouter/anthropic/claude-sonnet-4.5", "openrouter",
                "anthropic/claude-sonnet-4.5");
  expect_choice(read.settings, "workers-ai/@cf/meta/llama-3.1-8b-instruct", "workers-ai",
                "@cf/meta/llama-3.1-8b-instruct");
  expect_choice(read.settings, "vllm/Qwen/Qwen3-8B", "vllm", "Qwen/Qwen3-8B");
  expect_choice(read.settings, "lm-studio/m", "lm-studio", "m");
  for (const Row& row : table())
    expect_choice(read.settings, std::string(row.prefix) + "/m", row.prefix, "m");
}

TEST(ProviderTarget, a_name_without_a_known_prefix_goes_to_the_default_as_it_is) {
  const Read read = settings_of(all_variables());
  for (const char* model :
       {"gpt-4o", "ft:gpt-4o:org::id", "meta-llama/Llama-3.3-70B", "OpenAI/gpt-4o", "/gpt-4o",
        "anthropic", "workers_ai/m", " anthropic/m", "lmstudio/m", "sim/echo", "..", "a?b#c"})
    expect_choice(read.settings, model, "openai", model);
  expect_choice(read.settings, "openai/openai/x", "openai", "openai/x");
}

TEST(ProviderTarget, a_prefix_without_a_model_is_a_fault) {
  const Read read = settings_of(all_variables());
  for (const char* model : {"openai/", "anthropic/", "vllm/", ""}) {
    Target target;
    const auto fault = choose(read.settings, model, target);
    ASSERT_TRUE(fault) << model;
    EXPECT_EQ(fault->reason, NoTarget::Reason::kNoModel);
  }
  EXPECT_EQ(choice(read.settings, "vllm/").model,
            "the model has no name after its provider; write `vllm/` and the model's name");
}

TEST(ProviderTarget, what_is_not_configured_names_the_variable_to_set) {
  const Read read = settings_of({{"COMPATIBLE_PROVIDERS", "my-vllm"}});
  expect_choice(read.settings, "anthropic/claude", "",
                "the provider anthropic is not configured; the operator sets ANTHROPIC_API_KEY");
  expect_choice(read.settings, "my-vllm/m", "",
                "the provider my-vllm is not configured; the operator sets MY_VLLM_BASE_URL");
  for (const char* model : {"gpt-4o", "meta-llama/x"})
    expect_choice(read.settings, model, "",
                  "the provider openai is not configured; the operator sets OPENAI_API_KEY or "
                  "OPENAI_BASE_URL");
  for (const Row& row : table()) {
    Target target;
    const auto fault = choose(read.settings, std::string(row.prefix) + "/m", target);
    ASSERT_TRUE(fault) << row.prefix;
    EXPECT_EQ(fault->reason, NoTarget::Reason::kNotConfigured);
    EXPECT_TRUE(fault->message.ends_with(row.needs)) << fault->message;
  }
}

Target target_of(const Read& read, std::string_view model) {
  Target target;
  EXPECT_FALSE(choose(read.settings, model, target)) << model;
  return target;
}

TEST(ProviderTarget, requests_without_a_surface_of_their_own_are_answered_by_chat) {
  const Read read = settings_of(all_variables());
  const Target openai = target_of(read, "gpt-4o");
  EXPECT_EQ(openai.answering(Surface::kResponses), Surface::kResponses);
  EXPECT_EQ(openai.answering(Surface::kCompletions), Surface::kCompletions);
  EXPECT_EQ(openai.answering(Surface::kMessages), Surface::kChat);
  EXPECT_EQ(openai.answering(Surface::kCountTokens), std::nullopt);
  EXPECT_EQ(openai.dialect(Surface::kResponses), &dialect::responses);
  EXPECT_EQ(openai.dialect(Surface::kCompletions), &dialect::completions);
  EXPECT_EQ(openai.dialect(Surface::kMessages), &dialect::openai_chat);
  EXPECT_EQ(openai.dialect(Surface::kEmbeddings), nullptr);

  const Target claude = target_of(read, "anthropic/claude");
  EXPECT_EQ(claude.answering(Surface::kMessages), Surface::kMessages);
  EXPECT_EQ(claude.answering(Surface::kCountTokens), Surface::kCountTokens);
  EXPECT_EQ(claude.answering(Surface::kResponses), Surface::kChat);
  EXPECT_EQ(claude.answering(Surface::kEmbeddings), std::nullopt);
  EXPECT_EQ(claude.dialect(Surface::kChat), &dialect::anthropic);
  EXPECT_EQ(claude.dialect(Surface::kEmbeddings), nullptr);

  EXPECT_EQ(target_of(read, "gemini/g").dialect(Surface::kCompletions), &dialect::gemini);
  EXPECT_EQ(target_of(read, "bedrock/m").dialect(Surface::kMessages), &dialect::bedrock);
}

TEST(ProviderTarget, a_binding_and_azures_models_answer_chat_and_embeddings_only) {
  const Read read = settings_of(
      {{"AI", "binding"}, {"AZURE_BASE_URL", "https://r.services.ai.azure.com/models"}});
  const Target bound = target_of(read, "workers-ai/@cf/m");
  EXPECT_TRUE(bound.via_binding());
  EXPECT_EQ(bound.embeddings(), dialect::EmbeddingFormat::kWorkersAi);
  EXPECT_EQ(bound.dialect(Surface::kChat), &dialect::workers_ai);
  const Target azure = target_of(read, "azure/grok-4");
  for (const Target& target : {bound, azure}) {
    EXPECT_EQ(target.answering(Surface::kResponses), Surface::kChat);
    EXPECT_EQ(target.answering(Surface::kCompletions), Surface::kChat);
    EXPECT_EQ(target.answering(Surface::kEmbeddings), Surface::kEmbeddings);
  }
}

}  // namespace
}  // namespace postern::provider
