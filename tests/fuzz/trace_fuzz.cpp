// Whatever arrives, the traceparent that goes out is valid and carries our span, and the tracestate
// is within its bounds, comes out the same when read again, and is empty when a new trace began.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "bounds.h"
#include "policy/trace.h"

namespace {

using namespace postern;

constexpr std::string_view random_bytes = "0123456789abcdefSPANSPAN";
constexpr std::string_view our_span_id = "5350414e5350414e";
constexpr std::string_view new_trace_id = "30313233343536373839616263646566";
constexpr std::string_view valid = "00-12345678901234567890123456789012-1234567890123456-01";

void require(bool holds) {
  if (!holds) std::abort();
}

void require_id(std::string_view id) {
  require(id.find_first_not_of("0123456789abcdef") == id.npos);
  require(id.find_first_not_of('0') != id.npos);
}

void check(std::optional<std::string_view> traceparent,
           std::optional<std::string_view> tracestate) {
  const policy::Trace trace = policy::continue_trace(traceparent, tracestate, random_bytes);
  const std::string out = trace.traceparent();
  require(out.size() == 55 && out.substr(0, 3) == "00-" && out[35] == '-' && out[52] == '-');
  require_id(out.substr(3, 32));
  require(out.substr(36, 16) == our_span_id);
  require(out[53] == '0' && out[54] >= '0' && out[54] <= '3');
  require(trace.trace_id == new_trace_id ||
          (traceparent && traceparent->find(trace.trace_id) != std::string_view::npos));
  if (trace.trace_id == new_trace_id &&
      !(traceparent && traceparent->find(new_trace_id) != std::string_view::npos))
    require(trace.tracestate.empty());

  const std::string& state = trace.tracestate;
  require(state.size() <= bounds::tracestate_bytes_max);
  int members = state.empty() ? 0 : 1;
  for (const char byte : state) {
    require(byte >= 0x20 && byte <= 0x7E);
    if (byte == ',') ++members;
  }
  require(members <= bounds::tracestate_members_max);
  require(policy::continue_trace(valid, state, random_bytes).tracestate == state);
}

}  // namespace

// A zero byte in the input ends the traceparent and begins the tracestate.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input, std::nullopt);
  check(valid, input);
  const size_t cut = input.find('\0');
  if (cut != input.npos) check(input.substr(0, cut), input.substr(cut + 1));

  const std::string_view id = policy::client_request_id(input);
  require(id.size() <= bounds::client_request_id_bytes_max);
  for (const char byte : id) require(byte > 0x20 && byte < 0x7F && byte != '"' && byte != ',');
  return 0;
}
