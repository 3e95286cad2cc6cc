#include "codec/json_writer.h"

#include "codec/scan.h"
#include "codec/utf8.h"

namespace postern::codec {
namespace {

void append_escape(char byte, std::string& out) {
  constexpr char digits[] = "0123456789abcdef";
  out.push_back('\\');
  switch (byte) {
    case '"':
    case '\\':
      out.push_back(byte);
      return;
    case '\b':
      out.push_back('b');
      return;
    case '\f':
      out.push_back('f');
      return;
    case '\n':
      out.push_back('n');
      return;
    case '\r':
      out.push_back('r');
      return;
    case '\t':
      out.push_back('t');
      return;
    default:
      out.append("u00");
      out.push_back(digits[byte >> 4 & 0xF]);
      out.push_back(digits[byte & 0xF]);
  }
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
  out.push_back('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const stop = find_string_stop(at, end);
    append_repaired_utf8({at, static_cast<size_t>(stop - at)}, out);
    if (stop == end) break;
    append_escape(*stop, out);
    at = stop + 1;
  }
  out.push_back('"');
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_.push_back('{');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_.push_back('}');
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_.push_back('[');
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_.push_back(']');
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::name(std::string_view name) {
  separate();
  out_.push_back('"');
  out_.append(name);
  out_.append("\":");
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  separate();
  append_json_string(text, out_);
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::text(const JsonString& text) {
  separate();
  out_ += '"';
  out_ += text.raw;
  out_ += '"';
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::number(int64_t value) {
  char digits[20];
  char* const end = digits + sizeof digits;
  char* at = end;
  // Negated as unsigned, because the smallest value has no positive counterpart.
  uint64_t left = static_cast<uint64_t>(value);
  if (value < 0) left = 0 - left;
  do {
    *--at = static_cast<char>('0' + left % 10);
    left /= 10;
  } while (left != 0);
  if (value < 0) *--at = '-';
  return raw({at, static_cast<size_t>(end - at)});
}

JsonWriter& JsonWriter::boolean(bool value) { return raw(value ? "true" : "false"); }

JsonWriter& JsonWriter::null() { return raw("null"); }

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  out_.append(json);
  comma_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (comma_) out_.push_back(',');
}

}  // namespace postern::codec
