#include "dialect/bedrock/content.h"

#include "codec/json_writer.h"
#include "dialect/bedrock/walk.h"
#include "dialect/data_url.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using chat::Part;
using codec::JsonKind;
using codec::JsonReader;
using Kind = chat::Part::Kind;

Part& add(Block& block, Kind kind) {
  Part& part = block.parts.emplace_back();
  part.kind = kind;
  return part;
}

// The arguments are a value, not text. One that is no object is kept as what the model wrote.
void take_input(JsonReader& in, std::string_view document, chat::Arena& arena, Part& call) {
  const JsonKind kind = in.kind();
  if (kind == JsonKind::kString) {
    call.arguments_cut = read_text(in, call.text);
    return;
  }
  const chat::Json value = read_json(in, document);
  call.arguments_cut = kind != JsonKind::kObject && kind != JsonKind::kNull;
  if (call.arguments_cut) {
    call.text = arena.escape(value);
  } else {
    call.arguments = value;
  }
}

void read_call(JsonReader& in, std::string_view document, chat::Arena& arena, Block& block) {
  Part call;
  call.kind = Kind::kToolCall;
  each_member(in, [&] {
    if (in.name_is("toolUseId")) {
      read_text(in, call.id);
    } else if (in.name_is("name")) {
      read_text(in, call.name);
    } else if (in.name_is("input")) {
      take_input(in, document, arena, call);
    } else if (in.name_is("type")) {
      chat::Text type;
      block.server_tool = read_text(in, type);
    } else {
      in.skip();
    }
  });
  if (block.server_tool) return;
  if (call.arguments.empty() && !call.arguments_cut) call.arguments = "{}";
  block.parts.push_back(std::move(call));
}

void read_reasoning_text(JsonReader& in, Part& part) {
  each_member(in, [&] {
    if (in.name_is("text")) {
      read_text(in, part.text);
    } else if (in.name_is("signature")) {
      read_text(in, part.signature);
    } else {
      in.skip();
    }
  });
}

void read_reasoning(JsonReader& in, Block& block) {
  Part part;
  part.kind = Kind::kReasoning;
  each_member(in, [&] {
    if (in.name_is("reasoningText")) {
      read_reasoning_text(in, part);
    } else if (in.name_is("redactedContent")) {
      part.kind = Kind::kSealedReasoning;
      read_text(in, part.signature);
    } else {
      in.skip();
    }
  });
  if (part.text.raw.empty() && part.signature.raw.empty()) return;
  if (!part.signature.raw.empty()) part.signer = signer;
  block.parts.push_back(std::move(part));
}

void read_cited_texts(JsonReader& in, Block& block) {
  each_element(in, [&] {
    each_member(in, [&] {
      chat::Text text;
      if (!in.name_is("text")) {
        in.skip();
      } else if (read_text(in, text) && !text.raw.empty()) {
        add(block, Kind::kText).text = text;
      }
    });
  });
}

// The citations, as they stand; each is read on the way.
chat::Json read_citations(JsonReader& in, std::string_view document, Block& block) {
  const chat::Json list = read_json(in, document);
  JsonReader each(list);
  if (!each.enter_array()) return {};
  while (each.next_element()) block.citations.push_back(read_citation(each));
  return list;
}

void read_cited(JsonReader& in, std::string_view document, Block& block) {
  chat::Json citations;
  each_member(in, [&] {
    if (in.name_is("content")) {
      read_cited_texts(in, block);
    } else if (in.name_is("citations")) {
      citations = read_citations(in, document, block);
    } else {
      in.skip();
    }
  });
  if (!block.parts.empty()) block.parts.back().citations = citations;
}

void read_source(JsonReader& in, chat::Text& data) {
  each_member(in, [&] {
    if (in.name_is("bytes")) {
      read_text(in, data);
    } else {
      in.skip();
    }
  });
}

void read_image(JsonReader& in, chat::Arena& arena, Block& block) {
  Part image;
  image.kind = Kind::kImage;
  each_member(in, [&] {
    if (in.name_is("format")) {
      chat::Text format;
      read_text(in, format);
      image.media_type = arena.escape("image/" + chat::plain(format));
    } else if (in.name_is("source")) {
      read_source(in, image.data);
    } else {
      in.skip();
    }
  });
  if (!image.data.raw.empty()) block.parts.push_back(std::move(image));
}

// One object of a location holds a web address at most.
void read_location(JsonReader& in, chat::Text& url) {
  each_member(in, [&] {
    if (!in.name_is("web")) {
      in.skip();
      return;
    }
    each_member(in, [&] {
      if (in.name_is("url")) {
        read_text(in, url);
      } else {
        in.skip();
      }
    });
  });
}

}  // namespace

bool read_block_member(JsonReader& in, std::string_view document, chat::Arena& arena,
                       Block& block) {
  if (in.name_is("text")) {
    chat::Text text;
    if (read_text(in, text) && !text.raw.empty()) add(block, Kind::kText).text = text;
  } else if (in.name_is("toolUse")) {
    read_call(in, document, arena, block);
  } else if (in.name_is("reasoningContent")) {
    read_reasoning(in, block);
  } else if (in.name_is("citationsContent")) {
    read_cited(in, document, block);
  } else if (in.name_is("image")) {
    read_image(in, arena, block);
  } else {
    return false;
  }
  return true;
}

Citation read_citation(JsonReader& in) {
  Citation citation;
  chat::Text source;
  each_member(in, [&] {
    if (in.name_is("title")) {
      read_text(in, citation.title);
    } else if (in.name_is("source")) {
      read_text(in, source);
    } else if (in.name_is("location")) {
      read_location(in, citation.url);
    } else {
      in.skip();
    }
  });
  if (citation.url.raw.empty() && begins_with(source, "http")) citation.url = source;
  return citation;
}

void append_annotation(const Citation& citation, uint64_t begin, uint64_t end, std::string& out) {
  if (out.ends_with('}')) out += ',';
  codec::JsonWriter to(out);
  to.begin_object().name("type").string("url_citation").name("url_citation").begin_object();
  to.name("start_index").number(static_cast<int64_t>(begin));
  to.name("end_index").number(static_cast<int64_t>(end));
  to.name("title").text(citation.title.raw.empty() ? citation.url : citation.title);
  to.name("url").text(citation.url).end_object().end_object();
}

uint64_t characters_in(const chat::Text& text) {
  uint64_t count = 0;
  const std::string_view raw = text.raw;
  if (!text.escaped) {
    for (const char byte : raw) count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
    return count;
  }
  for (size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] != '\\') {
      count += (static_cast<unsigned char>(raw[at]) & 0xC0) != 0x80;
      continue;
    }
    ++at;
    const bool unit = at + 4 < raw.size() && raw[at] == 'u';
    // The second half of a surrogate pair is \uDC00 to \uDFFF.
    const bool second = unit && (raw[at + 1] | 0x20) == 'd' &&
                        ((raw[at + 2] | 0x20) >= 'c' && (raw[at + 2] | 0x20) <= 'f');
    count += !second;
    if (unit) at += 4;
  }
  return count;
}

}  // namespace postern::dialect::bedrock_wire
