// As many random bytes as are wanted, out of the few that an event brings: HMAC-SHA256 over a
// counter, under a key that is made of the seed and a purpose. Every use has a purpose of its own,
// so that no two uses of one seed ever give the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "codec/sha256.h"

namespace postern::codec {

class RandomBytes {
 public:
  // `seed` has at least 32 bytes that nobody can guess; `purpose` is a fixed word of ours.
  RandomBytes(std::string_view seed, std::string_view purpose);

  uint8_t next();

 private:
  Digest key_;
  Digest block_{};
  uint32_t blocks_ = 0;
  size_t used_ = sizeof(Digest);
};

}  // namespace postern::codec
