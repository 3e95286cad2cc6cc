// Blocks that say or show something: text, images, documents, sound.
#include <algorithm>
#include <iterator>

#include "dialect/bedrock/request_writer.h"

namespace postern::dialect::bedrock_wire {
namespace {

using chat::Field;
using Kind = chat::Part::Kind;

struct Format {
  std::string_view media_type;  // a whole one, or the part behind the solidus
  std::string_view format;
};

constexpr Format image_formats[] = {
    {"image/png", "png"}, {"image/jpeg", "jpeg"}, {"image/jpg", "jpeg"},
    {"image/gif", "gif"}, {"image/webp", "webp"},
};

constexpr Format audio_formats[] = {
    {"wav", "wav"},  {"x-wav", "wav"}, {"wave", "wav"},  {"mp3", "mp3"},
    {"mpeg", "mp3"}, {"flac", "flac"}, {"ogg", "ogg"},   {"opus", "opus"},
    {"aac", "aac"},  {"m4a", "m4a"},   {"webm", "webm"},
};

constexpr Format document_formats[] = {
    {"application/pdf", "pdf"},
    {"text/csv", "csv"},
    {"application/msword", "doc"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {"application/vnd.ms-excel", "xls"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
    {"text/html", "html"},
    {"text/plain", "txt"},
    {"text/markdown", "md"},
};

// What a file's first bytes look like in base64.
constexpr Format image_signs[] = {{"iVBORw0KGgo", "png"},
                                  {"/9j/", "jpeg"},
                                  {"\\/9j", "jpeg"},
                                  {"R0lGOD", "gif"},
                                  {"UklGR", "webp"}};

constexpr size_t document_name_bytes_max = 180;  // of 200; the rest is for a number

template <size_t count>
std::string_view format_of(const Format (&formats)[count], std::string_view word) {
  const auto* const found =
      std::find_if(std::begin(formats), std::end(formats),
                   [&](const Format& format) { return format.media_type == word; });
  return found == std::end(formats) ? std::string_view() : found->format;
}

char lower(char byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte;
}

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  return text;
}

// In lower case, without parameters.
std::string media_type_of(const chat::Text& text) {
  std::string type = chat::plain(text);
  type.resize(std::min(type.find_first_of("; "), type.size()));
  return in_lower_case(std::move(type));
}

std::string_view image_format(const chat::Part& part) {
  const std::string type = media_type_of(part.media_type);
  if (!type.empty()) return format_of(image_formats, type);
  for (const Format& sign : image_signs)
    if (part.data.raw.starts_with(sign.media_type)) return sign.format;
  return {};
}

std::string_view audio_format(const chat::Part& part) {
  const std::string format = media_type_of(part.format);
  if (!format.empty()) return format_of(audio_formats, format);
  const std::string type = media_type_of(part.media_type);
  return format_of(audio_formats, std::string_view(type).substr(type.find('/') + 1));
}

// Where the ending of a name begins, with its dot; the name's size when it has none.
size_t ending_of(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot == name.npos || dot + 6 < name.size() ? name.size() : dot;
}

std::string_view document_format(const chat::Part& part) {
  const std::string type = media_type_of(part.media_type);
  if (const auto format = format_of(document_formats, type); !format.empty()) return format;
  if (!type.empty() && type != "application/octet-stream") return {};
  const std::string name = in_lower_case(chat::plain(part.name));
  const std::string_view ending = std::string_view(name).substr(ending_of(name));
  for (const Format& each : document_formats)
    if (!ending.empty() && ending.substr(1) == each.format) return each.format;
  return part.data.raw.starts_with("JVBERi0") ? "pdf" : "";
}

// The index behind one white space character of a JSON string that stands at `at`; `at` when there
// is none.
size_t after_white_space(std::string_view raw, size_t at) {
  if (raw[at] == ' ') return at + 1;
  if (raw[at] != '\\' || at + 1 >= raw.size()) return at;
  const char letter = raw[at + 1];
  return letter == 'n' || letter == 't' || letter == 'r' || letter == 'f' ? at + 2 : at;
}

}  // namespace

bool is_blank(const chat::Text& text) {
  for (size_t at = 0; at < text.raw.size();) {
    const size_t after = after_white_space(text.raw, at);
    if (after == at) return false;
    at = after;
  }
  return true;
}

chat::Text without_trailing_white_space(chat::Text text) {
  std::string_view& raw = text.raw;
  while (!raw.empty()) {
    if (raw.back() == ' ') {
      raw.remove_suffix(1);
      continue;
    }
    if (raw.size() < 2 || after_white_space(raw, raw.size() - 2) != raw.size()) break;
    // The backslash before the letter may be escaped itself: then their number is even.
    const size_t last_other = raw.substr(0, raw.size() - 1).find_last_not_of('\\');
    const size_t backslashes = raw.size() - 2 - last_other;  // wraps rightly for npos
    if (backslashes % 2 == 0) break;
    raw.remove_suffix(2);
  }
  return text;
}

std::string DocumentNames::name_of(std::string name) {
  name.resize(ending_of(name));
  std::string clean;
  for (const char byte : name) {
    const bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                        (byte >= '0' && byte <= '9');
    const bool kept = letter || std::string_view("-()[]").find(byte) != std::string_view::npos;
    if (kept && clean.size() < document_name_bytes_max) clean += byte;
    if (!kept && !clean.empty() && clean.back() != ' ') clean += ' ';
  }
  if (clean.ends_with(' ')) clean.pop_back();
  if (clean.empty()) clean = "document";
  const std::string base = in_lower_case(clean);
  std::string unique = clean;
  while (!used_.emplace(in_lower_case(unique), 1).second)
    unique = clean + " " + std::to_string(++used_[base]);
  return unique;
}

bool RequestWriter::write_content(const chat::Part& part, std::string_view role) {
  switch (part.kind) {
    case Kind::kText:
    case Kind::kRefusal:
      write_text(part, role);
      return true;
    case Kind::kImage:
      return write_image(part, role);
    case Kind::kAudio:
      return write_audio(part, role);
    case Kind::kFile:
      return write_file(part, role);
    default:
      return refuse(Field::kMessages, part.place, "this part cannot stand here");
  }
}

void RequestWriter::write_text(const chat::Part& part, std::string_view role) {
  chat::Text text = part.text;
  if (is_blank(text)) {
    if (!text.raw.empty()) drop(Field::kMessages, part.place);
    return;
  }
  if (&part == last_text_) text = without_trailing_white_space(text);
  if (!part.signature.raw.empty()) drop(Field::kSignature, part.place);
  if (!part.citations.empty()) drop(front_.field_name(Field::kMessages, part.place) + ".citations");
  begin_block(role);
  json_.name("text").text(text).end_object();
}

bool RequestWriter::has_bytes(const chat::Part& part, std::string_view what) {
  if (!part.data.raw.empty()) return true;
  std::string why = "this provider takes ";
  why.append(what).append(" as bytes only, not by address or id; send them in a data URL (data:");
  why.append("<media type>;base64,<bytes>)");
  return refuse(Field::kMessages, part.place, why);
}

bool RequestWriter::write_image(const chat::Part& part, std::string_view role) {
  if (!has_bytes(part, "images")) return false;
  const std::string_view format = image_format(part);
  if (format.empty())
    return refuse(Field::kMessages, part.place,
                  "this provider takes images as image/png, image/jpeg, image/gif or image/webp");
  if (!part.detail.raw.empty() && part.detail.raw != "auto") drop(Field::kImageDetail, part.place);
  begin_block(role);
  json_.name("image").begin_object().name("format").string(format);
  write_source(part.data);
  return true;
}

bool RequestWriter::write_audio(const chat::Part& part, std::string_view role) {
  if (in_result_) return refuse(Field::kMessages, part.place, "a tool result holds no sound here");
  if (!has_bytes(part, "sound")) return false;
  const std::string_view format = audio_format(part);
  if (format.empty())
    return refuse(Field::kMessages, part.place,
                  "this provider takes sound as wav, mp3, flac, ogg, opus, aac, m4a or webm");
  begin_block(role);
  json_.name("audio").begin_object().name("format").string(format);
  write_source(part.data);
  return true;
}

bool RequestWriter::write_file(const chat::Part& part, std::string_view role) {
  if (!has_bytes(part, "files")) return false;
  const std::string type = media_type_of(part.media_type);
  if (type.starts_with("image/")) return write_image(part, role);
  if (type.starts_with("audio/")) return write_audio(part, role);
  const std::string_view format = document_format(part);
  if (format.empty())
    return refuse(Field::kMessages, part.place,
                  "this provider takes files as pdf, csv, doc, docx, xls, xlsx, html, txt or md; "
                  "name the media type in the data URL");
  begin_block(role);
  json_.name("document").begin_object().name("format").string(format);
  json_.name("name").string(documents_.name_of(chat::plain(part.name)));
  // Whether the answer is to cite it; Anthropic says it with the same words.
  if (!part.citations.empty()) json_.name("citations").raw(part.citations);
  write_source(part.data);
  return true;
}

void RequestWriter::write_source(const chat::Text& data) {
  json_.name("source").begin_object().name("bytes").text(data).end_object();
  json_.end_object().end_object();
}

}  // namespace postern::dialect::bedrock_wire
