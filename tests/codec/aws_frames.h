// Writes frames of AWS event streams, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/crc32.h"

namespace postern::codec {

inline void append_big_endian(uint32_t number, int bytes, std::string& out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xFF);
}

inline std::string aws_string_header(std::string_view name, std::string_view value) {
  std::string header;
  append_big_endian(static_cast<uint32_t>(name.size()), 1, header);
  header += name;
  header += '\x07';
  append_big_endian(static_cast<uint32_t>(value.size()), 2, header);
  header += value;
  return header;
}

// Any headers, with both checks right.
inline std::string aws_frame_of(std::string_view headers, std::string_view payload) {
  std::string frame;
  append_big_endian(static_cast<uint32_t>(headers.size() + payload.size() + 16), 4, frame);
  append_big_endian(static_cast<uint32_t>(headers.size()), 4, frame);
  append_big_endian(crc32(frame), 4, frame);
  frame += headers;
  frame += payload;
  append_big_endian(crc32(frame), 4, frame);
  return frame;
}

// A frame as Bedrock sends it: `message_type` is "event" or "exception".
inline std::string aws_frame(std::string_view message_type, std::string_view type,
                             std::string_view payload) {
  std::string headers = aws_string_header(":" + std::string(message_type) + "-type", type);
  headers += aws_string_header(":content-type", "application/json");
  headers += aws_string_header(":message-type", message_type);
  return aws_frame_of(headers, payload);
}

}  // namespace postern::codec
