// What a provider did wrong: a fact, for those who decide where to ask next, and what the client is
// told of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "chat/reply.h"
#include "dialect/envelope.h"
#include "policy/refusal.h"

namespace postern::exchange {

struct UpstreamFault {
  chat::Error::Kind kind = chat::Error::Kind::kServer;
  int status = 0;  // of its answer; 0: inside a stream, or there was none
  bool retryable = false;
  bool sent = true;  // it may have seen the request, so that asking again may cost twice
  std::optional<int64_t> retry_after_ms;
};

UpstreamFault fault_of(const chat::Error& error);

// What the gateway itself found wrong with a provider's answer.
chat::Error error_of(policy::Reason reason);
UpstreamFault fault_of(policy::Reason reason);

// A word of ours, for logs.
std::string_view kind_name(chat::Error::Kind kind);

// Is the gateway's own key there at fault, or what it may do? Nothing that the client could mend.
bool is_operators_fault(const chat::Error& error);

// The status under which a client gets the error: the provider's own, where it has one that means
// the same between the client and the gateway.
int status_for_client(const chat::Error& error, dialect::Envelope envelope);

}  // namespace postern::exchange
