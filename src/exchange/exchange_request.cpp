// The chat completion part of an exchange: from the request body to the end of the reply.
#include <algorithm>

#include "bounds.h"
#include "codec/json_writer.h"
#include "exchange/exchange.h"
#include "exchange/payload.h"

namespace postern::exchange {
namespace {

using codec::JsonWriter;
using policy::Reason;

constexpr std::string_view event_stream_type = "text/event-stream";

// The first events of a stream are handed on at once; after so many reads the window opens.
constexpr uint32_t unpaused_reads = 3;
constexpr size_t large_read_bytes = 32u << 10;

// Can we answer with this status of the provider's? Not with a redirect, and a runtime makes no
// answer with a body under the others.
bool is_answerable(int status) {
  if (status == 204 || status == 205) return false;
  return (status >= 200 && status < 300) || (status >= 400 && status < 600);
}

}  // namespace

void Exchange::ask_chat_body(Outbox& out) {
  receipt_.counted = true;
  ask_body(config_->body_bytes_max, out);
}

void Exchange::ask_body(size_t bytes_max, Outbox& out) {
  body_bytes_max_ = bytes_max;
  const std::string_view encoding = head_.header(RequestHeader::kContentEncoding).value_or("");
  if (!encoding.empty() && encoding != "identity") return refuse(Reason::kUnsupportedEncoding, out);
  const std::string_view length = head_.header(RequestHeader::kContentLength).value_or("");
  if (saturating_decimal(length) > bytes_max) return on_failed("too_large", out);
  JsonWriter json(out.open(Action::receive));
  json.begin_object().name("bytes_max").number(static_cast<int64_t>(bytes_max));
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

  if (!policy::may_use(caller_, receipt_.model))
    return refuse(Reason::kModelNotAllowed, out, {}, "model");

  // A test key never reaches a provider, whatever it asks for.
  const bool test = caller_.grant.key_class == policy::KeyClass::kTest;
  const bool simulated = test || simulator::is_simulator_model(receipt_.model);
  const bool unconfigured_dev = dev_mode_ && !config_->openai_configured;
  if (simulated && !test && simulator_door() == SimulatorDoor::kShut)
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
  // An insertion comes before the cut that begins at the same place.
  std::sort(edits.begin(), edits.end(), [](const auto& left, const auto& right) {
    return left.begin != right.begin ? left.begin < right.begin : left.end < right.end;
  });

  if (!simulated && config_->openai_configured) return ask_fetch(body, edits, out);
  receipt_.provider = "simulator";
  player_.emplace(simulator::play(receipt_.model, dialect::apply(edits, body), now_ms_,
                                  test ? simulator::Mode::kTest : simulator::Mode::kLive),
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
  head_.each_forwarded(
      [&](std::string_view name, std::string_view value) { json.name(name).string(value); });
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
  if (!is_answerable(reply.status)) return refuse(Reason::kUpstreamBadResponse, out);
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
  const bool needs_blank_line =
      stream_->path() == Path::kRelayed && stream_->inside_event() && !stream_->unreadable();
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

}  // namespace postern::exchange
