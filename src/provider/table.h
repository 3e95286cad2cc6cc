// Every provider that the gateway knows: its address, how it is asked, what it serves, and how it
// differs from its dialect. Data; adding a provider is adding a row, and its page in the
// documentation is made of the same row.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/dialects.h"
#include "dialect/embeddings/embeddings.h"

namespace postern::provider {

// What clients ask for. kMessages and kCountTokens are Anthropic's words.
enum class Surface : uint8_t {
  kChat,
  kResponses,
  kMessages,
  kCountTokens,
  kCompletions,
  kEmbeddings
};

// Where the key goes.
enum class Auth : uint8_t {
  kBearer,       // Authorization: Bearer
  kXApiKey,      // x-api-key
  kXGoogApiKey,  // x-goog-api-key
  kApiKey,       // api-key
  kCloudflare,   // Authorization: Bearer, or a binding that needs none
  kAws,          // Authorization: Bearer, or a signature (Signature Version 4)
};

// A variable beside <PREFIX>_API_KEY and <PREFIX>_BASE_URL.
struct Variable {
  std::string_view name;
  std::string_view meaning;  // for the documentation
  bool secret = false;
};

struct Row {
  std::string_view prefix =
      {};  // before the slash in a model's name; empty: of the operator's choice
  std::string_view title = {};
  // Where the surfaces' own paths begin. Words in braces are variables. Empty: there is none until
  // the operator gives one.
  std::string_view base_url = {};
  Auth auth = Auth::kBearer;

  const dialect::Dialect* chat = nullptr;
  // Surfaces of its own; without them such requests are translated into its chat.
  bool responses = false;
  bool completions = false;
  bool count_tokens = false;
  dialect::EmbeddingFormat embeddings = dialect::EmbeddingFormat::kNone;
  dialect::Quirks quirks = {};

  std::span<const Variable> variables = {};
  std::string_view needs = {};  // what the operator sets, as the end of a sentence
  std::span<const std::string_view> notes = {};

  // OPENAI, WORKERS_AI.
  std::string variable_prefix() const;
  std::string key_variable() const { return variable_prefix() + "_API_KEY"; }
  std::string url_variable() const { return variable_prefix() + "_BASE_URL"; }
};

std::span<const Row> table();

// The row of the providers that COMPATIBLE_PROVIDERS names; not in the table.
extern const Row compatible;

const Row* find_row(std::string_view prefix);  // of the table; null when there is none

std::string variable_prefix_of(std::string_view name);

// Names one of the operator's providers may not have: their variables or models would be others'.
bool is_reserved(std::string_view name);

// The variables that the settings are read from. `*` at the front stands for each word of
// COMPATIBLE_PROVIDERS, written like the names of variables. `AI` is a binding: where it is one,
// its value is `binding`.
std::vector<std::string> variables();

inline constexpr std::string_view compatible_variable = "COMPATIBLE_PROVIDERS";
inline constexpr std::string_view binding_variable = "AI";
inline constexpr std::string_view binding_value = "binding";

std::string_view surface_name(Surface surface);
std::string_view auth_name(Auth auth);
std::string_view embeddings_name(dialect::EmbeddingFormat format);

}  // namespace postern::provider
