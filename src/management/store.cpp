#include "management/store.h"

namespace postern::management {
namespace {

using codec::Document;

std::string text_of(const Document& object, std::string_view name) {
  const auto member = object.find(name);
  const auto* text = member == object.end() ? nullptr : member->get_ptr<const std::string*>();
  return text ? *text : std::string();
}

int64_t integer_of(const Document& object, std::string_view name) {
  const auto member = object.find(name);
  const auto* integer =
      member == object.end() ? nullptr : member->get_ptr<const Document::number_integer_t*>();
  return integer ? *integer : 0;
}

Document text_or_null(const std::optional<std::string>& text) {
  return text ? Document(*text) : Document(nullptr);
}

}  // namespace

std::string shard_name(int shard) { return std::string("keys-") + policy::shard_digit(shard); }

std::optional<StoredRecord> read_record(const Document& answer) {
  if (!answer.is_object()) return std::nullopt;
  StoredRecord record;
  record.id = text_of(answer, "id");
  record.as = text_of(answer, "as");
  record.body = text_of(answer, "body");
  record.version = integer_of(answer, "version");
  record.sort = integer_of(answer, "sort");
  if (record.id.empty() || record.version < 1) return std::nullopt;
  return record;
}

StoreCall find_by_name(int shard, std::string_view name) {
  Document argument = Document::object();
  argument["name"] = name;
  return {.shards = {shard}, .method = "find", .argument = codec::dump_text(argument)};
}

StoreCall get_by_id(int shard, std::string_view id) {
  Document argument = Document::object();
  argument["id"] = id;
  return {.shards = {shard}, .method = "get", .argument = codec::dump_text(argument)};
}

Commit::Commit(int shard, int64_t now_ms) : shard_(shard), argument_(Document::object()) {
  argument_["now"] = now_ms;
  argument_["writes"] = Document::array();
  argument_["most"] = Document::array();
}

Commit& Commit::write(Write write) {
  Document one = Document::object();
  one["id"] = std::move(write.id);
  one["version"] = write.version;
  one["kind"] = write.kind;
  one["group"] = std::move(write.group);
  one["sort"] = write.sort;
  one["forget"] = write.forget_ms ? Document(*write.forget_ms) : Document(nullptr);
  one["body"] = std::move(write.body);
  Document names = Document::array();
  for (auto& [name, as] : write.names) {
    Document pair = Document::array();
    pair.push_back(std::move(name));
    pair.push_back(std::move(as));
    names.push_back(std::move(pair));
  }
  one["names"] = std::move(names);
  Document drop = Document::array();
  for (std::string& as : write.drop) drop.push_back(std::move(as));
  one["drop"] = std::move(drop);
  argument_["writes"].push_back(std::move(one));
  return *this;
}

Commit& Commit::at_most(std::string_view kind, const std::optional<std::string>& group, int count) {
  Document one = Document::object();
  one["kind"] = kind;
  one["group"] = text_or_null(group);
  one["count"] = count;
  argument_["most"].push_back(std::move(one));
  return *this;
}

StoreCall Commit::call() const {
  return {.shards = {shard_}, .method = "commit", .argument = codec::dump_text(argument_)};
}

CommitOutcome read_outcome(const Document& answer) {
  if (!answer.is_object()) return CommitOutcome::kUnreadable;
  const auto done = answer.find("done");
  const auto* is_done = done == answer.end() ? nullptr : done->get_ptr<const bool*>();
  if (is_done) return *is_done ? CommitOutcome::kDone : CommitOutcome::kUnreadable;
  if (answer.contains("conflict")) return CommitOutcome::kConflict;
  if (answer.contains("full")) return CommitOutcome::kFull;
  return CommitOutcome::kUnreadable;
}

}  // namespace postern::management
