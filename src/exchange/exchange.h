// One client request, from arrival to accounting. A pure machine: one event goes in, all the
// actions it causes come out, then the next event. Time and random bytes arrive as arguments.
//
// States, and what leads out of them:
//
//   kNew             request -> an answer at once, kAuthenticating, kLocating, or what the route
//                    asks for; trapped -> the end, or kUnmetered; tick -> kTicking, or the end
//   kAuthenticating  record, failed -> as from kNew, or a refusal
//   kLocating        located -> kLimiting, a refusal, or kReceiving
//   kLimiting        limited, failed -> a refusal
//   kReceiving       body -> kDispatched, or kOperating
//   kOperating       record -> kOperating, or the answer;   failed -> a refusal
//   kStoring         record, failed -> kLoading
//   kLoading         record, failed -> the answer
//   kDispatched      upstream_head -> kCollecting, kStreaming, or a refusal
//   kCollecting      upstream_body -> the answer
//   kStreaming       upstream_bytes -> kStreaming;   upstream_end, failed -> the end
//   kUnmetered       the same, without looking at the bytes
//   kTicking         record, failed -> the end
//   kOver            nothing
//
// exchange.cpp holds the dispatcher, the arrival and the endings; exchange_access.cpp who is let
// in, exchange_request.cpp what a provider is asked, exchange_reply.cpp what becomes of its answer,
// exchange_management.cpp what is done to keys, exchange_reports.cpp what is told of all that.
//
// In every state client_left leads to the end, and failed to a refusal or an error event. While
// the simulator plays the provider, `wait` stands for fetch, collect and read, and `waited` feeds
// the machine what the simulated wire carries.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/reply.h"
#include "chat/request.h"
#include "dialect/dialect.h"
#include "dialect/embeddings/embeddings.h"
#include "dialect/untouched.h"
#include "exchange/answer.h"
#include "exchange/answers.h"
#include "exchange/deployment.h"
#include "exchange/front_door.h"
#include "exchange/head.h"
#include "exchange/isolate.h"
#include "exchange/outbox.h"
#include "exchange/payload.h"
#include "exchange/player.h"
#include "exchange/receipt.h"
#include "exchange/reply_stream.h"
#include "exchange/vocabulary.h"
#include "management/operation.h"
#include "policy/access.h"
#include "policy/config.h"
#include "policy/permission.h"
#include "policy/refusal.h"
#include "policy/routes.h"
#include "policy/trace.h"
#include "provider/call.h"
#include "provider/target.h"

namespace postern::exchange {

class Exchange {
 public:
  // `isolate` outlives every exchange.
  Exchange(std::shared_ptr<const Deployment> deployment, Isolate& isolate);

  // Takes one event and appends the actions that it causes. `payload` is valid until the return.
  void handle(Event event, std::string_view payload, int64_t now_ms, Outbox& out);

  // Nobody brought the answer to the last question in time: accounts for what was used.
  void abandon(int64_t now_ms, Outbox& out);

  bool over() const { return state_ == State::kOver; }
  int64_t expires_ms() const { return expires_ms_; }  // when abandon() is due

 private:
  enum class State : uint8_t {
    kNew,
    kAuthenticating,
    kLocating,
    kLimiting,
    kReceiving,
    kOperating,
    kStoring,
    kLoading,
    kDispatched,
    kCollecting,
    kStreaming,
    kUnmetered,
    kTicking,
    kOver,
  };

  // Arrival.
  void on_request(std::string_view payload, Outbox& out);
  void on_trapped(std::string_view payload, Outbox& out);
  void begin(std::string_view head_json, std::string_view random);
  void route_request(Outbox& out);
  void refuse_method(std::string_view allow, Outbox& out);
  void answer_preflight(Outbox& out);

  // Access.
  policy::AccessFacts access_facts() const;
  void authenticate(Outbox& out);
  void on_key_record(std::string_view answers, Outbox& out);
  void meet_caller(Outbox& out);
  void refuse_access(Outbox& out);
  void refuse_permission(policy::Permission permission, Outbox& out);
  void ask_location(Outbox& out);
  void on_located(std::string_view location, Outbox& out);
  void refuse_as_failure(management::Refused refused, Outbox& out);
  void count_failure(Outbox& out);
  void on_limited(std::string_view verdict, Outbox& out);
  void refuse_counted(Outbox& out);
  void refuse_flood(uint32_t retry_after_s, Outbox& out);

  // Management.
  void begin_operation(std::string_view body, Outbox& out);
  void on_operation_record(std::string_view answers, Outbox& out);
  void take_step(management::Step step, Outbox& out);
  void ask_store_call(State next, const management::StoreCall& call, Outbox& out);

  // Reports.
  void on_tick(std::string_view random, Outbox& out);
  void ask_report(Outbox& out);
  void ask_store(State next, Outbox& out);
  void ask_load(Outbox& out);
  void answer_report(std::string_view record, Outbox& out);

  // A request for a model.
  void ask_body(size_t bytes_max, Outbox& out);
  void ask_inference_body(Outbox& out);
  void on_body(std::string_view body, Outbox& out);
  bool choose_target(Outbox& out);
  bool holds_marks(std::string_view body) const;
  void ask_untouched(std::string_view body, dialect::Outline& outline, Outbox& out);
  void ask_translated(std::string_view body, const dialect::Outline& outline, Outbox& out);
  void ask_embeddings(std::string_view body, dialect::Outline& outline, Outbox& out);
  void ask_provider(std::string_view upstream_body, Outbox& out);
  void ask_provider(const BodyPieces& upstream_body, Outbox& out);
  provider::Call call_of(std::string_view upstream_body) const;
  std::string_view forwarded(RequestHeader header) const;
  void write_fetch_head(const provider::Call& call, codec::JsonWriter& json) const;

  // Its reply.
  void on_head(const ReplyHead& reply, Outbox& out);
  void on_reply(std::string_view body, Outbox& out);
  void pass_reply(std::string_view body, Outbox& out);
  bool meter_reply(std::string_view body);
  void translate_reply(std::string_view body, Outbox& out);
  void stream_whole(chat::Reply& reply, Outbox& out);
  void answer_embeddings(std::string_view body, Outbox& out);
  void on_error_reply(std::string_view body, Outbox& out);
  void refuse_unread(const chat::Error& error, Outbox& out);
  void pass_error(const chat::Error& error, std::string_view body, Outbox& out);
  void answer_error(chat::Error error, Outbox& out);
  void give_up(policy::Reason reason, Outbox& out);
  void refuse_credentials(Outbox& out);
  const dialect::Dialect& their_dialect() const;
  dialect::ErrorHead error_head() const;
  dialect::ReplyContext reply_context() const;

  // Its stream.
  void begin_stream(Outbox& out);
  std::unique_ptr<ReplyStream> untouched_stream() const;
  std::unique_ptr<ReplyStream> translated_stream() const;
  void on_stream_bytes(std::string_view bytes, Outbox& out);
  void on_stream_end(Outbox& out);
  void on_silence(Outbox& out);
  void fail_stream(policy::Reason reason, std::string_view end, Outbox& out);
  void on_failed(std::string_view reason, Outbox& out);

  // The provider, real or simulated.
  void ask_reply(size_t bytes_max, Outbox& out);
  void ask_more(Outbox& out);
  uint32_t patience_ms() const;
  void play(std::string_view body, Outbox& out);
  void play_head(Outbox& out);
  void play_on(Outbox& out);
  void on_waited(Outbox& out);
  void ask_wait(uint32_t ms, Outbox& out);

  // Answers and endings.
  void respond(const Answer& answer, Outbox& out);
  void answer_json(std::string_view body, Outbox& out, int status = 200);
  void answer_page(std::string_view name, std::string_view content_type, Outbox& out);
  void refuse(policy::Reason reason, Outbox& out, std::string_view message = {},
              std::string_view param = {});
  void refuse(const chat::Refused& refused, Outbox& out);
  dialect::Envelope envelope() const;
  void ask(State next, uint32_t timeout_ms);
  void ask_objects(State next, const ObjectCall& call, std::string_view argument, Outbox& out);
  void finish(std::string_view end, Outbox& out);

  SimulatorDoor simulator_door() const;

  State state_ = State::kNew;
  int64_t now_ms_ = 0;  // of the event being handled
  int64_t expires_ms_ = 0;
  std::shared_ptr<const Deployment> deployment_;
  const policy::Config* config_;  // of the deployment
  Isolate& isolate_;

  RequestHead head_;
  policy::RouteMatch match_;
  const policy::Route* route_ = nullptr;  // of the match
  const FrontDoor* door_ = nullptr;       // of the route, when it asks a model
  policy::Caller caller_;
  policy::StoreQuestion question_;  // about the caller, while the store is asked
  int64_t asked_ms_ = 0;            // when it was
  std::string address_;             // group of the client's address, once it was asked for
  bool limiter_ = false;            // there is a rate-limit binding
  std::optional<management::Refused> refused_;  // waits until the failure has been counted
  std::string retry_after_s_;                   // of a 429 of our own
  std::string secret_random_;                   // of the request; for what only the client may know
  size_t body_bytes_max_ = 0;                   // of the body that was asked for
  std::unique_ptr<management::Operation> operation_;
  bool dev_mode_ = false;
  policy::Trace trace_;
  Receipt receipt_;
  std::string batch_;  // the id of the batch that this exchange is storing

  provider::Target target_;    // views into the deployment and the receipt
  bool untouched_ = false;     // the provider is asked in the client's own words
  std::string dropped_;        // what of the request could not be passed on
  bool stream_asked_ = false;  // by the client
  bool usage_asked_ = false;   // likewise: stream_options.include_usage
  dialect::EmbeddingEncoding embedding_encoding_ = dialect::EmbeddingEncoding::kUnset;
  size_t embedding_inputs_ = 0;  // texts that were sent; 0: not counted
  ReplyHead reply_;
  std::unique_ptr<ReplyStream> stream_;
  uint32_t reads_ = 0;
  uint32_t patience_ms_ = 0;   // of the last read
  uint32_t silent_ms_ = 0;     // since the last bytes of the stream
  uint32_t wait_left_ms_ = 0;  // of a pause of the simulator's
  bool last_read_large_ = false;

  std::optional<Player> player_;  // the provider is the simulator
  std::string played_;            // of a whole simulated reply, what has come so far
};

}  // namespace postern::exchange
