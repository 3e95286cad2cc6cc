#include "dialect/anthropic/arguments_scan.h"

namespace postern::dialect::messages {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return 0;
}

// The character of the escape whose backslash is at `at`, which is moved to its last byte. What is
// no ASCII is no structure either: any letter will do.
char unescaped(std::string_view raw, size_t& at) {
  if (at + 1 == raw.size()) return 'x';
  const char byte = raw[++at];
  if (byte == '"' || byte == '\\') return byte;
  if (byte != 'u' || at + 4 >= raw.size()) return byte == '/' ? '/' : ' ';
  int value = 0;
  for (size_t end = at + 4; at < end;) value = value * 16 + hex_value(raw[++at]);
  return value < 0x80 ? static_cast<char>(value) : 'x';
}

}  // namespace

void ArgumentsScan::take(const chat::Text& piece) {
  if (!piece.escaped) {
    // Without a quote and a backslash a string goes on, and outside of one only brackets count.
    if (in_string_) {
      if (!piece.raw.empty()) escape_ = false;
      return;
    }
    for (const char byte : piece.raw) take(byte);
    return;
  }
  for (size_t at = 0; at < piece.raw.size(); ++at)
    take(piece.raw[at] == '\\' ? unescaped(piece.raw, at) : piece.raw[at]);
}

void ArgumentsScan::take(char byte) {
  if (in_string_) {
    if (escape_) {
      escape_ = false;
    } else if (byte == '\\') {
      escape_ = true;
    } else if (byte == '"') {
      in_string_ = false;
    }
    return;
  }
  if (byte == '"') {
    in_string_ = true;
  } else if (byte == '{' || byte == '[') {
    begun_ = true;
    ++depth_;
  } else if ((byte == '}' || byte == ']') && depth_ > 0) {
    --depth_;
  }
}

}  // namespace postern::dialect::messages
