// The frame of the events of a stream: name, type, and a number that counts without gaps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postern::dialect::responses_wire {

class EventWriter {
 public:
  // Begins an event. Members are appended with add(); end() closes it.
  void begin(std::string_view type, std::string& out);
  void end(std::string& out) { out += "}\n\n"; }

  // The item that the events to come speak of.
  void set_item(std::string_view item_id, int64_t output_index);
  void add_item(std::string& out) const { out += item_; }
  void add_output_index(std::string& out) const { out += output_index_; }
  static void add_text(std::string_view name, std::string_view text, std::string& out);
  static void add_number(std::string_view name, int64_t value, std::string& out);
  // The name; the value is appended by the caller.
  static void add_value(std::string_view name, std::string& out);

  int64_t next_number() { return number_++; }

 private:
  int64_t number_ = 0;
  std::string item_, output_index_;
};

}  // namespace postern::dialect::responses_wire
