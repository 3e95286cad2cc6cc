#include "management/grant_fields.h"

#include <algorithm>
#include <utility>

#include "bounds.h"
#include "codec/utc_time.h"
#include "policy/accounts.h"
#include "policy/managed_key.h"
#include "policy/models.h"
#include "policy/ring.h"

namespace postern::management {
namespace {

using codec::Document;
using policy::Limit;

void read_class(Fields& fields, policy::Grant& grant) {
  const auto name = fields.text("class");
  if (!name) return;
  const std::optional<policy::KeyClass> key_class = policy::class_named(*name);
  if (!key_class) return fields.refuse("class", "class must be live, test or dev");
  grant.key_class = *key_class;
}

void read_account(Fields& fields, policy::Grant& grant) {
  if (fields.is_null("account")) return grant.account.clear();
  auto account = fields.text("account");
  if (!account) return;
  if (!policy::is_account_name(*account))
    return fields.refuse("account", "account must be the name of an account, or null");
  grant.account = std::move(*account);
}

void read_expiry(Fields& fields, policy::Grant& grant) {
  if (fields.is_null("expires_at")) return grant.expires_ms.reset();
  if (const auto time = fields.time("expires_at")) grant.expires_ms = time;
}

void read_limits(Fields& fields, policy::Grant& grant) {
  if (!fields.has("limits")) return;
  if (fields.is_null("limits")) {
    grant.limits = {};
    return;
  }
  const Document* const object = fields.object("limits");
  if (!object) return;
  grant.limits = {};
  for (auto member = object->begin(); member != object->end(); ++member) {
    const std::optional<Limit> limit = policy::limit_named(member.key());
    if (!limit) return fields.refuse("limits", "limits has a member that is no limit");
    if (member->is_null()) continue;
    const auto value = integer_between(*member, 0, largest_json_integer);
    if (!value)
      return fields.refuse("limits." + member.key(),
                           member.key() + " must be an integer from 0 to 2^53 - 1, or null");
    grant.limits[*limit] = value;
  }
}

}  // namespace

void read_scopes(Fields& fields, policy::Grant& grant) {
  const auto names = fields.texts("scopes");
  if (!names) return;
  grant.scopes = {};
  for (const std::string& name : *names) {
    const std::optional<policy::Scope> scope = policy::scope_named(name);
    if (!scope) return fields.refuse("scopes", "scopes holds a word that is no scope");
    grant.scopes.add(*scope);
  }
  if (grant.scopes.empty()) fields.refuse("scopes", "scopes must name at least one");
  if (grant.scopes.mixes_planes())
    fields.refuse("scopes", "a key that manages does not generate; make two keys");
}

void read_models(Fields& fields, policy::Grant& grant) {
  if (fields.is_null("models")) return grant.models.clear();
  auto patterns = fields.texts("models");
  if (!patterns) return;
  if (patterns->empty() || patterns->size() > bounds::model_patterns_max)
    return fields.refuse("models", "models must name 1 to " +
                                       std::to_string(bounds::model_patterns_max) +
                                       " models, or be null for all");
  if (!std::all_of(patterns->begin(), patterns->end(), policy::is_model_pattern))
    return fields.refuse("models", "models holds what is neither a model's name nor `provider/*`");
  grant.models = std::move(*patterns);
}

void read_grant(Fields& fields, policy::Grant& grant) {
  read_scopes(fields, grant);
  read_class(fields, grant);
  read_models(fields, grant);
  read_account(fields, grant);
  read_expiry(fields, grant);
  read_limits(fields, grant);
}

std::optional<std::string> read_label(Fields& fields) {
  auto label = fields.text("label");
  if (!label) return std::nullopt;
  if (policy::is_label(*label)) return label;
  fields.refuse("label",
                "label must have 1 to 32 letters, digits, `.`, `_` or `-`, and begin with a letter "
                "or digit");
  return std::nullopt;
}

void refuse_past_expiry(Fields& fields, const policy::Grant& grant, int64_t now_ms) {
  if (fields.has("expires_at") && grant.expires_ms && *grant.expires_ms <= now_ms)
    fields.refuse("expires_at", "expires_at lies in the past");
}

std::optional<Refused> why_not_to_give(const Request& request, const policy::Grant& wanted) {
  policy::Grant inherited = wanted;
  if (!policy::inherit(request.config.accounts, inherited))
    return invalid_field("account",
                         "this account is not configured, or holds no keys of this class");
  inherited.scopes = wanted.scopes;
  inherited.models = wanted.models;
  inherited.expires_ms = wanted.expires_ms;
  const std::string_view member = policy::exceeded_member(inherited, request.caller.grant);
  if (member.empty()) return std::nullopt;
  return Refused{
      .reason = policy::Reason::kExceedsCreator, .message = {}, .param = std::string(member)};
}

Document list_of(policy::Scopes scopes) {
  Document list = Document::array();
  for (const std::string_view name : policy::names_of(scopes)) list.push_back(name);
  return list;
}

Document models_or_null(const std::vector<std::string>& models) {
  if (models.empty()) return nullptr;
  Document list = Document::array();
  for (const std::string& pattern : models) list.push_back(pattern);
  return list;
}

Document text_or_null(std::string_view text) {
  return text.empty() ? Document(nullptr) : Document(text);
}

Document time_or_null(std::optional<int64_t> ms) {
  return ms ? Document(codec::utc_time(*ms)) : Document(nullptr);
}

void write_grant(const policy::Grant& grant, Document& out) {
  out["class"] = policy::class_name(grant.key_class);
  out["scopes"] = list_of(grant.scopes);
  out["models"] = models_or_null(grant.models);
  out["account"] = text_or_null(grant.account);
  Document limits = Document::object();
  for (size_t at = 0; at < grant.limits.values.size(); ++at)
    if (grant.limits.values[at])
      limits[std::string(policy::limit_name(static_cast<Limit>(at)))] = *grant.limits.values[at];
  out["limits"] = limits.empty() ? Document(nullptr) : std::move(limits);
  out["expires_at"] = time_or_null(grant.expires_ms);
}

}  // namespace postern::management
