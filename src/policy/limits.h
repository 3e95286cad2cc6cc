// Numbers that bound what a key, an account or a tier may use. They are read, compared, inherited
// and shown here; the ledger enforces them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::policy {

enum class Limit : uint8_t {
  kRequestsPerMinute,
  kRequestsPerDay,
  kTokensPerMinute,
  kTokensPerDay,
  kConcurrentRequests,
  kBudgetPerDay,    // nano-dollars
  kBudgetPerMonth,  // nano-dollars
  kCount,
};

// The member of JSON objects: requests_per_minute, requests_per_day, tokens_per_minute,
// tokens_per_day, concurrent_requests, budget_nano_usd_per_day, budget_nano_usd_per_month. Values
// are integers from 0 to 2^53 - 1.
std::string_view limit_name(Limit limit);
std::optional<Limit> limit_named(std::string_view name);

struct Limits {
  // Absent: no limit.
  std::array<std::optional<int64_t>, static_cast<size_t>(Limit::kCount)> values;

  std::optional<int64_t>& operator[](Limit limit) { return values[static_cast<size_t>(limit)]; }
  std::optional<int64_t> operator[](Limit limit) const {
    return values[static_cast<size_t>(limit)];
  }
  bool operator==(const Limits&) const = default;
};

// The smaller of the two, limit by limit; absent is larger than any number.
Limits tightest(const Limits& left, const Limits& right);
// Is no limit of `inner` above that of `outer`?
bool within(const Limits& inner, const Limits& outer);

}  // namespace postern::policy
