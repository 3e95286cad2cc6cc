// The store of src/management/store.h in memory: sixteen shards, the same methods, arguments and
// answers. It checks more than it must: an argument that the contract does not allow ends the test.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "codec/document.h"
#include "management/store.h"

namespace postern::testing {

class Records {
 public:
  using Document = codec::Document;

  Document call(std::string_view method, const Document& argument, int64_t now_ms) {
    if (method == "find") return find(argument["name"].get<std::string>(), now_ms);
    if (method == "get") return get(argument["id"].get<std::string>(), now_ms);
    if (method == "list") return list(argument, now_ms);
    require(method == "commit", "a method of the contract");
    return commit(argument);
  }

  struct Record {
    int64_t version = 0;
    std::string kind, group, body;
    int64_t sort = 0;
    std::optional<int64_t> forget_ms;
  };
  std::map<std::string, Record> records;
  std::map<std::string, std::pair<std::string, std::string>> names;  // name -> (record, as)

 private:
  static void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "records: broken contract: %s\n", what);
    std::abort();
  }

  // From the moment of its `forget` on a record is not there.
  const Record* there(const std::string& id, int64_t now_ms) const {
    const auto record = records.find(id);
    if (record == records.end()) return nullptr;
    const auto& forget = record->second.forget_ms;
    return forget && *forget <= now_ms ? nullptr : &record->second;
  }

  Document find(const std::string& name, int64_t now_ms) const {
    const auto registered = names.find(name);
    if (registered == names.end()) return nullptr;
    const Record* const record = there(registered->second.first, now_ms);
    if (!record) return nullptr;
    return Document::object({{"id", registered->second.first},
                             {"version", record->version},
                             {"as", registered->second.second},
                             {"body", record->body}});
  }

  Document get(const std::string& id, int64_t now_ms) const {
    const Record* const record = there(id, now_ms);
    if (!record) return nullptr;
    return Document::object({{"id", id}, {"version", record->version}, {"body", record->body}});
  }

  Document list(const Document& argument, int64_t now_ms) const {
    std::vector<std::pair<int64_t, std::string>> places;
    for (const auto& [id, record] : records) {
      if (!there(id, now_ms)) continue;
      const Document& kinds = argument["kinds"];
      if (std::find(kinds.begin(), kinds.end(), Document(record.kind)) == kinds.end()) continue;
      if (!argument["group"].is_null() && argument["group"] != Document(record.group)) continue;
      const std::pair<int64_t, std::string> place(record.sort, id);
      const Document& before = argument["before"];
      if (!before.is_null() &&
          place >= std::pair(before[0].get<int64_t>(), before[1].get<std::string>()))
        continue;
      places.push_back(place);
    }
    std::sort(places.rbegin(), places.rend());
    const auto limit = argument["limit"].get<size_t>();
    if (places.size() > limit) places.resize(limit);
    Document answer = Document::array();
    for (const auto& [sort, id] : places) {
      const Record& record = records.at(id);
      answer.push_back(Document::object(
          {{"id", id}, {"version", record.version}, {"sort", sort}, {"body", record.body}}));
    }
    return answer;
  }

  Document commit(const Document& argument) {
    const auto now_ms = argument["now"].get<int64_t>();
    Records after = *this;
    for (const Document& write : argument["writes"])
      if (const std::optional<std::string> conflict = after.apply(write, now_ms))
        return Document::object({{"conflict", *conflict}});
    for (const Document& most : argument["most"]) {
      int64_t count = 0;
      for (const auto& [id, record] : after.records) {
        const bool counted = Document(record.kind) == most["kind"] &&
                             (most["group"].is_null() || Document(record.group) == most["group"]);
        if (counted && after.there(id, now_ms)) ++count;
      }
      if (count > most["count"].get<int64_t>()) return Document::object({{"full", most["kind"]}});
    }
    *this = std::move(after);
    return Document::object({{"done", true}});
  }

  void forget(const std::string& id) {
    records.erase(id);
    std::erase_if(names, [&](const auto& name) { return name.second.first == id; });
  }

  std::optional<std::string> apply(const Document& write, int64_t now_ms) {
    const auto id = write["id"].get<std::string>();
    const auto version = write["version"].get<int64_t>();
    const Record* const before = there(id, now_ms);
    if ((before ? before->version : 0) != version) return id;
    if (!before) forget(id);
    Record& record = records[id];
    if (record.version == 0) record.sort = write["sort"].get<int64_t>();
    record.version = version + 1;
    record.kind = write["kind"].get<std::string>();
    record.group = write["group"].get<std::string>();
    record.body = write["body"].get<std::string>();
    record.forget_ms.reset();
    if (!write["forget"].is_null()) record.forget_ms = write["forget"].get<int64_t>();
    for (const Document& as : write["drop"])
      std::erase_if(names, [&](const auto& name) {
        return name.second.first == id && Document(name.second.second) == as;
      });
    for (const Document& pair : write["names"]) {
      const auto name = pair[0].get<std::string>();
      const auto taken = names.find(name);
      if (taken != names.end() && taken->second.first != id) {
        if (there(taken->second.first, now_ms)) return name;
        forget(std::string(taken->second.first));
      }
      names[name] = {id, pair[1].get<std::string>()};
    }
    return std::nullopt;
  }
};

class Store {
 public:
  std::array<Records, management::shards> all;

  std::vector<codec::Document> answer(const management::StoreCall& call, int64_t now_ms) {
    const auto argument = codec::Document::parse(call.argument, nullptr, false);
    std::vector<codec::Document> answers;
    for (const int shard : call.shards)
      answers.push_back(all.at(static_cast<size_t>(shard)).call(call.method, argument, now_ms));
    return answers;
  }
};

}  // namespace postern::testing
