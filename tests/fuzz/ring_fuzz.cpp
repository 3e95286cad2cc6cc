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

std::string hex_of(const codec::Digest& digest) { return codec::to_hex(digest); }

bool same(const policy::RingEntry& left, const policy::RingEntry& right) {
  const policy::Grant &a = left.grant, &b = right.grant;
  return left.digest == right.digest && left.label == right.label &&
         left.class_stated == right.class_stated && a.scopes == b.scopes &&
         a.key_class == b.key_class && a.account == b.account && a.models == b.models &&
         a.expires_ms == b.expires_ms && a.superseded_ms == b.superseded_ms;
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
  require(ring.unknown_scopes <= ring.entries.size());
  require(ring.unreadable_times <= ring.entries.size());
  require(ring.remarks.size() <= bounds::ring_faults_max);
  const size_t counts =
      ring.bad_entries + ring.weak_entries + ring.unknown_scopes + ring.unreadable_times;
  require(ring.remarks.size() == counts || ring.remarks.size() == bounds::ring_faults_max);

  std::string written;
  for (const policy::RingEntry& entry : ring.entries) {
    require(entry.label.size() <= bounds::ring_label_bytes_max);
    require(policy::match(ring, entry.digest).entry == &entry);
    require(!entry.grant.scopes.mixes_planes());
    require(entry.grant.models.size() <= bounds::model_patterns_max);
    written += policy::format_entry(entry) + "\r\n";
  }
  const policy::Ring again = policy::parse_ring(written);
  require(again.bad_entries == 0 && again.weak_entries == ring.weak_entries);
  require(again.entries.size() == ring.entries.size());
  for (size_t i = 0; i < ring.entries.size(); ++i) require(same(again.entries[i], ring.entries[i]));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input);
  check(with_digests(input));
  return 0;
}
