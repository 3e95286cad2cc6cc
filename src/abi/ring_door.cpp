// The door of the operator's module, key-ring.wasm: what the core knows of rings, keys and times
// (abi/ring_tool.h), for scripts/gateway-key-ring.mjs. It is never deployed.
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "abi/ring_tool.h"

#define POSTERN_EXPORT(name) \
  extern "C" __attribute__((export_name(#name), visibility("default"), used))

namespace {

std::vector<char>& inbox() {
  static std::vector<char> the_inbox;
  return the_inbox;
}

}  // namespace

// Room for a question of `size` bytes. May grow memory, so views must be made afterwards.
POSTERN_EXPORT(ring_inbox) char* ring_inbox(uint32_t size) {
  inbox().resize(size + 1u);
  return inbox().data();
}

// Answers the question of `size` bytes in the inbox: u32 size, bytes; valid until the next call.
POSTERN_EXPORT(ring_answer) const char* ring_answer(uint32_t size) {
  static std::string record;
  const std::string answer = postern::abi::ring_tool({inbox().data(), size});
  const auto answer_size = static_cast<uint32_t>(answer.size());
  record.assign(reinterpret_cast<const char*>(&answer_size), sizeof answer_size).append(answer);
  return record.data();
}
