// The access part of an exchange: who asks, may they, and what becomes of those who may not.
#include "bounds.h"
#include "codec/document.h"
#include "codec/json_writer.h"
#include "exchange/exchange.h"
#include "exchange/payload.h"

namespace postern::exchange {
namespace {

using codec::JsonWriter;
using policy::Access;
using policy::Reason;

constexpr std::string_view limiter_binding = "AUTH_FAILURES";
constexpr uint32_t limiter_timeout_ms = 1'000;
constexpr int64_t minute_ms = 60'000;

std::string_view places_of(const policy::Caller& caller) {
  if (caller.in_authorization && caller.in_x_api_key)
    return "Authorization and x-api-key hold different credentials; send exactly one";
  return caller.in_x_api_key ? "x-api-key holds more than one credential; send exactly one"
                             : "Authorization holds more than one credential; send exactly one";
}

std::string_view hint_text(policy::TokenHint hint) {
  switch (hint) {
    case policy::TokenHint::kNone:
      return {};
    case policy::TokenHint::kQuotes:
      return "invalid api key; remove the quotes around it";
    case policy::TokenHint::kInvisible:
      return "invalid api key; it contains invisible or non-ASCII characters";
    case policy::TokenHint::kMistyped:
      return "invalid api key; it is mistyped: its checksum is wrong";
    case policy::TokenHint::kProviderKey:
      return "invalid api key; this looks like a provider key, use a gateway key";
  }
  return {};
}

uint32_t seconds_left_in_minute(int64_t now_ms) {
  return static_cast<uint32_t>((minute_ms - now_ms % minute_ms + 999) / 1000);
}

}  // namespace

policy::AccessFacts Exchange::access_facts() const {
  return {.hostname = head_.hostname,
          .authorization = head_.header(RequestHeader::kAuthorization),
          .x_api_key = head_.header(RequestHeader::kXApiKey),
          .cf_ray = head_.header(RequestHeader::kCfRay),
          .cf_worker = head_.header(RequestHeader::kCfWorker),
          .origin = head_.header(RequestHeader::kOrigin),
          .sec_fetch_site = head_.header(RequestHeader::kSecFetchSite)};
}

void Exchange::authenticate(Outbox& out) {
  caller_ = policy::authenticate(*config_, access_facts(), isolate_.keys, now_ms_, question_);
  // Presented keys are of no use from here on, and must not lie in memory for the whole stream.
  head_.drop(RequestHeader::kAuthorization);
  head_.drop(RequestHeader::kXApiKey);
  if (caller_.access != Access::kAskStore) return meet_caller(out);
  asked_ms_ = now_ms_;
  ask_store_call(State::kAuthenticating, management::find_by_name(question_.shard, question_.name),
                 out);
}

void Exchange::on_key_record(std::string_view answers, Outbox& out) {
  const codec::Document list = codec::Document::parse(answers, nullptr, false);
  // What is no list did not come from the store: it is as if nothing had come.
  if (!list.is_array() || list.size() != 1) return refuse(Reason::kKeyStoreUnavailable, out);
  std::shared_ptr<const policy::KnownKey> known;
  if (const auto record = management::read_record(list[0])) {
    if (auto key = policy::read_managed_key(record->body))
      known = std::make_shared<const policy::KnownKey>(
          policy::KnownKey{std::move(*key), record->as, record->id});
  }
  isolate_.keys.remember(question_.digest, known, asked_ms_);
  const policy::TokenHint hint = caller_.hint;
  caller_ = policy::authenticate_managed(*config_, access_facts(), question_, known.get(), now_ms_);
  caller_.hint = hint;
  question_ = {};
  meet_caller(out);
}

void Exchange::meet_caller(Outbox& out) {
  if (caller_.access != Access::kGranted) return refuse_access(out);
  tell_of_caller(caller_, receipt_);
  route_request(out);
}

void Exchange::refuse_access(Outbox& out) {
  switch (caller_.access) {
    case Access::kGranted:
    case Access::kAskStore:
      return;
    case Access::kNotConfigured:
      return refuse(Reason::kGatewayNotConfigured, out);
    case Access::kMissingKey:
      return refuse(Reason::kMissingKey, out);
    case Access::kAmbiguous:
      return refuse(Reason::kAmbiguousCredentials, out, places_of(caller_));
    case Access::kInvalidKey:
      return refuse_as_failure({Reason::kInvalidKey, std::string(hint_text(caller_.hint)), {}},
                               out);
    case Access::kExpiredKey:
      return refuse_as_failure({Reason::kExpiredKey, {}, {}}, out);
    case Access::kCrossSite:
      return refuse(Reason::kCrossSiteRefused, out);
    case Access::kDevKey:
      return refuse(Reason::kKeyClassNotAllowed, out,
                    "keys of class dev work on a developer's own machine only; the operator may "
                    "set ALLOW_DEV_KEYS=on");
    case Access::kWrongOrigin:
      return refuse(Reason::kOriginNotAllowed, out);
    case Access::kNoAccount:
      return refuse(Reason::kAccountNotConfigured, out);
  }
}

void Exchange::refuse_permission(policy::Permission permission, Outbox& out) {
  switch (permission) {
    case policy::Permission::kGranted:
      return;
    case policy::Permission::kWrongClass:
      if (caller_.session)
        return refuse(Reason::kKeyClassNotAllowed, out, "session tokens may not do this");
      return refuse(
          Reason::kKeyClassNotAllowed, out,
          "keys of class " + std::string(class_name(caller_.grant.key_class)) + " may not do this");
    case policy::Permission::kMissingScope:
      return refuse(Reason::kMissingScope, out,
                    "this needs a key with the scope " + std::string(scope_name(*route_->scope)));
    case policy::Permission::kSupersededKey:
      return refuse(Reason::kSupersededKey, out);
  }
}

// --- Failures -----------------------------------------------------------------------------------

// A failure is answered once it has been counted; nobody with a valid key comes by here.
void Exchange::refuse_as_failure(management::Refused refused, Outbox& out) {
  refused_ = std::move(refused);
  if (refused_->reason == Reason::kInvalidKey) {
    if (const auto spike = isolate_.invalid_keys.count(now_ms_)) {
      JsonWriter(out.open(Action::log))
          .begin_object()
          .name("event")
          .string("invalid_key_spike")
          .name("count")
          .number(static_cast<int64_t>(spike->count))
          .name("minute_before")
          .number(static_cast<int64_t>(spike->minute_before))
          .end_object();
      out.seal();
    }
  }
  if (address_.empty()) return ask_location(out);
  count_failure(out);
}

void Exchange::ask_location(Outbox& out) {
  JsonWriter(out.open(Action::locate))
      .begin_object()
      .name("limiter")
      .string(limiter_binding)
      .end_object();
  out.seal();
  ask(State::kLocating, limiter_timeout_ms);
}

// The runtime's own word for the peer comes first: where it gives one there is no edge in front,
// and then the header is whatever a client wrote.
void Exchange::on_located(std::string_view location, Outbox& out) {
  std::string address = text_member(location, "client_ip");
  if (address.empty()) address = text_member(location, "connecting_ip");
  address_ = policy::address_group(address);
  limiter_ = flag_member(location, "limiter");
  if (refused_) return count_failure(out);
  ask_body(bounds::management_body_bytes_max, out);
}

void Exchange::count_failure(Outbox& out) {
  if (!limiter_) {
    const uint32_t wait_s = isolate_.failures.count(address_, now_ms_);
    return wait_s ? refuse_flood(wait_s, out) : refuse_counted(out);
  }
  JsonWriter(out.open(Action::limit))
      .begin_object()
      .name("binding")
      .string(limiter_binding)
      .name("key")
      .string(address_)
      .name("timeout_ms")
      .number(limiter_timeout_ms)
      .end_object();
  out.seal();
  ask(State::kLimiting, limiter_timeout_ms);
}

void Exchange::on_limited(std::string_view verdict, Outbox& out) {
  if (flag_member(verdict, "success")) return refuse_counted(out);
  refuse_flood(seconds_left_in_minute(now_ms_), out);
}

void Exchange::refuse_counted(Outbox& out) {
  refuse(refused_->reason, out, refused_->message, refused_->param);
}

void Exchange::refuse_flood(uint32_t retry_after_s, Outbox& out) {
  retry_after_s_ = std::to_string(retry_after_s);
  refuse(Reason::kTooManyFailures, out);
}

}  // namespace postern::exchange
