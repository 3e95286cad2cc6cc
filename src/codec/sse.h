// Event stream framing (WHATWG HTML, section 9.2.6) over bytes cut anywhere.
//
//   reader.push(chunk);
//   for (SseBlock block; reader.next(block);) ...
//
// A block is everything up to and including the empty line that ends it. The raw bytes of all
// blocks, then rest(), are the input, byte for byte, so that a block can be passed on untouched.
// A CR at the end of a chunk ends its line at once; a LF that follows in the next chunk belongs
// to the raw bytes of the next block and is otherwise ignored. A byte order mark at the very
// beginning is raw bytes only. Bytes that are no UTF-8 pass as they are.
//
// Nothing is copied while a block lies whole in one chunk and has one data line. A block cut
// apart is collected, and no byte of it is looked at twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bounds.h"

namespace postern::codec {

struct SseBlock {
  std::string_view raw;     // views are valid until the next call of push(), next() or flush()
  bool dispatched = false;  // it had data: an event. False: comments, ids, empty lines only
  std::string_view type;    // the event field; empty means "message"
  std::string_view data;    // data lines joined by LF
};

class SseReader {
 public:
  explicit SseReader(size_t block_bytes_max = bounds::event_bytes_max)
      : block_bytes_max_(block_bytes_max) {}

  // `chunk` must stay in place until next() has returned false, and the one before must be read
  // to that point: bytes of it that are left unread are a bug of ours, and a trap.
  void push(std::string_view chunk);

  // The next complete block. False when more input is needed, or when the reader has failed.
  bool next(SseBlock& block);

  // At the end of input: the unfinished block, as if the missing empty line stood there. The
  // standard drops such a block; several providers end with one, so the caller judges its data.
  // False when nothing but white space is left.
  bool flush(SseBlock& block);

  // Once next() has returned false: the bytes that belong to no block yet. Nothing after a
  // failure.
  std::string_view rest() const { return collected_; }

  // Once next() has returned false: the input so far ends where a block ends. Not the same as an
  // empty rest(), which may still be the LF of a CRLF that was cut apart.
  bool between_blocks() const { return !failed_ && collected_.size() == ignored_lf_bytes_; }

  bool failed() const { return failed_; }  // a block outgrew the bound; final
  const std::string& last_event_id() const { return last_event_id_; }
  std::optional<uint64_t> retry_ms() const { return retry_ms_; }

 private:
  // A part of the current block, counted from its first byte: that stays true when the block
  // moves from a chunk into collected_.
  struct Part {
    size_t begin = 0;
    size_t bytes = 0;
    std::string_view in(const char* block) const { return {block + begin, bytes}; }
  };

  bool take_line(const char* block, Part line);  // true when it is empty: the block ends
  void take_field(std::string_view name, Part value, const char* block);
  void take_data(Part value, const char* block);
  void end_block(std::string_view raw, SseBlock& block);
  void end_collected(SseBlock& block);
  bool outgrown(size_t block_bytes);

  size_t block_bytes_max_;
  std::string_view chunk_;  // what of the pushed chunk belongs to no returned block
  std::string collected_;   // the current block, when it began in an earlier chunk
  std::string returned_;    // the block that was returned last, when it had been collected
  std::string joined_;      // the data of a block with several data lines

  // The current block.
  size_t line_begin_ = 0;
  size_t ignored_lf_bytes_ = 0;  // 1 when it begins with the second half of a CRLF
  int data_lines_ = 0;           // 0, 1, or 2 for more
  Part type_;
  Part data_;
  std::optional<Part> id_;

  bool line_ended_by_cr_ = false;  // at the very end of the last chunk
  bool begun_ = false;             // the first line, and a mark before it, have been taken
  bool failed_ = false;
  std::string last_event_id_;
  std::optional<uint64_t> retry_ms_;
};

}  // namespace postern::codec
