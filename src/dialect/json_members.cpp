#include "dialect/json_members.h"

namespace postern::dialect {

using codec::JsonKind;
using codec::JsonReader;

bool read_text(JsonReader& in, chat::Text& text) {
  if (in.read_string(text)) return true;
  in.skip();
  return false;
}

bool read_flag(JsonReader& in, std::optional<bool>& flag) {
  bool value = false;
  if (in.read_bool(value)) {
    flag = value;
    return true;
  }
  in.skip();
  return false;
}

bool read_count(JsonReader& in, std::optional<uint64_t>& count) {
  int64_t value = 0;
  if (!in.read_integer(value)) {
    in.skip();
    return false;
  }
  if (value < 0) return false;
  count = static_cast<uint64_t>(value);
  return true;
}

chat::Json read_json(JsonReader& in, std::string_view document) {
  const bool null = in.kind() == JsonKind::kNull;
  codec::JsonSpan span;
  if (!in.skip(&span) || null) return {};
  return document.substr(span.begin, span.end - span.begin);
}

chat::Refused json_refusal(std::string_view body, const codec::JsonFault& fault) {
  const codec::TextPlace place = codec::place_of(body, fault.offset);
  std::string message = "the request body is not valid JSON: ";
  message += fault.reason;
  message += " at line " + std::to_string(place.line) + ", column " + std::to_string(place.column) +
             " (byte " + std::to_string(fault.offset) + ")";
  return {chat::Refused::Kind::kJson, std::move(message), {}};
}

bool is_json_object(std::string_view text) {
  JsonReader in(text);
  if (in.kind() != JsonKind::kObject) return false;
  in.skip();
  return in.finish();
}

std::optional<chat::Json> object_in_text(const chat::Text& text, chat::Arena& arena) {
  const chat::Json json = text.escaped ? arena.keep(chat::plain(text)) : text.raw;
  if (json.find_first_not_of(" \t\r\n") == json.npos) return "{}";
  if (!is_json_object(json)) return std::nullopt;
  return json;
}

void append_on_one_line(chat::Json value, std::string& out) {
  const size_t begin = out.size();
  out += value;
  for (size_t at = begin; at < out.size(); ++at)
    if (out[at] == '\n' || out[at] == '\r') out[at] = ' ';
}

}  // namespace postern::dialect
