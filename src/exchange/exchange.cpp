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

// Request id 16, trace id 16, span id 8; and 32 that are never shown, for the making of keys.
constexpr size_t random_bytes = 72;
constexpr size_t public_random_bytes = 40;

bool is_on(const policy::Config& config, policy::Feature feature) {
  switch (feature) {
    case policy::Feature::kNone:
      return true;
    case policy::Feature::kSelfServe:
      return config.self_serve;
    case policy::Feature::kSessions:
      return config.session_key.has_value();
  }
  return false;
}

}  // namespace

Exchange::Exchange(std::shared_ptr<const Deployment> deployment, Isolate& isolate)
    : deployment_(std::move(deployment)), config_(&deployment_->config), isolate_(isolate) {}

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
    case State::kAuthenticating:
      if (event == Event::record) return on_key_record(payload, out);
      break;
    case State::kLocating:
      if (event == Event::located) return on_located(payload, out);
      break;
    case State::kLimiting:
      if (event == Event::limited) return on_limited(payload, out);
      break;
    case State::kReceiving:
      if (event != Event::body) break;
      return door_ ? on_body(payload, out) : begin_operation(payload, out);
    case State::kOperating:
      if (event == Event::record) return on_operation_record(payload, out);
      break;
    case State::kStoring:
      if (event != Event::record) break;
      isolate_.counts.batch_stored(batch_);
      return ask_load(out);
    case State::kLoading:
      if (event == Event::record) return answer_report(first_element(payload), out);
      break;
    case State::kDispatched:
      if (event == Event::upstream_head) return on_head(read_reply_head(payload), out);
      if (event == Event::waited) return on_waited(out);
      break;
    case State::kCollecting:
      if (event == Event::upstream_body) return on_reply(payload, out);
      if (event == Event::waited) return on_waited(out);
      break;
    case State::kStreaming:
      if (event == Event::upstream_bytes) {
        on_stream_bytes(payload, out);
        return over() ? void() : ask_more(out);
      }
      if (event == Event::upstream_end) return on_stream_end(out);
      if (event == Event::waited) return on_waited(out);
      break;
    case State::kUnmetered:
      if (event == Event::upstream_bytes) return ask_more(out);
      if (event == Event::upstream_end) return finish(ending::trapped, out);
      break;
    case State::kTicking:
      if (event != Event::record) break;
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
  match_ = policy::find_route(head_.method, head_.path);
  route_ = match_.route;
  if (route_) receipt_.route = route_->name;
  if (route_) door_ = front_door(route_->id);
  dev_mode_ = policy::in_dev_mode(*config_, access_facts());
  if (head_.method == "OPTIONS") return answer_preflight(out);
  // What is switched off is not there, and a stranger learns nothing else under /v1/.
  const bool missing = !is_on(*config_, match_.feature);
  const bool versioned = head_.path.starts_with("/v1/");
  if (missing && !versioned) return refuse(Reason::kNotFound, out);
  if (match_.guard == policy::Guard::kProtected) return authenticate(out);
  route_request(out);
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
  secret_random_ = random.substr(public_random_bytes, random_bytes - public_random_bytes);
}

void Exchange::route_request(Outbox& out) {
  if (!match_.path_known || !is_on(*config_, match_.feature)) return refuse(Reason::kNotFound, out);
  if (!route_) return refuse(Reason::kMethodNotAllowed, out);
  const policy::Permission permission = policy::permit(*route_, caller_);
  if (permission != policy::Permission::kGranted) return refuse_permission(permission, out);
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
      return answer_json(
          whoami_answer(caller_, *config_, dev_mode_ ? "dev" : "key", receipt_.request_id), out);
    case RouteId::kChatCompletions:
    case RouteId::kCompletions:
    case RouteId::kEmbeddings:
    case RouteId::kMessages:
    case RouteId::kCountTokens:
    case RouteId::kResponses:
      return ask_inference_body(out);
    case RouteId::kListKeys:
    case RouteId::kReadKey:
    case RouteId::kListRequests:
      return begin_operation({}, out);
    case RouteId::kRequestKey:
    case RouteId::kClaimKey:
      return ask_location(out);  // strangers are counted by their address
    case RouteId::kRevokeKey:
    case RouteId::kCreateKey:
    case RouteId::kChangeKey:
    case RouteId::kSupersedeKey:
    case RouteId::kApproveRequest:
    case RouteId::kDenyRequest:
    case RouteId::kCreateSession:
      // A page must not manage keys through the browser of somebody who may.
      if (policy::is_cross_site(*config_, access_facts()))
        return refuse(Reason::kCrossSiteRefused, out);
      if (route_->method == "DELETE") return begin_operation({}, out);
      return ask_body(bounds::management_body_bytes_max, out);
  }
}

// A preflight (Fetch standard, section 3.2.2) carries no credentials and learns no routes.
void Exchange::answer_preflight(Outbox& out) {
  receipt_.route = "preflight";
  Answer answer{204, {}, {}};
  const std::string_view origin = head_.header(RequestHeader::kOrigin).value_or("");
  const bool listed = is_origin_allowed(*config_, origin);
  // Which page a session token belongs to is known when it comes, and that is after this.
  const bool for_sessions = config_->session_key && !origin.empty();
  if (listed || for_sessions) {
    answer.headers = {{"access-control-allow-methods", "GET, HEAD, POST, PATCH, DELETE"},
                      {"access-control-allow-headers", "Authorization, *"},
                      {"access-control-max-age", "86400"}};
  }
  if (for_sessions && !listed) answer.headers.push_back({"access-control-allow-origin", origin});
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
  if (match.route) {
    receipt_.route = match.route->name;
    door_ = front_door(match.route->id);
  }
  const policy::AccessFacts facts = access_facts();
  // A managed key that this instance has not met stays unknown: there is nobody to ask any more.
  caller_ = policy::authenticate(*config_, facts, isolate_.keys, now_ms_, question_);
  dev_mode_ = policy::in_dev_mode(*config_, facts);
  if (caller_.access == policy::Access::kGranted) {
    tell_of_caller(caller_, receipt_);
    receipt_.counted = door_ != nullptr;
  }
  receipt_.metered = false;
  receipt_.code = policy::refusal(Reason::kInternalError).code;
  if (phase == "waiting") {
    receipt_.status = policy::refusal(Reason::kInternalError).status;
    respond({receipt_.status, json_type, {}}, out);
    if (head_.method != "HEAD")
      out.add(Action::send,
              refusal_body(envelope(), {Reason::kInternalError, {}, {}, receipt_.request_id}));
    return finish(ending::trapped, out);
  }
  receipt_.status = 200;
  receipt_.stream = true;
  if (phase == "relayed") {
    state_ = State::kUnmetered;
    return ask_more(out);
  }
  out.add(Action::send,
          refusal_event(envelope(), {Reason::kInternalError, {}, {}, receipt_.request_id}));
  finish(ending::trapped, out);
}

// --- Failures, answers and endings -------------------------------------------------------------

void Exchange::on_failed(std::string_view reason, Outbox& out) {
  const bool timeout = reason == "timeout";
  switch (state_) {
    case State::kAuthenticating:
    case State::kOperating:
      return refuse(Reason::kKeyStoreUnavailable, out);
    case State::kLocating:
      return on_located({}, out);  // an unknown address is counted too
    case State::kLimiting:
      return refuse_counted(out);  // without a limiter the failure is what it was
    case State::kReceiving:
    case State::kNew:
      if (reason == "too_large")
        return refuse(Reason::kBodyTooLarge, out,
                      "the request body is too large; at most " + std::to_string(body_bytes_max_) +
                          " bytes are accepted");
      if (timeout)
        return refuse(Reason::kInvalidRequest, out, "the request body did not arrive in time");
      return finish(ending::client_left, out);
    case State::kStoring:
      return ask_load(out);
    case State::kLoading:
      return answer_report({}, out);
    case State::kDispatched:
      return give_up(timeout ? Reason::kUpstreamTimeout : Reason::kUpstreamUnreachable, out);
    case State::kCollecting:
      if (reply_.status == 429) return give_up(Reason::kRateLimited, out);  // its head says enough
      return give_up(timeout ? Reason::kUpstreamTimeout : Reason::kUpstreamBadResponse, out);
    case State::kStreaming:
      if (!timeout) return fail_stream(Reason::kStreamTruncated, ending::truncated, out);
      silent_ms_ += patience_ms_;
      if (silent_ms_ >= config_->idle_timeout_ms || stream_->done() || stream_->error_reported())
        return fail_stream(Reason::kIdleTimeout, ending::idle_timeout, out);
      on_silence(out);
      return ask_more(out);
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
                 .caller = caller_.access == policy::Access::kGranted ? &caller_ : nullptr,
                 .dropped = dropped_,
                 .send_timeout_ms = config_->idle_timeout_ms},
                out);
}

void Exchange::answer_json(std::string_view body, Outbox& out, int status) {
  respond({status, json_type, {}}, out);
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
  const bool as_problem = route_ && policy::is_management(*route_) &&
                          head_.header(RequestHeader::kAccept).value_or("").find(problem_type) !=
                              std::string_view::npos;
  Answer answer{refusal.status, as_problem ? problem_type : json_type, {}};
  std::string challenge(refusal.challenge);
  if (reason == Reason::kMissingScope && route_ && route_->scope)
    challenge.append(", scope=\"").append(policy::scope_name(*route_->scope)).append("\"");
  if (!challenge.empty()) answer.headers.push_back({"www-authenticate", challenge});
  std::string allow;
  if (reason == Reason::kMethodNotAllowed)
    answer.headers.push_back({"allow", allow = policy::allowed_methods(head_.path)});
  if (!refusal.retry_after_s.empty())
    answer.headers.push_back({"retry-after", refusal.retry_after_s});
  if (reason == Reason::kRateLimited) add_retry_headers(reply_, answer);
  if (reason == Reason::kTooManyFailures) answer.headers.push_back({"retry-after", retry_after_s_});
  respond(answer, out);
  const RefusalText text{reason, message, param, receipt_.request_id};
  if (head_.method != "HEAD")
    out.add(Action::send, as_problem ? problem_body(text) : refusal_body(envelope(), text));
  finish(reply_.status ? ending::upstream_failed : ending::refused, out);
}

void Exchange::refuse(const chat::Refused& refused, Outbox& out) {
  Reason reason = Reason::kInvalidRequest;
  if (refused.kind == chat::Refused::Kind::kJson) reason = Reason::kInvalidJson;
  if (refused.kind == chat::Refused::Kind::kUnsupported) reason = Reason::kUnsupported;
  refuse(reason, out, refused.message, refused.param);
}

dialect::Envelope Exchange::envelope() const {
  return door_ ? door_->envelope : dialect::Envelope::kOpenai;
}

void Exchange::ask(State next, uint32_t timeout_ms) {
  state_ = next;
  expires_ms_ = now_ms_ + timeout_ms + bounds::reap_grace_ms;
}

void Exchange::ask_objects(State next, const ObjectCall& call, std::string_view argument,
                           Outbox& out) {
  write_object_call(call, argument, out.open(Action::call));
  out.seal();
  ask(next, call.timeout_ms);
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
  const bool only_provider = dev_mode_ && deployment_->settings.providers.empty();
  return config_->simulator || only_provider ? SimulatorDoor::kOpen : SimulatorDoor::kShut;
}

}  // namespace postern::exchange
