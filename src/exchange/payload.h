// Small readings of what the shim sends, and small writings of what it gets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat/request.h"
#include "codec/json_writer.h"
#include "dialect/untouched.h"

namespace postern::exchange {

// The two parts of a payload of a JSON head, a newline and raw bytes.
std::string_view head_of(std::string_view payload);
std::string_view rest_of(std::string_view payload);

// A question to Durable Objects: the same call to each of them.
struct ObjectCall {
  std::string_view binding;
  std::vector<std::string> objects;
  std::string_view method;
  uint32_t timeout_ms = 0;
};
// Its payload, with the argument (JSON) behind the newline.
void write_object_call(const ObjectCall& call, std::string_view argument, std::string& out);

// A string member of a head, unescaped; or an object member, as written. Empty when it is not so.
std::string text_member(std::string_view json, std::string_view name);
std::string_view object_member(std::string_view json, std::string_view name);

bool flag_member(std::string_view json, std::string_view name);  // false unless it is `true`
// The first element of an array, as written; empty when there is none or it is null.
std::string_view first_element(std::string_view json);

// Digits only, else 0; numbers that do not fit are the largest that does.
uint64_t saturating_decimal(std::string_view digits);

// Does a Content-Type begin with this lower-case media type, in any case?
bool has_type(std::string_view content_type, std::string_view media_type);

// The method when it is a common one, else empty: methods are client-made text too.
std::string_view known_method(std::string_view method);

// A stretch of a provider's request: new text, or where that is empty [begin, end) of the client's
// body, whose bytes never leave the side that received them.
struct BodyPiece {
  std::string_view text;
  codec::JsonSpan copied;
};
using BodyPieces = std::vector<BodyPiece>;

// A body of so many bytes, edited. The pieces point into the edits.
BodyPieces pieces_of(size_t body_bytes, const std::vector<dialect::Edit>& edits);

void write_pieces(const BodyPieces& pieces, codec::JsonWriter& json);

// Names as a header's value: joined by commas, what is not printable ASCII replaced, and with three
// dots at the end when there were more. They may be a client's own text.
std::string header_of(const chat::Dropped& names);

}  // namespace postern::exchange
