// Frames of AWS event streams (application/vnd.amazon.eventstream) over bytes cut anywhere.
//
//   reader.push(chunk);
//   for (AwsEvent event; reader.next(event);) ...
//
// A frame is, with all numbers big endian and both checks CRC-32:
//
//   | bytes in all 4 | of headers 4 | CRC of these 4 | headers | payload | CRC of all before 4 |
//
// and a header is | bytes of name 1 | name | type 1 | value |, where the type tells how long the
// value is. A frame that is not exactly so is a failure, and so is a known header that is no
// string or occurs twice: nothing after it can be trusted, because a length was wrong or lied.
//
// Nothing is copied while a frame lies whole in one chunk. A frame cut apart is collected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "bounds.h"

namespace postern::codec {

// Views are valid until the next call of push() or next().
struct AwsEvent {
  std::string_view message_type;    // "event", "exception" or "error"
  std::string_view event_type;      // of an event
  std::string_view exception_type;  // of an exception
  std::string_view error_code;      // of an error, which has no payload
  std::string_view error_message;   // likewise
  std::string_view content_type;    // of the payload
  std::string_view payload;
};

class AwsEventReader {
 public:
  explicit AwsEventReader(size_t frame_bytes_max = bounds::event_bytes_max)
      : frame_bytes_max_(frame_bytes_max) {}

  // `chunk` must stay in place until next() has returned false, and the one before must be read
  // to that point: bytes of it that are left unread are a bug of ours, and a trap.
  void push(std::string_view chunk);

  // The next whole frame. False when more input is needed, or when the reader has failed.
  bool next(AwsEvent& event);

  // Once next() has returned false: the input so far ends where a frame ends.
  bool between_frames() const { return !failed() && collected_.empty(); }

  bool failed() const { return fault_ != nullptr; }
  const char* fault() const { return fault_; }  // why, in a few words of ours; null: no failure

 private:
  bool collect();  // true when collected_ is a whole frame
  bool take_prelude(std::string_view frame, size_t& frame_bytes);
  bool take_frame(std::string_view frame, AwsEvent& event);
  bool fail(const char* reason);

  size_t frame_bytes_max_;
  std::string_view chunk_;  // what of the pushed chunk belongs to no returned frame
  std::string collected_;   // the current frame, when it began in an earlier chunk
  bool returned_ = false;   // collected_ is the frame that was returned last
  const char* fault_ = nullptr;
};

}  // namespace postern::codec
