// Any text makes a ring within its bounds, every entry of which can be written out and read again,
// and opens for its own digest.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "bounds.h"
#include "policy/ring.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

std::string hex_of(const codec::Digest& digest) {
  return codec::to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string text_of(const policy::RingEntry& entry) {
  return entry.label.empty() ? hex_of(entry.digest) : entry.label + ":" + hex_of(entry.digest);
}

// Hex digests are beyond what mutation finds. Each `@` of the input becomes one, made from the
// byte after it, so that repeats and the digests of accidents are met often.
std::string with_digests(std::string_view input) {
  constexpr std::string_view words[] = {"", "\n", " ", "undefined", "null", "test"};
  std::string text;
  for (size_t i = 0; i < input.size(); ++i) {
    if (input[i] != '@' || i + 1 == input.size()) {
      text += input[i];
      continue;
    }
    const unsigned seed = static_cast<unsigned char>(input[++i]);
    const std::string number = std::to_string(seed);
    text += hex_of(codec::sha256(seed < std::size(words) ? words[seed] : number));
  }
  return text;
}

void check(std::string_view text) {
  const policy::Ring ring = policy::parse_ring(text);
  require(ring.entries.size() <= bounds::ring_entries_max);
  require(ring.entries.size() + ring.bad_entries <= text.size() + 1);
  require(ring.weak_entries <= ring.entries.size());

  std::string written;
  for (const policy::RingEntry& entry : ring.entries) {
    require(entry.label.size() <= bounds::ring_label_bytes_max);
    require(policy::match(ring, entry.digest).entry == &entry);
    written += text_of(entry) + "\r\n";
  }
  const policy::Ring again = policy::parse_ring(written);
  require(again.bad_entries == 0 && again.weak_entries == ring.weak_entries);
  require(again.entries.size() == ring.entries.size());
  for (size_t i = 0; i < ring.entries.size(); ++i)
    require(text_of(again.entries[i]) == text_of(ring.entries[i]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input);
  check(with_digests(input));
  return 0;
}
