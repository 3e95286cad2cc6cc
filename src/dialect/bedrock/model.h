// What a Bedrock model takes, as far as its id tells. Converse is one format for the models of many
// vendors, but some members are for some of them only, and Bedrock refuses what it does not know.
#pragma once

#include <cstdint>
#include <string_view>

#include "dialect/anthropic/models.h"

namespace postern::dialect::bedrock_wire {

enum class Vendor : uint8_t {
  kUnknown,  // the id names none: an imported model, an application's own inference profile
  kAnthropic,
  kAmazon,
  kOpenai,
  kOther,
};

struct Model {
  Vendor vendor = Vendor::kUnknown;
  messages::Model claude;  // of Anthropic's
  bool nova = false;
  bool nova_2 = false;   // reasons on demand
  bool gpt_oss = false;  // always reasons
  // Keeps its answer, and the arguments of strict tools, to a JSON Schema. Believed of a model that
  // is not known.
  bool schemas = true;
  bool caches = false;  // takes marks up to which a prompt is cached

  bool is_claude() const { return vendor == Vendor::kAnthropic; }
  // May be sent what only Claude understands.
  bool may_be_claude() const { return is_claude() || vendor == Vendor::kUnknown; }
};

// From ids such as `us.anthropic.claude-sonnet-4-5-20250929-v1:0`, and ARNs that end with one.
Model model_of(std::string_view id);

}  // namespace postern::dialect::bedrock_wire
