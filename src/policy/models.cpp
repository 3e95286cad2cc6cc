#include "policy/models.h"

#include <algorithm>

#include "bounds.h"

namespace postern::policy {
namespace {

constexpr std::string_view everything = "*";
constexpr std::string_view default_provider = "openai/";

// Compares with the default provider in front of a name that has none, without writing it out.
class FullName {
 public:
  explicit FullName(std::string_view name)
      : provider_(name.find('/') == name.npos ? default_provider : std::string_view()),
        rest_(name) {}

  size_t size() const { return provider_.size() + rest_.size(); }
  char operator[](size_t at) const {
    return at < provider_.size() ? provider_[at] : rest_[at - provider_.size()];
  }

 private:
  std::string_view provider_;
  std::string_view rest_;
};

bool same_start(const FullName& left, const FullName& right, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i)
    if (left[i] != right[i]) return false;
  return true;
}

// One pattern within one other. A wildcard allows names without end and a list of names only so
// many, so a wildcard is within a list exactly when it is within one wildcard of it, and `a/b/*`
// is within `a/*` just as if it were a name itself.
bool pattern_within(std::string_view inner, std::string_view outer) {
  return inner == everything ? outer == everything : matches(outer, inner);
}

}  // namespace

bool is_model_pattern(std::string_view pattern) {
  if (pattern.empty() || pattern.size() > bounds::model_bytes_max) return false;
  while (true) {
    const size_t slash = pattern.find('/');
    const std::string_view segment = pattern.substr(0, slash);
    const bool last = slash == pattern.npos;
    if (segment.empty()) return false;
    if (segment == everything) return last;
    for (const char byte : segment)
      if (byte < 0x21 || byte > 0x7E || byte == ',' || byte == ';' || byte == '+' || byte == '*')
        return false;
    if (last) return true;
    pattern.remove_prefix(slash + 1);
  }
}

bool matches(std::string_view pattern, std::string_view model) {
  if (pattern == everything) return true;
  const FullName name(model);
  if (!pattern.ends_with("/*")) {
    const FullName wanted(pattern);
    return name.size() == wanted.size() && same_start(name, wanted, wanted.size());
  }
  const FullName start(pattern.substr(0, pattern.size() - 1));  // up to the last slash
  return name.size() > start.size() && same_start(name, start, start.size());
}

bool allows_model(const std::vector<std::string>& patterns, std::string_view model) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, model); });
}

bool models_within(const std::vector<std::string>& inner, const std::vector<std::string>& outer) {
  if (outer.empty()) return true;
  const auto allowed = [&](std::string_view pattern) {
    return std::any_of(outer.begin(), outer.end(),
                       [&](const std::string& other) { return pattern_within(pattern, other); });
  };
  if (inner.empty()) return allowed(everything);
  return std::all_of(inner.begin(), inner.end(), allowed);
}

}  // namespace postern::policy
