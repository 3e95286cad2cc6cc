#include "policy/grant.h"

#include "bounds.h"
#include "policy/models.h"

namespace postern::policy {
namespace {

// A time before 1970 or at its very beginning is one that could not be read.
bool unreadable(std::optional<int64_t> time_ms) { return time_ms && *time_ms <= 0; }

int64_t end_of_grace(int64_t superseded_ms) {
  constexpr int64_t latest = INT64_MAX - bounds::grace_ms;
  return (superseded_ms < latest ? superseded_ms : latest) + bounds::grace_ms;
}

}  // namespace

Standing standing(const Grant& grant, int64_t now_ms) {
  const std::optional<int64_t> end = ends_ms(grant);
  if (end && (*end <= 0 || now_ms >= *end)) return Standing::kExpired;
  return grant.superseded_ms && now_ms >= *grant.superseded_ms ? Standing::kSuperseded
                                                               : Standing::kActive;
}

std::optional<int64_t> ends_ms(const Grant& grant) {
  if (unreadable(grant.expires_ms) || unreadable(grant.superseded_ms)) return 0;
  if (!grant.superseded_ms) return grant.expires_ms;
  const int64_t grace = end_of_grace(*grant.superseded_ms);
  return grant.expires_ms && *grant.expires_ms < grace ? *grant.expires_ms : grace;
}

bool grant_allows_model(const Grant& grant, std::string_view model) {
  return allows_model(grant.models, model) && allows_model(grant.account_models, model);
}

}  // namespace postern::policy
