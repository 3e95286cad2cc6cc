#include "codec/aws_event_stream.h"

#include <algorithm>

#include "codec/crc32.h"

namespace postern::codec {
namespace {

constexpr size_t prelude_bytes = 12;  // both lengths and their check
constexpr size_t check_bytes = 4;

uint32_t number_at(std::string_view bytes, size_t at, size_t count) {
  uint32_t number = 0;
  for (size_t end = at + count; at < end; ++at)
    number = number << 8 | static_cast<unsigned char>(bytes[at]);
  return number;
}

enum class HeaderType : uint8_t {
  kTrue,
  kFalse,
  kByte,
  kShort,
  kInteger,
  kLong,
  kBytes,
  kString,
  kTimestamp,
  kUuid,
};

// Takes a value of this type off the front of `left`. False when it is not all there, or the type
// is none.
bool take_value(uint8_t type, std::string_view& left, std::string_view& value) {
  size_t length_bytes = 0;
  size_t bytes = 0;
  switch (static_cast<HeaderType>(type)) {
    case HeaderType::kTrue:
    case HeaderType::kFalse:
      break;
    case HeaderType::kByte:
      bytes = 1;
      break;
    case HeaderType::kShort:
      bytes = 2;
      break;
    case HeaderType::kInteger:
      bytes = 4;
      break;
    case HeaderType::kLong:
    case HeaderType::kTimestamp:
      bytes = 8;
      break;
    case HeaderType::kUuid:
      bytes = 16;
      break;
    case HeaderType::kBytes:
    case HeaderType::kString:
      length_bytes = 2;
      if (left.size() < length_bytes) return false;
      bytes = number_at(left, 0, length_bytes);
      break;
    default:
      return false;
  }
  if (left.size() - length_bytes < bytes) return false;
  value = left.substr(length_bytes, bytes);
  left.remove_prefix(length_bytes + bytes);
  return true;
}

std::string_view* member_of(AwsEvent& event, std::string_view name) {
  if (name == ":message-type") return &event.message_type;
  if (name == ":event-type") return &event.event_type;
  if (name == ":exception-type") return &event.exception_type;
  if (name == ":error-code") return &event.error_code;
  if (name == ":error-message") return &event.error_message;
  if (name == ":content-type") return &event.content_type;
  return nullptr;
}

bool take_headers(std::string_view left, AwsEvent& event) {
  while (!left.empty()) {
    const size_t name_bytes = static_cast<unsigned char>(left[0]);
    if (name_bytes == 0 || left.size() < name_bytes + 2) return false;
    const std::string_view name = left.substr(1, name_bytes);
    const auto type = static_cast<uint8_t>(left[1 + name_bytes]);
    left.remove_prefix(name_bytes + 2);
    std::string_view value;
    if (!take_value(type, left, value)) return false;
    std::string_view* const member = member_of(event, name);
    if (!member) continue;
    // An empty value points into the frame too, so that a second one is noticed.
    if (type != static_cast<uint8_t>(HeaderType::kString) || member->data()) return false;
    *member = value;
  }
  return true;
}

}  // namespace

void AwsEventReader::push(std::string_view chunk) {
  if (failed()) return;
  if (!chunk_.empty()) __builtin_trap();
  chunk_ = chunk;
}

bool AwsEventReader::next(AwsEvent& event) {
  if (returned_) {
    returned_ = false;
    collected_.clear();
  }
  if (failed() || chunk_.empty()) return false;
  if (collected_.empty()) {
    size_t frame_bytes = 0;
    const bool begun = chunk_.size() >= prelude_bytes;
    if (begun && !take_prelude(chunk_, frame_bytes)) return false;
    if (begun && chunk_.size() >= frame_bytes) {
      const std::string_view frame = chunk_.substr(0, frame_bytes);
      chunk_.remove_prefix(frame_bytes);
      return take_frame(frame, event);
    }
  }
  if (!collect()) return false;
  returned_ = true;
  return take_frame(collected_, event);
}

bool AwsEventReader::collect() {
  const auto append_up_to = [this](size_t bytes) {
    const size_t taken = std::min(bytes - collected_.size(), chunk_.size());
    collected_.append(chunk_.substr(0, taken));
    chunk_.remove_prefix(taken);
    return collected_.size() == bytes;
  };
  if (collected_.size() < prelude_bytes && !append_up_to(prelude_bytes)) return false;
  size_t frame_bytes = 0;
  return take_prelude(collected_, frame_bytes) && append_up_to(frame_bytes);
}

bool AwsEventReader::take_prelude(std::string_view frame, size_t& frame_bytes) {
  constexpr size_t numbers_bytes = prelude_bytes - check_bytes;
  if (crc32(frame.substr(0, numbers_bytes)) != number_at(frame, numbers_bytes, check_bytes))
    return fail("the check of a frame's lengths is wrong");
  frame_bytes = number_at(frame, 0, 4);
  if (frame_bytes > frame_bytes_max_) return fail("a frame is too large");
  const size_t header_bytes = number_at(frame, 4, 4);
  if (frame_bytes < prelude_bytes + check_bytes ||
      header_bytes > frame_bytes - prelude_bytes - check_bytes)
    return fail("the lengths of a frame contradict each other");
  return true;
}

bool AwsEventReader::take_frame(std::string_view frame, AwsEvent& event) {
  const size_t checked_bytes = frame.size() - check_bytes;
  if (crc32(frame.substr(0, checked_bytes)) != number_at(frame, checked_bytes, check_bytes))
    return fail("the check of a frame is wrong");
  const size_t header_bytes = number_at(frame, 4, 4);
  event = {};
  if (!take_headers(frame.substr(prelude_bytes, header_bytes), event))
    return fail("the headers of a frame are malformed");
  const size_t payload_begin = prelude_bytes + header_bytes;
  event.payload = frame.substr(payload_begin, checked_bytes - payload_begin);
  return true;
}

bool AwsEventReader::fail(const char* reason) {
  fault_ = reason;
  chunk_ = {};
  collected_.clear();
  returned_ = false;
  return false;
}

}  // namespace postern::codec
