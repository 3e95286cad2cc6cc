// W3C Trace Context and request ids (docs/authentication.md, table G).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::policy {

struct Trace {
  std::string trace_id;  // 32 lower hex digits
  std::string span_id;   // ours, 16
  bool sampled = false;
  bool random_id = false;  // flag 2, kept from the caller or true for an id of ours
  std::string tracestate;  // what may be passed on; empty when none or malformed

  std::string traceparent() const;  // version 00, our span
};

// Continues the caller's trace, or starts one. `random` is 24 bytes: trace id, then span id.
Trace continue_trace(std::optional<std::string_view> traceparent,
                     std::optional<std::string_view> tracestate, std::string_view random);

// The client's own request id when it is [A-Za-z0-9._-]{1,128}, else empty.
std::string_view client_request_id(std::optional<std::string_view> header);

}  // namespace postern::policy
