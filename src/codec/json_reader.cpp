#include "codec/json_reader.h"

#include <array>
#include <cstring>

#include "codec/scan.h"
#include "codec/utf8.h"

namespace postern::codec {
namespace {

constexpr const char* value_expected = "a value was expected";
constexpr const char* ended_early = "the text ended too early";
constexpr uint32_t no_character = 0xFFFFFFFF;
constexpr uint8_t not_hex = 0xFF;

constexpr std::array<uint8_t, 256> hex_values = [] {
  std::array<uint8_t, 256> values{};
  for (auto& value : values) value = not_hex;
  for (int digit = 0; digit < 10; ++digit) values['0' + digit] = static_cast<uint8_t>(digit);
  for (int digit = 0; digit < 6; ++digit) {
    values['a' + digit] = values['A' + digit] = static_cast<uint8_t>(10 + digit);
  }
  return values;
}();

// By the byte after the backslash: how long the escape is; 0 for none.
constexpr std::array<uint8_t, 256> escape_lengths = [] {
  std::array<uint8_t, 256> lengths{};
  for (const char byte : {'"', '\\', '/', 'b', 'f', 'n', 'r', 't'}) {
    lengths[static_cast<unsigned char>(byte)] = 2;
  }
  lengths['u'] = 6;
  return lengths;
}();

// By its first byte: what a value is.
constexpr std::array<JsonKind, 256> kinds = [] {
  std::array<JsonKind, 256> by_byte{};
  by_byte['{'] = JsonKind::kObject;
  by_byte['['] = JsonKind::kArray;
  by_byte['"'] = JsonKind::kString;
  by_byte['-'] = JsonKind::kNumber;
  for (int digit = 0; digit < 10; ++digit) by_byte['0' + digit] = JsonKind::kNumber;
  by_byte['t'] = JsonKind::kTrue;
  by_byte['f'] = JsonKind::kFalse;
  by_byte['n'] = JsonKind::kNull;
  return by_byte;
}();

unsigned char unsigned_byte(char byte) { return static_cast<unsigned char>(byte); }

uint8_t hex_at(const char* at) { return hex_values[unsigned_byte(*at)]; }

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// A NUL is legal nowhere between tokens, so it serves as the byte after the last one.
char byte_at(const char* at, const char* end) { return at == end ? '\0' : *at; }

// Out of line, so that the loop over tokens stays small.
[[gnu::noinline]] const char* skip_white_run(const char* at, const char* end) {
  while (at != end && unsigned_byte(*at) <= ' ') {
    if (*at != ' ' && *at != '\n' && *at != '\r' && *at != '\t') return at;
    ++at;
    // Indented text: eight spaces at once.
    while (end - at >= 8 && std::memcmp(at, "        ", 8) == 0) at += 8;
  }
  return at;
}

// Between most tokens of a request there is none.
inline const char* skip_white(const char* at, const char* end) {
  return at != end && unsigned_byte(*at) <= ' ' ? skip_white_run(at, end) : at;
}

const char* skip_digits(const char* at, const char* end) {
  while (at != end && is_digit(*at)) ++at;
  return at;
}

// The length of the escape whose backslash is at `at`, or 0.
inline int escape_length(const char* at, const char* end) {
  if (end - at < 2) return 0;
  const int length = escape_lengths[unsigned_byte(at[1])];
  if (length != 6) return length;
  if (end - at < 6) return 0;
  // Every hex digit is below 16; not_hex has the high bits that no digit has.
  return (hex_at(at + 2) | hex_at(at + 3) | hex_at(at + 4) | hex_at(at + 5)) < 16 ? 6 : 0;
}

// What a scan over one token came to: null, or why it stopped at the place it has reached.
using Reason = const char*;

// Where an escape without a length goes wrong: the first byte that cannot be in it, or `end`.
Reason fault_in_escape(const char*& at, const char* end) {
  ++at;
  if (at != end && *at == 'u') {
    ++at;
    while (at != end && hex_at(at) != not_hex) ++at;
  }
  return "the escape is not valid";
}

// From the byte after an opening quote to the closing one. Sixteen bytes are looked at in one
// go, and all escapes among them are taken from the same mask.
inline Reason scan_string(const char*& at, const char* end, bool& escaped) {
  constexpr int quiet_blocks_max = 4;  // after so many without a stop the string is long
  int quiet_blocks = 0;
  while (end - at >= scan_block_bytes) {
    const char* const block = at;
    uint32_t stops = string_stops(block);
    if (stops == 0) {
      at += scan_block_bytes;
      if (++quiet_blocks == quiet_blocks_max) {
        at = find_string_stop(at, end);
        quiet_blocks = 0;
      }
      continue;
    }
    quiet_blocks = 0;
    at += scan_block_bytes;
    do {
      const int index = __builtin_ctz(stops);
      const char* const stop = block + index;
      if (*stop == '"') {
        at = stop;
        return nullptr;
      }
      if (*stop != '\\') {
        at = stop;
        return "a control character must be escaped";
      }
      escaped = true;
      const int length = escape_length(stop, end);
      if (length == 0) {
        at = stop;
        return fault_in_escape(at, end);
      }
      const int after = index + length;
      if (after >= scan_block_bytes) {
        at = block + after;
        break;
      }
      stops &= 0xFFFFFFFFu << after;
    } while (stops != 0);
  }
  while (at != end) {
    if (*at == '"') return nullptr;
    if (*at == '\\') {
      escaped = true;
      const int length = escape_length(at, end);
      if (length == 0) return fault_in_escape(at, end);
      at += length;
    } else if (unsigned_byte(*at) < 0x20) {
      return "a control character must be escaped";
    } else {
      ++at;
    }
  }
  return ended_early;
}

Reason scan_number(const char*& at, const char* end) {
  constexpr Reason digit_expected = "a digit was expected";
  if (*at == '-') ++at;
  if (byte_at(at, end) == '0') {
    ++at;
    if (is_digit(byte_at(at, end))) return "a number has no leading zeros";
  } else {
    if (!is_digit(byte_at(at, end))) return digit_expected;
    at = skip_digits(at, end);
  }
  if (byte_at(at, end) == '.') {
    ++at;
    if (!is_digit(byte_at(at, end))) return digit_expected;
    at = skip_digits(at, end);
  }
  if (byte_at(at, end) == 'e' || byte_at(at, end) == 'E') {
    ++at;
    if (byte_at(at, end) == '+' || byte_at(at, end) == '-') ++at;
    if (!is_digit(byte_at(at, end))) return digit_expected;
    at = skip_digits(at, end);
  }
  return nullptr;
}

Reason scan_word(std::string_view word, const char*& at, const char* end) {
  for (const char byte : word) {
    if (byte_at(at, end) != byte) return "true, false or null was expected";
    ++at;
  }
  return nullptr;
}

// A name, its colon and the white space around it, from where the opening quote must be.
inline Reason scan_name(const char*& at, const char* end) {
  if (byte_at(at, end) != '"') return "a name in quotes was expected";
  ++at;
  bool escaped = false;
  if (const Reason reason = scan_string(at, end, escaped)) return reason;
  at = skip_white(at + 1, end);
  if (byte_at(at, end) != ':') return "a colon was expected";
  at = skip_white(at + 1, end);
  return nullptr;
}

uint32_t hex_unit(const char* at) {
  return static_cast<uint32_t>(hex_at(at) << 12 | hex_at(at + 1) << 8 | hex_at(at + 2) << 4 |
                               hex_at(at + 3));
}

// The character of the escape whose backslash is at `at`, which moves behind it; a pair of
// surrogates is one character. no_character for a lone surrogate, and for what is no escape.
uint32_t take_escape(const char*& at, const char* end) {
  const int length = escape_length(at, end);
  const char* const escape = at;
  if (length == 0) {
    ++at;
    return no_character;
  }
  at += length;
  switch (escape[1]) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'u':
      break;
    default:
      return unsigned_byte(escape[1]);
  }
  const uint32_t unit = hex_unit(escape + 2);
  if (unit < 0xD800 || unit > 0xDFFF) return unit;
  if (unit > 0xDBFF || at == end || *at != '\\' || escape_length(at, end) != 6) return no_character;
  const uint32_t low = hex_unit(at + 2);
  if (low < 0xDC00 || low > 0xDFFF) return no_character;
  at += 6;
  return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

}  // namespace

JsonReader::JsonReader(std::string_view text, int depth_max)
    : text_(text),
      depth_max_(depth_max < bounds::json_depth_max ? depth_max : bounds::json_depth_max) {}

JsonKind JsonReader::kind() {
  if (fault_.reason != nullptr || due_ != Due::kValue) return JsonKind::kNone;
  const char* const end = text_end();
  const char* const at = skip_white(text_.data() + at_, end);
  at_ = offset_of(at);
  const JsonKind kind = kinds[unsigned_byte(byte_at(at, end))];
  if (kind == JsonKind::kNone) fail(value_expected, at_);
  return kind;
}

bool JsonReader::enter_object() { return kind() == JsonKind::kObject && enter(Container::kObject); }

bool JsonReader::enter_array() { return kind() == JsonKind::kArray && enter(Container::kArray); }

bool JsonReader::next_member() {
  if (!next(Container::kObject)) return false;
  member_begin_ = at_;
  const char* const end = text_end();
  const char* const begin = text_.data() + at_;
  const char* at = begin;
  if (byte_at(at, end) != '"') return fail("a name in quotes was expected", at_);
  ++at;
  bool escaped = false;
  if (const Reason reason = scan_string(at, end, escaped)) return fail(reason, offset_of(at));
  name_ = {{begin + 1, static_cast<size_t>(at - begin - 1)}, escaped};
  at = skip_white(at + 1, end);
  if (byte_at(at, end) != ':') return fail("a colon was expected", offset_of(at));
  at_ = offset_of(at + 1);
  due_ = Due::kValue;
  return true;
}

bool JsonReader::next_element() {
  if (!next(Container::kArray)) return false;
  due_ = Due::kValue;
  return true;
}

// One loop and a stack of bits: each round scans one value's first token, then closes what ends
// after it and takes the comma (and the name) before the next.
bool JsonReader::skip(JsonSpan* span) {
  if (kind() == JsonKind::kNone) {
    return fault_.reason == nullptr && fail("no value stands here", at_);
  }
  const char* const end = text_end();
  const char* const begin = text_.data() + at_;
  const char* at = begin;
  uint64_t objects = objects_;
  int depth = depth_;
  for (;;) {
    Reason reason = nullptr;
    switch (byte_at(at, end)) {
      case '"': {
        ++at;
        bool escaped = false;
        reason = scan_string(at, end, escaped);
        if (reason == nullptr) ++at;
        break;
      }
      case '{':
        if (depth == depth_max_) return fail_depth(offset_of(at));
        at = skip_white(at + 1, end);
        if (byte_at(at, end) == '}') {
          ++at;
          break;
        }
        ++depth;
        objects = objects << 1 | 1;
        reason = scan_name(at, end);
        if (reason == nullptr) continue;
        break;
      case '[':
        if (depth == depth_max_) return fail_depth(offset_of(at));
        at = skip_white(at + 1, end);
        if (byte_at(at, end) == ']') {
          ++at;
          break;
        }
        ++depth;
        objects <<= 1;
        continue;
      case 't':
        reason = scan_word("true", at, end);
        break;
      case 'f':
        reason = scan_word("false", at, end);
        break;
      case 'n':
        reason = scan_word("null", at, end);
        break;
      default:
        reason = kinds[unsigned_byte(byte_at(at, end))] == JsonKind::kNumber ? scan_number(at, end)
                                                                             : value_expected;
    }
    if (reason != nullptr) return fail(reason, offset_of(at));

    for (;; ++at) {
      if (depth == depth_) {
        at_ = offset_of(at);
        due_ = Due::kNext;
        if (span != nullptr) *span = {offset_of(begin), at_};
        return true;
      }
      at = skip_white(at, end);
      const char byte = byte_at(at, end);
      const bool in_object = (objects & 1) != 0;
      if (byte == ',') {
        at = skip_white(at + 1, end);
        if (in_object) {
          reason = scan_name(at, end);
          if (reason != nullptr) return fail(reason, offset_of(at));
        }
        break;
      }
      if (byte != (in_object ? '}' : ']')) {
        return fail_separator(in_object ? Container::kObject : Container::kArray, offset_of(at));
      }
      objects >>= 1;
      --depth;
    }
  }
}

bool JsonReader::read_string(JsonString& out) {
  if (kind() != JsonKind::kString) return false;
  const char* const begin = text_.data() + at_ + 1;
  const char* at = begin;
  bool escaped = false;
  if (const Reason reason = scan_string(at, text_end(), escaped)) {
    return fail(reason, offset_of(at));
  }
  out = {{begin, static_cast<size_t>(at - begin)}, escaped};
  at_ = offset_of(at + 1);
  due_ = Due::kNext;
  return true;
}

bool JsonReader::read_bool(bool& out) {
  const JsonKind kind_here = kind();
  if (kind_here != JsonKind::kTrue && kind_here != JsonKind::kFalse) return false;
  const bool value = kind_here == JsonKind::kTrue;
  if (!skip()) return false;
  out = value;
  return true;
}

bool JsonReader::read_integer(int64_t& out) {
  if (kind() != JsonKind::kNumber) return false;
  const char* const end = text_end();
  const char* at = text_.data() + at_;
  const bool negative = *at == '-';
  if (negative) ++at;
  const char* const digits = at;
  const uint64_t limit = static_cast<uint64_t>(INT64_MAX) + (negative ? 1 : 0);
  uint64_t value = 0;
  for (; at != end && is_digit(*at); ++at) {
    const auto digit = static_cast<uint64_t>(*at - '0');
    if (value > (limit - digit) / 10) return false;
    value = value * 10 + digit;
  }
  if (at == digits || (*digits == '0' && at - digits > 1)) return false;
  const char after = byte_at(at, end);
  if (after == '.' || after == 'e' || after == 'E') return false;
  out = static_cast<int64_t>(negative ? 0 - value : value);
  at_ = offset_of(at);
  due_ = Due::kNext;
  return true;
}

bool JsonReader::finish() {
  if (due_ == Due::kValue && kind() != JsonKind::kNone) {
    return fail("a value of another kind was expected", at_);
  }
  if (fault_.reason != nullptr) return false;
  if (depth_ != 0) return fail("a container was left unread", at_);
  at_ = offset_of(skip_white(text_.data() + at_, text_end()));
  if (at_ != text_.size()) return fail("only white space may follow the value", at_);
  return true;
}

bool JsonReader::enter(Container container) {
  if (depth_ == depth_max_) return fail_depth(at_);
  if (container == Container::kObject && ++objects_entered_ > bounds::json_objects_max)
    return fail("more objects than this gateway reads", at_);
  ++depth_;
  objects_ = objects_ << 1 | (container == Container::kObject ? 1 : 0);
  ++at_;
  due_ = Due::kFirst;
  return true;
}

bool JsonReader::next(Container container) {
  if (++steps_ > bounds::json_steps_max && fault_.reason == nullptr)
    return fail("more members than this gateway reads", at_);
  if (fault_.reason != nullptr) return false;
  const bool in_object = (objects_ & 1) != 0;
  if (depth_ == 0 || in_object != (container == Container::kObject)) {
    return fail("no such container is open", at_);
  }
  const char* const end = text_end();
  const char* at = skip_white(text_.data() + at_, end);
  const char byte = byte_at(at, end);
  if (byte == (in_object ? '}' : ']') && due_ != Due::kValue) {
    at_ = offset_of(at + 1);
    objects_ >>= 1;
    --depth_;
    due_ = Due::kNext;
    return false;
  }
  if (due_ != Due::kFirst) {
    if (byte != ',') return fail_separator(container, offset_of(at));
    at = skip_white(at + 1, end);
  }
  at_ = offset_of(at);
  return true;
}

bool JsonReader::fail(const char* reason, size_t offset) {
  if (fault_.reason == nullptr) {
    fault_ = {offset < text_.size() ? reason : ended_early, offset};
  }
  return false;
}

bool JsonReader::fail_depth(size_t offset) {
  static_assert(bounds::json_depth_max == 64, "the phrase below says 64");
  return fail(depth_max_ == 64 ? "nesting is deeper than 64 levels" : "nesting is too deep",
              offset);
}

bool JsonReader::fail_separator(Container container, size_t offset) {
  return fail(
      container == Container::kObject ? "a comma or } was expected" : "a comma or ] was expected",
      offset);
}

void append_unescaped(const JsonString& string, std::string& out) {
  if (!string.escaped) return append_repaired_utf8(string.raw, out);
  const char* at = string.raw.data();
  const char* const end = at + string.raw.size();
  while (at != end) {
    const auto left = static_cast<size_t>(end - at);
    const void* const found = std::memchr(at, '\\', left);
    const char* const stop = found == nullptr ? end : static_cast<const char*>(found);
    append_repaired_utf8({at, static_cast<size_t>(stop - at)}, out);
    at = stop;
    if (at == end) break;
    const uint32_t character = take_escape(at, end);
    char bytes[4];
    out.append(bytes,
               encode_utf8(character == no_character ? replacement_character : character, bytes));
  }
}

bool equals_unescaped(const JsonString& string, std::string_view plain) {
  if (!string.escaped) return string.raw == plain;
  const char* at = string.raw.data();
  const char* const end = at + string.raw.size();
  while (at != end) {
    char bytes[4];
    size_t count = 1;
    if (*at == '\\') {
      const uint32_t character = take_escape(at, end);
      if (character == no_character) return false;
      count = encode_utf8(character, bytes);
    } else {
      bytes[0] = *at++;
    }
    if (plain.substr(0, count) != std::string_view(bytes, count)) return false;
    plain.remove_prefix(count);
  }
  return plain.empty();
}

TextPlace place_of(std::string_view text, size_t offset) {
  TextPlace place;
  const std::string_view before = text.substr(0, offset);
  size_t line_begin = 0;
  for (size_t index = 0; index < before.size(); ++index) {
    if (before[index] != '\n') continue;
    ++place.line;
    line_begin = index + 1;
  }
  place.column = before.size() - line_begin + 1;
  return place;
}

}  // namespace postern::codec
