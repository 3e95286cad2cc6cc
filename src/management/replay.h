// Idempotency-Key: what a request made is remembered for a day, in the same commit as the thing
// itself, so that a retry after a lost answer finds it and makes nothing twice. Remembered are an
// id and a hash of the body; a key's plaintext is not, and cannot be shown again.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/document.h"
#include "codec/sha256.h"
#include "management/operation.h"
#include "management/store.h"

namespace postern::management {

class Replay {
 public:
  // `action` is a fixed word of the route, `identity` who asks: the same header of another caller,
  // route or path parameter is another request.
  Replay(const Request& request, std::string_view action, std::string_view identity);

  bool wanted() const { return wanted_; }
  // The header is there, but not 1 to 255 printable ASCII characters.
  const std::optional<Refused>& fault() const { return fault_; }

  int shard() const { return shard_of(id_); }  // for what has no shard of its own yet
  StoreCall question(int shard) const;

  struct Earlier {
    std::string result;  // the id of what was made
    bool same_body = false;
  };
  std::optional<Earlier> read(const codec::Document& answer) const;

  Commit::Write write(std::string_view result, int64_t now_ms) const;

 private:
  std::string record_id() const;

  bool wanted_ = false;
  std::optional<Refused> fault_;
  codec::Digest id_{};
  std::string body_;  // its hash
};

Refused idempotency_key_reused();

// Who a caller is to its own earlier requests. A managed key keeps it when it is superseded.
std::string identity_of(const policy::Caller& caller);

}  // namespace postern::management
