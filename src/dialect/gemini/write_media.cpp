#include <array>

#include "dialect/data_url.h"
#include "dialect/gemini/request_writer.h"

namespace postern::dialect::gemini_wire {
namespace {

using chat::Field;
using chat::Part;

struct Sign {
  std::string_view begin, media_type;
};

// How well-known files begin, in base64. The second form of JPEG has the solidus escaped.
constexpr std::array<Sign, 6> signs = {{
    {"/9j/", "image/jpeg"},
    {"\\/9j\\/", "image/jpeg"},
    {"iVBORw0KGgo", "image/png"},
    {"R0lGOD", "image/gif"},
    {"UklGR", "image/webp"},
    {"JVBERi", "application/pdf"},
}};

constexpr std::array<Sign, 8> extensions = {{
    {".pdf", "application/pdf"},
    {".txt", "text/plain"},
    {".md", "text/markdown"},
    {".csv", "text/csv"},
    {".html", "text/html"},
    {".json", "application/json"},
    {".xml", "text/xml"},
    {".mp4", "video/mp4"},
}};

// Google wants the type said; empty when it cannot be told.
std::string media_type_of(const Part& part) {
  std::string type = chat::plain(part.media_type);
  if (type == "image/jpg") return "image/jpeg";
  if (!type.empty()) return type;
  if (part.kind == Part::Kind::kAudio)
    return part.format.raw.empty() ? type : "audio/" + chat::plain(part.format);
  for (const Sign& sign : signs)
    if (part.data.raw.starts_with(sign.begin)) return std::string(sign.media_type);
  for (const Sign& extension : extensions)
    if (part.name.raw.ends_with(extension.begin)) return std::string(extension.media_type);
  return type;
}

std::string_view kind_name(const Part& part) {
  if (part.kind == Part::Kind::kImage) return "an image";
  return part.kind == Part::Kind::kAudio ? "audio" : "a file";
}

// Addresses of Google's own stores; no other is fetched, neither by Google nor by us.
bool is_google_address(const chat::Text& url) {
  return begins_with(url, "gs://") ||
         begins_with(url, "https://generativelanguage.googleapis.com/");
}

}  // namespace

bool RequestWriter::write_media(const Part& part) {
  if (!part.detail.raw.empty() && part.detail.raw != "auto") drop(Field::kImageDetail, part.place);
  if (part.data.raw.empty()) return write_address(part);
  const std::string type = media_type_of(part);
  if (type.empty())
    return refuse(Field::kMessages, part.place,
                  std::string("this provider needs the media type of ") +
                      std::string(kind_name(part)) +
                      ": say it in the data URL, as in data:application/pdf;base64,...");
  // A name is all that is lost of a file.
  if (part.kind == Part::Kind::kFile && !part.name.raw.empty())
    drop(front_.field_name(Field::kMessages, part.place) + ".filename");
  open_content(role_);
  json_.begin_object();
  write_inline(type, part.data);
  write_signature(part);
  json_.end_object();
  return true;
}

void RequestWriter::write_inline(std::string_view media_type, const chat::Text& data) {
  json_.name("inlineData").begin_object().name("mimeType").string(media_type);
  json_.name("data").text(data).end_object();
}

bool RequestWriter::write_address(const Part& part) {
  const chat::Text& address = part.url.raw.empty() ? part.file_id : part.url;
  if (!is_google_address(address)) {
    const bool id = part.url.raw.empty();
    std::string why = "this provider does not take ";
    why += kind_name(part);
    why += id ? " by the id of a file stored elsewhere" : " by its address, and nothing is fetched";
    why += ": send the bytes as a data URL (data:<media type>;base64,...)";
    return refuse(Field::kMessages, part.place, why);
  }
  open_content(role_);
  json_.begin_object().name("fileData").begin_object();
  const std::string type = media_type_of(part);
  if (!type.empty()) json_.name("mimeType").string(type);
  json_.name("fileUri").text(address).end_object().end_object();
  return true;
}

}  // namespace postern::dialect::gemini_wire
