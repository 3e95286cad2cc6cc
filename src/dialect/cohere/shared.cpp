#include "codec/json_writer.h"
#include "dialect/cohere/cohere.h"
#include "dialect/data_url.h"
#include "dialect/json_members.h"

namespace postern::dialect::cohere_wire {
namespace {

using codec::JsonReader;

struct Source {
  chat::Text id, url, title;
};

bool is_address(const chat::Text& text) {
  return begins_with(text, "https:") || begins_with(text, "http:");
}

// A document, or what a tool put out: members as the client named them.
void read_document(JsonReader& in, Source& source) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("url")) {
      read_text(in, source.url);
    } else if (in.name_is("title")) {
      read_text(in, source.title);
    } else {
      in.skip();
    }
  }
}

Source read_source(JsonReader& in) {
  Source source;
  if (!in.enter_object()) {
    in.skip();
    return source;
  }
  while (in.next_member()) {
    if (in.name_is("id")) {
      read_text(in, source.id);
    } else if (in.name_is("document") || in.name_is("tool_output")) {
      read_document(in, source);
    } else {
      in.skip();
    }
  }
  if (!is_address(source.url)) source.url = is_address(source.id) ? source.id : chat::Text{};
  return source;
}

void append_annotation(const Source& source, const std::optional<uint64_t>& start,
                       const std::optional<uint64_t>& end, std::string& out) {
  if (!out.empty()) out += ',';
  codec::JsonWriter json(out);
  json.begin_object().name("type").string("url_citation").name("url_citation").begin_object();
  json.name("url").text(source.url);
  if (!source.title.raw.empty()) json.name("title").text(source.title);
  if (start) json.name("start_index").number(static_cast<int64_t>(*start));
  if (end) json.name("end_index").number(static_cast<int64_t>(*end));
  json.end_object().end_object();
}

}  // namespace

chat::Finish finish_of(const chat::Text& word) {
  using chat::Finish;
  struct Row {
    std::string_view word;
    Finish finish;
  };
  constexpr Row rows[] = {
      {"COMPLETE", Finish::kStop},
      {"STOP_SEQUENCE", Finish::kStopSequence},
      {"MAX_TOKENS", Finish::kLength},
      {"TOOL_CALL", Finish::kToolCalls},
      {"ERROR_LIMIT", Finish::kLength},
      {"ERROR_TOXIC", Finish::kContentFilter},
      {"", Finish::kNone},
  };
  for (const Row& row : rows)
    if (codec::equals_unescaped(word, row.word)) return row.finish;
  return Finish::kError;
}

void read_usage(JsonReader& in, chat::Usage& usage) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  std::optional<uint64_t> input, output, reasoning, cached;
  while (in.next_member()) {
    if (in.name_is("cached_tokens")) {
      read_count(in, cached);
    } else if (in.name_is("tokens") && in.enter_object()) {
      while (in.next_member()) {
        if (in.name_is("input_tokens")) {
          read_count(in, input);
        } else if (in.name_is("output_tokens")) {
          read_count(in, output);
        } else if (in.name_is("reasoning_tokens")) {
          read_count(in, reasoning);
        } else {
          in.skip();
        }
      }
    } else {
      in.skip();
    }
  }
  if (input || output) usage = chat::disjoint(input, cached, std::nullopt, output, reasoning);
}

bool append_annotations(JsonReader& in, std::string& out) {
  if (!in.enter_object()) {
    in.skip();
    return false;
  }
  // The positions may stand after the sources, and are needed with each of them.
  std::optional<uint64_t> start, end;
  std::vector<Source> sources;
  while (in.next_member()) {
    if (in.name_is("start")) {
      read_count(in, start);
    } else if (in.name_is("end")) {
      read_count(in, end);
    } else if (in.name_is("sources") && in.enter_array()) {
      while (in.next_element()) sources.push_back(read_source(in));
    } else {
      in.skip();
    }
  }
  bool all = !sources.empty();
  for (const Source& source : sources) {
    if (source.url.raw.empty()) {
      all = false;
    } else {
      append_annotation(source, start, end, out);
    }
  }
  return all;
}

}  // namespace postern::dialect::cohere_wire
