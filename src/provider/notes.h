// What the documentation says of each provider beside what follows from its row in the table.
#pragma once

#include <string_view>

namespace postern::provider::notes {

using Note = std::string_view;

inline constexpr Note openai[] = {
    "A model without a prefix goes here, and so does one whose first segment is no provider's.",
    "Chat completions from OpenAI clients are passed on as they came: unknown members, tools, "
    "audio and files included.",
};
inline constexpr Note anthropic[] = {
    "The address ends with `/v1`, which Anthropic's own clients leave out of theirs.",
    ("A limit for the answer is always sent, because Anthropic wants one: the client's, or the "
     "model's own."),
    "`temperature` is cut off at 1. Models that take no sampling parameters do not get any.",
    ("`n` above 1 and audio are refused. `seed`, penalties, `logit_bias` and `logprobs` are "
     "dropped "
     "and named."),
    ("Thinking blocks and their signatures survive the round trip through clients of other "
     "dialects."),
};
inline constexpr Note gemini[] = {
    "Thought signatures are carried to clients and back.",
    "`logit_bias`, `parallel_tool_calls`, `user` and `metadata` are dropped and named.",
};
inline constexpr Note vertex[] = {
    "Google's own models only: others on Vertex need an OAuth token, which the gateway does not "
    "fetch.",
    "With `VERTEX_API_KEY` alone, requests go to the global address of express mode.",
    "Everything else is as for Gemini.",
};
inline constexpr Note azure[] = {
    "`AZURE_BASE_URL` is one of three: `https://RESOURCE.openai.azure.com/openai/v1` (the model is "
    "in the body), `https://RESOURCE.openai.azure.com/openai` (the model is a deployment, in the "
    "path), `https://RESOURCE.services.ai.azure.com/models` (chat and embeddings only).",
    "A stream may begin with an event that has no choices: it holds the prompt's filter results.",
};
inline constexpr Note bedrock[] = {
    "Any model that the Converse API serves; names and ARNs are percent-encoded.",
    "With `BEDROCK_API_KEY` requests carry it as a bearer token; it comes before access keys.",
    "`n` above 1 is refused; penalties, `seed`, `logit_bias`, `logprobs` are dropped and named.",
    "`temperature` is cut off at 1.",
    "Audio goes on; which models listen is Bedrock's to say.",
    "There are no embeddings: their form differs from model to model.",
};
inline constexpr Note workers_ai[] = {
    "A binding called `AI` in `wrangler.toml` (`[ai]`, `binding = \"AI\"`) is enough: no key, no "
    "account, no way out of Cloudflare. A key or an address that is set comes before it.",
    "Model names keep their own slashes: `workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast`.",
    "Answers are written anew: what the models send differs from one to the next, and from what "
    "clients of OpenAI read.",
};
inline constexpr Note mistral[] = {
    "Members that Mistral does not know are dropped and named: it would refuse the request.",
    "Reasoning comes as parts of the content and is given to clients as `reasoning_content`.",
    "`tool_choice` `required` is sent as `any`, which means the same there.",
};
inline constexpr Note groq[] = {
    "Images by address or as data URLs, with the models that see.",
};
inline constexpr Note deepseek[] = {
    "Reasoning is given as `reasoning_content` and goes back so: with tools the models want it.",
    "No images.",
};
inline constexpr Note xai[] = {
    "xAI counts reasoning beside the completion tokens. The gateway's own counts have both; a chat "
    "completion that is passed on keeps xAI's numbers.",
};
inline constexpr Note openrouter[] = {
    "Model names keep their own prefix: `openrouter/anthropic/claude-sonnet-4.5`.",
    "`n` above 1 is ignored by OpenRouter.",
};
inline constexpr Note together[] = {
    "Model names keep their own prefix: `together/meta-llama/Llama-3.3-70B-Instruct-Turbo`.",
};
inline constexpr Note fireworks[] = {
    "Model names are paths: `fireworks/accounts/fireworks/models/gpt-oss-120b`.",
};
inline constexpr Note cerebras[] = {
    "No images, no embeddings.",
};
inline constexpr Note perplexity[] = {
    "Streams get the `[DONE]` that Perplexity leaves out; citations and search results stay in "
    "place.",
    "Embeddings are integers of one byte there and become numbers.",
};
inline constexpr Note cohere[] = {
    "Cohere's own API (v2), not its compatible one.",
    "The plan before tool calls is given as reasoning; citations are carried.",
    "Embeddings need an `input_type`; without one they are made for documents.",
};
inline constexpr Note ollama[] = {
    "`OLLAMA_BASE_URL` alone turns it on, such as `http://127.0.0.1:11434/v1`; a key is sent where "
    "one is set, as Ollama's cloud (`https://ollama.com/v1`) wants.",
};
inline constexpr Note compatible[] = {
    "Any server that speaks OpenAI's chat completions: vLLM, LM Studio, llama.cpp, LiteLLM and "
    "others.",
    "Chat completions from OpenAI clients are passed on as they came.",
};

}  // namespace postern::provider::notes
