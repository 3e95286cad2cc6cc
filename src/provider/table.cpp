#include "provider/table.h"

#include <algorithm>

#include "provider/notes.h"

namespace postern::provider {
namespace {

using dialect::EmbeddingFormat;
using dialect::Quirks;
using ReasoningMember = Quirks::ReasoningMember;

// --- Quirks -----------------------------------------------------------------------------------

constexpr Quirks openai_quirks = {.max_completion_tokens = true,
                                  .developer_role = true,
                                  .strict_tools = true,
                                  .image_urls = true};
// `system` means the same to its models, and older API versions know no other word.
constexpr Quirks azure_quirks = {
    .max_completion_tokens = true, .strict_tools = true, .image_urls = true};
// Whatever it does not know is a 422 to it.
constexpr Quirks mistral_quirks = {.required_is_any = true,
                                   .stream_usage = false,
                                   .closed_members = true,
                                   .strict_tools = true,
                                   .image_urls = true,
                                   .rewritten = true};
constexpr Quirks groq_quirks = {.max_completion_tokens = true,
                                .reasoning_member = ReasoningMember::kReasoning,
                                .strict_tools = true,
                                .image_urls = true};
constexpr Quirks deepseek_quirks = {.reasoning_member = ReasoningMember::kReasoningContent};
constexpr Quirks xai_quirks = {.max_completion_tokens = true,
                               .reasoning_member = ReasoningMember::kReasoningContent,
                               .image_urls = true,
                               .reasoning_beside_output = true};
constexpr Quirks openrouter_quirks = {.reasoning_member = ReasoningMember::kReasoning,
                                      .strict_tools = true,
                                      .reasoning_details = true,
                                      .cache_control = true,
                                      .image_urls = true};
constexpr Quirks together_quirks = {.reasoning_member = ReasoningMember::kReasoningContent,
                                    .image_urls = true};
constexpr Quirks fireworks_quirks = {.reasoning_member = ReasoningMember::kReasoningContent,
                                     .image_urls = true};
constexpr Quirks cerebras_quirks = {.max_completion_tokens = true,
                                    .reasoning_member = ReasoningMember::kReasoning,
                                    .strict_tools = true};
constexpr Quirks perplexity_quirks = {.image_urls = true};
constexpr Quirks ollama_quirks = {.reasoning_member = ReasoningMember::kReasoning};
constexpr Quirks workers_ai_quirks = {.bare_json_schema = true,
                                      .reasoning_member = ReasoningMember::kReasoningContent,
                                      .usage_increments = true,
                                      .rewritten = true};
constexpr Quirks compatible_quirks = {.strict_tools = true, .image_urls = true};

// --- Variables of their own -------------------------------------------------------------------

constexpr Variable azure_variables[] = {
    {"AZURE_API_VERSION",
     "Is sent as `?api-version=`. Needed where the address is not one of `/openai/v1`; with an "
     "address that ends in `/openai` it is 2024-10-21 unless set."},
};
constexpr Variable vertex_variables[] = {
    {"VERTEX_PROJECT", "The project. Without it the key is used in express mode."},
    {"VERTEX_LOCATION", "The location, such as `europe-west4`; `global` unless set."},
};
constexpr Variable bedrock_variables[] = {
    {"AWS_REGION", "The region, such as `eu-central-1`. Always needed to sign requests."},
    {"AWS_ACCESS_KEY_ID", "Instead of `BEDROCK_API_KEY`: requests are signed.", true},
    {"AWS_SECRET_ACCESS_KEY", "Goes with `AWS_ACCESS_KEY_ID`.", true},
    {"AWS_SESSION_TOKEN", "Goes with temporary credentials.", true},
};
constexpr Variable workers_ai_variables[] = {
    {"WORKERS_AI_ACCOUNT_ID", "The account, 32 hex digits."},
};

// --- The table --------------------------------------------------------------------------------

constexpr Row rows[] = {
    {.prefix = "openai",
     .title = "OpenAI",
     .base_url = "https://api.openai.com/v1",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .responses = true,
     .completions = true,
     .embeddings = EmbeddingFormat::kOpenai,
     .quirks = openai_quirks,
     .needs = "OPENAI_API_KEY or OPENAI_BASE_URL",
     .notes = notes::openai},
    {.prefix = "anthropic",
     .title = "Anthropic",
     .base_url = "https://api.anthropic.com/v1",
     .auth = Auth::kXApiKey,
     .chat = &dialect::anthropic,
     .count_tokens = true,
     .quirks = {.image_urls = true},
     .needs = "ANTHROPIC_API_KEY",
     .notes = notes::anthropic},
    {.prefix = "gemini",
     .title = "Google Gemini",
     .base_url = "https://generativelanguage.googleapis.com/v1beta",
     .auth = Auth::kXGoogApiKey,
     .chat = &dialect::gemini,
     .embeddings = EmbeddingFormat::kGemini,
     .needs = "GEMINI_API_KEY",
     .notes = notes::gemini},
    {.prefix = "vertex",
     .title = "Google Vertex AI",
     .base_url = "https://{VERTEX_LOCATION}-aiplatform.googleapis.com/v1/projects/{VERTEX_PROJECT}"
                 "/locations/{VERTEX_LOCATION}/publishers/google",
     .auth = Auth::kXGoogApiKey,
     .chat = &dialect::gemini,
     .embeddings = EmbeddingFormat::kVertex,
     .variables = vertex_variables,
     .needs = "VERTEX_API_KEY",
     .notes = notes::vertex},
    {.prefix = "azure",
     .title = "Azure OpenAI",
     .auth = Auth::kApiKey,
     .chat = &dialect::openai_chat,
     .responses = true,
     .completions = true,
     .embeddings = EmbeddingFormat::kOpenai,
     .quirks = azure_quirks,
     .variables = azure_variables,
     .needs = "AZURE_BASE_URL and AZURE_API_KEY",
     .notes = notes::azure},
    {.prefix = "bedrock",
     .title = "Amazon Bedrock",
     .base_url = "https://bedrock-runtime.{AWS_REGION}.amazonaws.com",
     .auth = Auth::kAws,
     .chat = &dialect::bedrock,
     .variables = bedrock_variables,
     .needs = "AWS_REGION, and BEDROCK_API_KEY or AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY",
     .notes = notes::bedrock},
    {.prefix = "workers-ai",
     .title = "Cloudflare Workers AI",
     .base_url = "https://api.cloudflare.com/client/v4/accounts/{WORKERS_AI_ACCOUNT_ID}/ai/v1",
     .auth = Auth::kCloudflare,
     .chat = &dialect::workers_ai,
     .embeddings = EmbeddingFormat::kOpenai,
     .quirks = workers_ai_quirks,
     .variables = workers_ai_variables,
     .needs = "the binding AI, or WORKERS_AI_API_KEY and WORKERS_AI_ACCOUNT_ID",
     .notes = notes::workers_ai},
    {.prefix = "mistral",
     .title = "Mistral",
     .base_url = "https://api.mistral.ai/v1",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .embeddings = EmbeddingFormat::kOpenai,
     .quirks = mistral_quirks,
     .needs = "MISTRAL_API_KEY",
     .notes = notes::mistral},
    {.prefix = "groq",
     .title = "Groq",
     .base_url = "https://api.groq.com/openai/v1",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .quirks = groq_quirks,
     .needs = "GROQ_API_KEY",
     .notes = notes::groq},
    {.prefix = "deepseek",
     .title = "DeepSeek",
     .base_url = "https://api.deepseek.com",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .responses = true,
     .quirks = deepseek_quirks,
     .needs = "DEEPSEEK_API_KEY",
     .notes = notes::deepseek},
    {.prefix = "xai",
     .title = "xAI",
     .base_url = "https://api.x.ai/v1",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .responses = true,
     .quirks = xai_quirks,
     .needs = "XAI_API_KEY",
     .notes = notes::xai},
    {.prefix = "openrouter",
     .title = "OpenRouter",
     .base_url = "https://openrouter.ai/api/v1",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .completions = true,
     .embeddings = EmbeddingFormat::kOpenai,
     .quirks = openrouter_quirks,
     .needs = "OPENROUTER_API_KEY",
     .notes = notes::openrouter},
    {.prefix = "together",
     .title = "Together AI",
     .base_url = "https://api.together.xyz/v1",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .completions = true,
     .embeddings = EmbeddingFormat::kOpenai,
     .quirks = together_quirks,
     .needs = "TOGETHER_API_KEY",
     .notes = notes::together},
    {.prefix = "fireworks",
     .title = "Fireworks AI",
     .base_url = "https://api.fireworks.ai/inference/v1",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .completions = true,
     .embeddings = EmbeddingFormat::kOpenai,
     .quirks = fireworks_quirks,
     .needs = "FIREWORKS_API_KEY",
     .notes = notes::fireworks},
    {.prefix = "cerebras",
     .title = "Cerebras",
     .base_url = "https://api.cerebras.ai/v1",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .completions = true,
     .quirks = cerebras_quirks,
     .needs = "CEREBRAS_API_KEY",
     .notes = notes::cerebras},
    {.prefix = "perplexity",
     .title = "Perplexity",
     .base_url = "https://api.perplexity.ai",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .embeddings = EmbeddingFormat::kPerplexity,
     .quirks = perplexity_quirks,
     .needs = "PERPLEXITY_API_KEY",
     .notes = notes::perplexity},
    {.prefix = "cohere",
     .title = "Cohere",
     .base_url = "https://api.cohere.com/v2",
     .auth = Auth::kBearer,
     .chat = &dialect::cohere,
     .embeddings = EmbeddingFormat::kCohere,
     .quirks = {.image_urls = true},
     .needs = "COHERE_API_KEY",
     .notes = notes::cohere},
    {.prefix = "ollama",
     .title = "Ollama",
     .auth = Auth::kBearer,
     .chat = &dialect::openai_chat,
     .completions = true,
     .embeddings = EmbeddingFormat::kOpenai,
     .quirks = ollama_quirks,
     .needs = "OLLAMA_BASE_URL",
     .notes = notes::ollama},
};

}  // namespace

const Row compatible = {.title = "OpenAI-compatible servers",
                        .auth = Auth::kBearer,
                        .chat = &dialect::openai_chat,
                        .completions = true,
                        .embeddings = EmbeddingFormat::kOpenai,
                        .quirks = compatible_quirks,
                        .notes = notes::compatible};

std::span<const Row> table() { return rows; }

const Row* find_row(std::string_view prefix) {
  const auto row = std::find_if(std::begin(rows), std::end(rows),
                                [&](const Row& one) { return one.prefix == prefix; });
  return row == std::end(rows) ? nullptr : &*row;
}

std::string Row::variable_prefix() const { return variable_prefix_of(prefix); }

std::string variable_prefix_of(std::string_view name) {
  std::string result(name);
  for (char& byte : result) {
    if (byte == '-') byte = '_';
    if (byte >= 'a' && byte <= 'z') byte = static_cast<char>(byte - 'a' + 'A');
  }
  return result;
}

// GATEWAY_API_KEY is a key of the gateway's own callers, `sim/...` the simulator's models.
bool is_reserved(std::string_view name) {
  return name == "gateway" || name == "sim" || find_row(name);
}

std::vector<std::string> variables() {
  std::vector<std::string> names;
  for (const Row& row : rows) {
    names.push_back(row.key_variable());
    names.push_back(row.url_variable());
    for (const Variable& variable : row.variables) names.emplace_back(variable.name);
  }
  names.emplace_back(compatible_variable);
  names.emplace_back("*_API_KEY");
  names.emplace_back("*_BASE_URL");
  names.emplace_back(binding_variable);
  return names;
}

std::string_view surface_name(Surface surface) {
  constexpr std::string_view names[] = {"chat",         "responses",   "messages",
                                        "count_tokens", "completions", "embeddings"};
  return names[static_cast<size_t>(surface)];
}

std::string_view auth_name(Auth auth) {
  constexpr std::string_view names[] = {"bearer",  "x-api-key",  "x-goog-api-key",
                                        "api-key", "cloudflare", "aws"};
  return names[static_cast<size_t>(auth)];
}

std::string_view embeddings_name(dialect::EmbeddingFormat format) {
  constexpr std::string_view names[] = {"openai",     "gemini",     "vertex", "cohere",
                                        "workers_ai", "perplexity", "none"};
  static_assert(static_cast<size_t>(EmbeddingFormat::kNone) + 1 == std::size(names));
  return names[static_cast<size_t>(format)];
}

}  // namespace postern::provider
