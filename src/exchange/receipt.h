// What is told of a finished exchange: its line in the log, and its share of the counts. Ids,
// labels, numbers and words of ours; never a key, a digest, a path or a text of the client's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chat/usage.h"
#include "exchange/counts.h"
#include "exchange/upstream_fault.h"
#include "policy/access.h"

namespace postern::exchange {

struct Receipt {
  std::string request_id, client_request_id, trace_id, span_id;
  std::string_view route = "unknown";
  std::string method;  // empty when it is none that we know
  int status = 0;      // of the answer; 0: none was sent
  std::string_view code;
  std::string label, key_id, account, count_scope, project_id, model;
  std::string_view key_status;  // empty: active, or no key
  bool live = true;             // false: by a test key
  std::string provider = "none";
  std::optional<UpstreamFault> fault;
  bool counted = false;  // belongs into the reports
  bool stream = false;
  bool metered = true;
  chat::Usage usage;
  uint64_t content_events = 0;
  int64_t started_ms = 0, head_ms = 0, first_byte_ms = 0;  // 0: did not happen
};

// Puts down who it is that asks.
void tell_of_caller(const policy::Caller& caller, Receipt& receipt);

// How an exchange ended; the words of the log's member `end`.
namespace ending {
inline constexpr std::string_view complete = "complete";
inline constexpr std::string_view refused = "refused";
inline constexpr std::string_view upstream_failed = "upstream_failed";
inline constexpr std::string_view truncated = "truncated";
inline constexpr std::string_view idle_timeout = "idle_timeout";
inline constexpr std::string_view client_left = "client_left";
inline constexpr std::string_view trapped = "trapped";
inline constexpr std::string_view abandoned = "abandoned";  // taken back by the core
}  // namespace ending

void write_log_line(const Receipt& receipt, std::string_view end, int64_t now_ms, std::string& out);
Served served(const Receipt& receipt, std::string_view end, int64_t now_ms);

}  // namespace postern::exchange
