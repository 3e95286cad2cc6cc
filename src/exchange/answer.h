// The head of an answer, as the `respond` action carries it: what every answer of the gateway has
// in common stands here once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialect/envelope.h"
#include "exchange/head.h"
#include "exchange/outbox.h"
#include "exchange/receipt.h"
#include "policy/access.h"
#include "policy/config.h"
#include "policy/refusal.h"
#include "policy/trace.h"

namespace postern::exchange {

inline constexpr std::string_view json_type = "application/json";

struct Answer {
  int status = 200;
  std::string_view content_type;  // empty: the answer has no body
  std::vector<std::pair<std::string_view, std::string_view>> headers;  // lower-case names
  bool stream = false;
};

// What an answer says of its request.
struct AnswerContext {
  const policy::Config& config;
  const Receipt& receipt;
  const policy::Trace& trace;
  std::string_view origin;  // the request's Origin, or empty
  bool dev_mode = false;
  const policy::Caller* caller = nullptr;  // once it is known
  std::string_view dropped;                // what of the request was not passed on, in a header
  uint32_t send_timeout_ms = 0;            // how long a client may take to read what a stream sends
};

void write_respond(const Answer& answer, const AnswerContext& context, Outbox& out);

// The provider's word on when to come back, as far as it is fit for a header.
void add_retry_headers(const ReplyHead& reply, Answer& answer);

// May pages of this origin read answers (ALLOWED_ORIGINS)?
bool is_origin_allowed(const policy::Config& config, std::string_view origin);

// What an answer of the gateway's own says of a refusal.
struct RefusalText {
  policy::Reason reason;
  std::string_view message;  // empty: the reason's own words
  std::string_view param;
  std::string_view request_id;
};

// In the words of a front door.
std::string refusal_body(dialect::Envelope envelope, const RefusalText& refusal);
// As the last event of its stream, when nothing else was sent of that.
std::string refusal_event(dialect::Envelope envelope, const RefusalText& refusal);
// The same as problem details (RFC 9457), for management routes whose caller asks for that type.
inline constexpr std::string_view problem_type = "application/problem+json";
std::string problem_body(const RefusalText& refusal);

}  // namespace postern::exchange
