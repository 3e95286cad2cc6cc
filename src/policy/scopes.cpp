#include "policy/scopes.h"

#include <cstddef>
#include <iterator>

namespace postern::policy {
namespace {

struct NamedScope {
  Scope scope;
  std::string_view name;
};

constexpr NamedScope scopes[] = {
    {Scope::kRead, "read"},
    {Scope::kGenerate, "generate"},
    {Scope::kAdmin, "admin"},
    {Scope::kWebhookWrite, "webhook:write"},
};

// In the order of the enumeration.
constexpr std::string_view classes[] = {"live", "test", "dev"};

}  // namespace

std::string_view scope_name(Scope scope) {
  for (const NamedScope& one : scopes)
    if (one.scope == scope) return one.name;
  return {};
}

std::optional<Scope> scope_named(std::string_view name) {
  for (const NamedScope& one : scopes)
    if (one.name == name) return one.scope;
  return std::nullopt;
}

std::vector<std::string_view> names_of(Scopes set) {
  std::vector<std::string_view> names;
  for (const NamedScope& one : scopes)
    if (set.has(one.scope)) names.push_back(one.name);
  return names;
}

std::string_view class_name(KeyClass key_class) { return classes[static_cast<uint8_t>(key_class)]; }

std::optional<KeyClass> class_named(std::string_view name) {
  for (size_t i = 0; i < std::size(classes); ++i)
    if (classes[i] == name) return static_cast<KeyClass>(i);
  return std::nullopt;
}

}  // namespace postern::policy
