#include "dialect/anthropic/schema.h"

#include <array>

#include "codec/json_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

using codec::equals_unescaped;
using codec::JsonKind;
using codec::JsonReader;

template <size_t count>
bool is_one_of(const chat::Text& text, const std::array<std::string_view, count>& words) {
  for (const std::string_view word : words)
    if (equals_unescaped(text, word)) return true;
  return false;
}

constexpr std::array<std::string_view, 10> formats = {
    "date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"};
// Copied as they are.
constexpr std::array<std::string_view, 5> plain_words = {"title", "required", "enum", "const",
                                                         "default"};
// Say nothing about the value.
constexpr std::array<std::string_view, 4> silent_words = {"$schema", "$id", "$comment", "$anchor"};
// What they say can neither be enforced nor left to the model's good will.
constexpr std::array<std::string_view, 15> impossible_words = {"not",
                                                               "if",
                                                               "then",
                                                               "else",
                                                               "prefixItems",
                                                               "patternProperties",
                                                               "propertyNames",
                                                               "contains",
                                                               "unevaluatedProperties",
                                                               "$dynamicRef",
                                                               "$recursiveRef",
                                                               "dependentSchemas",
                                                               "unevaluatedItems",
                                                               "additionalItems",
                                                               "dependencies"};

// Escaped JSON text: what stands between the quotes of a string.
void append_escaped(std::string_view characters, std::string& out) {
  std::string quoted;
  codec::append_json_string(characters, quoted);
  out.append(quoted, 1, quoted.size() - 2);
}

class SchemaWriter {
 public:
  SchemaWriter(std::string_view document, std::string& out)
      : document_(document), in_(document), out_(out) {}

  bool write() {
    schema();
    return in_.finish() && possible_;
  }

 private:
  // Of the object that is being written.
  struct State {
    size_t begin = 0;
    bool comma = false;
    bool says_kind = false;  // of value it is
    bool object = false;
    bool properties = false;
    bool closed = false;
    bool alternatives = false;
    bool definitions = false;
    chat::Text ref, description;
    std::string notes;
  };

  void impossible() {
    possible_ = false;
    in_.skip();
  }

  void schema() {
    if (!possible_ || !in_.enter_object()) return impossible();
    State state;
    state.begin = out_.size();
    out_ += '{';
    while (in_.next_member()) {
      if (possible_) {
        member(state);
      } else {
        in_.skip();
      }
    }
    end(state);
  }

  void end(State& state) {
    if (!state.ref.raw.empty()) {
      // What stands beside a reference is not looked at, but what it refers to must stay.
      if (state.definitions) possible_ = false;
      out_.resize(state.begin);
      out_ += "{\"$ref\":\"";
      out_ += state.ref.raw;
      out_ += "\"}";
      return;
    }
    if (!state.says_kind) possible_ = false;
    if (state.object) {
      if (!state.properties && !state.closed) possible_ = false;
      name(state, "additionalProperties");
      out_ += "false";
    }
    if (!state.description.raw.empty() || !state.notes.empty()) {
      name(state, "description");
      out_ += '"';
      out_ += state.description.raw;
      if (!state.notes.empty()) {
        if (!state.description.raw.empty()) out_ += "\\n\\n";
        out_ += '{';
        out_ += state.notes;
        out_ += '}';
      }
      out_ += '"';
    }
    out_ += '}';
  }

  void member(State& state) {
    const chat::Text word = in_.name();
    const auto is = [&word](std::string_view plain) { return equals_unescaped(word, plain); };
    if (is("type")) {
      type(state);
    } else if (is("properties")) {
      state.object = state.properties = state.says_kind = true;
      named_schemas(state, "properties");
    } else if (is("$defs") || is("definitions")) {
      state.definitions = true;
      ++definitions_;
      named_schemas(state, is("$defs") ? "$defs" : "definitions");
      --definitions_;
    } else if (is("items")) {
      name(state, "items");
      schema();
    } else if (is("anyOf") || is("oneOf")) {
      if (state.alternatives) return impossible();
      state.alternatives = state.says_kind = true;
      schemas(state, "anyOf");
    } else if (is("allOf")) {
      state.says_kind = true;
      schemas(state, "allOf");
    } else if (is("additionalProperties")) {
      // Open objects are narrowed to what is known of them; maps have nothing known.
      state.closed = in_.kind() == JsonKind::kFalse;
      if (in_.kind() == JsonKind::kObject) possible_ = false;
      in_.skip();
    } else if (is("$ref")) {
      reference(state);
    } else if (is("description") && in_.kind() == JsonKind::kString) {
      read_text(in_, state.description);
    } else if (is_one_of(word, plain_words)) {
      state.says_kind |= is("enum") || is("const");
      copy(state, word);
    } else if (is_one_of(word, silent_words)) {
      in_.skip();
    } else if (is_one_of(word, impossible_words)) {
      impossible();
    } else {
      constraint(state, word);
    }
  }

  void type(State& state) {
    const chat::Text word = in_.name();
    const chat::Json value = read_json(in_, document_);
    state.says_kind = true;
    // A word, or a list of words.
    state.object |= value.find("\"object\"") != value.npos;
    name(state, word.raw);
    out_ += value;
  }

  void constraint(State& state, const chat::Text& word) {
    const chat::Json value = read_json(in_, document_);
    if (value.empty()) return;
    bool kept = equals_unescaped(word, "minItems") && (value == "0" || value == "1");
    if (equals_unescaped(word, "format") && value.size() > 2)
      kept = is_one_of({value.substr(1, value.size() - 2), false}, formats);
    if (kept) {
      name(state, word.raw);
      out_ += value;
      return;
    }
    if (!state.notes.empty()) state.notes += ", ";
    state.notes += word.raw;
    state.notes += ": ";
    append_escaped(value, state.notes);
  }

  // Definitions that lead back to themselves are refused by the provider; only those that are
  // plain to see are noticed here.
  void reference(State& state) {
    chat::Text ref;
    if (!read_text(in_, ref)) return impossible();
    if (!ref.raw.starts_with("#/")) possible_ = false;
    const std::string_view last = ref.raw.substr(ref.raw.rfind('/') + 1);
    if (definitions_ > 0 && last == definition_) possible_ = false;
    state.ref = ref;
  }

  void named_schemas(State& state, std::string_view list) {
    name(state, list);
    if (!in_.enter_object()) return impossible();
    out_ += '{';
    for (bool first = true; in_.next_member(); first = false) {
      if (!first) out_ += ',';
      out_ += '"';
      out_ += in_.name().raw;
      out_ += "\":";
      const std::string_view outer = definition_;
      if (list != "properties") definition_ = in_.name().raw;
      schema();
      definition_ = outer;
    }
    out_ += '}';
  }

  void schemas(State& state, std::string_view list) {
    name(state, list);
    if (!in_.enter_array()) return impossible();
    out_ += '[';
    for (bool first = true; in_.next_element(); first = false) {
      if (!first) out_ += ',';
      schema();
    }
    out_ += ']';
  }

  void copy(State& state, const chat::Text& word) {
    const chat::Json value = read_json(in_, document_);
    name(state, word.raw);
    out_ += value.empty() ? "null" : value;
  }

  void name(State& state, std::string_view raw) {
    if (state.comma) out_ += ',';
    state.comma = true;
    out_ += '"';
    out_ += raw;
    out_ += "\":";
  }

  std::string_view document_;
  JsonReader in_;
  std::string& out_;
  bool possible_ = true;
  int definitions_ = 0;
  std::string_view definition_;  // that is being written
};

}  // namespace

std::optional<std::string> strict_schema(chat::Json schema) {
  std::string strict;
  if (!SchemaWriter(schema, strict).write()) return std::nullopt;
  return strict;
}

void append_input_schema(chat::Json schema, std::string& out) {
  JsonReader in(schema);
  bool typed = false, any = false;
  if (in.enter_object()) {
    while (in.next_member()) {
      typed |= in.name_is("type") && in.kind() != JsonKind::kNull;
      any = true;
      in.skip();
    }
  }
  if (typed) {
    out += schema;
  } else if (any) {
    out += "{\"type\":\"object\",";
    out += schema.substr(schema.find('{') + 1);
  } else {
    out += R"({"type":"object","properties":{}})";
  }
}

}  // namespace postern::dialect::messages
