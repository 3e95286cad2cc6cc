// An append-only JSON writer for the records of the hot path. Documents that people read are
// built with nlohmann_json (codec/document.h).
//
//   JsonWriter out(buffer);
//   out.begin_object().name("status").number(200).name("label").string(label).end_object();
//
// Commas are placed by the writer. Strings are escaped, bad UTF-8 in them replaced by U+FFFD.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/json_reader.h"

namespace postern::codec {

// Appends `text` as a quoted JSON string.
void append_json_string(std::string_view text, std::string& out);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& name(std::string_view name);  // a plain ASCII word of ours; not escaped
  JsonWriter& string(std::string_view text);
  JsonWriter& text(const JsonString& text);  // a string that is escaped already, as it was read
  JsonWriter& number(int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  JsonWriter& raw(std::string_view json);  // a value that is JSON already

 private:
  void separate();

  std::string& out_;
  bool comma_ = false;  // a value stands before the next one in this container
};

}  // namespace postern::codec
