#include "exchange/outbox.h"

#include <cstdint>
#include <cstring>

namespace postern::exchange {
namespace {

constexpr size_t header_bytes = 8;
constexpr size_t kept_bytes = 256u << 10;

}  // namespace

void Outbox::clear() {
  if (bytes_.capacity() > kept_bytes) std::string().swap(bytes_);
  bytes_.clear();
}

std::string& Outbox::open(Action action) {
  record_ = bytes_.size();
  const uint32_t header[2] = {static_cast<uint32_t>(action), 0};
  bytes_.append(reinterpret_cast<const char*>(header), header_bytes);
  return bytes_;
}

void Outbox::seal() {
  const uint32_t size = static_cast<uint32_t>(bytes_.size() - record_ - header_bytes);
  std::memcpy(bytes_.data() + record_ + 4, &size, sizeof size);
  bytes_.resize((bytes_.size() + 7) & ~size_t{7});
}

void Outbox::seal_unless_empty() {
  if (bytes_.size() == record_ + header_bytes) {
    bytes_.resize(record_);
  } else {
    seal();
  }
}

void Outbox::add(Action action, std::string_view payload) {
  open(action).append(payload);
  seal();
}

std::string_view Outbox::list() {
  open(Action::end);
  seal();
  return bytes_;
}

}  // namespace postern::exchange
