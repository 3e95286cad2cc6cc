#include "dialect/gemini/schema.h"

#include <initializer_list>

#include "codec/json_reader.h"

namespace postern::dialect::gemini_wire {
namespace {

using codec::JsonKind;
using codec::JsonReader;

constexpr std::string_view old_definitions = "#/definitions/";

// Recurses as deep as JsonReader allows.
class SchemaWriter {
 public:
  SchemaWriter(chat::Json schema, std::string& out) : schema_(schema), out_(out), in_(schema) {}

  Schema write() {
    if (in_.kind() != JsonKind::kObject) return Schema::kBroken;
    const Members root = members();
    rename_definitions_ = root.definitions && !root.defs;
    write_object(Level::kRoot);
    if (!in_.finish()) return Schema::kBroken;
    return widened_ ? Schema::kWidened : Schema::kWritten;
  }

 private:
  enum class Level : uint8_t { kRoot, kInner };

  // What an object has, known before the first member is written.
  struct Members {
    bool ref = false, enumeration = false, minimum = false, maximum = false;
    bool definitions = false, defs = false;
  };

  Members members() const {
    Members has;
    JsonReader ahead = in_;
    if (!ahead.enter_object()) return has;
    while (ahead.next_member()) {
      if (ahead.name_is("$ref")) has.ref = ahead.kind() == JsonKind::kString;
      if (ahead.name_is("enum")) has.enumeration = true;
      if (ahead.name_is("minimum")) has.minimum = true;
      if (ahead.name_is("maximum")) has.maximum = true;
      if (ahead.name_is("definitions")) has.definitions = true;
      if (ahead.name_is("$defs")) has.defs = true;
      ahead.skip();
    }
    return has;
  }

  void write_schema() {
    if (in_.kind() == JsonKind::kObject) return write_object(Level::kInner);
    copy();  // true, false
  }

  void write_object(Level level) {
    const Members has = members();
    in_.enter_object();
    out_ += '{';
    bool first = true;
    while (in_.next_member()) {
      if (is_unwanted(has)) {
        in_.skip();
        continue;
      }
      if (!first) out_ += ',';
      first = false;
      write_member(level, has);
    }
    out_ += '}';
  }

  bool is_unwanted(const Members& has) {
    for (const std::string_view name :
         {"$schema", "$comment", "strict", "discriminator", "examples"})
      if (in_.name_is(name)) return true;
    if (has.ref && !in_.name().raw.starts_with('$') && !in_.name_is("definitions")) return true;
    if (in_.name_is("const")) return has.enumeration;
    const bool least = in_.name_is("exclusiveMinimum");
    if (!least && !in_.name_is("exclusiveMaximum")) return false;
    // In an old draft it is a flag beside the bound.
    widened_ = true;
    return in_.kind() != JsonKind::kNumber || (least ? has.minimum : has.maximum);
  }

  void write_member(Level level, const Members& has) {
    if (in_.name_is("const") && !has.enumeration) {
      out_ += "\"enum\":[";
      copy();
      out_ += ']';
    } else if (in_.name_is("exclusiveMinimum")) {
      out_ += "\"minimum\":";
      copy();
    } else if (in_.name_is("exclusiveMaximum")) {
      out_ += "\"maximum\":";
      copy();
    } else if (in_.name_is("$ref")) {
      write_name();
      write_reference();
    } else if (in_.name_is("definitions") && level == Level::kRoot && rename_definitions_) {
      out_ += "\"$defs\":";
      write_map();
    } else if (is_one_of({"properties", "$defs", "definitions", "patternProperties",
                          "dependentSchemas"})) {
      write_name();
      write_map();
    } else if (is_one_of({"items", "prefixItems", "anyOf", "oneOf", "allOf", "not", "if", "then",
                          "else", "additionalProperties", "contains", "propertyNames"})) {
      write_name();
      write_schemas();
    } else {
      write_name();
      copy();
    }
  }

  bool is_one_of(std::initializer_list<std::string_view> names) const {
    for (const std::string_view name : names)
      if (in_.name_is(name)) return true;
    return false;
  }

  // Names to schemas: the names are the client's.
  void write_map() {
    if (!in_.enter_object()) return copy();
    out_ += '{';
    for (bool first = true; in_.next_member(); first = false) {
      if (!first) out_ += ',';
      write_name();
      write_schema();
    }
    out_ += '}';
  }

  void write_schemas() {
    if (!in_.enter_array()) return write_schema();
    out_ += '[';
    for (bool first = true; in_.next_element(); first = false) {
      if (!first) out_ += ',';
      write_schema();
    }
    out_ += ']';
  }

  void write_reference() {
    codec::JsonString reference;
    if (!in_.read_string(reference)) return copy();
    out_ += '"';
    if (rename_definitions_ && reference.raw.starts_with(old_definitions)) {
      out_ += "#/$defs/";
      reference.raw.remove_prefix(old_definitions.size());
    }
    out_ += reference.raw;
    out_ += '"';
  }

  void write_name() {
    out_ += '"';
    out_ += in_.name().raw;
    out_ += "\":";
  }

  void copy() {
    codec::JsonSpan span;
    if (in_.skip(&span)) out_ += schema_.substr(span.begin, span.end - span.begin);
  }

  chat::Json schema_;
  std::string& out_;
  JsonReader in_;
  bool rename_definitions_ = false;
  bool widened_ = false;
};

}  // namespace

Schema append_schema(chat::Json schema, std::string& out) {
  return SchemaWriter(schema, out).write();
}

}  // namespace postern::dialect::gemini_wire
