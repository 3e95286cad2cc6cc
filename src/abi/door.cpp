// The whole boundary: no imports, these exports, and the program's only global. A payload is
// written to the inbox first; what comes back lies in linear memory until the next call. Text
// answers are one record of the outbox's form: u32 zero, u32 size, bytes.
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "abi/host.h"

#define POSTERN_EXPORT(name) \
  extern "C" __attribute__((export_name(#name), visibility("default"), used))

namespace {

postern::abi::Host& host() {
  static postern::abi::Host the_host;
  return the_host;
}

const char* as_record(std::string_view text) {
  static std::string record;
  const uint32_t header[2] = {0, static_cast<uint32_t>(text.size())};
  record.assign(reinterpret_cast<const char*>(header), sizeof header).append(text);
  return record.data();
}

}  // namespace

// The vocabulary and the tables that the shim works by, as JSON.
POSTERN_EXPORT(gateway_describe) const char* gateway_describe() {
  return as_record(host().describe());
}

// Room for a payload of `size` bytes. May grow memory, so views must be made afterwards.
POSTERN_EXPORT(gateway_inbox) char* gateway_inbox(uint32_t size) { return host().inbox(size); }

// Takes the variables, a JSON object, from the inbox; answers {config, warnings}.
POSTERN_EXPORT(gateway_configure) const char* gateway_configure(uint32_t size) {
  return as_record(host().configure(size));
}

// Opens an exchange: a handle, 0 when too many are open, 1 when `config` is not known.
POSTERN_EXPORT(gateway_open) uint32_t gateway_open(uint32_t config, double now_ms) {
  return host().open(config, static_cast<int64_t>(now_ms));
}

// One event in, all its actions out: records of u32 action, u32 size, payload padded to 8 bytes,
// closed by an `end`. `event` indexes the described list.
POSTERN_EXPORT(gateway_handle)
const char* gateway_handle(uint32_t exchange, uint32_t event, uint32_t size, double now_ms) {
  return host()
      .handle(exchange, static_cast<postern::exchange::Event>(event), size,
              static_cast<int64_t>(now_ms))
      .data();
}

// Frees what the exchange held.
POSTERN_EXPORT(gateway_close) void gateway_close(uint32_t exchange) { host().close(exchange); }

#ifdef POSTERN_TEST_EXPORTS
// For the tests of what cannot happen otherwise. Never in the module that is deployed.
POSTERN_EXPORT(gateway_test_trap) void gateway_test_trap() { __builtin_trap(); }
POSTERN_EXPORT(gateway_test_open_exchanges) uint32_t gateway_test_open_exchanges() {
  return static_cast<uint32_t>(host().open_exchanges());
}
#endif
