#include "policy/ring.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>

#include "bounds.h"

namespace postern::policy {
namespace {

// What `echo "$KEY" | sha256sum` hashes when KEY is not set. Never a key.
constexpr std::string_view accidents[] = {"", "\n", " ", "undefined", "null"};

// Guessable, but somebody who tries the documented example must see it work: `test` is in it.
constexpr std::string_view weak_words[] = {
    "test",   "testing", "changeme", "change-me", "password", "secret",    "admin",
    "root",   "key",     "apikey",   "api-key",   "api_key",  "token",     "demo",
    "dev",    "example", "default",  "postern",   "gateway",  "my-secret", "letmein",
    "qwerty", "123456",  "12345678", "123456789", "sk-test",  "1234",      "hello"};

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// Digests in the order in which they came, found again by their first bytes (open addressing;
// a digest is as good as its own hash). Keeps a huge ring of repeats linear.
class DigestIndex {
 public:
  explicit DigestIndex(const std::vector<RingEntry>& entries) : entries_(entries) {}

  // False when the digest is there already; otherwise remembers it as entry `position`.
  bool insert(const codec::Digest& digest, size_t position) {
    size_t slot = (static_cast<size_t>(digest[0]) << 8 | digest[1]) % slots_.size();
    while (slots_[slot] != 0) {
      if (entries_[slots_[slot] - 1u].digest == digest) return false;
      slot = (slot + 1) % slots_.size();
    }
    slots_[slot] = static_cast<uint16_t>(position + 1);
    return true;
  }

 private:
  static constexpr size_t slots = 2 * bounds::ring_entries_max;
  static_assert(bounds::ring_entries_max < UINT16_MAX);

  const std::vector<RingEntry>& entries_;
  std::vector<uint16_t> slots_ = std::vector<uint16_t>(slots);  // position + 1; 0 is free
};

class RingParser {
 public:
  Ring parse(std::string_view text);

 private:
  void add(std::string_view entry);
  void prepare_words();

  Ring ring_;
  DigestIndex index_{ring_.entries};
  bool words_prepared_ = false;
  std::array<codec::Digest, std::size(accidents)> accident_digests_;
  std::array<codec::Digest, std::size(weak_words)> weak_digests_;
};

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > bounds::ring_label_bytes_max) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char byte = text[i];
    const bool alphanumeric = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                              (byte >= 'a' && byte <= 'z');
    const bool mark = byte == '.' || byte == '_' || byte == '-';
    if (!alphanumeric && !(mark && i > 0)) return false;
  }
  return true;
}

template <size_t size>
bool holds(const std::array<codec::Digest, size>& digests, const codec::Digest& digest) {
  for (const codec::Digest& other : digests)
    if (other == digest) return true;
  return false;
}

Ring RingParser::parse(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  if (text.size() > bounds::ring_bytes_max) {
    // Cut before the entry that crosses the bound: half of a long one could look like a good one.
    text = text.substr(0, bounds::ring_bytes_max);
    const size_t last = text.find_last_of(",\n");
    text = text.substr(0, last == text.npos ? 0 : last);
    ++ring_.bad_entries;
  }
  while (!text.empty()) {
    const size_t start = text.find_first_not_of(" \t");
    if (start == text.npos) break;
    const bool comment = text[start] == '#';
    const size_t end = comment ? text.find('\n', start) : text.find_first_of(",\n", start);
    std::string_view entry = text.substr(start, end == text.npos ? end : end - start);
    const bool line_ends = end == text.npos || text[end] == '\n';
    text = end == text.npos ? std::string_view() : text.substr(end + 1);

    if (comment) continue;
    if (line_ends && entry.ends_with('\r')) entry.remove_suffix(1);
    entry = trim_blanks(entry);
    if (!entry.empty()) add(entry);
  }
  return std::move(ring_);
}

void RingParser::add(std::string_view entry) {
  const size_t colon = entry.find(':');
  const bool labelled = colon != entry.npos;
  const std::string_view label = labelled ? entry.substr(0, colon) : std::string_view();
  const std::optional<codec::Digest> digest =
      codec::digest_from_hex(labelled ? entry.substr(colon + 1) : entry);

  if (!digest || (labelled && !is_label(label))) {
    ++ring_.bad_entries;
    return;
  }
  prepare_words();
  if (holds(accident_digests_, *digest) || ring_.entries.size() >= bounds::ring_entries_max ||
      !index_.insert(*digest, ring_.entries.size())) {
    ++ring_.bad_entries;
    return;
  }
  if (holds(weak_digests_, *digest)) ++ring_.weak_entries;
  ring_.entries.push_back({*digest, std::string(label)});
}

void RingParser::prepare_words() {
  if (words_prepared_) return;
  words_prepared_ = true;
  for (size_t i = 0; i < std::size(accidents); ++i)
    accident_digests_[i] = codec::sha256(accidents[i]);
  for (size_t i = 0; i < std::size(weak_words); ++i)
    weak_digests_[i] = codec::sha256(weak_words[i]);
}

// The compiler must not learn that a difference of zero is a reason to stop.
uint64_t hide(uint64_t value) {
  asm volatile("" : "+r"(value));
  return value;
}

using Words = std::array<uint64_t, sizeof(codec::Digest) / sizeof(uint64_t)>;

Words words_of(const codec::Digest& digest) {
  Words words;
  static_assert(sizeof(words) == sizeof(digest));
  std::memcpy(words.data(), digest.data(), sizeof(words));
  return words;
}

}  // namespace

Ring parse_ring(std::string_view text) { return RingParser().parse(text); }

RingMatch match(const Ring& ring, const codec::Digest& presented) {
  const Words wanted = words_of(presented);
  RingMatch result;
  uint64_t found = 0;  // position + 1; 0 is a miss
  for (size_t i = ring.entries.size(); i-- > 0;) {
    const Words held = words_of(ring.entries[i].digest);
    uint64_t difference = 0;
    for (size_t word = 0; word < held.size(); ++word) difference |= held[word] ^ wanted[word];
    difference = hide(difference);
    const uint64_t equal = ((difference | (0 - difference)) >> 63) - 1;  // all ones or all zeros
    found = (found & ~equal) | ((i + 1) & equal);
    ++result.digests_compared;
    result.bytes_touched += sizeof(codec::Digest);
  }
  if (found != 0) result.entry = &ring.entries[static_cast<size_t>(found - 1)];
  return result;
}

std::string display_name(const RingEntry& entry) {
  if (!entry.label.empty()) return entry.label;
  return codec::to_hex({reinterpret_cast<const char*>(entry.digest.data()), 4});
}

}  // namespace postern::policy
