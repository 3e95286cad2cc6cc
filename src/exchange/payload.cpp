#include "exchange/payload.h"

#include <algorithm>

#include "bounds.h"
#include "codec/json_reader.h"

namespace postern::exchange {

std::string_view head_of(std::string_view payload) { return payload.substr(0, payload.find('\n')); }

std::string_view rest_of(std::string_view payload) {
  const size_t newline = payload.find('\n');  // those inside a head are escaped
  return newline == std::string_view::npos ? std::string_view() : payload.substr(newline + 1);
}

void write_object_call(const ObjectCall& call, std::string_view argument, std::string& out) {
  codec::JsonWriter json(out);
  json.begin_object().name("binding").string(call.binding).name("objects").begin_array();
  for (const std::string& object : call.objects) json.string(object);
  json.end_array().name("method").string(call.method);
  json.name("timeout_ms").number(call.timeout_ms).end_object();
  out += '\n';
  out += argument;
}

std::string text_member(std::string_view json, std::string_view name) {
  std::string text;
  codec::JsonReader in(json);
  if (!in.enter_object()) return text;
  while (in.next_member()) {
    codec::JsonString value;
    if (in.name_is(name) && in.read_string(value)) {
      codec::append_unescaped(value, text);
    } else {
      in.skip();
    }
  }
  return text;
}

std::string_view object_member(std::string_view json, std::string_view name) {
  std::string_view object;
  codec::JsonReader in(json);
  if (!in.enter_object()) return object;
  while (in.next_member()) {
    const bool wanted = in.name_is(name);
    codec::JsonSpan span;
    if (in.skip(&span) && wanted) object = json.substr(span.begin, span.end - span.begin);
  }
  return object;
}

bool flag_member(std::string_view json, std::string_view name) {
  return object_member(json, name) == "true";
}

std::string_view first_element(std::string_view json) {
  codec::JsonReader in(json);
  codec::JsonSpan span;
  if (!in.enter_array() || !in.next_element() || !in.skip(&span)) return {};
  const std::string_view element = json.substr(span.begin, span.end - span.begin);
  return element == "null" ? std::string_view() : element;
}

uint64_t saturating_decimal(std::string_view digits) {
  uint64_t value = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return 0;
    if (value > UINT64_MAX / 10 - 1) return UINT64_MAX;
    value = value * 10 + static_cast<uint64_t>(digit - '0');
  }
  return value;
}

bool has_type(std::string_view content_type, std::string_view media_type) {
  return content_type.size() >= media_type.size() &&
         std::equal(media_type.begin(), media_type.end(), content_type.begin(),
                    [](char wanted, char c) {
                      return wanted == (c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
                    });
}

std::string_view known_method(std::string_view method) {
  for (const std::string_view known : {"GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"})
    if (method == known) return known;
  return {};
}

BodyPieces pieces_of(size_t body_bytes, const std::vector<dialect::Edit>& edits) {
  BodyPieces pieces;
  size_t at = 0;
  for (const dialect::Edit& edit : edits) {
    if (at != edit.begin) pieces.push_back({{}, {at, edit.begin}});
    if (!edit.text.empty()) pieces.push_back({edit.text, {}});
    at = edit.end;
  }
  if (at != body_bytes) pieces.push_back({{}, {at, body_bytes}});
  return pieces;
}

void write_pieces(const BodyPieces& pieces, codec::JsonWriter& json) {
  json.begin_array();
  for (const BodyPiece& piece : pieces) {
    if (!piece.text.empty()) {
      json.string(piece.text);
      continue;
    }
    json.begin_array().number(static_cast<int64_t>(piece.copied.begin));
    json.number(static_cast<int64_t>(piece.copied.end)).end_array();
  }
  json.end_array();
}

std::string header_of(const chat::Dropped& names) {
  std::string value;
  for (const std::string& name : names) {
    if (!value.empty()) value += ", ";
    for (const char byte : name) value += byte > 0x20 && byte < 0x7f && byte != ',' ? byte : '?';
  }
  if (names.cut()) value += value.empty() ? "..." : ", ...";
  return value;
}

}  // namespace postern::exchange
