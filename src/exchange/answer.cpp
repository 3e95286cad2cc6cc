#include "exchange/answer.h"

#include <algorithm>

#include "codec/json_writer.h"
#include "codec/utc_time.h"

namespace postern::exchange {

namespace {

// What a holder should be told of its key with every answer.
template <typename Header>
void write_key_notices(const policy::Caller& caller, const Header& header) {
  if (caller.grant.key_class == policy::KeyClass::kTest) header("x-gateway-livemode", "false");
  if (caller.standing != policy::Standing::kSuperseded) return;
  header("x-gateway-key-status", "superseded");
  if (const auto ends = policy::ends_ms(caller.grant))
    header("x-gateway-key-grace-ends", codec::utc_time(*ends));
}

// May pages of the request's origin read this answer? Those that are listed; and the page that a
// session token was made for, when it sends that token.
bool may_read(const AnswerContext& context) {
  if (is_origin_allowed(context.config, context.origin)) return true;
  return context.caller && context.caller->access == policy::Access::kGranted &&
         context.caller->session && !context.origin.empty();
}

}  // namespace

void write_respond(const Answer& answer, const AnswerContext& context, Outbox& out) {
  codec::JsonWriter json(out.open(Action::respond));
  const auto header = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) json.name(name).string(value);
  };
  json.begin_object().name("status").number(answer.status).name("headers").begin_object();
  header("content-type", answer.content_type);
  header("x-request-id", context.receipt.request_id);
  header("x-client-request-id", context.receipt.client_request_id);
  header("traceparent", context.trace.traceparent());
  header("cache-control", answer.stream ? "no-store, no-transform" : "no-store");
  header("x-content-type-options", "nosniff");
  if (answer.stream) header("x-accel-buffering", "no");  // nginx would hold events back
  if (context.dev_mode) header("x-gateway-mode", "dev");
  if (context.caller) write_key_notices(*context.caller, header);
  header("x-gateway-dropped", context.dropped);
  for (const auto& [name, value] : answer.headers) header(name, value);
  // Fetch standard, section 3.2. Credentials are never granted to pages, so `*` would be safe, but
  // naming the origin keeps one rule for both kinds of configuration.
  if (!context.config.allowed_origins.empty() || context.config.session_key) {
    header("vary", "Origin");
  }
  if (may_read(context)) {
    header("access-control-allow-origin", context.origin);
    header("access-control-expose-headers",
           "X-Request-Id, X-Client-Request-Id, traceparent, Retry-After, X-Gateway-Mode, "
           "X-Gateway-Key-Status, X-Gateway-Key-Grace-Ends, X-Gateway-Livemode, X-Gateway-Dropped");
  }
  json.end_object().name("stream").boolean(answer.stream);
  if (answer.stream) json.name("send_timeout_ms").number(context.send_timeout_ms);
  json.end_object();
  out.seal();
}

void add_retry_headers(const ReplyHead& reply, Answer& answer) {
  for (const ReplyHeader name : {ReplyHeader::kRetryAfter, ReplyHeader::kRetryAfterMs}) {
    const std::string_view value = reply.header(name);
    const bool plain = value.size() <= 64 && std::all_of(value.begin(), value.end(), [](char c) {
                         return c >= 0x20 && c <= 0x7e;
                       });
    if (plain) answer.headers.push_back({reply_header_names()[static_cast<size_t>(name)], value});
  }
}

bool is_origin_allowed(const policy::Config& config, std::string_view origin) {
  if (origin.empty()) return false;
  return std::any_of(config.allowed_origins.begin(), config.allowed_origins.end(),
                     [&](const std::string& one) { return one == "*" || one == origin; });
}

namespace {

dialect::ErrorText error_text(const RefusalText& text) {
  const policy::Refusal& refusal = policy::refusal(text.reason);
  return {.status = refusal.status,
          .message = text.message.empty() ? refusal.message : text.message,
          .code = refusal.code,
          .param = text.param,
          .request_id = text.request_id};
}

}  // namespace

std::string refusal_body(dialect::Envelope envelope, const RefusalText& refusal) {
  std::string body;
  dialect::write_error(envelope, error_text(refusal), body);
  return body;
}

std::string refusal_event(dialect::Envelope envelope, const RefusalText& refusal) {
  std::string event;
  dialect::write_error_event(envelope, error_text(refusal), 0, event);
  return event;
}

// `type` is left out, which means about:blank: the status says what kind of problem it is, and
// `code`, an extension member, which one.
std::string problem_body(const RefusalText& text) {
  const dialect::ErrorText error = error_text(text);
  std::string body;
  codec::JsonWriter json(body);
  json.begin_object().name("title").string(policy::status_phrase(error.status));
  json.name("status").number(error.status).name("detail").string(error.message);
  json.name("code").string(error.code);
  if (!error.param.empty()) json.name("param").string(error.param);
  json.name("request_id").string(error.request_id).end_object();
  return body;
}

}  // namespace postern::exchange
