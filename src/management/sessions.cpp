#include "management/sessions.h"

#include <optional>
#include <utility>

#include "bounds.h"
#include "codec/base62.h"
#include "codec/random.h"
#include "management/fields.h"
#include "management/grant_fields.h"
#include "policy/models.h"
#include "policy/origin.h"
#include "policy/session.h"

namespace postern::management {
namespace {

using codec::Document;
using policy::Limit;
using policy::Scope;

class CreateSession final : public Operation {
 public:
  explicit CreateSession(Request request) : request_(std::move(request)) {}

  Step begin(int64_t now_ms) override;
  Step resume(const std::vector<Document>&, int64_t) override {
    return Refused{.reason = policy::Reason::kInternalError, .message = {}, .param = {}};
  }

 private:
  // Each member of the body into the token; the name of a member that is wider than the key.
  std::string_view read_scopes(Fields& fields);
  std::string_view read_models(Fields& fields);
  std::string_view read_life(Fields& fields, int64_t now_ms);
  std::string_view read_budget(Fields& fields);

  Reply reply(std::string_view text) const;

  const Request request_;
  policy::SessionToken token_;
};

Step CreateSession::begin(int64_t now_ms) {
  if (!request_.config.session_key)
    return Refused{.reason = policy::Reason::kNotFound, .message = {}, .param = {}};
  token_.parent = policy::reference_of(request_.caller);
  if (token_.parent.empty())
    return Refused{.reason = policy::Reason::kKeyClassNotAllowed,
                   .message = "a session belongs to a key; call with one, not in dev mode without",
                   .param = {}};
  Fields fields(request_.body, {"origin", "ttl_seconds", "scopes", "models", "budget_nano_usd"});
  fields.require("origin");
  token_.origin = fields.text("origin").value_or("");
  if (!policy::is_origin(token_.origin))
    fields.refuse("origin", "origin must be written as browsers do: https://app.example.com");

  std::string_view wider;
  for (const std::string_view one :
       {read_scopes(fields), read_models(fields), read_life(fields, now_ms), read_budget(fields)})
    if (wider.empty()) wider = one;
  if (fields.fault()) return *fields.fault();
  if (!wider.empty())
    return Refused{.reason = policy::Reason::kExceedsCreator,
                   .message = "a session token cannot give more than its key holds",
                   .param = std::string(wider)};

  codec::RandomBytes random(request_.seed, "session id");
  token_.id = "ses_" + codec::base62_random(random, 16);
  token_.key_class = request_.caller.grant.key_class;
  token_.issued_ms = now_ms;
  const std::string text = policy::write_session_token(token_, *request_.config.session_key);
  if (text.empty())
    return invalid_field("models", "the token would be too long; name fewer models");
  return reply(text);
}

std::string_view CreateSession::read_scopes(Fields& fields) {
  const policy::Scopes held = request_.caller.grant.scopes.both({Scope::kRead, Scope::kGenerate});
  token_.scopes = held;
  if (fields.has("scopes")) {
    policy::Grant wanted;
    management::read_scopes(fields, wanted);
    token_.scopes = wanted.scopes;
  }
  return !held.empty() && token_.scopes.within(held) ? "" : "scopes";
}

std::string_view CreateSession::read_models(Fields& fields) {
  policy::Grant wanted;
  management::read_models(fields, wanted);
  token_.models = wanted.models;
  if (token_.models.empty()) return "";
  const policy::Grant& held = request_.caller.grant;
  return policy::models_within(token_.models, held.models) &&
                 policy::models_within(token_.models, held.account_models)
             ? ""
             : "models";
}

// A token that names no life gets what is left of its key's; one that names it gets that or none.
std::string_view CreateSession::read_life(Fields& fields, int64_t now_ms) {
  const auto seconds = fields.integer("ttl_seconds", 1, bounds::session_ms_max / 1000);
  token_.expires_ms = now_ms + (seconds ? *seconds * 1000 : bounds::session_ms_default);
  const std::optional<int64_t> end_ms = policy::ends_ms(request_.caller.grant);
  if (!end_ms || token_.expires_ms <= *end_ms) return "";
  token_.expires_ms = *end_ms;
  return seconds ? "ttl_seconds" : "";
}

std::string_view CreateSession::read_budget(Fields& fields) {
  if (fields.is_null("budget_nano_usd")) return "";
  token_.budget_nano_usd = fields.integer("budget_nano_usd", 0, largest_json_integer);
  if (!token_.budget_nano_usd) return "";
  for (const Limit limit : {Limit::kBudgetPerDay, Limit::kBudgetPerMonth})
    if (const auto most = request_.caller.grant.limits[limit])
      if (*token_.budget_nano_usd > *most) return "budget_nano_usd";
  return "";
}

Reply CreateSession::reply(std::string_view text) const {
  Document out = Document::object();
  out["object"] = "session";
  out["id"] = token_.id;
  out["token"] = text;
  out["expires_at"] = time_or_null(token_.expires_ms);
  out["scopes"] = list_of(token_.scopes);
  out["models"] = models_or_null(token_.models);
  out["origin"] = token_.origin;
  out["budget_nano_usd"] = nullptr;
  if (token_.budget_nano_usd) out["budget_nano_usd"] = *token_.budget_nano_usd;
  return {.status = 201, .body = codec::dump_text(out)};
}

}  // namespace

std::unique_ptr<Operation> create_session(Request request) {
  return std::make_unique<CreateSession>(std::move(request));
}

}  // namespace postern::management
