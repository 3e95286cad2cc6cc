// Which provider a request goes to, by the name of its model: `prefix/model`. A name without a
// known prefix is the default provider's, as it stands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "provider/settings.h"

namespace postern::provider {

inline constexpr std::string_view default_provider = "openai";

// Views into the settings and into the model's name that it was chosen by.
struct Target {
  const Setting* setting = nullptr;
  std::string_view model;  // as the provider knows it

  const Row& row() const { return *setting->row; }
  const dialect::Quirks& quirks() const { return row().quirks; }
  // Asked by the runtime, without an address: the call is no HTTP request.
  bool via_binding() const { return setting->via_binding; }

  dialect::EmbeddingFormat embeddings() const;

  // The surface of the provider's that answers what clients ask for on `asked`: its own, or chat
  // where the request has to be translated. Nothing where there is neither.
  std::optional<Surface> answering(Surface asked) const;

  // In which dialect that surface speaks; null for embeddings, which are no conversation.
  const dialect::Dialect* dialect(Surface asked) const;
};

struct NoTarget {
  enum class Reason : uint8_t {
    kNotConfigured,  // the operator's business
    kNoModel,        // a prefix with nothing behind it
  };
  Reason reason = Reason::kNotConfigured;
  std::string message;  // says what to do
};

[[nodiscard]] std::optional<NoTarget> choose(const Settings& settings, std::string_view model,
                                             Target& target);

}  // namespace postern::provider
