#include "dialect/anthropic/blocks.h"

#include <array>

#include "dialect/anthropic/anthropic.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

using codec::JsonKind;
using codec::JsonReader;

// Blocks in blocks that are looked into: a tool's result, a document in it, its text.
constexpr int nesting_max = 3;

class BlockReader {
 public:
  BlockReader(JsonReader& in, std::string_view document) : in_(in), document_(document) {}

  void block(Block& block, int nesting) {
    const JsonKind kind = in_.kind();
    const size_t begin = in_.offset();
    if (kind != JsonKind::kObject || !in_.enter_object()) {
      in_.skip();
      return;
    }
    while (in_.next_member()) member(block, nesting);
    block.whole = document_.substr(begin, in_.offset() - begin);
  }

 private:
  bool content(std::vector<Block>& blocks, int nesting) {
    Block text;
    if (in_.read_string(text.text)) {
      text.type = chat::literal("text");
      blocks.push_back(std::move(text));
      return true;
    }
    if (!in_.enter_array()) return false;
    while (in_.next_element()) block(blocks.emplace_back(), nesting);
    return true;
  }

  void member(Block& block, int nesting) {
    for (const auto& [name, text] : texts(block)) {
      if (!in_.name_is(name)) continue;
      read(block, name, *text);
      return;
    }
    if (in_.name_is("source")) {
      source(block, nesting);
    } else if (in_.name_is("content")) {
      if (nesting < nesting_max && content(block.content, nesting + 1)) {
        block.content_given = true;
      } else {
        note(block, "content", "a string or a list of blocks");
      }
    } else if (in_.name_is("input")) {
      if (in_.kind() != JsonKind::kObject) return note(block, "input", "an object");
      block.input = read_json(in_, document_);
    } else if (in_.name_is("citations")) {
      block.citations = read_json(in_, document_);
    } else if (in_.name_is("cache_control")) {
      if (in_.kind() != JsonKind::kObject) return note(block, "cache_control", "an object");
      block.cache_control = read_json(in_, document_);
    } else if (in_.name_is("is_error")) {
      if (in_.kind() != JsonKind::kTrue && in_.kind() != JsonKind::kFalse)
        return note(block, "is_error", "a boolean");
      read_flag(in_, block.is_error);
    } else {
      in_.skip();
    }
  }

  struct Named {
    std::string_view name;
    chat::Text* text;
  };
  static std::array<Named, 10> texts(Block& block) {
    return {{{"type", &block.type},
             {"text", &block.text},
             {"thinking", &block.thinking},
             {"signature", &block.signature},
             {"data", &block.data},
             {"id", &block.id},
             {"tool_use_id", &block.tool_use_id},
             {"name", &block.name},
             {"title", &block.title},
             {"context", &block.context}}};
  }

  void source(Block& block, int nesting) {
    if (in_.read_string(block.source_text)) return;
    if (!in_.enter_object()) return note(block, "source", "an object");
    Block::Source& source = block.source;
    source.given = true;
    while (in_.next_member()) {
      if (in_.name_is("type")) {
        read(block, "source.type", source.type);
      } else if (in_.name_is("media_type")) {
        read(block, "source.media_type", source.media_type);
      } else if (in_.name_is("data")) {
        read(block, "source.data", source.data);
      } else if (in_.name_is("url")) {
        read(block, "source.url", source.url);
      } else if (in_.name_is("file_id")) {
        read(block, "source.file_id", source.file_id);
      } else if (in_.name_is("content") && nesting < nesting_max) {
        source.content_given = content(block.content, nesting + 1);
        if (!source.content_given) note(block, "source.content", "a string or a list of blocks");
      } else {
        in_.skip();
      }
    }
  }

  void read(Block& block, std::string_view name, chat::Text& text) {
    if (!in_.read_string(text)) note(block, name, "a string");
  }

  // Null counts as absent.
  void note(Block& block, std::string_view name, std::string_view expected) {
    const JsonKind kind = in_.kind();
    if (kind != JsonKind::kNull && kind != JsonKind::kNone && block.wrong.empty()) {
      block.wrong = name;
      block.expected = expected;
    }
    in_.skip();
  }

  JsonReader& in_;
  std::string_view document_;
};

}  // namespace

void read_block(JsonReader& in, std::string_view document, Block& block) {
  BlockReader(in, document).block(block, 0);
}

std::string BlockPlace::name(std::string_view member) const {
  std::string name = message == system_place ? "system" : "messages." + std::to_string(message);
  if (message != system_place) name += ".content";
  name += '.' + std::to_string(block);
  if (inner) name += ".content." + std::to_string(*inner);
  if (!member.empty()) name += '.';
  return name.append(member);
}

}  // namespace postern::dialect::messages
