#include "exchange/exchange.h"

#include <algorithm>

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
constexpr std::string_view json_type = "application/json";
constexpr std::string_view event_stream_type = "text/event-stream";

// The first events of a stream are handed on at once; after so many reads the window opens.
constexpr uint32_t unpaused_reads = 3;
constexpr size_t large_read_bytes = 32u << 10;

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
      return answer_json(
          whoami_answer(caller_, dev_mode_ ? "dev" : "key", receipt_.request_id), out);
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
    if (head_.method != "HEAD")
      out.add(Action::send, refusal_body(Reason::kInternalError, {}, {}));
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

// --- Reports ----------------------------------------------------------------------------------

void Exchange::on_tick(std::string_view random, Outbox& out) {
  isolate_.tick_due_ms = 0;
  receipt_.request_id = codec::to_hex(random.substr(0, 16));
  if (!isolate_.counts.empty()) return ask_store(State::kTicking, out);
  state_ = State::kOver;
}

void Exchange::ask_report(Outbox& out) {
  const bool fresh = !isolate_.public_record.empty() &&
                     now_ms_ - isolate_.public_record_ms < bounds::public_report_age_ms;
  if (route_->guard == policy::Guard::kPublic && fresh)
    return answer_report(isolate_.public_record, out);
  if (isolate_.counts.empty()) return ask_load(out);
  ask_store(State::kStoring, out);  // a report shows what this isolate has just served
}

void Exchange::ask_store(State next, Outbox& out) {
  std::string& payload = out.open(Action::store);
  JsonWriter(payload).begin_object().name("timeout_ms").number(bounds::store_timeout_ms).end_object();
  payload += '\n';
  batch_ = isolate_.counts.write_batch(receipt_.request_id, payload);
  out.seal();
  ask(next, bounds::store_timeout_ms);
}

void Exchange::ask_load(Outbox& out) {
  const bool everybody = route_->guard == policy::Guard::kPublic;
  JsonWriter json(out.open(Action::load));
  json.begin_object().name("scope").string(everybody ? "public" : "label:" + caller_.name);
  json.name("timeout_ms").number(bounds::store_timeout_ms).end_object();
  out.seal();
  ask(State::kLoading, bounds::store_timeout_ms);
}

void Exchange::answer_report(std::string_view record, Outbox& out) {
  if (route_->guard == policy::Guard::kPublic && !record.empty()) {
    isolate_.public_record = record;
    isolate_.public_record_ms = now_ms_;
  }
  // Without the store the gateway is as healthy as before; only its counts are not to be had.
  if (route_->id == RouteId::kHealth)
    return answer_json(health_answer(Configured::kYes, record), out);
  if (record.empty())
    return refuse(Reason::kOverloaded, out, "the counts cannot be read right now; retry shortly");
  if (route_->id == RouteId::kAnalytics) return answer_json(analytics_answer(record), out);
  if (route_->id == RouteId::kProviderStats)
    return answer_json(provider_stats_answer(*config_, simulator_door(), record), out);
  answer_json(usage_answer(caller_, record), out);
}

// --- A chat completion ------------------------------------------------------------------------

void Exchange::ask_body(Outbox& out) {
  receipt_.counted = true;
  const std::string_view encoding = head_.header(RequestHeader::kContentEncoding).value_or("");
  if (!encoding.empty() && encoding != "identity") return refuse(Reason::kUnsupportedEncoding, out);
  const std::string_view length = head_.header(RequestHeader::kContentLength).value_or("");
  if (saturating_decimal(length) > config_->body_bytes_max) return on_failed("too_large", out);
  JsonWriter json(out.open(Action::receive));
  json.begin_object().name("bytes_max").number(static_cast<int64_t>(config_->body_bytes_max));
  json.name("timeout_ms").number(bounds::body_timeout_ms).end_object();
  out.seal();
  ask(State::kReceiving, bounds::body_timeout_ms);
}

void Exchange::on_body(std::string_view body, Outbox& out) {
  dialect::ChatRequest request;
  if (body.empty()) return refuse(Reason::kInvalidJson, out, "the request body is empty");
  if (const auto fault = dialect::read_chat_request(body, request)) {
    const bool json = fault->kind == dialect::RequestFault::Kind::kJson;
    return refuse(json ? Reason::kInvalidJson : Reason::kInvalidRequest, out, fault->message,
                  fault->param);
  }
  stream_asked_ = request.stream;
  usage_asked_ = request.include_usage;
  receipt_.stream = request.stream;
  receipt_.project_id = request.project_id;
  receipt_.model = request.model == "auto" ? config_->default_model : request.model;
  if (receipt_.model.empty())
    return refuse(Reason::kInvalidRequest, out,
                  "model \"auto\" needs a default; the operator sets DEFAULT_MODEL", "model");

  const bool simulated = simulator::is_simulator_model(receipt_.model);
  const bool unconfigured_dev = dev_mode_ && !config_->openai_configured;
  if (simulated && simulator_door() == SimulatorDoor::kShut)
    return refuse(Reason::kProviderNotConfigured, out,
                  "the simulator is off; the operator sets SIMULATOR=on", "model");
  if (!simulated && !config_->openai_configured && !unconfigured_dev)
    return refuse(Reason::kProviderNotConfigured, out);

  std::vector<dialect::Edit> edits;
  if (receipt_.model != request.model) {
    dialect::Edit edit{request.model_value.begin, request.model_value.end, {}};
    codec::append_json_string(receipt_.model, edit.text);
    edits.push_back(std::move(edit));
  }
  if (const auto& project = request.project_member)
    edits.push_back({project->begin, project->end, {}});
  if (stream_asked_ && !usage_asked_ && config_->stream_usage)
    edits.push_back(std::move(request.ask_usage));
  std::sort(edits.begin(), edits.end(),
            [](const auto& left, const auto& right) { return left.begin < right.begin; });

  if (!simulated && config_->openai_configured) return ask_fetch(body, edits, out);
  receipt_.provider = "simulator";
  player_.emplace(simulator::play(receipt_.model, dialect::apply(edits, body), now_ms_),
                  config_->first_byte_timeout_ms, config_->idle_timeout_ms);
  state_ = State::kDispatched;
  play_head(out);
}

void Exchange::ask_fetch(std::string_view body, const std::vector<dialect::Edit>& edits,
                         Outbox& out) {
  receipt_.provider = "openai";
  JsonWriter json(out.open(Action::fetch));
  json.begin_object().name("url").string(config_->openai_base_url + "/chat/completions");
  json.name("headers").begin_object().name("content-type").string(json_type);
  // A compressed stream would arrive in blocks, and a relayed one could not be read.
  json.name("accept-encoding").string("identity");
  if (!config_->openai_api_key.empty())
    json.name("authorization").string("Bearer " + config_->openai_api_key);
  head_.each_forwarded([&](std::string_view name, std::string_view value) {
    json.name(name).string(value);
  });
  if (config_->forward_traceparent) {
    json.name("traceparent").string(trace_.traceparent());
    if (!trace_.tracestate.empty()) json.name("tracestate").string(trace_.tracestate);
  }
  json.end_object().name("body");
  write_pieces(json, body.size(), edits);
  json.name("timeout_ms").number(config_->first_byte_timeout_ms).end_object();
  out.seal();
  ask(State::kDispatched, config_->first_byte_timeout_ms);
}

void Exchange::on_head(const ReplyHead& reply, Outbox& out) {
  reply_ = reply;
  receipt_.head_ms = now_ms_;
  if (reply.status == 401 || reply.status == 403) return refuse(Reason::kUpstreamAuthError, out);
  if (reply.status < 200 || (reply.status >= 300 && reply.status < 400))
    return refuse(Reason::kUpstreamBadResponse, out);
  if (reply.status >= 400) return ask_reply(bounds::error_bytes_max, out);
  if (stream_asked_ && has_type(reply.header(ReplyHeader::kContentType), event_stream_type))
    return begin_stream(out);
  ask_reply(bounds::reply_bytes_max, out);
}

void Exchange::on_reply(std::string_view body, Outbox& out) {
  receipt_.first_byte_ms = receipt_.head_ms;
  if (reply_.status >= 400) return on_error_reply(body, out);
  const dialect::ChatReply reply = dialect::read_chat_reply(body);
  if (!reply.valid || reply.error) return refuse(Reason::kUpstreamBadResponse, out);
  receipt_.usage = reply.usage;
  respond({reply_.status, json_type, {}}, out);
  if (player_) {
    out.add(Action::send, body);
  } else {
    out.add(Action::forward);
  }
  finish(ending::complete, out);
}

void Exchange::on_error_reply(std::string_view body, Outbox& out) {
  const dialect::ChatReply reply = dialect::read_chat_reply(body);
  if (!reply.valid || !reply.envelope) {
    return refuse(reply_.status == 429 ? Reason::kRateLimited : Reason::kUpstreamBadResponse, out);
  }
  receipt_.code = "upstream_error";
  Answer answer{reply_.status, json_type, {}};
  add_retry_headers(reply_, answer);
  respond(answer, out);
  out.add(Action::send, without_secret(body, config_->openai_api_key));
  finish(ending::upstream_failed, out);
}

void Exchange::begin_stream(Outbox& out) {
  const bool take_out = config_->stream_usage && !usage_asked_;
  // Nothing is to be changed: the bytes need not come by here. The simulator has no other way.
  const bool relayed = !take_out && !player_;
  stream_.emplace(relayed ? Path::kRelayed : Path::kFed,
                  take_out ? UsageChunk::kTakeOut : UsageChunk::kKeep,
                  player_ ? std::string_view() : std::string_view(config_->openai_api_key));
  Answer answer{reply_.status, "text/event-stream; charset=utf-8", {}};
  answer.stream = true;
  respond(answer, out);
  if (relayed) {
    out.add(Action::relay);
  } else if (!player_ && config_->stream_window_ms) {
    out.add(Action::window);
  }
  state_ = State::kStreaming;
  ask_more(out);
}

void Exchange::on_stream_bytes(std::string_view bytes, Outbox& out) {
  if (!receipt_.first_byte_ms) receipt_.first_byte_ms = now_ms_;
  last_read_large_ = bytes.size() >= large_read_bytes;
  stream_->push(bytes, out.open(Action::send));
  out.seal_unless_empty();
  const bool too_long =
      stream_->path() == Path::kFed && stream_->bytes() > bounds::stream_bytes_max;
  if (stream_->broken() || too_long)
    return fail_stream(Reason::kUpstreamError, ending::upstream_failed, out);
}

void Exchange::on_stream_end(Outbox& out) {
  const bool needs_blank_line = stream_->path() == Path::kRelayed && stream_->inside_event();
  std::string& text = out.open(Action::send);
  stream_->finish(text);
  if (needs_blank_line) text += "\n\n";
  out.seal_unless_empty();
  if (stream_->error_reported()) return finish(ending::upstream_failed, out);
  if (stream_->done() || stream_->unreadable()) return finish(ending::complete, out);
  receipt_.code = policy::refusal(Reason::kStreamTruncated).code;
  out.add(Action::send, refusal_event(Reason::kStreamTruncated));
  finish(ending::truncated, out);
}

void Exchange::fail_stream(Reason reason, std::string_view end, Outbox& out) {
  receipt_.code = policy::refusal(reason).code;
  // After its own terminal event a stream has nothing more to say, whatever the wire does.
  if (stream_ && stream_->done()) return finish(ending::complete, out);
  std::string event = refusal_event(reason);
  if (!stream_ || (stream_->path() == Path::kRelayed && stream_->inside_event()))
    event.insert(0, "\n\n");
  if (!stream_ || !stream_->error_reported()) out.add(Action::send, event);
  finish(end, out);
}

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
      return refuse(timeout ? Reason::kUpstreamTimeout : Reason::kUpstreamBadResponse, out);
    case State::kStreaming:
      if (timeout) return fail_stream(Reason::kIdleTimeout, ending::idle_timeout, out);
      return fail_stream(Reason::kStreamTruncated, ending::truncated, out);
    case State::kUnmetered:
      return fail_stream(timeout ? Reason::kIdleTimeout : Reason::kStreamTruncated,
                         ending::trapped, out);
    case State::kTicking:  // the batch stays out; the next tick brings it again
      schedule_tick(isolate_, now_ms_, out);
      state_ = State::kOver;
      return;
    case State::kOver:
      return;
  }
}

// --- The provider, real or simulated ----------------------------------------------------------

void Exchange::ask_reply(size_t bytes_max, Outbox& out) {
  state_ = State::kCollecting;
  if (player_) return play_on(out);
  JsonWriter json(out.open(Action::collect));
  json.begin_object().name("bytes_max").number(static_cast<int64_t>(bytes_max));
  json.name("timeout_ms").number(config_->idle_timeout_ms).end_object();
  out.seal();
  ask(State::kCollecting, config_->idle_timeout_ms);
}

void Exchange::ask_more(Outbox& out) {
  if (player_) return play_on(out);
  uint32_t pause_ms = 0;
  if (!stream_ || stream_->path() == Path::kRelayed) {
    pause_ms = reads_ == 0 || last_read_large_ ? 0 : bounds::relay_poll_ms;
  } else if (reads_ >= unpaused_reads) {
    pause_ms = config_->stream_window_ms;
  }
  ++reads_;
  JsonWriter json(out.open(Action::read));
  json.begin_object().name("pause_ms").number(pause_ms);
  json.name("timeout_ms").number(config_->idle_timeout_ms).end_object();
  out.seal();
  // What was sent before the question may be held up by a slow client for as long again.
  ask(state_, pause_ms + 2 * config_->idle_timeout_ms);
}

void Exchange::play_head(Outbox& out) {
  const Player::Beat beat = player_->head();
  if (beat.kind == Player::Beat::Kind::kWait && beat.wait_ms) return ask_wait(beat.wait_ms, out);
  if (beat.kind == Player::Beat::Kind::kWait) return play_head(out);
  if (beat.kind == Player::Beat::Kind::kTimeout) return on_failed("timeout", out);
  const simulator::Script& script = player_->script();
  ReplyHead head;
  head.status = script.status;
  head.headers[static_cast<size_t>(ReplyHeader::kContentType)] = script.content_type;
  if (!script.retry_after.empty())
    head.headers[static_cast<size_t>(ReplyHeader::kRetryAfter)] = script.retry_after;
  on_head(head, out);
}

void Exchange::play_on(Outbox& out) {
  while (!over()) {
    const Player::Beat beat = player_->next();
    switch (beat.kind) {
      case Player::Beat::Kind::kWait:
        return ask_wait(beat.wait_ms, out);
      case Player::Beat::Kind::kTimeout:
        return on_failed("timeout", out);
      case Player::Beat::Kind::kBytes:
        if (state_ == State::kStreaming) {
          on_stream_bytes(beat.bytes, out);
        } else {
          played_ += beat.bytes;
        }
        break;
      case Player::Beat::Kind::kEnd:
        return state_ == State::kStreaming ? on_stream_end(out) : on_reply(played_, out);
    }
  }
}

void Exchange::ask_wait(uint32_t ms, Outbox& out) {
  JsonWriter(out.open(Action::wait)).begin_object().name("ms").number(ms).end_object();
  out.seal();
  ask(state_, ms + config_->idle_timeout_ms);
}

// --- Answers and endings ----------------------------------------------------------------------

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
  respond({200, content_type,
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
