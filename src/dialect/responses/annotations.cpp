#include "dialect/json_members.h"
#include "dialect/responses/reply_reading.h"

namespace postern::dialect::responses_wire {
namespace {

using codec::JsonKind;
using codec::JsonReader;

void separate(std::string& out) {
  if (!out.empty() && out.back() != '[') out += ',';
}

// The members of an object, as they stand, but `type`. Says which of a citation's were among them.
struct Members {
  bool url = false, title = false, start_index = false, end_index = false;
};

Members append_members(chat::Json object, std::string& out) {
  Members seen;
  JsonReader in(object);
  if (!in.enter_object()) return seen;
  while (in.next_member()) {
    const chat::Text member = in.name();
    const bool type = in.name_is("type");
    seen.url |= in.name_is("url");
    seen.title |= in.name_is("title");
    seen.start_index |= in.name_is("start_index");
    seen.end_index |= in.name_is("end_index");
    codec::JsonSpan span;
    if (!in.skip(&span)) return seen;
    if (type) continue;
    if (out.back() != '{') out += ',';
    out += '"';
    out += member.raw;
    out += "\":";
    append_on_one_line(object.substr(span.begin, span.end - span.begin), out);
  }
  return seen;
}

struct Annotation {
  bool url_citation = false;
  chat::Json nested;  // the member of that name, when it is an object
};

Annotation look_at(chat::Json object) {
  Annotation annotation;
  JsonReader in(object);
  if (!in.enter_object()) return annotation;
  while (in.next_member()) {
    if (in.name_is("type")) {
      chat::Text type;
      read_text(in, type);
      annotation.url_citation = codec::equals_unescaped(type, "url_citation");
    } else if (in.name_is("url_citation")) {
      if (in.kind() == JsonKind::kObject) {
        annotation.nested = read_json(in, object);
      } else {
        in.skip();
      }
    } else {
      in.skip();
    }
  }
  return annotation;
}

// Clients rely on all four members of a citation; providers leave out what they do not know.
void append_own_annotation(chat::Json object, std::string& out) {
  const Annotation annotation = look_at(object);
  separate(out);
  if (!annotation.url_citation) return append_on_one_line(object, out);
  const chat::Json members = annotation.nested.empty() ? object : annotation.nested;
  out += '{';
  const Members seen = append_members(members, out);
  if (out.back() != '{') out += ',';
  if (!seen.url) out += R"("url":"",)";
  if (!seen.title) out += R"("title":"",)";
  if (!seen.start_index) out += R"("start_index":0,)";
  if (!seen.end_index) out += R"("end_index":0,)";
  out += R"("type":"url_citation"})";
}

template <typename Append>
void for_each(chat::Json list, Append append) {
  JsonReader in(list);
  if (!in.enter_array()) return;
  while (in.next_element()) {
    codec::JsonSpan span;
    const bool object = in.kind() == JsonKind::kObject;
    if (in.skip(&span) && object) append(list.substr(span.begin, span.end - span.begin));
  }
}

}  // namespace

bool append_chat_annotation(chat::Json object, std::string& out) {
  JsonReader in(object);
  if (in.kind() != JsonKind::kObject) return false;
  const Annotation annotation = look_at(object);
  separate(out);
  if (!annotation.url_citation || !annotation.nested.empty()) {
    append_on_one_line(object, out);
    return true;
  }
  out += R"({"type":"url_citation","url_citation":{)";
  append_members(object, out);
  out += "}}";
  return true;
}

void append_chat_annotations(chat::Json list, std::string& out) {
  for_each(list, [&](chat::Json object) { append_chat_annotation(object, out); });
}

void append_own_annotations(chat::Json list, std::string& out) {
  for_each(list, [&](chat::Json object) { append_own_annotation(object, out); });
}

void append_elements(chat::Json list, std::string& out) {
  for_each(list, [&](chat::Json object) {
    separate(out);
    append_on_one_line(object, out);
  });
}

void append_own_logprobs(chat::Json list, std::string& out) {
  for_each(list, [&](chat::Json object) {
    bool any = false, bytes = false, top = false;
    JsonReader in(object);
    in.enter_object();
    while (in.next_member()) {
      any = true;
      bytes |= in.name_is("bytes");
      top |= in.name_is("top_logprobs");
      in.skip();
    }
    separate(out);
    append_on_one_line(object, out);
    out.pop_back();
    if (!bytes) out += any ? R"(,"bytes":[])" : R"("bytes":[])";
    if (!top) out += R"(,"top_logprobs":[])";
    out += '}';
  });
}

chat::Json content_of_logprobs(chat::Json logprobs) {
  JsonReader in(logprobs);
  chat::Json content;
  if (!in.enter_object()) return content;
  while (in.next_member()) {
    if (in.name_is("content")) {
      content = read_json(in, logprobs);
    } else {
      in.skip();
    }
  }
  return content;
}

}  // namespace postern::dialect::responses_wire
