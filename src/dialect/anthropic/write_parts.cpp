#include "codec/json_writer.h"
#include "dialect/anthropic/base64.h"
#include "dialect/anthropic/marks.h"
#include "dialect/anthropic/request_writer.h"
#include "dialect/data_url.h"

namespace postern::dialect::messages {
namespace {

using chat::Field;
using codec::equals_unescaped;

struct Beginning {
  std::string_view base64;
  std::string_view media_type;
};
constexpr Beginning image_beginnings[] = {
    {"/9j/", "image/jpeg"},  {"\\/9j\\/", "image/jpeg"}, {"iVBORw0KGgo", "image/png"},
    {"R0lGOD", "image/gif"}, {"UklGR", "image/webp"},
};

std::string_view image_type(const chat::Part& part) {
  for (const std::string_view type : {"image/jpeg", "image/png", "image/gif", "image/webp"})
    if (equals_unescaped(part.media_type, type)) return type;
  if (equals_unescaped(part.media_type, "image/jpg")) return "image/jpeg";
  if (!part.media_type.raw.empty()) return {};
  for (const auto& [base64, type] : image_beginnings)
    if (part.data.raw.starts_with(base64)) return type;
  return {};
}

bool ends_with(std::string_view text, std::string_view suffix) {
  if (text.size() < suffix.size()) return false;
  return begins_with(chat::Text{text.substr(text.size() - suffix.size()), false}, suffix);
}

enum class FileKind : uint8_t { kOther, kPdf, kText };

FileKind file_kind(const chat::Part& part) {
  if (equals_unescaped(part.media_type, "application/pdf")) return FileKind::kPdf;
  if (equals_unescaped(part.media_type, "text/plain")) return FileKind::kText;
  if (!part.media_type.raw.empty() &&
      !equals_unescaped(part.media_type, "application/octet-stream"))
    return FileKind::kOther;
  if (part.data.raw.starts_with("JVBERi0") || ends_with(part.name.raw, ".pdf"))
    return FileKind::kPdf;
  return ends_with(part.name.raw, ".txt") ? FileKind::kText : FileKind::kOther;
}

}  // namespace

bool is_blank(const chat::Text& text) {
  const std::string_view raw = text.raw;
  for (size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] == ' ') continue;
    if (raw[at] != '\\' || at + 1 == raw.size()) return false;
    ++at;
    if (raw[at] != 'n' && raw[at] != 't' && raw[at] != 'r' && raw[at] != 'f') return false;
  }
  return true;
}

void append_call_id(const chat::Text& id, std::string& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (id.raw.empty()) out += "call";
  for (const char byte : id.raw) {
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                        (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
    if (letter) {
      out += byte;
    } else {
      out += '_';
      out += digits[static_cast<unsigned char>(byte) >> 4];
      out += digits[static_cast<unsigned char>(byte) & 15];
    }
  }
}

void RequestWriter::separate() {
  if (!in_result_) return turns_.block();
  out_ += result_open_ ? "," : ",\"content\":[";
  result_open_ = true;
}

void RequestWriter::begin_block(std::string_view type) {
  out_ += "{\"type\":\"";
  out_ += type;
  out_ += '"';
}

void RequestWriter::end_block(const chat::Part& part) {
  if (!part.cache_control.empty()) raw_member("cache_control", part.cache_control);
  out_ += '}';
}

void RequestWriter::drop_signature(const chat::Part& part) {
  if (!part.signature.raw.empty()) drop_.add(Field::kSignature, part.place);
}

bool RequestWriter::text(const chat::Part& part) {
  begin_block("text");
  member("text", part.text);
  if (plan_.native && !part.citations.empty()) raw_member("citations", part.citations);
  end_block(part);
  return true;
}

bool RequestWriter::reasoning(const chat::Part& part) {
  if (part.signature.raw.empty() || !signs_for_anthropic(part.signer)) {
    drop_.add(Field::kMessages, part.place);
    return true;
  }
  if (part.kind == chat::Part::Kind::kReasoning) {
    separate();
    begin_block("thinking");
    member("thinking", part.text);
    member("signature", part.signature);
    out_ += '}';
    return true;
  }
  separate();
  if (const std::optional<std::string> block = block_in(part.signature)) {
    out_ += *block;
    return true;
  }
  begin_block("redacted_thinking");
  member("data", part.signature);
  out_ += '}';
  return true;
}

bool RequestWriter::image(const chat::Part& part) {
  if (!part.detail.raw.empty()) drop_.add(Field::kImageDetail, part.place);
  if (!part.url.raw.empty()) {
    if (!begins_with(part.url, "http"))
      return refuse(Field::kMessages, part.place,
                    "an image is sent by its https address or as a base64 data URL");
    separate();
    begin_block("image");
    out_ += R"(,"source":{"type":"url")";
    member("url", part.url);
    out_ += '}';
    end_block(part);
    return true;
  }
  if (part.data.raw.empty())
    return refuse(Field::kMessages, part.place,
                  "an image is sent by its https address or as a base64 data URL");
  const std::string_view type = image_type(part);
  if (type.empty())
    return refuse(Field::kMessages, part.place,
                  "this provider takes images as image/jpeg, image/png, image/gif or image/webp");
  separate();
  begin_block("image");
  out_ += R"(,"source":{"type":"base64")";
  member("media_type", chat::literal(type));
  member("data", part.data);
  out_ += '}';
  end_block(part);
  return true;
}

bool RequestWriter::file(const chat::Part& part) {
  const FileKind kind = file_kind(part);
  std::optional<std::string> characters;
  if (!part.data.raw.empty()) {
    if (kind == FileKind::kText)
      characters =
          from_base64(part.data.escaped ? chat::plain(part.data) : std::string(part.data.raw));
    if (kind == FileKind::kOther || (kind == FileKind::kText && !characters))
      return refuse(Field::kMessages, part.place,
                    "this provider takes files as application/pdf or text/plain, in base64");
  } else if (part.url.raw.empty() && !(plan_.native && !part.file_id.raw.empty())) {
    return refuse(Field::kMessages, part.place,
                  "files are sent by their data or their https address: an id means nothing to "
                  "another provider");
  }
  separate();
  begin_block("document");
  out_ += ",\"source\":{\"type\":\"";
  if (characters) {
    out_ += R"(text","media_type":"text/plain","data":)";
    codec::append_json_string(*characters, out_);
  } else if (!part.data.raw.empty()) {
    out_ += R"(base64","media_type":"application/pdf")";
    member("data", part.data);
  } else if (!part.url.raw.empty()) {
    out_ += "url\"";
    member("url", part.url);
  } else {
    out_ += "file\"";
    member("file_id", part.file_id);
  }
  out_ += '}';
  if (!part.name.raw.empty()) member("title", part.name);
  if (plan_.native && !part.citations.empty()) raw_member("citations", part.citations);
  end_block(part);
  return true;
}

bool RequestWriter::call(const chat::Part& part) {
  if (part.custom)
    return refuse(Field::kMessages, part.place,
                  "calls of custom tools cannot be sent to this provider: use function tools");
  if (part.arguments_cut)
    return refuse(Field::kMessages, part.place,
                  "the arguments of a tool call must be a JSON object, complete");
  separate();
  begin_block("tool_use");
  out_ += ",\"id\":\"";
  append_call_id(part.id, out_);
  out_ += '"';
  member("name", part.name);
  raw_member("input", part.arguments.empty() ? "{}" : part.arguments);
  end_block(part);
  return true;
}

bool RequestWriter::result(const chat::Part& part) {
  separate();
  begin_block("tool_result");
  out_ += ",\"tool_use_id\":\"";
  append_call_id(part.id, out_);
  out_ += '"';
  in_result_ = true;
  result_open_ = false;
  for (const chat::Part& inner : part.content) {
    using Kind = chat::Part::Kind;
    if (inner.kind == Kind::kToolCall || inner.kind == Kind::kToolResult)
      return refuse(Field::kMessages, part.place, "a tool's result can hold no call or result");
    if (!this->part(inner)) return false;
  }
  in_result_ = false;
  if (result_open_) out_ += ']';
  if (part.is_error) out_ += ",\"is_error\":true";
  end_block(part);
  return true;
}

}  // namespace postern::dialect::messages
