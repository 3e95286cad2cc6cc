#include "dialect/openai_chat/request_writer.h"

namespace postern::dialect::chat_completions {

using chat::Field;
using chat::Part;

bool RequestWriter::write_part(const Part& part) {
  switch (part.kind) {
    case Part::Kind::kImage:
      return write_image(part);
    case Part::Kind::kAudio:
      return write_audio(part);
    case Part::Kind::kFile:
      return write_file(part);
    default:
      write_text(part);
      return true;
  }
}

void RequestWriter::write_text(const Part& part) {
  json_.begin_object().name("type").string("text").name("text").text(part.text);
  write_mark(part);
  json_.end_object();
}

// Inside of a part where the provider takes marks; elsewhere it is named as dropped, and nothing is
// written.
void RequestWriter::write_mark(const Part& part) {
  if (part.cache_control.empty()) return;
  if (quirks_.cache_control) {
    json_.name("cache_control").raw(part.cache_control);
  } else {
    drop(Field::kCacheControl, part.place);
  }
}

void RequestWriter::write_data_url(const chat::Text& media_type, std::string_view otherwise,
                                   const chat::Text& data) {
  json_.raw("\"data:");
  out_ += media_type.raw.empty() ? otherwise : media_type.raw;
  out_ += ";base64,";
  out_ += data.raw;
  out_ += '"';
}

bool RequestWriter::write_image(const Part& part) {
  if (part.data.raw.empty() && part.url.raw.empty())
    return refuse(front_.field_name(Field::kMessages, part.place),
                  "is an image that only another provider has; send its bytes");
  if (part.data.raw.empty() && !quirks_.image_urls)
    return refuse(front_.field_name(Field::kMessages, part.place),
                  "is an image by address, which this model's provider does not fetch, and "
                  "neither does the gateway; send its bytes as base64 data");
  json_.begin_object().name("type").string("image_url").name("image_url").begin_object();
  json_.name("url");
  if (part.data.raw.empty()) {
    json_.text(part.url);
  } else {
    write_data_url(part.media_type, "image/png", part.data);
  }
  if (!part.detail.raw.empty()) json_.name("detail").text(part.detail);
  json_.end_object();
  write_mark(part);
  json_.end_object();
  return true;
}

bool RequestWriter::write_audio(const Part& part) {
  chat::Text format = part.format;
  if (format.raw.empty()) {
    const std::string_view type = part.media_type.raw;
    if (type == "audio/wav" || type == "audio/x-wav") format = chat::literal("wav");
    if (type == "audio/mpeg" || type == "audio/mp3") format = chat::literal("mp3");
  }
  if (part.data.raw.empty() || format.raw.empty())
    return refuse(front_.field_name(Field::kMessages, part.place),
                  "is audio in a form that this model's provider does not take; send wav or mp3 "
                  "as base64 data");
  json_.begin_object().name("type").string("input_audio").name("input_audio").begin_object();
  json_.name("data").text(part.data).name("format").text(format).end_object();
  write_mark(part);
  json_.end_object();
  return true;
}

// A file by address is OpenRouter's alone, which takes images by address too; an id is of the
// provider that gave it, and so of no other dialect.
bool RequestWriter::write_file(const Part& part) {
  const bool by_id = part.data.raw.empty() && !part.file_id.raw.empty();
  if (by_id ? !openai_words_ : part.data.raw.empty() && !quirks_.reasoning_details)
    return refuse(front_.field_name(Field::kMessages, part.place),
                  "is a file that this model's provider cannot fetch; send its bytes as base64 "
                  "data");
  json_.begin_object().name("type").string("file").name("file").begin_object();
  if (!part.name.raw.empty()) json_.name("filename").text(part.name);
  if (by_id) {
    json_.name("file_id").text(part.file_id);
  } else {
    json_.name("file_data");
    if (part.data.raw.empty()) {
      json_.text(part.url);
    } else {
      write_data_url(part.media_type, "application/pdf", part.data);
    }
  }
  json_.end_object();
  write_mark(part);
  json_.end_object();
  return true;
}

}  // namespace postern::dialect::chat_completions
