#include <array>

#include "dialect/data_url.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/request_reader.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::Part;
using chat::Place;
using chat::Refused;
using codec::JsonKind;

bool is(const chat::Text& text, std::string_view word) {
  return codec::equals_unescaped(text, word);
}

// A part's own members, of all types together: which type it is may be told last.
enum Member : size_t {
  kType,
  kText,
  kRefusal,
  kImageUrl,
  kInputAudio,
  kFile,
  kThinking,
  kSignature,
  kCacheControl,
  kAnnotations,
  kClosed,
};
constexpr std::array<std::string_view, 11> member_names = {
    "type",     "text",      "refusal",       "image_url",   "input_audio", "file",
    "thinking", "signature", "cache_control", "annotations", "closed",
};

std::optional<Part::Kind> kind_of(const chat::Text& type) {
  if (is(type, "text")) return Part::Kind::kText;
  if (is(type, "image_url")) return Part::Kind::kImage;
  if (is(type, "input_audio")) return Part::Kind::kAudio;
  if (is(type, "file")) return Part::Kind::kFile;
  if (is(type, "refusal")) return Part::Kind::kRefusal;
  if (is(type, "thinking")) return Part::Kind::kReasoning;
  return std::nullopt;
}

// The member that a part of this type must have.
std::string_view needed_by(Part::Kind kind) {
  switch (kind) {
    case Part::Kind::kImage:
      return member_names[kImageUrl];
    case Part::Kind::kAudio:
      return member_names[kInputAudio];
    case Part::Kind::kFile:
      return member_names[kFile];
    case Part::Kind::kRefusal:
      return member_names[kRefusal];
    case Part::Kind::kReasoning:
      return member_names[kThinking];
    default:
      return member_names[kText];
  }
}

}  // namespace

bool RequestReader::read_content(const Path& path, uint32_t message, std::vector<Part>& parts) {
  chat::Text text;
  if (in().read_string(text)) {
    if (text.raw.empty()) return true;
    Part& part = parts.emplace_back();
    part.place = {message, in_string};
    part.text = text;
    return true;
  }
  if (take_null()) return true;
  if (!in().enter_array()) return refuse_value(path, "must be a string or a list of parts");
  for (uint32_t index = 0; in().next_element(); ++index)
    if (!read_part({&path, {}, index}, {message, index}, parts)) return false;
  return !faulty();
}

bool RequestReader::read_part(const Path& path, Place place, std::vector<Part>& parts) {
  if (!enter_object(path)) return false;
  chat::Text type;
  std::vector<Part> thoughts;
  Part part;
  part.place = place;
  uint32_t given = 0;  // a bit a member
  for (Members members(*this, path, member_names); members.next();) {
    if (members.which() == member_names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, member_names[members.which()]};
    if (take_null()) continue;
    given |= uint32_t{1} << members.which();
    bool read = false;
    switch (static_cast<Member>(members.which())) {
      case kType:
        read = this->text(member, type);
        break;
      case kText:
      case kRefusal:
        read = this->text(member, part.text);
        break;
      case kImageUrl:
        read = read_image(member, part);
        break;
      case kInputAudio:
        read = read_audio(member, part);
        break;
      case kFile:
        read = read_file(member, part);
        break;
      case kThinking:
        read = read_thinking(member, place, thoughts);
        break;
      case kSignature:
        read = this->text(member, part.signature);
        break;
      case kCacheControl:
        read = object(member, part.cache_control);
        break;
      case kAnnotations:
      case kClosed:  // both echo an answer
        read = in().skip();
        break;
    }
    if (!read) return false;
  }
  if (faulty()) return false;
  const auto kind = kind_of(type);
  if (!kind)
    return refuse({&path, "type"},
                  type.raw.empty() ? "is required: text, image_url, input_audio or file"
                                   : "is not one that can be translated; send text, image_url, "
                                     "input_audio or file",
                  type.raw.empty() ? Refused::Kind::kShape : Refused::Kind::kUnsupported);
  const std::string_view needed = needed_by(*kind);
  bool there = false;
  for (size_t which = 0; which < member_names.size(); ++which)
    there |= member_names[which] == needed && (given >> which & 1) != 0;
  if (!there) return refuse({&path, needed}, "is required in a part of this type");
  if (*kind == Part::Kind::kReasoning) {
    if (!thoughts.empty()) thoughts.back().signature = part.signature;
    for (Part& thought : thoughts) parts.push_back(thought);
    return true;
  }
  part.kind = *kind;
  part.signature = {};
  parts.push_back(std::move(part));
  return true;
}

// Mistral's reasoning: a string or a list of texts.
bool RequestReader::read_thinking(const Path& path, Place place, std::vector<Part>& parts) {
  const auto add = [&](const chat::Text& text) {
    if (text.raw.empty()) return;
    Part& part = parts.emplace_back();
    part.kind = Part::Kind::kReasoning;
    part.place = place;
    part.text = text;
  };
  chat::Text whole;
  if (in().read_string(whole)) {
    add(whole);
    return true;
  }
  constexpr std::array<std::string_view, 2> names = {"type", "text"};
  if (!in().enter_array()) return refuse_value(path, "must be a string or a list of texts");
  for (size_t index = 0; in().next_element(); ++index) {
    const Path element{&path, {}, index};
    if (!enter_object(element)) return false;
    chat::Text type, text;
    for (Members members(*this, element, names); members.next();) {
      const bool read = members.which() == names.size() ? keep_unknown(element)
                        : members.which() == 0          ? this->text({&element, "type"}, type)
                                                        : this->text({&element, "text"}, text);
      if (!read) return false;
    }
    add(text);
  }
  return !faulty();
}

// As OpenAI documents it, or the address alone, which many take.
bool RequestReader::read_image(const Path& path, Part& part) {
  constexpr std::array<std::string_view, 2> names = {"url", "detail"};
  if (in().kind() == JsonKind::kString) return read_image_address(path, part);
  if (!enter_object(path)) return false;
  bool addressed = false;
  for (Members members(*this, path, names); members.next();) {
    if (members.which() == names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, names[members.which()]};
    addressed |= members.which() == 0;
    if (!(members.which() == 0 ? read_image_address(member, part) : text(member, part.detail)))
      return false;
  }
  if (faulty()) return false;
  return addressed || refuse({&path, "url"}, "is required");
}

bool RequestReader::read_image_address(const Path& path, Part& part) {
  constexpr std::string_view rule =
      "must be an https address or a data URL in base64 (data:image/png;base64,...)";
  chat::Text url;
  if (!in().read_string(url)) return refuse_value(path, rule);
  if (!begins_with(url, "data:")) {
    part.url = url;
    return !url.raw.empty() || refuse(path, rule);
  }
  const auto parts = read_data_url(url, request_.arena);
  if (!parts || parts->data.raw.empty()) return refuse(path, rule);
  part.media_type = parts->media_type;
  part.data = parts->data;
  return true;
}

bool RequestReader::read_audio(const Path& path, Part& part) {
  constexpr std::array<std::string_view, 2> names = {"data", "format"};
  if (!enter_object(path)) return false;
  for (Members members(*this, path, names); members.next();) {
    const Path member{&path, members.which() < names.size() ? names[members.which()] : ""};
    const bool read = members.which() == names.size() ? keep_unknown(path)
                      : members.which() == 0          ? text(member, part.data)
                                                      : text(member, part.format);
    if (!read) return false;
  }
  if (faulty()) return false;
  if (part.data.raw.empty()) return refuse({&path, "data"}, "is required: the audio in base64");
  return true;
}

bool RequestReader::read_file(const Path& path, Part& part) {
  constexpr std::array<std::string_view, 3> names = {"file_data", "filename", "file_id"};
  if (!enter_object(path)) return false;
  chat::Text data;
  for (Members members(*this, path, names); members.next();) {
    const Path member{&path, members.which() < names.size() ? names[members.which()] : ""};
    const bool read = members.which() == names.size() ? keep_unknown(path)
                      : members.which() == 0          ? text(member, data)
                      : members.which() == 1          ? text(member, part.name)
                                                      : text(member, part.file_id);
    if (!read) return false;
  }
  if (faulty()) return false;
  const Path member{&path, names[0]};
  if (data.raw.empty() == part.file_id.raw.empty())
    return refuse(member, "or file_id is required, and not both");
  if (data.raw.empty()) return true;
  if (begins_with(data, "https:") || begins_with(data, "http:")) {
    part.url = data;
    return true;
  }
  const auto parts = read_data_url(data, request_.arena);
  if (!parts || parts->data.raw.empty())
    return refuse(member, "must be a data URL in base64 (data:application/pdf;base64,...)");
  part.media_type = parts->media_type;
  part.data = parts->data;
  return true;
}

bool RequestReader::read_images(const Path& path, uint32_t message, std::vector<Part>& parts) {
  if (take_null()) return true;
  if (!enter_array(path)) return false;
  for (uint32_t index = 0; in().next_element(); ++index) {
    const Path element{&path, {}, index};
    const size_t before = parts.size();
    if (!read_part(element, {message, index}, parts)) return false;
    for (size_t at = before; at < parts.size(); ++at)
      if (parts[at].kind != Part::Kind::kImage)
        return refuse({&element, "type"}, "must be image_url");
  }
  return !faulty();
}

}  // namespace postern::dialect::chat_completions
