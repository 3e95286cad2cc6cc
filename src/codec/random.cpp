#include "codec/random.h"

#include <array>

#include "codec/hmac.h"

namespace postern::codec {
namespace {

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

// The purpose and the counter never stand in one message, so no purpose can be written that looks
// like another one and its counter: key = HMAC(seed, purpose), block n = HMAC(key, n).
RandomBytes::RandomBytes(std::string_view seed, std::string_view purpose)
    : key_(hmac_sha256(seed, purpose)) {}

uint8_t RandomBytes::next() {
  if (used_ == block_.size()) {
    std::array<char, 4> counter{};  // little-endian
    for (size_t index = 0; index < counter.size(); ++index) {
      counter[index] = static_cast<char>(blocks_ >> 8 * index & 0xFF);
    }
    block_ = hmac_sha256(bytes_of(key_), {counter.data(), counter.size()});
    ++blocks_;
    used_ = 0;
  }
  return block_[used_++];
}

}  // namespace postern::codec
