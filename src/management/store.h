// The records that managed keys and requests for keys are kept in, as the core sees them. A store
// is one of `shards` Durable Objects; it keeps JSON texts with a version each, finds them by id or
// by any of their names, and commits several writes at once or not at all. It knows no rule.
//
// The methods, their arguments and answers, all JSON:
//
//   find   {name}  ->  {"id", "version", "as", "body"} or null
//          `as` is what the name was registered with.
//   get    {id}    ->  {"id", "version", "body"} or null
//   list   {kinds: [..], group: text or null, before: [sort, id] or null, limit}
//          ->  [{"id", "version", "sort", "body"}, ...]   largest (sort, id) first
//          A null group is every group.
//   commit {now, writes: [{id, version, kind, group, sort, forget, body,
//                          names: [[name, as], ...], drop: [as, ...]}, ...],
//           most: [{kind, group, count}, ...]}
//          ->  {"done": true} | {"conflict": id or name} | {"full": kind}
//          `version` is that of the record which was read, 0 for one that must not exist yet; a
//          write makes it one larger. `sort` is a number, fixed by the first write, as is `kind`'s
//          counterpart in an index. `forget` is a time in ms after which the record may be
//          deleted, or null. `names` are added; a name that belongs to another record is a
//          conflict. `drop` takes away the names that were registered with these words. `most`
//          bounds how many records of a kind (and group, unless null) may be there afterwards,
//          those beyond `forget` not counted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.h"
#include "policy/shards.h"

namespace postern::management {

using policy::shard_of;
using policy::shard_of_id;
using policy::shards;

// `keys-0` to `keys-f`.
std::string shard_name(int shard);

// A question to one shard, or the same to several; answers come in the same order.
struct StoreCall {
  std::vector<int> shards;
  std::string_view method;
  std::string argument;  // JSON
};

struct StoredRecord {
  std::string id, as, body;
  int64_t version = 0;
  int64_t sort = 0;
};

// One answer of `find` or `get`. Nothing for null and for what cannot be read.
std::optional<StoredRecord> read_record(const codec::Document& answer);

StoreCall find_by_name(int shard, std::string_view name);
StoreCall get_by_id(int shard, std::string_view id);

// The arguments of a commit, written by append.
class Commit {
 public:
  Commit(int shard, int64_t now_ms);

  struct Write {
    std::string id;
    int64_t version = 0;
    std::string_view kind;
    std::string group;
    int64_t sort = 0;
    std::optional<int64_t> forget_ms;
    std::string body;
    std::vector<std::pair<std::string, std::string>> names;  // name, as
    std::vector<std::string> drop;
  };
  Commit& write(Write write);
  Commit& at_most(std::string_view kind, const std::optional<std::string>& group, int count);

  StoreCall call() const;

 private:
  int shard_;
  codec::Document argument_;
};

enum class CommitOutcome { kDone, kConflict, kFull, kUnreadable };
CommitOutcome read_outcome(const codec::Document& answer);

}  // namespace postern::management
