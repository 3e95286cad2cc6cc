// A pull reader over JSON text (RFC 8259). It walks the bytes once, copies nothing, and checks
// the whole grammar on the way: structure, literals, numbers, escapes, control characters, depth.
// UTF-8 inside strings is passed over unchecked, except by `append_unescaped`.
//
//   JsonReader in(text);
//   if (in.enter_object())
//     while (in.next_member())
//       if (in.name_is("model")) in.read_string(model); else in.skip();
//   if (!in.finish()) refuse(in.error());
//
// The first fault is final: afterwards every call returns false and moves nothing, so a caller
// may check once, at the end. Each value must be consumed by exactly one of skip, read_* or
// enter_*; after an enter_*, next_member or next_element must be called until it returns false.
// What is entered is counted, because readers keep something of each object and member; what is
// skipped is not.
// A read_* or enter_* on a value of another kind returns false, consumes nothing and is no fault:
// ask `kind()` first or skip the value afterwards.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bounds.h"

namespace postern::codec {

enum class JsonKind : uint8_t { kNone, kObject, kArray, kString, kNumber, kTrue, kFalse, kNull };

// Where a value or a name stands in the text: [begin, end).
struct JsonSpan {
  size_t begin = 0;
  size_t end = 0;
};

// A string as it stands in the text, between its quotes. `escaped` says that backslashes occur.
struct JsonString {
  std::string_view raw;
  bool escaped = false;
};

struct JsonFault {
  const char* reason = nullptr;  // null: no fault. A short English phrase, never input.
  size_t offset = 0;             // byte at which it was noticed
};

// True when the string, unescaped, is exactly `plain`. A lone surrogate equals nothing, and other
// bytes equal themselves, well-formed or not.
bool equals_unescaped(const JsonString& string, std::string_view plain);

class JsonReader {
 public:
  // A `depth_max` above bounds::json_depth_max counts as that.
  explicit JsonReader(std::string_view text, int depth_max = bounds::json_depth_max);

  // The kind of the value that comes next, by its first byte; kNone where none is due, and at a
  // fault, which a byte that begins no value is.
  JsonKind kind();

  bool enter_object();
  bool next_member();  // reads `"name" :`; false at the closing brace or at a fault
  bool enter_array();
  bool next_element();  // false at the closing bracket or at a fault

  // The current member: its name as written, compared unescaped, and where its opening quote is.
  const JsonString& name() const { return name_; }
  // Inline, because readers ask it several times a member; escaped names hardly ever occur.
  bool name_is(std::string_view plain) const {
    return name_.escaped ? equals_unescaped(name_, plain) : name_.raw == plain;
  }
  size_t member_begin() const { return member_begin_; }

  bool skip(JsonSpan* span = nullptr);  // any value, checked to its end
  bool read_string(JsonString& out);
  bool read_bool(bool& out);
  // A number without fraction or exponent that fits; any other number is left in place.
  bool read_integer(int64_t& out);

  // Nothing but white space may follow. True when the whole text was well-formed and was read; a
  // value that an enter_* or read_* has left in place is a fault.
  bool finish();

  size_t offset() const { return at_; }  // next unread byte
  const JsonFault& error() const { return fault_; }

 private:
  enum class Container : uint8_t { kObject, kArray };

  // What the grammar wants next: a value, the first thing in a container that was just entered,
  // or what may follow a value.
  enum class Due : uint8_t { kValue, kFirst, kNext };

  bool enter(Container container);
  bool next(Container container);                // steps over the comma, or out of the container
  bool fail(const char* reason, size_t offset);  // at the end of the text: that it ended too early
  bool fail_depth(size_t offset);
  bool fail_separator(Container container, size_t offset);

  const char* text_end() const { return text_.data() + text_.size(); }
  size_t offset_of(const char* at) const { return static_cast<size_t>(at - text_.data()); }

  std::string_view text_;
  size_t at_ = 0;
  size_t member_begin_ = 0;
  JsonString name_;
  JsonFault fault_;
  uint64_t objects_ = 0;  // a stack of bits, the innermost container lowest: 1 is an object
  int depth_ = 0;
  uint32_t objects_entered_ = 0;
  uint32_t steps_ = 0;
  int depth_max_;
  Due due_ = Due::kValue;
};

// Appends the string's characters to `out`: escapes resolved, lone surrogates and bad UTF-8
// replaced by U+FFFD.
void append_unescaped(const JsonString& string, std::string& out);

// Line and column (both from 1, columns in bytes) of an offset, for error messages.
struct TextPlace {
  size_t line = 1;
  size_t column = 1;
};
TextPlace place_of(std::string_view text, size_t offset);

}  // namespace postern::codec
