#include "exchange/exchange.h"

#include "bounds.h"
#include "codec/json_writer.h"
#include "codec/sha256.h"
#include "exchange/answers.h"
#include "exchange/payload.h"

namespace postern::exchange {
namespace {

using codec::JsonWriter;
using policy::Reason;
using policy::RouteId;

constexpr size_t random_bytes = 40;  // request id 16, trace id 16, span id 8

}  // namespace

Exchange::Exchange(std::shared_ptr<const policy::Config> config, Isolate& isolate)
    : config_(std::move(config)), isolate_(isolate) {}

void Exchange::handle(Event event, std::string_view payload, int64_t now_ms, Outbox& out) {
  now_ms_ = now_ms;
  if (state_ == State::kOver) return;
  if (event == Event::client_left) return finish(ending::client_left, out);
  if (event == Event::failed) return on_failed(text_member(payload, "reason"), out);
  switch (state_) {
    case State::kNew:
      if (event == Event::request) return on_request(payload, out);
      if (event == Event::trapped) return on_trapped(payload, out);
      if (event == Event::tick) return on_tick(payload, out);
      break;
    case State::kReceiving:
      if (event == Event::body) return on_body(payload, out);
      break;
    case State::kStoring:
      if (event != Event::stored) break;
      isolate_.counts.batch_stored(batch_);
      return ask_load(out);
    case State::kLoading:
      if (event == Event::record) return answer_report(payload, out);
      break;
    case State::kDispatched:
      if (event == Event::upstream_head) return on_head(read_reply_head(payload), out);
      if (event == Event::waited) return play_head(out);
      break;
    case State::kCollecting:
      if (event == Event::upstream_body) return on_reply(payload, out);
      if (event == Event::waited) return play_on(out);
      break;
    case State::kStreaming:
      if (event == Event::upstream_bytes) {
        on_stream_bytes(payload, out);
        return over() ? void() : ask_more(out);
      }
      if (event == Event::upstream_end) return on_stream_end(out);
      if (event == Event::waited) return play_on(out);
      break;
    case State::kUnmetered:
      if (event == Event::upstream_bytes) return ask_more(out);
      if (event == Event::upstream_end) return finish(ending::trapped, out);
      break;
    case State::kTicking:
      if (event != Event::stored) break;
      isolate_.counts.batch_stored(batch_);
      state_ = State::kOver;
      return;
    case State::kOver:
      return;
  }
  __builtin_trap();  // an answer to no question of ours: a bug of the shim, no client's doing
}

void Exchange::abandon(int64_t now_ms, Outbox& out) {
  now_ms_ = now_ms;
  if (!over()) finish(ending::abandoned, out);
}

// --- Arrival ----------------------------------------------------------------------------------

void Exchange::on_request(std::string_view payload, Outbox& out) {
  begin(head_of(payload), rest_of(payload));
  const policy::RouteMatch match = policy::find_route(head_.method, head_.path);
  route_ = match.route;
  if (route_) receipt_.route = route_->name;
  const policy::AccessFacts facts = access_facts();
  dev_mode_ = policy::in_dev_mode(*config_, facts);
  if (head_.method == "OPTIONS") return answer_preflight(out);
  if (match.guard == policy::Guard::kProtected) {
    caller_ = policy::authenticate(*config_, facts);
    if (caller_.access != policy::Access::kGranted) return refuse_access(out);
    receipt_.label = caller_.name;
    // Presented keys are of no use from here on, and must not lie in memory for the whole stream.
    caller_.credentials = {};
    head_.drop(RequestHeader::kAuthorization);
    head_.drop(RequestHeader::kXApiKey);
  }
  if (route_) return route_request(out);
  if (!match.path_known) return refuse(Reason::kNotFound, out);
  const policy::Refusal& refusal = policy::refusal(Reason::kMethodNotAllowed);
  receipt_.code = refusal.code;
  respond({refusal.status, json_type, {{"allow", match.allow}}}, out);
  if (head_.method != "HEAD")
    out.add(Action::send, refusal_body(Reason::kMethodNotAllowed, {}, {}));
  finish(ending::refused, out);
}

void Exchange::begin(std::string_view head_json, std::string_view random) {
  if (random.size() < random_bytes) __builtin_trap();
  head_ = read_request_head(head_json);
  trace_ = policy::continue_trace(head_.header(RequestHeader::kTraceparent),
                                  head_.header(RequestHeader::kTracestate), random.substr(16));
  receipt_.started_ms = now_ms_;
  receipt_.request_id = codec::to_hex(random.substr(0, 16));
  receipt_.client_request_id = policy::client_request_id(head_.header(RequestHeader::kXRequestId));
  receipt_.trace_id = trace_.trace_id;
  receipt_.span_id = trace_.span_id;
  receipt_.method = known_method(head_.method);
}

policy::AccessFacts Exchange::access_facts() const {
  return {.hostname = head_.hostname,
          .authorization = head_.header(RequestHeader::kAuthorization),
          .x_api_key = head_.header(RequestHeader::kXApiKey),
          .cf_ray = head_.header(RequestHeader::kCfRay),
          .cf_worker = head_.header(RequestHeader::kCfWorker),
          .origin = head_.header(RequestHeader::kOrigin),
          .sec_fetch_site = head_.header(RequestHeader::kSecFetchSite)};
}

void Exchange::refuse_access(Outbox& out) {
  const policy::Credentials& credentials = caller_.credentials;
  switch (caller_.access) {
    case policy::Access::kGranted:
      break;
    case policy::Access::kNotConfigured:
      return refuse(Reason::kGatewayNotConfigured, out);
    case policy::Access::kMissingKey:
      return refuse(Reason::kMissingKey, out);
    case policy::Access::kInvalidKey:
      if (credentials.hint == policy::TokenHint::kQuotes)
        return refuse(Reason::kInvalidKey, out, "invalid api key; remove the quotes around it");
      if (credentials.hint == policy::TokenHint::kInvisible)
        return refuse(Reason::kInvalidKey, out,
                      "invalid api key; it contains invisible or non-ASCII characters");
      return refuse(Reason::kInvalidKey, out);
    case policy::Access::kAmbiguous:
      if (credentials.in_authorization && credentials.in_x_api_key)
        return refuse(Reason::kAmbiguousCredentials, out,
                      "Authorization and x-api-key hold different credentials; send exactly one");
      return refuse(Reason::kAmbiguousCredentials, out,
                    credentials.in_x_api_key
                        ? "x-api-key holds more than one credential; send exactly one"
                        : "Authorization holds more than one credential; send exactly one");
    case policy::Access::kCrossSite:
      return refuse(Reason::kCrossSiteRefused, out);
  }
}

void Exchange::route_request(Outbox& out) {
  switch (route_->id) {
    case RouteId::kRoot:
      respond({302, {}, {{"location", "/docs"}}}, out);
      return finish(ending::complete, out);
    case RouteId::kDocs:
      return answer_page("docs", "text/html; charset=utf-8", out);
    case RouteId::kOpenapi:
      return answer_page("openapi", json_type, out);
    case RouteId::kHealth:
      if (!policy::is_configured(*config_, access_facts()))
        return answer_json(health_answer(Configured::kNo, {}), out);
      return ask_report(out);
    case RouteId::kHealthz:
      return answer_json(R"({"status":"ok"})", out);
    case RouteId::kModels:
      return answer_json(models_answer(*config_, simulator_door()), out);
    case RouteId::kAnalytics:
    case RouteId::kProviderStats:
    case RouteId::kUsage:
      return ask_report(out);
    case RouteId::kWhoami:
      return answer_json(whoami_answer(caller_, dev_mode_ ? "dev" : "key", receipt_.request_id),
                         out);
    case RouteId::kChatCompletions:
      return ask_body(out);
  }
}

// A preflight (Fetch standard, section 3.2.2) carries no credentials and learns no routes.
void Exchange::answer_preflight(Outbox& out) {
  receipt_.route = "preflight";
  Answer answer{204, {}, {}};
  if (is_origin_allowed(*config_, head_.header(RequestHeader::kOrigin).value_or(""))) {
    answer.headers = {{"access-control-allow-methods", "GET, HEAD, POST"},
                      {"access-control-allow-headers", "Authorization, *"},
                      {"access-control-max-age", "86400"}};
  }
  respond(answer, out);
  finish(ending::complete, out);
}

// Another instance died while it served this request; the shim says how far it had come. The
// caller is found again, because that depends on nothing but the head; the rest is lost.
void Exchange::on_trapped(std::string_view payload, Outbox& out) {
  const std::string phase = text_member(head_of(payload), "phase");
  if (phase == "idle") {  // nobody waits for this one
    state_ = State::kOver;
    return;
  }
  begin(object_member(head_of(payload), "request"), rest_of(payload));
  const policy::RouteMatch match = policy::find_route(head_.method, head_.path);
  if (match.route) receipt_.route = match.route->name;
  const policy::AccessFacts facts = access_facts();
  caller_ = policy::authenticate(*config_, facts);
  dev_mode_ = policy::in_dev_mode(*config_, facts);
  if (caller_.access == policy::Access::kGranted) {
    receipt_.label = caller_.name;
    receipt_.counted = match.route && match.route->id == RouteId::kChatCompletions;
  }
  receipt_.metered = false;
  receipt_.code = policy::refusal(Reason::kInternalError).code;
  if (phase == "waiting") {
    receipt_.status = policy::refusal(Reason::kInternalError).status;
    respond({receipt_.status, json_type, {}}, out);
    if (head_.method != "HEAD") out.add(Action::send, refusal_body(Reason::kInternalError, {}, {}));
    return finish(ending::trapped, out);
  }
  receipt_.status = 200;
  receipt_.stream = true;
  if (phase == "relayed") {
    state_ = State::kUnmetered;
    return ask_more(out);
  }
  out.add(Action::send, refusal_event(Reason::kInternalError));
  finish(ending::trapped, out);
}

// --- Failures, answers and endings -------------------------------------------------------------

void Exchange::on_failed(std::string_view reason, Outbox& out) {
  const bool timeout = reason == "timeout";
  switch (state_) {
    case State::kReceiving:
    case State::kNew:
      if (reason == "too_large")
        return refuse(Reason::kBodyTooLarge, out,
                      "the request body is too large; at most " +
                          std::to_string(config_->body_bytes_max) + " bytes are accepted");
      if (timeout)
        return refuse(Reason::kInvalidRequest, out, "the request body did not arrive in time");
      return finish(ending::client_left, out);
    case State::kStoring:
      return ask_load(out);
    case State::kLoading:
      return answer_report({}, out);
    case State::kDispatched:
      return refuse(timeout ? Reason::kUpstreamTimeout : Reason::kUpstreamUnreachable, out);
    case State::kCollecting:
      if (reply_.status == 429) return refuse(Reason::kRateLimited, out);  // its head says enough
      return refuse(timeout ? Reason::kUpstreamTimeout : Reason::kUpstreamBadResponse, out);
    case State::kStreaming:
      if (timeout) return fail_stream(Reason::kIdleTimeout, ending::idle_timeout, out);
      return fail_stream(Reason::kStreamTruncated, ending::truncated, out);
    case State::kUnmetered:
      return fail_stream(timeout ? Reason::kIdleTimeout : Reason::kStreamTruncated, ending::trapped,
                         out);
    case State::kTicking:  // the batch stays out; the next tick brings it again
      schedule_tick(isolate_, now_ms_, out);
      state_ = State::kOver;
      return;
    case State::kOver:
      return;
  }
}

void Exchange::respond(const Answer& answer, Outbox& out) {
  receipt_.status = answer.status;
  write_respond(answer,
                {.config = *config_,
                 .receipt = receipt_,
                 .trace = trace_,
                 .origin = head_.header(RequestHeader::kOrigin).value_or(""),
                 .dev_mode = dev_mode_,
                 .send_timeout_ms = config_->idle_timeout_ms},
                out);
}

void Exchange::answer_json(std::string_view body, Outbox& out) {
  respond({200, json_type, {}}, out);
  if (head_.method != "HEAD") out.add(Action::send, body);
  finish(ending::complete, out);
}

void Exchange::answer_page(std::string_view name, std::string_view content_type, Outbox& out) {
  // The page carries its style and nothing that runs.
  respond({200,
           content_type,
           {{"content-security-policy",
             "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
             "form-action 'none'; frame-ancestors 'none'"}}},
          out);
  if (head_.method != "HEAD") {
    JsonWriter(out.open(Action::page)).begin_object().name("name").string(name).end_object();
    out.seal();
  }
  finish(ending::complete, out);
}

void Exchange::refuse(Reason reason, Outbox& out, std::string_view message,
                      std::string_view param) {
  const policy::Refusal& refusal = policy::refusal(reason);
  receipt_.code = refusal.code;
  Answer answer{refusal.status, json_type, {}};
  if (!refusal.challenge.empty()) answer.headers.push_back({"www-authenticate", refusal.challenge});
  if (reason == Reason::kOverloaded) answer.headers.push_back({"retry-after", "1"});
  if (reason == Reason::kRateLimited) add_retry_headers(reply_, answer);
  respond(answer, out);
  if (head_.method != "HEAD") out.add(Action::send, refusal_body(reason, message, param));
  finish(reply_.status ? ending::upstream_failed : ending::refused, out);
}

void Exchange::ask(State next, uint32_t timeout_ms) {
  state_ = next;
  expires_ms_ = now_ms_ + timeout_ms + bounds::reap_grace_ms;
}

void Exchange::finish(std::string_view end, Outbox& out) {
  const State last = state_;
  state_ = State::kOver;
  if (last == State::kTicking) return;
  if (stream_) {
    receipt_.usage = stream_->usage();
    receipt_.content_events = stream_->content_events();
    if (stream_->unreadable()) receipt_.metered = false;
  }
  write_log_line(receipt_, end, now_ms_, out.open(Action::log));
  out.seal();
  if (!receipt_.counted) return;
  isolate_.counts.add(served(receipt_, end, now_ms_));
  schedule_tick(isolate_, now_ms_, out);
}

SimulatorDoor Exchange::simulator_door() const {
  const bool only_provider = dev_mode_ && !config_->openai_configured;
  return config_->simulator || only_provider ? SimulatorDoor::kOpen : SimulatorDoor::kShut;
}

}  // namespace postern::exchange
