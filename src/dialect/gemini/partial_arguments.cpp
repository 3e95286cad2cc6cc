#include "dialect/gemini/partial_arguments.h"

#include "codec/json_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::gemini_wire {
namespace {

using codec::JsonKind;
using codec::JsonReader;

// Looking for a node goes over its neighbours, the last one first; real calls have a few hundred.
constexpr size_t nodes_max = 4096;
// What JsonReader accepts of the arguments when a client sends them back.
constexpr int steps_max = 56;

// Takes the next step off a path: `.name`, `['name']`, `["name"]` or `[0]`. False when there is
// none that is understood.
bool take_step(std::string_view& path, std::string_view& key, bool& is_index) {
  is_index = false;
  if (path.starts_with('.')) {
    path.remove_prefix(1);
    key = path.substr(0, path.find_first_of(".["));
    path.remove_prefix(key.size());
    return !key.empty();
  }
  if (!path.starts_with('[') || path.size() < 3) return false;
  const char quote = path[1];
  if (quote == '\'' || quote == '"') {
    const size_t end = path.find(quote, 2);
    if (end == path.npos || end + 1 >= path.size() || path[end + 1] != ']') return false;
    key = path.substr(2, end - 2);
    path.remove_prefix(end + 2);
    return true;
  }
  const size_t end = path.find(']');
  if (end == path.npos || end == 1) return false;
  key = path.substr(1, end - 1);
  if (key.find_first_not_of("0123456789") != key.npos) return false;
  path.remove_prefix(end + 1);
  return is_index = true;
}

}  // namespace

void PartialArguments::clear() {
  nodes_.resize(1);
  nodes_[0] = {};
  nodes_[0].kind = Kind::kObject;
}

bool PartialArguments::add(chat::Json partial_args) {
  JsonReader in(partial_args);
  if (!in.enter_array()) return false;
  bool understood = true;
  while (understood && in.next_element()) understood = add_leaf(in, partial_args);
  return understood;
}

bool PartialArguments::add_leaf(JsonReader& in, chat::Json document) {
  if (!in.enter_object()) return false;
  chat::Text path, text;
  bool is_text = false;
  chat::Json other;
  while (in.next_member()) {
    if (in.name_is("jsonPath")) {
      read_text(in, path);
    } else if (in.name_is("stringValue")) {
      is_text = read_text(in, text);
    } else if (in.name_is("numberValue") || in.name_is("boolValue")) {
      other = read_json(in, document);
    } else if (in.name_is("nullValue")) {
      other = "null";  // said as null or as "NULL_VALUE"
      in.skip();
    } else {
      in.skip();
    }
  }
  if (!is_text && other.empty()) return true;
  const uint32_t leaf = find(chat::plain(path));
  if (leaf == none) return false;
  return is_text ? set(leaf, Kind::kString, text.raw) : set(leaf, Kind::kOther, other);
}

uint32_t PartialArguments::find(std::string_view path) {
  if (!path.starts_with('$')) return none;
  path.remove_prefix(1);
  uint32_t at = 0;
  for (int steps = 0; !path.empty(); ++steps) {
    std::string_view key;
    bool is_index = false;
    if (steps == steps_max || !take_step(path, key, is_index)) return none;
    at = child(at, is_index ? Kind::kArray : Kind::kObject, key);
    if (at == none) return none;
  }
  return at == 0 ? none : at;
}

uint32_t PartialArguments::child(uint32_t parent, Kind kind, std::string_view key) {
  if (nodes_[parent].kind == Kind::kUnset) nodes_[parent].kind = kind;
  if (nodes_[parent].kind != kind) return none;
  const uint32_t last = nodes_[parent].last_child;
  if (last != none && nodes_[last].key == key) return last;
  for (uint32_t at = nodes_[parent].first_child; at != none; at = nodes_[at].next)
    if (nodes_[at].key == key) return at;
  if (nodes_.size() >= nodes_max) return none;
  const uint32_t added = static_cast<uint32_t>(nodes_.size());
  nodes_.emplace_back().key = key;
  (last == none ? nodes_[parent].first_child : nodes_[last].next) = added;
  nodes_[parent].last_child = added;
  return added;
}

bool PartialArguments::set(uint32_t leaf, Kind kind, std::string_view value) {
  Node& node = nodes_[leaf];
  if (node.kind == Kind::kUnset) node.kind = kind;
  if (node.kind != kind) return false;
  if (kind == Kind::kOther) node.value.clear();
  node.value += value;
  return true;
}

void PartialArguments::write(std::string& out) const { write(0, out); }

void PartialArguments::write(uint32_t index, std::string& out) const {
  const Node& node = nodes_[index];
  if (node.kind == Kind::kString) {
    out.append(1, '"').append(node.value).append(1, '"');
    return;
  }
  if (node.kind == Kind::kOther || node.kind == Kind::kUnset) {
    out += node.kind == Kind::kOther ? std::string_view(node.value) : "null";
    return;
  }
  const bool object = node.kind == Kind::kObject;
  out += object ? '{' : '[';
  for (uint32_t at = node.first_child; at != none; at = nodes_[at].next) {
    if (at != node.first_child) out += ',';
    if (object) {
      codec::append_json_string(nodes_[at].key, out);
      out += ':';
    }
    write(at, out);
  }
  out += object ? '}' : ']';
}

}  // namespace postern::dialect::gemini_wire
