#include "exchange/front_door.h"

namespace postern::exchange {
namespace {

using dialect::Envelope;
using policy::RouteId;
using provider::Surface;

constexpr FrontDoor doors[] = {
    {RouteId::kChatCompletions, Surface::kChat, &dialect::openai_chat, Envelope::kOpenai},
    {RouteId::kCompletions, Surface::kCompletions, &dialect::completions, Envelope::kOpenai},
    {RouteId::kEmbeddings, Surface::kEmbeddings, &dialect::openai_chat, Envelope::kOpenai},
    {RouteId::kMessages, Surface::kMessages, &dialect::anthropic, Envelope::kAnthropic},
    {RouteId::kCountTokens, Surface::kCountTokens, &dialect::anthropic, Envelope::kAnthropic},
    {RouteId::kResponses, Surface::kResponses, &dialect::responses, Envelope::kResponses},
};

}  // namespace

const FrontDoor* front_door(RouteId route) {
  for (const FrontDoor& door : doors)
    if (door.route == route) return &door;
  return nullptr;
}

bool serves_untouched(const provider::Target& target, const FrontDoor& door) {
  if (door.surface == Surface::kEmbeddings) {
    using Format = dialect::EmbeddingFormat;
    return target.embeddings() == Format::kOpenai || target.embeddings() == Format::kPerplexity;
  }
  if (door.surface == Surface::kChat && target.quirks().rewritten) return false;
  return target.dialect(door.surface) == door.dialect;
}

}  // namespace postern::exchange
