// The members of a request's body, and the parameters of its query, read strictly: what is not
// known, or has another type, is refused by name. The first fault is final and kept; a reader may
// look for it once, at the end.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/document.h"
#include "management/operation.h"

namespace postern::management {

// A JSON text of bounded depth; discarded when it is none.
codec::Document parse_json(std::string_view text);

class Fields {
 public:
  // An empty body is an empty object.
  Fields(std::string_view body, std::initializer_list<std::string_view> known);
  // Of a document that was read before; any member may be there.
  explicit Fields(codec::Document document);

  bool empty() const { return document_.empty(); }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  bool is_null(std::string_view name) const;

  // Nothing when the member is not there, and with a fault.
  std::optional<std::string> text(std::string_view name);
  std::optional<std::vector<std::string>> texts(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::optional<int64_t> integer(std::string_view name, int64_t least, int64_t most);
  std::optional<int64_t> time(std::string_view name);  // codec/utc_time.h
  const codec::Document* object(std::string_view name);

  // A fault unless the member is there and not null.
  void require(std::string_view name);
  void refuse(std::string_view name, std::string message);

  const std::optional<Refused>& fault() const { return fault_; }

 private:
  const codec::Document* find(std::string_view name) const;

  codec::Document document_ = codec::Document::object();
  std::optional<Refused> fault_;
};

inline constexpr int64_t largest_json_integer = (int64_t{1} << 53) - 1;

// An integer of a JSON document that lies between the two; nothing for any other value.
std::optional<int64_t> integer_between(const codec::Document& value, int64_t least, int64_t most);

// The parameters of a query, each at most once. Nothing here is percent-encoded: what the values
// may be needs no encoding.
class Query {
 public:
  Query(std::string_view query, std::initializer_list<std::string_view> known);

  std::optional<std::string_view> value(std::string_view name) const;

  const std::optional<Refused>& fault() const { return fault_; }

 private:
  struct Parameter {
    std::string_view name, value;
  };
  std::vector<Parameter> parameters_;
  std::optional<Refused> fault_;
};

// `param` of an error: a name that a client made up is repeated only when it is a plain word.
Refused invalid_field(std::string_view name, std::string message);

}  // namespace postern::management
