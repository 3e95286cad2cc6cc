#include "dialect/gemini/citations.h"

#include <algorithm>
#include <optional>

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::gemini_wire {
namespace {

using codec::JsonReader;

// An annotation repeats its source's address, so a short answer of a broken provider could ask for
// gigabytes of them. Real answers have a few dozen.
constexpr size_t annotations_max = 256;
constexpr size_t annotations_bytes_max = 256u << 10;

constexpr size_t block_bytes = 1024;

bool begins_character(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }

struct Source {
  chat::Text uri, title;
  bool named = false;
};

struct Segment {
  std::optional<uint64_t> begin, end;
};

class Annotations {
 public:
  Annotations(Spoken& spoken, std::string& out)
      : spoken_(spoken), out_(out), begin_(out.size()), json_(out) {}

  void read_grounding(chat::Json grounding) {
    // The supports may stand before the chunks that they name.
    chat::Json supports;
    JsonReader in(grounding);
    if (!in.enter_object()) return;
    while (in.next_member()) {
      if (in.name_is("groundingChunks")) {
        read_chunks(in);
      } else if (in.name_is("groundingSupports")) {
        supports = read_json(in, grounding);
      } else {
        in.skip();
      }
    }
    if (!supports.empty()) read_supports(supports);
    for (const Source& source : sources_)
      if (!source.named) write(source, 0, 0);
  }

  // {"citationSources": [...]} of the Gemini API, {"citations": [...]} of Vertex.
  void read_citations(chat::Json citations) {
    JsonReader in(citations);
    if (!in.enter_object()) return;
    while (in.next_member()) {
      if ((!in.name_is("citationSources") && !in.name_is("citations")) || !in.enter_array()) {
        in.skip();
        continue;
      }
      while (in.next_element()) read_citation(in);
    }
  }

  void end() {
    if (count_ > 0) json_.end_array();
  }

 private:
  void read_chunks(JsonReader& in) {
    if (!in.enter_array()) {
      in.skip();
      return;
    }
    while (in.next_element()) {
      Source source;
      read_chunk(in, source);
      if (sources_.size() < annotations_max) sources_.push_back(source);
    }
  }

  void read_chunk(JsonReader& in, Source& source) {
    if (!in.enter_object()) {
      in.skip();
      return;
    }
    while (in.next_member()) {
      if (!in.name_is("web") || !in.enter_object()) {
        in.skip();
        continue;
      }
      while (in.next_member()) {
        if (in.name_is("uri")) {
          read_text(in, source.uri);
        } else if (in.name_is("title")) {
          read_text(in, source.title);
        } else {
          in.skip();
        }
      }
    }
  }

  void read_supports(chat::Json supports) {
    JsonReader in(supports);
    if (!in.enter_array()) return;
    while (in.next_element()) {
      if (!in.enter_object()) {
        in.skip();
        continue;
      }
      Segment segment;
      chat::Json indices;
      while (in.next_member()) {
        if (in.name_is("segment")) {
          read_segment(in, segment);
        } else if (in.name_is("groundingChunkIndices")) {
          indices = read_json(in, supports);
        } else {
          in.skip();
        }
      }
      write_support(segment, indices);
    }
  }

  void read_segment(JsonReader& in, Segment& segment) {
    if (!in.enter_object()) {
      in.skip();
      return;
    }
    while (in.next_member()) {
      if (in.name_is("startIndex")) {
        read_count(in, segment.begin);
      } else if (in.name_is("endIndex")) {
        read_count(in, segment.end);
      } else {
        in.skip();
      }
    }
  }

  void write_support(const Segment& segment, chat::Json indices) {
    if (is_full()) return;
    const uint64_t begin = segment.begin.value_or(0);
    const uint64_t end = segment.end.value_or(begin);
    JsonReader in(indices);
    if (!in.enter_array()) return;
    while (in.next_element()) {
      int64_t index = -1;
      if (!in.read_integer(index)) in.skip();
      if (index < 0 || index >= static_cast<int64_t>(sources_.size())) continue;
      Source& source = sources_[static_cast<size_t>(index)];
      source.named = true;
      write(source, begin, end);
    }
  }

  void read_citation(JsonReader& in) {
    if (!in.enter_object()) {
      in.skip();
      return;
    }
    Source source;
    std::optional<uint64_t> begin, end;
    while (in.next_member()) {
      if (in.name_is("startIndex")) {
        read_count(in, begin);
      } else if (in.name_is("endIndex")) {
        read_count(in, end);
      } else if (in.name_is("uri")) {
        read_text(in, source.uri);
      } else if (in.name_is("title")) {
        read_text(in, source.title);
      } else {
        in.skip();
      }
    }
    write(source, begin.value_or(0), end.value_or(begin.value_or(0)));
  }

  bool is_full() const {
    return count_ >= annotations_max || out_.size() - begin_ >= annotations_bytes_max;
  }

  void write(const Source& source, uint64_t begin, uint64_t end) {
    if (source.uri.raw.empty() || is_full()) return;
    if (count_++ == 0) json_.begin_array();
    json_.begin_object().name("type").string("url_citation").name("url_citation").begin_object();
    json_.name("start_index").number(static_cast<int64_t>(spoken_.characters_before(begin)));
    json_.name("end_index").number(static_cast<int64_t>(spoken_.characters_before(end)));
    json_.name("url").text(source.uri);
    json_.name("title").text(source.title.raw.empty() ? source.uri : source.title);
    json_.end_object().end_object();
  }

  Spoken& spoken_;
  std::string& out_;
  const size_t begin_;
  codec::JsonWriter json_;
  std::vector<Source> sources_;
  size_t count_ = 0;
};

}  // namespace

void Spoken::add(const chat::Text& text) {
  raw_ += text.raw;
  escaped_ |= text.escaped;
  prepared_ = false;
}

void Spoken::prepare() {
  if (prepared_) return;
  prepared_ = true;
  plain_.clear();
  codec::append_unescaped({raw_, escaped_}, plain_);
  characters_.assign(1, 0);
  uint32_t count = 0;
  for (size_t at = 0; at < plain_.size(); ++at) {
    count += begins_character(plain_[at]);
    if ((at + 1) % block_bytes == 0) characters_.push_back(count);
  }
}

uint64_t Spoken::characters_before(uint64_t byte) {
  prepare();
  const size_t end = static_cast<size_t>(std::min<uint64_t>(byte, plain_.size()));
  uint64_t count = characters_[end / block_bytes];
  for (size_t at = end / block_bytes * block_bytes; at < end; ++at)
    count += begins_character(plain_[at]);
  return count;
}

void append_annotations(chat::Json grounding, chat::Json citations, Spoken& spoken,
                        std::string& out) {
  Annotations annotations(spoken, out);
  if (!grounding.empty()) annotations.read_grounding(grounding);
  if (!citations.empty()) annotations.read_citations(citations);
  annotations.end();
}

}  // namespace postern::dialect::gemini_wire
