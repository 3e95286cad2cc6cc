// From the head of the provider's answer to the end of the client's.
#include "bounds.h"
#include "chat/deltas.h"
#include "codec/json_writer.h"
#include "exchange/exchange.h"
#include "exchange/payload.h"
#include "exchange/translated_stream.h"
#include "exchange/untouched_stream.h"

namespace postern::exchange {
namespace {

using codec::JsonWriter;
using policy::Reason;
using provider::Surface;

constexpr std::string_view event_stream_type = "text/event-stream";
constexpr std::string_view aws_event_stream_type = "application/vnd.amazon.eventstream";

// The first events of a stream are handed on at once; after so many reads the window opens.
constexpr uint32_t unpaused_reads = 3;
// After a read that brought so much there is likely more, for which nobody should have to wait.
constexpr size_t large_read_bytes = 16u << 10;

// Can we answer with this status of the provider's? Not with a redirect, and a runtime makes no
// answer with a body under the others.
bool is_answerable(int status) {
  if (status == 204 || status == 205) return false;
  return (status >= 200 && status < 300) || (status >= 400 && status < 600);
}

bool is_json(std::string_view body) {
  const codec::JsonKind kind = codec::JsonReader(body).kind();
  return kind == codec::JsonKind::kObject || kind == codec::JsonKind::kArray;
}

}  // namespace

void Exchange::on_head(const ReplyHead& reply, Outbox& out) {
  reply_ = reply;
  receipt_.head_ms = now_ms_;
  if (reply.status == 401 || reply.status == 403) return refuse_credentials(out);
  if (!is_answerable(reply.status)) return give_up(Reason::kUpstreamBadResponse, out);
  if (reply.status >= 400) return ask_reply(bounds::error_bytes_max, out);
  const std::string_view type = reply.header(ReplyHeader::kContentType);
  if (stream_asked_ && (has_type(type, event_stream_type) || has_type(type, aws_event_stream_type)))
    return begin_stream(out);
  ask_reply(bounds::reply_bytes_max, out);
}

// --- A whole reply ------------------------------------------------------------------------------

void Exchange::on_reply(std::string_view body, Outbox& out) {
  receipt_.first_byte_ms = receipt_.head_ms;
  if (reply_.status >= 400) return on_error_reply(body, out);
  if (door_->surface == Surface::kEmbeddings) return answer_embeddings(body, out);
  if (untouched_) return pass_reply(body, out);
  translate_reply(body, out);
}

void Exchange::pass_reply(std::string_view body, Outbox& out) {
  if (!meter_reply(body)) return give_up(Reason::kUpstreamBadResponse, out);
  respond({reply_.status, json_type, {}}, out);
  if (player_) {
    out.add(Action::send, body);
  } else {
    out.add(Action::forward);
  }
  finish(ending::complete, out);
}

// Takes down what the reply cost; false when it is none.
bool Exchange::meter_reply(std::string_view body) {
  if (door_->surface == Surface::kCountTokens) {
    receipt_.metered = false;  // counting costs nothing
    return codec::JsonReader(body).kind() == codec::JsonKind::kObject;
  }
  if (door_->surface == Surface::kChat || door_->surface == Surface::kCompletions) {
    const dialect::ChatReply reply = dialect::read_chat_reply(body, target_.quirks());
    receipt_.usage = reply.usage;
    return reply.valid && !reply.error;
  }
  chat::Reply reply;
  const bool read = door_->dialect->read_reply(body, target_.quirks(), reply_context(), reply);
  receipt_.usage = reply.usage;
  return read;
}

void Exchange::translate_reply(std::string_view body, Outbox& out) {
  chat::Reply reply;
  const dialect::ReplyContext context = reply_context();
  const dialect::Dialect& theirs = their_dialect();
  if (!theirs.read_reply(body, target_.quirks(), context, reply)) {
    const chat::Error error = theirs.read_error(error_head(), body);
    if (error.message.empty()) return give_up(Reason::kUpstreamBadResponse, out);
    return answer_error(error, out);
  }
  receipt_.usage = reply.usage;
  if (stream_asked_) return stream_whole(reply, out);
  respond({reply_.status, json_type, {}}, out);
  door_->dialect->write_reply(reply, context, out.open(Action::send));
  out.seal();
  finish(ending::complete, out);
}

// The client asked for a stream, and the provider answered whole.
void Exchange::stream_whole(chat::Reply& reply, Outbox& out) {
  Answer answer{reply_.status, "text/event-stream; charset=utf-8", {}};
  answer.stream = true;
  respond(answer, out);
  const auto writer = door_->dialect->stream_writer(reply_context());
  std::string& text = out.open(Action::send);
  for (const chat::Delta& delta : chat::deltas_of(reply)) writer->write(delta, text);
  writer->end(text);
  out.seal();
  finish(ending::complete, out);
}

void Exchange::answer_embeddings(std::string_view body, Outbox& out) {
  if (untouched_ && dialect::is_as_asked(body, embedding_encoding_)) {
    if (!dialect::read_embedding_usage(body, receipt_.usage))
      return give_up(Reason::kUpstreamBadResponse, out);
    respond({reply_.status, json_type, {}}, out);
    out.add(Action::forward);
    return finish(ending::complete, out);
  }
  dialect::EmbeddingReply reply;
  std::string written;
  const bool read = dialect::read_embedding_reply(target_.embeddings(), body, reply);
  const bool complete = !embedding_inputs_ || reply.vectors.size() == embedding_inputs_;
  if (!read || !complete ||
      !dialect::write_embedding_reply(reply, embedding_encoding_, receipt_.model, written)) {
    const chat::Error error = their_dialect().read_error(error_head(), body);
    if (read || error.message.empty()) return give_up(Reason::kUpstreamBadResponse, out);
    return answer_error(error, out);
  }
  receipt_.usage = reply.usage;
  respond({reply_.status, json_type, {}}, out);
  out.add(Action::send, written);
  finish(ending::complete, out);
}

// --- Errors of the provider's -------------------------------------------------------------------

void Exchange::on_error_reply(std::string_view body, Outbox& out) {
  const chat::Error error = their_dialect().read_error(error_head(), body);
  if (error.message.empty() || !is_json(body)) return refuse_unread(error, out);
  if (untouched_ && door_->envelope != dialect::Envelope::kAnthropic) {
    const dialect::ChatReply reply = dialect::read_chat_reply(body);
    if (reply.valid && reply.envelope && !is_operators_fault(error))
      return pass_error(error, body, out);
  }
  answer_error(error, out);
}

// An answer without words, or a page of some proxy's: the status is all that is known.
void Exchange::refuse_unread(const chat::Error& error, Outbox& out) {
  receipt_.fault = fault_of(error);
  if (error.kind == chat::Error::Kind::kRateLimited) return refuse(Reason::kRateLimited, out);
  if (error.kind == chat::Error::Kind::kTimeout) return refuse(Reason::kUpstreamTimeout, out);
  refuse(Reason::kUpstreamBadResponse, out);
}

// The provider's envelope is the client's: it goes on as it is.
void Exchange::pass_error(const chat::Error& error, std::string_view body, Outbox& out) {
  receipt_.fault = fault_of(error);
  receipt_.code = policy::refusal(Reason::kUpstreamError).code;
  Answer answer{reply_.status, json_type, {}};
  add_retry_headers(reply_, answer);
  respond(answer, out);
  out.add(Action::send, without_secrets(body, secrets_of(target_)));
  finish(ending::upstream_failed, out);
}

void Exchange::answer_error(chat::Error error, Outbox& out) {
  if (is_operators_fault(error)) return refuse_credentials(out);
  receipt_.fault = fault_of(error);
  receipt_.code = policy::refusal(Reason::kUpstreamError).code;
  error.message = error.message.empty()
                      ? std::string(policy::refusal(Reason::kUpstreamError).message)
                      : without_secrets(error.message, secrets_of(target_));
  Answer answer{status_for_client(error, door_->envelope), json_type, {}};
  add_retry_headers(reply_, answer);
  const std::string seconds =
      error.retry_after_ms ? std::to_string((*error.retry_after_ms + 999) / 1000) : std::string();
  if (reply_.header(ReplyHeader::kRetryAfter).empty())
    answer.headers.push_back({"retry-after", seconds});
  respond(answer, out);
  door_->dialect->write_error(error, receipt_.request_id, out.open(Action::send));
  out.seal();
  finish(ending::upstream_failed, out);
}

// The provider's answer is nothing that a client could use, or there is none.
void Exchange::give_up(Reason reason, Outbox& out) {
  receipt_.fault = fault_of(reason);
  receipt_.fault->status = reply_.status;
  refuse(reason, out);
}

void Exchange::refuse_credentials(Outbox& out) {
  chat::Error error;
  error.kind = chat::Error::Kind::kAuthentication;
  error.status = reply_.status;
  receipt_.fault = fault_of(error);
  refuse(Reason::kUpstreamAuthError, out);
}

const dialect::Dialect& Exchange::their_dialect() const {
  const dialect::Dialect* dialect = target_.dialect(door_->surface);
  return dialect ? *dialect : *target_.row().chat;
}

dialect::ErrorHead Exchange::error_head() const {
  return {.status = reply_.status,
          .retry_after = reply_.header(ReplyHeader::kRetryAfter),
          .retry_after_ms = reply_.header(ReplyHeader::kRetryAfterMs),
          .error_type = reply_.header(ReplyHeader::kXAmznErrortype),
          .should_retry = reply_.header(ReplyHeader::kXShouldRetry)};
}

dialect::ReplyContext Exchange::reply_context() const {
  return {.request_id = receipt_.request_id,
          .model = receipt_.model,
          .now_s = now_ms_ / 1000,
          .include_usage = usage_asked_};
}

// --- A stream -----------------------------------------------------------------------------------

void Exchange::begin_stream(Outbox& out) {
  Answer answer{reply_.status, "text/event-stream; charset=utf-8", {}};
  answer.stream = true;
  respond(answer, out);
  stream_ = untouched_ ? untouched_stream() : translated_stream();
  if (stream_->relayed()) {
    out.add(Action::relay);
  } else if (!player_ && config_->stream_window_ms) {
    out.add(Action::window);
  }
  state_ = State::kStreaming;
  ask_more(out);
}

std::unique_ptr<ReplyStream> Exchange::untouched_stream() const {
  const bool chat = door_->surface == Surface::kChat || door_->surface == Surface::kCompletions;
  const bool take_out = chat && config_->stream_usage && !usage_asked_;
  // Nothing is to be changed: the bytes need not come by here. The simulator has no other way.
  const bool relay = !take_out && !player_;
  UntouchedWay way{.path = relay ? Path::kRelayed : Path::kFed,
                   .usage_chunk = take_out ? UsageChunk::kTakeOut : UsageChunk::kKeep,
                   .envelope = door_->envelope,
                   .secrets = secrets_of(target_),
                   .quirks = target_.quirks(),
                   .request_id = receipt_.request_id};
  if (chat) return std::make_unique<UntouchedStream>(std::move(way));
  auto meter = door_->dialect->stream_reader(target_.quirks(), reply_context());
  return std::make_unique<UntouchedStream>(std::move(way), std::move(meter));
}

std::unique_ptr<ReplyStream> Exchange::translated_stream() const {
  const bool aws = has_type(reply_.header(ReplyHeader::kContentType), aws_event_stream_type);
  return std::make_unique<TranslatedStream>(
      aws ? Framing::kAwsEventStream : Framing::kEventStream,
      their_dialect().stream_reader(target_.quirks(), reply_context()),
      door_->dialect->stream_writer(reply_context()), secrets_of(target_));
}

void Exchange::on_stream_bytes(std::string_view bytes, Outbox& out) {
  if (!receipt_.first_byte_ms) receipt_.first_byte_ms = now_ms_;
  silent_ms_ = 0;
  last_read_large_ = bytes.size() >= large_read_bytes;
  stream_->push(bytes, out.open(Action::send));
  out.seal_unless_empty();
  const bool too_long = !stream_->relayed() && stream_->bytes() > bounds::stream_bytes_max;
  if (stream_->broken() || too_long)
    return fail_stream(Reason::kUpstreamError, ending::upstream_failed, out);
}

void Exchange::on_stream_end(Outbox& out) {
  stream_->finish(out.open(Action::send));
  out.seal_unless_empty();
  if (stream_->error_reported())
    return fail_stream(Reason::kUpstreamError, ending::upstream_failed, out);
  if (stream_->done() || stream_->unreadable()) return finish(ending::complete, out);
  fail_stream(Reason::kStreamTruncated, ending::truncated, out);
}

void Exchange::fail_stream(Reason reason, std::string_view end, Outbox& out) {
  const bool reported = stream_ && stream_->error_reported();
  // After its own terminal event a stream has nothing more to say, whatever the wire does.
  if (!reported && stream_ && stream_->done()) return finish(ending::complete, out);
  receipt_.code = policy::refusal(reported ? Reason::kUpstreamError : reason).code;
  receipt_.fault = reported ? fault_of(stream_->error()) : fault_of(reason);
  if (!stream_) {
    out.add(Action::send,
            "\n\n" + refusal_event(envelope(), {reason, {}, {}, receipt_.request_id}));
  } else if (!reported) {
    stream_->fail(reason, out.open(Action::send));
    out.seal_unless_empty();
  }
  finish(reported ? ending::upstream_failed : end, out);
}

// Nothing came for a while, but not for so long that the stream is given up. A relay has to be
// left for it, which only the gap between two events allows.
void Exchange::on_silence(Outbox& out) {
  if (stream_->relayed()) {
    if (stream_->inside_event() || stream_->unreadable()) return;
    out.add(Action::retake);
    stream_->retake();
  }
  stream_->keep_alive(out.open(Action::send));
  out.seal();
}

// --- The provider, real or simulated ------------------------------------------------------------

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
  if (!stream_ || stream_->relayed()) {
    pause_ms = reads_ == 0 ? 0 : bounds::relay_poll_ms;
  } else if (reads_ >= unpaused_reads) {
    pause_ms = config_->stream_window_ms;
  }
  if (silent_ms_ || last_read_large_) pause_ms = 0;
  ++reads_;
  patience_ms_ = patience_ms();
  JsonWriter json(out.open(Action::read));
  json.begin_object().name("pause_ms").number(pause_ms);
  json.name("timeout_ms").number(patience_ms_).end_object();
  out.seal();
  // What was sent before the question may be held up by a slow client for as long again.
  ask(state_, pause_ms + 2 * config_->idle_timeout_ms);
}

// How long to wait for the next bytes: until the stream is given up, or something has to be said.
uint32_t Exchange::patience_ms() const {
  const uint32_t left_ms = config_->idle_timeout_ms - silent_ms_;
  const uint32_t keep_alive_ms = config_->keep_alive_ms;
  return stream_ && keep_alive_ms && keep_alive_ms < left_ms ? keep_alive_ms : left_ms;
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
        return state_ == State::kStreaming
                   ? fail_stream(Reason::kIdleTimeout, ending::idle_timeout, out)
                   : on_failed("timeout", out);
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

void Exchange::on_waited(Outbox& out) {
  if (wait_left_ms_) {
    on_silence(out);
    return ask_wait(wait_left_ms_, out);
  }
  return state_ == State::kDispatched ? play_head(out) : play_on(out);
}

void Exchange::ask_wait(uint32_t ms, Outbox& out) {
  const uint32_t keep_alive_ms = state_ == State::kStreaming ? config_->keep_alive_ms : 0;
  const uint32_t now = keep_alive_ms && keep_alive_ms < ms ? keep_alive_ms : ms;
  wait_left_ms_ = ms - now;
  JsonWriter(out.open(Action::wait)).begin_object().name("ms").number(now).end_object();
  out.seal();
  ask(state_, now + config_->idle_timeout_ms);
}

}  // namespace postern::exchange
