#include "codec/sse.h"

#include "codec/scan.h"

namespace postern::codec {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// ASCII digits only; a number too large for the type becomes its largest.
std::optional<uint64_t> number_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t number = 0;
  for (const char byte : text) {
    if (byte < '0' || byte > '9') return std::nullopt;
    const auto digit = static_cast<uint64_t>(byte - '0');
    number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
  }
  return number;
}

bool is_white(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

void SseReader::push(std::string_view chunk) {
  if (failed_) return;
  if (!chunk_.empty()) __builtin_trap();
  chunk_ = chunk;
}

// Lines are taken where they lie: in the chunk when the block began there, else in collected_,
// to which they are appended one by one.
bool SseReader::next(SseBlock& block) {
  if (chunk_.empty()) return false;
  const char* const begin = chunk_.data();
  const char* const end = begin + chunk_.size();
  const bool collecting = !collected_.empty();
  const char* at = begin;
  if (line_ended_by_cr_) {
    line_ended_by_cr_ = false;
    if (*at == '\n') {
      ++at;
      ++line_begin_;
      if (!collecting) ignored_lf_bytes_ = 1;
    }
  }

  const char* uncollected = begin;
  while ((at = find_line_stop(at, end)) != end) {
    const char* const stop = at++;
    if (*stop == '\r') {
      if (at == end) {
        line_ended_by_cr_ = true;
      } else if (*at == '\n') {
        ++at;
      }
    }
    std::string_view taken(begin, static_cast<size_t>(at - begin));
    if (collecting) {
      collected_.append(uncollected, at);
      uncollected = at;
      taken = collected_;
    }
    const auto stop_bytes = static_cast<size_t>(at - stop);
    // Of a CRLF one byte counts, so that the bound does not depend on where chunks are cut.
    if (outgrown(taken.size() - stop_bytes + 1)) return false;
    const Part line = {line_begin_, taken.size() - stop_bytes - line_begin_};
    line_begin_ = taken.size();
    if (!take_line(taken.data(), line)) continue;

    chunk_.remove_prefix(static_cast<size_t>(at - begin));
    if (collecting) {
      end_collected(block);
    } else {
      end_block(taken, block);
    }
    return true;
  }

  chunk_ = {};
  const auto bytes_left = static_cast<size_t>(end - uncollected);
  if (!outgrown(collected_.size() + bytes_left)) collected_.append(uncollected, bytes_left);
  return false;
}

bool SseReader::flush(SseBlock& block) {
  std::string_view left = collected_;
  if (!begun_ && left.starts_with(byte_order_mark)) left.remove_prefix(byte_order_mark.size());
  if (is_white(left)) return false;
  const Part line = {line_begin_, collected_.size() - line_begin_};
  if (line.bytes != 0) take_line(collected_.data(), line);
  end_collected(block);
  return true;
}

bool SseReader::take_line(const char* block, Part line) {
  if (!begun_) {
    begun_ = true;
    if (line.in(block).starts_with(byte_order_mark)) {
      line.begin += byte_order_mark.size();
      line.bytes -= byte_order_mark.size();
    }
  }
  if (line.bytes == 0) return true;
  const std::string_view text = line.in(block);
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    take_field(text, {line.begin + line.bytes, 0}, block);
  } else if (colon != 0) {
    const size_t skipped = colon + (text.substr(colon + 1).starts_with(' ') ? 2 : 1);
    take_field(text.substr(0, colon), {line.begin + skipped, line.bytes - skipped}, block);
  }
  return false;
}

void SseReader::take_field(std::string_view name, Part value, const char* block) {
  if (name == "data") {
    take_data(value, block);
  } else if (name == "event") {
    type_ = value;
  } else if (name == "id") {
    if (value.in(block).find('\0') == std::string_view::npos) id_ = value;
  } else if (name == "retry") {
    const std::optional<uint64_t> number = number_of(value.in(block));
    if (number) retry_ms_ = number;
  }
}

void SseReader::take_data(Part value, const char* block) {
  if (data_lines_ == 0) {
    data_lines_ = 1;
    data_ = value;
    return;
  }
  if (data_lines_ == 1) {
    data_lines_ = 2;
    joined_ = data_.in(block);
  }
  joined_.push_back('\n');
  joined_.append(value.in(block));
}

void SseReader::end_block(std::string_view raw, SseBlock& block) {
  block.raw = raw;
  block.dispatched = data_lines_ != 0;
  block.type = type_.in(raw.data());
  block.data = data_lines_ > 1 ? std::string_view(joined_) : data_.in(raw.data());
  if (id_) last_event_id_ = id_->in(raw.data());
  line_begin_ = 0;
  ignored_lf_bytes_ = 0;
  data_lines_ = 0;
  type_ = {};
  data_ = {};
  id_.reset();
}

void SseReader::end_collected(SseBlock& block) {
  returned_.swap(collected_);
  collected_.clear();
  end_block(returned_, block);
}

// Leaves the reader failed, and holding nothing, when the current block is larger than the bound.
bool SseReader::outgrown(size_t block_bytes) {
  if (block_bytes - ignored_lf_bytes_ <= block_bytes_max_) return false;
  failed_ = true;
  chunk_ = {};
  collected_ = {};
  joined_ = {};
  return true;
}

}  // namespace postern::codec
