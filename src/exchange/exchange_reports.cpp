// The reports part of an exchange: what was counted goes to the store, and comes back as answers.
#include "bounds.h"
#include "codec/json_writer.h"
#include "codec/sha256.h"
#include "exchange/exchange.h"

namespace postern::exchange {
namespace {

using codec::JsonWriter;
using policy::Reason;
using policy::RouteId;

}  // namespace

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
  std::string batch;
  batch_ = isolate_.counts.write_batch(receipt_.request_id, batch);
  ask_objects(next, {"STATS", {"stats"}, "add", bounds::store_timeout_ms}, batch, out);
}

void Exchange::ask_load(Outbox& out) {
  const bool everybody = route_->guard == policy::Guard::kPublic;
  std::string argument;
  JsonWriter(argument)
      .begin_object()
      .name("scope")
      .string(everybody ? "public" : policy::count_scope(caller_))
      .end_object();
  ask_objects(State::kLoading, {"STATS", {"stats"}, "report", bounds::store_timeout_ms}, argument,
              out);
}

void Exchange::answer_report(std::string_view record, Outbox& out) {
  const bool from_store = state_ == State::kLoading;  // and not the one that was kept
  if (from_store && route_->guard == policy::Guard::kPublic && !record.empty()) {
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
    return answer_json(provider_stats_answer(deployment_->settings, simulator_door(), record), out);
  answer_json(usage_answer(caller_, record), out);
}

}  // namespace postern::exchange
