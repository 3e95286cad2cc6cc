#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/base64.h"
#include "dialect/anthropic/blocks.h"
#include "dialect/anthropic/marks.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

using codec::equals_unescaped;

chat::Part part_of(chat::Part::Kind kind, const Block& block) {
  chat::Part part;
  part.kind = kind;
  part.cache_control = block.cache_control;
  return part;
}

// The texts of blocks, one after another. Nullopt when there is anything else.
std::optional<std::string> texts_in(const std::vector<Block>& blocks) {
  std::string raw;
  for (const Block& block : blocks) {
    if (!equals_unescaped(block.type, "text")) return std::nullopt;
    raw += block.text.raw;
  }
  return raw;
}

bool is_empty_list(chat::Json json) {
  return json.size() < 2 || json.find_first_not_of("[] \t\r\n") == json.npos;
}

}  // namespace

bool PartReader::refuse(std::string param, std::string_view why) {
  std::string message = param + ": ";
  message += why;
  refused = {chat::Refused::Kind::kShape, std::move(message), std::move(param)};
  return false;
}

bool PartReader::wrong_kind(const Block& block, const BlockPlace& where) {
  if (block.wrong.empty()) return false;
  refuse(where.name(block.wrong), "must be " + std::string(block.expected));
  return true;
}

bool PartReader::read(const Block& block, Speaker speaker, const BlockPlace& where,
                      std::vector<chat::Part>& parts) {
  const size_t before = parts.size();
  const auto is = [&block](std::string_view type) { return equals_unescaped(block.type, type); };
  const bool asks = speaker == Speaker::kUser || speaker == Speaker::kTool;
  bool done = false;
  if (block.type.raw.empty() && !wrong_kind(block, where)) {
    refuse(where.name("type"), "a block is an object with a type");
  } else if (is("text")) {
    done = !wrong_kind(block, where) && text(block, parts);
  } else if (asks && is("image")) {
    done = !wrong_kind(block, where) && image(block, where, parts);
  } else if (asks && is("document")) {
    done = !wrong_kind(block, where) && document(block, where, parts);
  } else if (asks && is("search_result")) {
    done = search_result(block, parts);
  } else if (speaker == Speaker::kUser && is("tool_result")) {
    done = !wrong_kind(block, where) && tool_result(block, where, parts);
  } else if (speaker == Speaker::kAssistant && is("tool_use")) {
    done = !wrong_kind(block, where) && tool_use(block, where, parts);
  } else if (speaker == Speaker::kAssistant && (is("thinking") || is("redacted_thinking"))) {
    done = !wrong_kind(block, where) && thinking(block, parts);
  } else if (speaker == Speaker::kAssistant && !block.whole.empty()) {
    // Of a server tool, or newer than this reader.
    parts.push_back(sealed_block(block.whole, arena_));
    done = true;
  } else if (!refused) {
    refuse(where.name("type"), "a block of this type cannot be carried here");
  }
  for (size_t at = before; at < parts.size(); ++at) parts[at].place = where.place();
  return done;
}

bool PartReader::text(const Block& block, std::vector<chat::Part>& parts) {
  if (block.text.raw.empty()) return true;
  chat::Part part = part_of(chat::Part::Kind::kText, block);
  part.text = block.text;
  if (!is_empty_list(block.citations)) part.citations = block.citations;
  parts.push_back(std::move(part));
  return true;
}

bool PartReader::image(const Block& block, const BlockPlace& where,
                       std::vector<chat::Part>& parts) {
  chat::Part part = part_of(chat::Part::Kind::kImage, block);
  const Block::Source& source = block.source;
  if (equals_unescaped(source.type, "base64")) {
    if (source.data.raw.empty()) return refuse(where.name("source.data"), "Field required");
    part.media_type = source.media_type;
    part.data = source.data;
  } else if (equals_unescaped(source.type, "url")) {
    if (source.url.raw.empty()) return refuse(where.name("source.url"), "Field required");
    part.url = source.url;
  } else {
    return refuse(where.name("source.type"), "an image is sent as base64 or by its url");
  }
  parts.push_back(std::move(part));
  return true;
}

bool PartReader::document(const Block& block, const BlockPlace& where,
                          std::vector<chat::Part>& parts) {
  chat::Part part = part_of(chat::Part::Kind::kFile, block);
  part.name = block.title;
  part.citations = block.citations;
  const Block::Source& source = block.source;
  const auto is = [&source](std::string_view type) { return equals_unescaped(source.type, type); };
  if (is("base64")) {
    part.media_type = source.media_type;
    part.data = source.data;
  } else if (is("url")) {
    part.url = source.url;
  } else if (is("file")) {
    part.file_id = source.file_id;
  } else if (is("text") || (is("content") && source.content_given)) {
    std::optional<std::string> content;
    if (is("content")) content = texts_in(block.content);
    if (is("content") && !content)
      return refuse(where.name("source.content"), "a document's content can only be text");
    const std::string characters = chat::plain(content ? chat::Text{*content, true} : source.data);
    part.media_type = chat::literal("text/plain");
    part.data = chat::literal(arena_.keep(to_base64(characters)));
  } else {
    return refuse(where.name("source.type"),
                  "a document is sent as base64, text, content, by its url or as a file");
  }
  if (part.data.raw.empty() && part.url.raw.empty() && part.file_id.raw.empty())
    return refuse(where.name("source"), "the document is empty");
  if (!block.context.raw.empty()) {
    chat::Part context;
    context.text = block.context;
    parts.push_back(std::move(context));
  }
  parts.push_back(std::move(part));
  return true;
}

// Nobody else has search results: their text, under title and source.
bool PartReader::search_result(const Block& block, std::vector<chat::Part>& parts) {
  std::string raw(block.title.raw);
  if (!block.source_text.raw.empty()) {
    raw += " (";
    raw += block.source_text.raw;
    raw += ')';
  }
  for (const Block& inner : block.content) {
    raw += "\\n";
    raw += inner.text.raw;
  }
  chat::Part part = part_of(chat::Part::Kind::kText, block);
  part.text = {arena_.keep(std::move(raw)), true};
  if (!part.text.raw.empty()) parts.push_back(std::move(part));
  return true;
}

bool PartReader::thinking(const Block& block, std::vector<chat::Part>& parts) {
  chat::Part part;
  if (equals_unescaped(block.type, "thinking")) {
    part.kind = chat::Part::Kind::kReasoning;
    part.text = block.thinking;
    if (!block.signature.raw.empty()) {
      const Signature signature = read_signature(block.signature);
      part.signature = signature.text;
      part.signer = signature.signer;
    }
    if (!part.text.raw.empty() || !part.signature.raw.empty()) parts.push_back(std::move(part));
    return true;
  }
  part.kind = chat::Part::Kind::kSealedReasoning;
  const Signature sealed = read_signature(block.data);
  part.signature = sealed.text;
  part.signer = sealed.signer;
  if (!part.signature.raw.empty()) parts.push_back(std::move(part));
  return true;
}

bool PartReader::tool_use(const Block& block, const BlockPlace& where,
                          std::vector<chat::Part>& parts) {
  if (block.id.raw.empty()) return refuse(where.name("id"), "Field required");
  if (block.name.raw.empty()) return refuse(where.name("name"), "Field required");
  chat::Part part = part_of(chat::Part::Kind::kToolCall, block);
  part.id = block.id;
  part.name = block.name;
  part.arguments = block.input.empty() ? "{}" : block.input;
  parts.push_back(std::move(part));
  return true;
}

bool PartReader::tool_result(const Block& block, const BlockPlace& where,
                             std::vector<chat::Part>& parts) {
  if (block.tool_use_id.raw.empty()) return refuse(where.name("tool_use_id"), "Field required");
  chat::Part part = part_of(chat::Part::Kind::kToolResult, block);
  part.id = block.tool_use_id;
  part.is_error = block.is_error.value_or(false);
  BlockPlace inside = where;
  inside.inner = 0;
  for (const Block& inner : block.content) {
    if (!read(inner, Speaker::kTool, inside, part.content)) return false;
    ++*inside.inner;
  }
  parts.push_back(std::move(part));
  return true;
}

}  // namespace postern::dialect::messages
