#include "policy/limits.h"

#include <algorithm>

namespace postern::policy {
namespace {

// In the order of the enumeration.
constexpr std::array<std::string_view, static_cast<size_t>(Limit::kCount)> names = {
    "requests_per_minute", "requests_per_day",        "tokens_per_minute",         "tokens_per_day",
    "concurrent_requests", "budget_nano_usd_per_day", "budget_nano_usd_per_month",
};

}  // namespace

std::string_view limit_name(Limit limit) { return names[static_cast<size_t>(limit)]; }

std::optional<Limit> limit_named(std::string_view name) {
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Limit>(i);
  return std::nullopt;
}

Limits tightest(const Limits& left, const Limits& right) {
  Limits result;
  for (size_t i = 0; i < result.values.size(); ++i) {
    const auto& a = left.values[i];
    const auto& b = right.values[i];
    result.values[i] = a && b ? std::min(*a, *b) : (a ? a : b);
  }
  return result;
}

bool within(const Limits& inner, const Limits& outer) {
  for (size_t i = 0; i < inner.values.size(); ++i) {
    const auto& bound = outer.values[i];
    if (bound && (!inner.values[i] || *inner.values[i] > *bound)) return false;
  }
  return true;
}

}  // namespace postern::policy
