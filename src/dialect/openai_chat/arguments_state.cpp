#include "dialect/openai_chat/arguments_state.h"

namespace postern::dialect {
namespace {

bool is_space(char byte) { return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r'; }

int hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 0;
}

// The character for which an escape stands; any letter when it is outside of ASCII, where nothing
// matters to the state.
char unescaped(std::string_view escape) {
  if (escape.empty()) return 'x';
  switch (escape[0]) {
    case 'n':
    case 'r':
    case 't':
      return ' ';
    case 'u': {
      if (escape.size() < 5 || escape[1] != '0' || escape[2] != '0') return 'x';
      const int code = hex(escape[3]) * 16 + hex(escape[4]);
      return code < 0x80 ? static_cast<char>(code) : 'x';
    }
    default:
      return escape[0];
  }
}

}  // namespace

void ArgumentsState::take(const chat::Text& piece) {
  const std::string_view raw = piece.raw;
  for (size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] != '\\') {
      take(raw[at]);
      continue;
    }
    take(unescaped(raw.substr(at + 1, 5)));
    at += at + 1 < raw.size() && raw[at + 1] == 'u' ? 5 : 1;
  }
}

void ArgumentsState::take(char byte) {
  switch (part_) {
    case Part::kBefore:
      if (is_space(byte)) return;
      part_ = byte == '{' ? Part::kInside : Part::kOther;
      depth_ = 1;
      return;
    case Part::kInside:
      if (byte == '"') part_ = Part::kString;
      if (byte == '{' || byte == '[') ++depth_;
      if (byte == '}' || byte == ']')
        if (--depth_ == 0) part_ = Part::kAfter;
      return;
    case Part::kString:
      if (byte == '"') part_ = Part::kInside;
      if (byte == '\\') part_ = Part::kEscape;
      return;
    case Part::kEscape:
      part_ = Part::kString;
      return;
    case Part::kAfter:
      if (!is_space(byte)) part_ = Part::kOther;
      return;
    case Part::kOther:
      return;
  }
}

}  // namespace postern::dialect
