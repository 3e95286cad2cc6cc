#include "dialect/bedrock/model.h"

#include <algorithm>
#include <iterator>

namespace postern::dialect::bedrock_wire {
namespace {

struct VendorRow {
  std::string_view name;
  Vendor vendor;
  bool schemas;
};

constexpr VendorRow vendors[] = {
    {"ai21", Vendor::kOther, false},         {"amazon", Vendor::kAmazon, false},
    {"anthropic", Vendor::kAnthropic, true}, {"cohere", Vendor::kOther, false},
    {"deepseek", Vendor::kOther, true},      {"google", Vendor::kOther, true},
    {"meta", Vendor::kOther, false},         {"minimax", Vendor::kOther, true},
    {"mistral", Vendor::kOther, true},       {"moonshot", Vendor::kOther, true},
    {"moonshotai", Vendor::kOther, true},    {"nvidia", Vendor::kOther, true},
    {"openai", Vendor::kOpenai, true},       {"qwen", Vendor::kOther, true},
    {"writer", Vendor::kOther, false},       {"zai", Vendor::kOther, true},
};

const VendorRow* vendor_of(std::string_view label) {
  const auto* const found = std::find_if(std::begin(vendors), std::end(vendors),
                                         [&](const VendorRow& row) { return row.name == label; });
  return found == std::end(vendors) ? nullptr : found;
}

// What stands before the first dot, which is taken off with it.
std::string_view take_label(std::string_view& name) {
  const std::string_view label = name.substr(0, name.find('.'));
  name.remove_prefix(std::min(name.size(), label.size() + 1));
  return label;
}

bool begins_with_one_of(std::string_view name, std::initializer_list<std::string_view> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](auto prefix) { return name.starts_with(prefix); });
}

void take_claude(std::string_view name, Model& model) {
  // The first Claudes have a version that is written otherwise, and nothing of what came later.
  const bool first = begins_with_one_of(name, {"claude-v", "claude-instant"});
  if (!first) model.claude = messages::model_of(name);
  model.schemas = model.claude.json_schema;
  model.caches =
      !first && !begins_with_one_of(name, {"claude-3-haiku", "claude-3-sonnet", "claude-3-opus",
                                           "claude-3-5-sonnet-20240620"});
}

}  // namespace

Model model_of(std::string_view id) {
  if (const size_t slash = id.rfind('/'); slash != id.npos) id.remove_prefix(slash + 1);
  std::string_view name = id;
  // Inference profiles of several regions have one more label in front: `us.`, `global.`.
  const VendorRow* row = vendor_of(take_label(name));
  if (!row) row = vendor_of(take_label(name));
  Model model;
  if (!row) return model;
  model.vendor = row->vendor;
  model.schemas = row->schemas;
  if (model.is_claude()) take_claude(name, model);
  model.nova = model.vendor == Vendor::kAmazon && name.starts_with("nova-");
  model.nova_2 = model.nova && name.starts_with("nova-2-");
  model.caches |= model.nova;
  model.gpt_oss = model.vendor == Vendor::kOpenai && name.starts_with("gpt-oss-");
  return model;
}

}  // namespace postern::dialect::bedrock_wire
