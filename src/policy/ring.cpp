#include "policy/ring.h"

#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <utility>

#include "bounds.h"
#include "codec/utc_time.h"
#include "policy/accounts.h"
#include "policy/key_form.h"
#include "policy/models.h"
#include "policy/names.h"

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

enum class Attribute : uint8_t { kScope, kClass, kExpires, kSuperseded, kAccount, kModels };

// In the order of the enumeration, which is that of the grammar.
constexpr std::string_view attribute_names[] = {"scope",      "class",   "expires",
                                                "superseded", "account", "models"};

// The attributes of one entry, read one after another.
class AttributeReader {
 public:
  AttributeReader(std::string_view text, RingEntry& entry) : text_(text), entry_(entry) {}

  // `text` is empty or begins with a semicolon. False when the entry is bad.
  bool read();

  bool unknown_scope() const { return unknown_scope_; }
  bool mixed_scopes() const { return mixed_scopes_; }
  bool unreadable_time() const { return unreadable_time_; }

 private:
  bool take(std::string_view attribute);
  bool take_value(Attribute attribute, std::string_view value);
  bool take_scopes(std::string_view value);
  bool take_class(std::string_view value);
  bool take_account(std::string_view value);
  bool take_models(std::string_view value);
  std::optional<int64_t> take_time(std::string_view value);

  std::string_view text_;
  RingEntry& entry_;
  unsigned seen_ = 0;  // a bit for each attribute
  bool unknown_scope_ = false;
  bool mixed_scopes_ = false;
  bool unreadable_time_ = false;
};

class RingParser {
 public:
  Ring parse(std::string_view text);

 private:
  void add(std::string_view text);
  void refuse(RingFault fault);
  void remark(RingFault fault);
  void prepare_words();

  Ring ring_;
  DigestIndex index_{ring_.entries};
  size_t line_ = 1;     // of the entry being read
  size_t entries_ = 0;  // read so far, with this one
  bool words_prepared_ = false;
  std::array<codec::Digest, std::size(accidents)> accident_digests_;
  std::array<codec::Digest, std::size(weak_words)> weak_digests_;
};

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <size_t size>
bool holds(const std::array<codec::Digest, size>& digests, const codec::Digest& digest) {
  for (const codec::Digest& other : digests)
    if (other == digest) return true;
  return false;
}

bool is_hex(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
         (byte >= 'A' && byte <= 'F');
}

// Of 62 letters and digits 22 are hex digits too, so a key is far from being one of digits only,
// and a digest with a typing error or a prefix is far from the other side.
bool is_plainly_no_hex(std::string_view text) {
  size_t digits = 0;
  for (const char byte : text) digits += is_hex(byte) ? 1 : 0;
  return digits < text.size() - text.size() / 4;
}

bool looks_like_plain_key(std::string_view text) {
  constexpr size_t long_enough = 20;
  return shape_of(text).form != KeyForm::kForeign || looks_like_provider_key(text) ||
         (text.size() >= long_enough && is_visible(text) && is_plainly_no_hex(text));
}

// What is wrong with an entry that has no digest where one has to stand, or a bad label.
RingFault fault_of(std::string_view head) {
  const size_t first = head.find(':');
  if (first == head.npos)
    return looks_like_plain_key(head) ? RingFault::kPlainKey : RingFault::kNotADigest;
  const std::string_view label = head.substr(0, first), rest = head.substr(first + 1);
  if (codec::digest_from_hex(label) && is_label(rest)) return RingFault::kSwapped;
  if (codec::digest_from_hex(head.substr(head.rfind(':') + 1))) return RingFault::kBadLabel;
  const bool plain_key =
      looks_like_plain_key(head) || looks_like_plain_key(label) || looks_like_plain_key(rest);
  return plain_key ? RingFault::kPlainKey : RingFault::kNotADigest;
}

// Takes what stands before the next `separator`, and the separator itself, off the text.
std::string_view take_part(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == text.npos ? std::string_view() : text.substr(end + 1);
  return part;
}

bool AttributeReader::read() {
  while (!text_.empty()) {
    text_.remove_prefix(1);  // the semicolon
    const std::string_view attribute = text_.substr(0, text_.find(';'));
    text_.remove_prefix(attribute.size());
    if (!is_visible(attribute) || !take(attribute)) return false;
  }
  Scopes& scopes = entry_.grant.scopes;
  mixed_scopes_ = scopes.mixes_planes();
  // A mistake locks nobody out and gives nobody more: who manages does not generate.
  if (mixed_scopes_) scopes = scopes.both({Scope::kRead, Scope::kAdmin, Scope::kWebhookWrite});
  return true;
}

bool AttributeReader::take(std::string_view attribute) {
  const size_t equals = attribute.find('=');
  if (equals == attribute.npos) return false;
  for (size_t i = 0; i < std::size(attribute_names); ++i) {
    if (attribute_names[i] != attribute.substr(0, equals)) continue;
    if ((seen_ >> i & 1u) != 0) return false;
    seen_ |= 1u << i;
    return take_value(static_cast<Attribute>(i), attribute.substr(equals + 1));
  }
  return false;
}

bool AttributeReader::take_value(Attribute attribute, std::string_view value) {
  switch (attribute) {
    case Attribute::kScope:
      return take_scopes(value);
    case Attribute::kClass:
      return take_class(value);
    case Attribute::kExpires:
      entry_.grant.expires_ms = take_time(value);
      return true;
    case Attribute::kSuperseded:
      entry_.grant.superseded_ms = take_time(value);
      return true;
    case Attribute::kAccount:
      return take_account(value);
    case Attribute::kModels:
      return take_models(value);
  }
  return false;
}

bool AttributeReader::take_scopes(std::string_view value) {
  Scopes& scopes = entry_.grant.scopes = Scopes();
  if (value.empty() || value.ends_with('+')) return false;
  while (!value.empty()) {
    const std::string_view name = take_part(value, '+');
    if (name.empty()) return false;
    if (const std::optional<Scope> scope = scope_named(name)) {
      scopes.add(*scope);
    } else {
      unknown_scope_ = true;
    }
  }
  return true;
}

bool AttributeReader::take_class(std::string_view value) {
  const std::optional<KeyClass> key_class = class_named(value);
  if (!key_class) return false;
  entry_.grant.key_class = *key_class;
  entry_.class_stated = true;
  return true;
}

bool AttributeReader::take_account(std::string_view value) {
  entry_.grant.account = value;
  return is_account_name(value);
}

bool AttributeReader::take_models(std::string_view value) {
  std::vector<std::string>& models = entry_.grant.models;
  if (value.empty() || value.ends_with('+')) return false;
  while (!value.empty()) {
    const std::string_view pattern = take_part(value, '+');
    if (!is_model_pattern(pattern) || models.size() >= bounds::model_patterns_max) return false;
    models.emplace_back(pattern);
  }
  return true;
}

std::optional<int64_t> AttributeReader::take_time(std::string_view value) {
  const std::optional<int64_t> time_ms = codec::read_utc_time(value);
  if (!time_ms) unreadable_time_ = true;
  return time_ms.value_or(0);
}

Ring RingParser::parse(std::string_view text) {
  if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
  bool cut = false;
  if (text.size() > bounds::ring_bytes_max) {
    // Cut before the entry that crosses the bound: half of a long one could look like a good one.
    text = text.substr(0, bounds::ring_bytes_max);
    const size_t last = text.find_last_of(",\n");
    text = text.substr(0, last == text.npos ? 0 : last);
    cut = true;
  }
  while (!text.empty()) {
    const size_t start = text.find_first_not_of(" \t");
    if (start == text.npos) break;
    const bool comment = text[start] == '#';
    const size_t end = comment ? text.find('\n', start) : text.find_first_of(",\n", start);
    std::string_view entry = text.substr(start, end == text.npos ? end : end - start);
    const bool line_ends = end == text.npos || text[end] == '\n';
    const bool more_lines = end != text.npos && line_ends;
    text = end == text.npos ? std::string_view() : text.substr(end + 1);

    if (!comment) {
      if (line_ends && entry.ends_with('\r')) entry.remove_suffix(1);
      entry = trim_blanks(entry);
      if (!entry.empty()) add(entry);
    }
    line_ += more_lines ? 1 : 0;
  }
  if (cut) {
    ++entries_;
    refuse(RingFault::kTooMany);
  }
  return std::move(ring_);
}

void RingParser::add(std::string_view text) {
  ++entries_;
  const std::string_view head = text.substr(0, text.find(';'));
  const size_t colon = head.find(':');
  const bool labelled = colon != head.npos;
  const std::string_view label = labelled ? head.substr(0, colon) : std::string_view();
  const std::optional<codec::Digest> digest =
      codec::digest_from_hex(labelled ? head.substr(colon + 1) : head);

  if (!digest || (labelled && !is_label(label))) return refuse(fault_of(head));
  RingEntry entry{*digest, std::string(label), {}, false};
  AttributeReader attributes(text.substr(head.size()), entry);
  if (!attributes.read()) return refuse(RingFault::kBadAttribute);
  prepare_words();
  if (holds(accident_digests_, *digest)) return refuse(RingFault::kAccident);
  if (ring_.entries.size() >= bounds::ring_entries_max) return refuse(RingFault::kTooMany);
  if (!index_.insert(*digest, ring_.entries.size())) return refuse(RingFault::kRepeated);

  const auto count = [&](size_t& counter, RingFault fault) {
    ++counter;
    remark(fault);
  };
  if (holds(weak_digests_, *digest)) count(ring_.weak_entries, RingFault::kWeak);
  if (attributes.unknown_scope()) count(ring_.unknown_scopes, RingFault::kUnknownScope);
  if (attributes.mixed_scopes()) count(ring_.mixed_scopes, RingFault::kMixedScopes);
  if (attributes.unreadable_time()) count(ring_.unreadable_times, RingFault::kUnreadableTime);
  ring_.entries.push_back(std::move(entry));
}

void RingParser::refuse(RingFault fault) {
  ++ring_.bad_entries;
  remark(fault);
}

void RingParser::remark(RingFault fault) {
  if (ring_.remarks.size() < bounds::ring_faults_max)
    ring_.remarks.push_back({fault, line_, entries_});
}

void RingParser::prepare_words() {
  if (words_prepared_) return;
  words_prepared_ = true;
  for (size_t i = 0; i < std::size(accidents); ++i)
    accident_digests_[i] = codec::sha256(accidents[i]);
  for (size_t i = 0; i < std::size(weak_words); ++i)
    weak_digests_[i] = codec::sha256(weak_words[i]);
}

// With its milliseconds, where it has any: what is written must be read back as it was.
std::string time_text(int64_t ms) {
  std::string text = codec::utc_time(ms);
  const auto rest = static_cast<unsigned>(ms % 1000);
  if (rest == 0) return text;
  const char fraction[] = {'.', static_cast<char>('0' + rest / 100),
                           static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
  text.insert(text.size() - 1, fraction, sizeof(fraction));
  return text;
}

template <typename Words>
std::string joined(const Words& words) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += '+';
    text += word;
  }
  return text;
}

}  // namespace

Ring parse_ring(std::string_view text) { return RingParser().parse(text); }

std::string format_entry(const RingEntry& entry) {
  // No scope at all has no word of its own: one that nobody knows grants nothing either.
  constexpr std::string_view no_scope = "none";
  const Grant& grant = entry.grant;
  std::string text = entry.label.empty() ? std::string() : entry.label + ':';
  text += codec::to_hex(entry.digest);
  const auto add = [&](Attribute attribute, std::string_view value) {
    text += ';';
    text += attribute_names[static_cast<uint8_t>(attribute)];
    text += '=';
    text += value;
  };
  if (grant.scopes.empty()) {
    add(Attribute::kScope, no_scope);
  } else if (grant.scopes != default_scopes) {
    add(Attribute::kScope, joined(names_of(grant.scopes)));
  }
  if (entry.class_stated) add(Attribute::kClass, class_name(grant.key_class));
  // A time that could not be read is the beginning of 1970, which cannot be read either.
  if (grant.expires_ms) add(Attribute::kExpires, time_text(*grant.expires_ms));
  if (grant.superseded_ms) add(Attribute::kSuperseded, time_text(*grant.superseded_ms));
  if (!grant.account.empty()) add(Attribute::kAccount, grant.account);
  if (!grant.models.empty()) add(Attribute::kModels, joined(grant.models));
  return text;
}

bool is_label(std::string_view text) { return is_name(text, bounds::ring_label_bytes_max); }

std::string short_id(const codec::Digest& digest) { return codec::to_hex(digest).substr(0, 8); }

std::string display_name(const RingEntry& entry) {
  if (!entry.label.empty()) return entry.label;
  return short_id(entry.digest);
}

}  // namespace postern::policy
