// The comparison of a presented key with the ring: every request with a key pays for it.
#include "codec/equal_mask.h"
#include "policy/ring.h"

namespace postern::policy {

RingMatch match(const Ring& ring, const codec::Digest& presented) {
  RingMatch result;
  uint64_t found = 0;  // position + 1; 0 is a miss
  for (size_t i = ring.entries.size(); i-- > 0;) {
    const uint64_t equal = codec::equal_mask(ring.entries[i].digest, presented);
    found = (found & ~equal) | ((i + 1) & equal);
    ++result.digests_compared;
    result.bytes_touched += sizeof(codec::Digest);
  }
  if (found != 0) result.entry = &ring.entries[static_cast<size_t>(found - 1)];
  return result;
}

}  // namespace postern::policy
