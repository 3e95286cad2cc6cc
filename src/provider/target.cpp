#include "provider/target.h"

#include <algorithm>

namespace postern::provider {
namespace {

bool is_compatible_name(const Settings& settings, std::string_view name) {
  const auto& names = settings.compatible_names;
  return std::find(names.begin(), names.end(), name) != names.end();
}

NoTarget not_configured(std::string_view name) {
  const Row* row = find_row(name);
  std::string message = "the provider ";
  message += name;
  message += " is not configured; the operator sets ";
  if (row) {
    message += row->needs;
  } else {
    message += variable_prefix_of(name) + "_BASE_URL";
  }
  return {NoTarget::Reason::kNotConfigured, std::move(message)};
}

NoTarget no_model(std::string_view prefix) {
  std::string message = "the model has no name";
  if (!prefix.empty()) {
    message += " after its provider; write `";
    message += prefix;
    message += "/` and the model's name";
  }
  return {NoTarget::Reason::kNoModel, std::move(message)};
}

}  // namespace

std::optional<NoTarget> choose(const Settings& settings, std::string_view model, Target& target) {
  std::string_view name = default_provider;
  std::string_view rest = model;
  const size_t slash = model.find('/');
  const std::string_view prefix = model.substr(0, slash);
  if (slash != model.npos && (find_row(prefix) || is_compatible_name(settings, prefix))) {
    name = prefix;
    rest.remove_prefix(slash + 1);
    if (rest.empty()) return no_model(prefix);
  }
  if (rest.empty()) return no_model({});
  const Setting* setting = settings.find(name);
  if (!setting) return not_configured(name);
  target = {setting, rest};
  return std::nullopt;
}

dialect::EmbeddingFormat Target::embeddings() const {
  return via_binding() ? dialect::EmbeddingFormat::kWorkersAi : row().embeddings;
}

std::optional<Surface> Target::answering(Surface asked) const {
  const bool chat_only = via_binding() || setting->azure_paths == AzurePaths::kModels;
  switch (asked) {
    case Surface::kResponses:
      return row().responses && !chat_only ? asked : Surface::kChat;
    case Surface::kCompletions:
      return row().completions && !chat_only ? asked : Surface::kChat;
    case Surface::kMessages:
      return row().chat == &dialect::anthropic ? asked : Surface::kChat;
    case Surface::kCountTokens:
      return row().count_tokens ? std::optional(asked) : std::nullopt;
    case Surface::kEmbeddings:
      return embeddings() != dialect::EmbeddingFormat::kNone ? std::optional(asked) : std::nullopt;
    case Surface::kChat:
      return asked;
  }
  return std::nullopt;
}

const dialect::Dialect* Target::dialect(Surface asked) const {
  const auto surface = answering(asked);
  if (!surface || *surface == Surface::kEmbeddings) return nullptr;
  if (*surface == Surface::kResponses) return &dialect::responses;
  if (*surface == Surface::kCompletions) return &dialect::completions;
  return row().chat;
}

}  // namespace postern::provider
