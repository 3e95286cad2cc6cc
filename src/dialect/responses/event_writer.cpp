#include "dialect/responses/event_writer.h"

#include "codec/json_writer.h"

namespace postern::dialect::responses_wire {

void EventWriter::begin(std::string_view type, std::string& out) {
  out += "event: ";
  out += type;
  out += "\ndata: {\"type\":\"";
  out += type;
  out += "\",\"sequence_number\":";
  codec::JsonWriter(out).number(next_number());
}

void EventWriter::set_item(std::string_view item_id, int64_t output_index) {
  output_index_ = ",\"output_index\":" + std::to_string(output_index);
  item_ = ",\"item_id\":\"" + std::string(item_id) + '"' + output_index_;
}

void EventWriter::add_text(std::string_view name, std::string_view text, std::string& out) {
  add_value(name, out);
  out += '"';
  out += text;
  out += '"';
}

void EventWriter::add_number(std::string_view name, int64_t value, std::string& out) {
  add_value(name, out);
  codec::JsonWriter(out).number(value);
}

void EventWriter::add_value(std::string_view name, std::string& out) {
  out += ",\"";
  out += name;
  out += "\":";
}

}  // namespace postern::dialect::responses_wire
