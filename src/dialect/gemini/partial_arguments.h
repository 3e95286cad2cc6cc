// A call's arguments that Vertex streams leaf by leaf: {"jsonPath":"$.items[0].name",
// "stringValue":"Appl"}, and then more of the same string. They are kept until the call is whole.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "chat/text.h"
#include "codec/json_reader.h"

namespace postern::dialect::gemini_wire {

class PartialArguments {
 public:
  PartialArguments() { clear(); }

  void clear();
  bool empty() const { return nodes_.size() == 1; }

  // The list `partialArgs`. False when a path is not to be understood, contradicts an earlier one,
  // or when there are absurdly many.
  bool add(chat::Json partial_args);

  // The whole arguments, one JSON object. Elements of a list are in the order in which they came.
  void write(std::string& out) const;

 private:
  enum class Kind : uint8_t { kUnset, kObject, kArray, kString, kOther };

  static constexpr uint32_t none = UINT32_MAX;

  // The tree, in one vector: node 0 is the object of all arguments.
  struct Node {
    Kind kind = Kind::kUnset;
    std::string key;    // plain; in a list the index's digits
    std::string value;  // of a string what stands between the quotes, of others JSON
    uint32_t first_child = none, last_child = none, next = none;
  };

  bool add_leaf(codec::JsonReader& in, chat::Json document);
  uint32_t find(std::string_view path);
  uint32_t child(uint32_t parent, Kind kind, std::string_view key);
  bool set(uint32_t leaf, Kind kind, std::string_view value);
  void write(uint32_t index, std::string& out) const;

  std::vector<Node> nodes_;
};

}  // namespace postern::dialect::gemini_wire
