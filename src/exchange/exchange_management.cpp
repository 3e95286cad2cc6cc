// The management part of an exchange: runs an operation on keys, step by step.
#include "bounds.h"
#include "codec/document.h"
#include "exchange/exchange.h"
#include "exchange/payload.h"

namespace postern::exchange {

using policy::Reason;

void Exchange::begin_operation(std::string_view body, Outbox& out) {
  operation_ = management::make_operation(
      {.config = *config_,
       .route = route_->id,
       .parameter = std::string(match_.parameter),
       .query = head_.query,
       .body = std::string(body),
       .idempotency_key = std::string(head_.header(RequestHeader::kIdempotencyKey).value_or("")),
       .caller = caller_,
       .address = address_,
       .seed = std::move(secret_random_)});
  if (!operation_) __builtin_trap();  // the route table and the operations disagree
  take_step(operation_->begin(now_ms_), out);
}

void Exchange::on_operation_record(std::string_view answers, Outbox& out) {
  const codec::Document list = codec::Document::parse(answers, nullptr, false);
  if (!list.is_array()) return refuse(Reason::kKeyStoreUnavailable, out);
  take_step(operation_->resume({list.begin(), list.end()}, now_ms_), out);
}

void Exchange::take_step(management::Step step, Outbox& out) {
  // Not only when all has ended well: a commit whose answer was lost may have happened.
  for (const std::string& lineage : operation_->changed) isolate_.keys.forget(lineage, now_ms_);
  if (const auto* call = std::get_if<management::StoreCall>(&step))
    return ask_store_call(State::kOperating, *call, out);
  if (const auto* reply = std::get_if<management::Reply>(&step))
    return answer_json(reply->body, out, reply->status);
  auto& refused = std::get<management::Refused>(step);
  // Guessing at claim codes is a failed authentication too.
  if (refused.reason == Reason::kClaimGone) return refuse_as_failure(std::move(refused), out);
  refuse(refused.reason, out, refused.message, refused.param);
}

void Exchange::ask_store_call(State next, const management::StoreCall& call, Outbox& out) {
  ObjectCall objects{"RECORDS", {}, call.method, bounds::key_store_timeout_ms};
  for (const int shard : call.shards) objects.objects.push_back(management::shard_name(shard));
  ask_objects(next, objects, call.argument, out);
}

}  // namespace postern::exchange
