#include "management/replay.h"

#include <algorithm>

#include "bounds.h"
#include "management/fields.h"
#include "management/tagged_digest.h"

namespace postern::management {
namespace {

constexpr std::string_view kind = "idempotency";

bool is_idempotency_key(std::string_view text) {
  return text.size() <= bounds::idempotency_key_bytes_max &&
         std::all_of(text.begin(), text.end(),
                     [](char byte) { return byte >= 0x20 && byte <= 0x7E; });
}

}  // namespace

Replay::Replay(const Request& request, std::string_view action, std::string_view identity)
    : wanted_(!request.idempotency_key.empty()) {
  if (!wanted_) return;
  if (!is_idempotency_key(request.idempotency_key))
    fault_ = invalid_field("Idempotency-Key",
                           "Idempotency-Key must have 1 to 255 printable ASCII characters");
  id_ = tagged_digest("idempotency key",
                      {identity, action, request.parameter, request.idempotency_key});
  body_ = codec::to_hex(tagged_digest("idempotent body", {request.body}));
}

StoreCall Replay::question(int shard) const { return get_by_id(shard, record_id()); }

std::optional<Replay::Earlier> Replay::read(const codec::Document& answer) const {
  const std::optional<StoredRecord> stored = read_record(answer);
  if (!stored) return std::nullopt;
  Fields fields(parse_json(stored->body));
  const std::optional<std::string> result = fields.text("result"), body = fields.text("body");
  if (!result || !body) return std::nullopt;
  return Earlier{.result = *result, .same_body = *body == body_};
}

Commit::Write Replay::write(std::string_view result, int64_t now_ms) const {
  codec::Document body = codec::Document::object();
  body["v"] = 1;
  body["result"] = result;
  body["body"] = body_;
  return {.id = record_id(),
          .version = 0,
          .kind = kind,
          .group = {},
          .sort = now_ms,
          .forget_ms = now_ms + bounds::idempotency_kept_ms,
          .body = codec::dump_text(body),
          .names = {},
          .drop = {}};
}

std::string Replay::record_id() const { return "idem_" + codec::to_hex(id_); }

Refused idempotency_key_reused() {
  return {.reason = policy::Reason::kIdempotencyKeyReused, .message = {}, .param = {}};
}

std::string identity_of(const policy::Caller& caller) {
  if (!caller.lineage.empty()) return "managed " + caller.lineage;
  return "key " + policy::reference_of(caller);
}

}  // namespace postern::management
