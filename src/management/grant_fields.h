// The rights of a key as bodies and answers write them: `scopes`, `class`, `models`, `account`,
// `expires_at` and `limits`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/document.h"
#include "management/fields.h"
#include "policy/grant.h"

namespace postern::management {

// Reads the members that are there into `grant` and leaves the others alone. For the last four,
// null means none.
void read_grant(Fields& fields, policy::Grant& grant);

// Two of them alone, for session tokens.
void read_scopes(Fields& fields, policy::Grant& grant);
void read_models(Fields& fields, policy::Grant& grant);

// Refuses a label that is none.
std::optional<std::string> read_label(Fields& fields);

// An expiry that a body names has to lie ahead.
void refuse_past_expiry(Fields& fields, const policy::Grant& grant, int64_t now_ms);

// Why this caller may not give these rights to a key. What the account of the key takes away from
// it counts; what the caller asked for is never made smaller.
std::optional<Refused> why_not_to_give(const Request& request, const policy::Grant& wanted);

codec::Document list_of(policy::Scopes scopes);
codec::Document models_or_null(const std::vector<std::string>& models);
codec::Document text_or_null(std::string_view text);  // null for an empty one
codec::Document time_or_null(std::optional<int64_t> ms);

// The six members, in this order: class, scopes, models, account, limits, expires_at.
void write_grant(const policy::Grant& grant, codec::Document& out);

}  // namespace postern::management
