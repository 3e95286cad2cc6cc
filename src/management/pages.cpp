#include "management/pages.h"

#include <algorithm>
#include <charconv>

#include "bounds.h"
#include "codec/base64url.h"
#include "management/fields.h"

namespace postern::management {
namespace {

using codec::Document;

std::optional<int64_t> read_digits(std::string_view digits, int64_t least, int64_t most) {
  int64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc() || stop != end || value < least || value > most)
    return std::nullopt;
  return value;
}

std::string write_cursor(int64_t sort, std::string_view id) {
  return codec::to_base64url(std::to_string(sort) + ' ' + std::string(id));
}

std::optional<std::pair<int64_t, std::string>> read_cursor(std::string_view cursor) {
  if (cursor.size() > 256) return std::nullopt;
  const std::optional<std::string> text = codec::from_base64url(cursor);
  const size_t space = text ? text->find(' ') : std::string::npos;
  if (space == std::string::npos) return std::nullopt;
  const auto sort = read_digits(std::string_view(*text).substr(0, space), 0, largest_json_integer);
  std::string id = text->substr(space + 1);
  const bool plain = !id.empty() && std::all_of(id.begin(), id.end(), [](char byte) {
    return byte > 0x20 && byte < 0x7F;
  });
  if (!sort || !plain) return std::nullopt;
  return std::pair(*sort, std::move(id));
}

}  // namespace

Step Listing::begin(int64_t) {
  const Query query = takes_status() ? Query(request_.query, {"limit", "cursor", "status"})
                                     : Query(request_.query, {"limit", "cursor"});
  if (query.fault()) return *query.fault();

  limit_ = bounds::page_limit_default;
  if (const auto digits = query.value("limit")) {
    const auto limit = read_digits(*digits, 1, bounds::page_limit_max);
    if (!limit)
      return invalid_field(
          "limit", "limit must be an integer from 1 to " + std::to_string(bounds::page_limit_max));
    limit_ = static_cast<int>(*limit);
  }
  if (const auto cursor = query.value("cursor")) {
    before_ = read_cursor(*cursor);
    if (!before_) return invalid_field("cursor", "cursor must be a next_cursor of this list");
  }
  Wanted list = wanted(query.value("status"));
  if (list.fault) return *list.fault;

  Document argument = Document::object();
  argument["kinds"] = Document::array();
  for (const std::string_view kind : list.kinds) argument["kinds"].push_back(kind);
  argument["group"] = list.group ? Document(*list.group) : Document(nullptr);
  argument["before"] = nullptr;
  if (before_) {
    argument["before"] = Document::array();
    argument["before"].push_back(before_->first);
    argument["before"].push_back(before_->second);
  }
  argument["limit"] = limit_ + 1;

  StoreCall call{.shards = {}, .method = "list", .argument = codec::dump_text(argument)};
  for (int shard = 0; shard < shards; ++shard) call.shards.push_back(shard);
  return call;
}

Step Listing::resume(const std::vector<Document>& answers, int64_t now_ms) {
  std::vector<StoredRecord> records;
  for (const Document& answer : answers) {
    if (!answer.is_array())
      return Refused{.reason = policy::Reason::kKeyStoreUnavailable, .message = {}, .param = {}};
    for (const Document& one : answer)
      if (std::optional<StoredRecord> record = read_record(one))
        records.push_back(std::move(*record));
  }
  std::sort(records.begin(), records.end(),
            [](const StoredRecord& left, const StoredRecord& right) {
              return left.sort != right.sort ? left.sort > right.sort : left.id > right.id;
            });

  const auto size = static_cast<size_t>(limit_);
  const bool has_more = records.size() > size;
  if (has_more) records.resize(size);
  Document page = Document::object();
  page["object"] = "list";
  page["data"] = Document::array();
  for (const StoredRecord& record : records)
    if (std::optional<Document> shown = show(record, now_ms))
      page["data"].push_back(std::move(*shown));
  page["has_more"] = has_more;
  page["next_cursor"] = nullptr;
  if (has_more) page["next_cursor"] = write_cursor(records.back().sort, records.back().id);
  return Reply{.status = 200, .body = codec::dump_text(page)};
}

}  // namespace postern::management
