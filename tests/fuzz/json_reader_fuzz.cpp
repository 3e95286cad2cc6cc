// The reader accepts exactly the texts that another parser accepts, walking finds what skipping
// finds, and the spans of values nest inside their containers without overlap.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "../codec/json_differential.h"
#include "codec/json_reader.h"

namespace {

using postern::codec::JsonKind;
using postern::codec::JsonReader;
using postern::codec::JsonSpan;
using postern::codec::JsonString;
using postern::codec::Verdict;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// The value at the reader's place, also read by a reader of its own: a span is a whole text.
void walk(JsonReader& in, std::string_view text) {
  const JsonKind kind = in.kind();
  const size_t begin = in.offset();
  if (kind == JsonKind::kObject && in.enter_object()) {
    size_t last_end = begin + 1;
    while (in.next_member()) {
      require(in.member_begin() >= last_end && text[in.member_begin()] == '"');
      std::string name;
      append_unescaped(in.name(), name);
      in.name_is("model");
      walk(in, text);
      last_end = in.offset();
    }
  } else if (kind == JsonKind::kArray && in.enter_array()) {
    size_t last_end = begin + 1;
    while (in.next_element()) {
      require(in.offset() >= last_end);
      walk(in, text);
      last_end = in.offset();
    }
  } else if (kind == JsonKind::kString) {
    JsonString string;
    if (!in.read_string(string)) return;
    std::string plain;
    append_unescaped(string, plain);
    require(string.escaped == (string.raw.find('\\') != std::string_view::npos));
  } else {
    int64_t integer = 0;
    bool boolean = false;
    if (!in.read_integer(integer) && !in.read_bool(boolean)) in.skip();
  }
  if (in.error().reason != nullptr) return;
  JsonReader again(text.substr(begin, in.offset() - begin));
  JsonSpan span;
  require(again.skip(&span) && again.finish());
  require(span.begin == 0 && span.end == in.offset() - begin);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  JsonReader skipping(text);
  skipping.skip();
  const bool accepted = skipping.finish();
  require(accepted == (skipping.error().reason == nullptr));

  JsonReader walking(text);
  walk(walking, text);
  require(walking.finish() == accepted);
  if (!accepted) {
    require(skipping.error().offset <= size);
    require(skipping.error().offset == walking.error().offset);
    require(std::strcmp(skipping.error().reason, walking.error().reason) == 0);
    postern::codec::place_of(text, skipping.error().offset);
  }

  const bool too_deep =
      !accepted && std::string_view(skipping.error().reason) == "nesting is deeper than 64 levels";
  const Verdict expected = postern::codec::verdict_of(text);
  if (expected != Verdict::kNotComparable && !too_deep) {
    require(accepted == (expected == Verdict::kAccept));
  }
  return 0;
}
