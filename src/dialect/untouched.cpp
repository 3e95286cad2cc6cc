#include "dialect/untouched.h"

#include "bounds.h"
#include "dialect/json_members.h"

namespace postern::dialect {
namespace {

using codec::JsonKind;
using codec::JsonReader;
using codec::JsonSpan;
using codec::JsonString;

chat::Refused shape(std::string_view param, std::string_view message) {
  return {chat::Refused::Kind::kShape, std::string(message), std::string(param)};
}

bool is_model_name(std::string_view name) {
  if (name.empty() || name.size() > bounds::model_bytes_max) return false;
  for (const char c : name)
    if (c < 0x21 || c > 0x7e) return false;
  return true;
}

bool is_project_id(std::string_view id) {
  if (id.empty() || id.size() > bounds::project_bytes_max) return false;
  for (const char c : id) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-') return false;
  }
  return true;
}

std::string plain(const JsonString& string) {
  std::string text;
  codec::append_unescaped(string, text);
  return text;
}

// Reads one request. A class only so that the readers of the members share their state.
class RequestReader {
 public:
  RequestReader(std::string_view body, Outline& outline)
      : body_(body), in_(body), outline_(outline) {}

  std::optional<chat::Refused> read() {
    if (in_.kind() != JsonKind::kObject) {
      in_.skip();
      if (in_.finish()) return shape({}, "the request body must be a JSON object");
      return json_refusal(body_, in_.error());
    }
    in_.enter_object();
    outline_.ask_usage = {in_.offset(), in_.offset(),
                          R"("stream_options":{"include_usage":true},)"};
    while (in_.next_member()) {
      if (removing_) {  // the comma after a removed member goes with it
        outline_.project_member->end = in_.member_begin();
        removing_ = false;
      }
      if (!read_member()) break;
      previous_end_ = in_.offset();
    }
    if (fault_) return fault_;
    if (!in_.finish()) return json_refusal(body_, in_.error());
    if (removing_ && project_before_) outline_.project_member->begin = *project_before_;
    if (!seen_model_)
      return shape("model", "model is required: a string, for example \"gpt-4o-mini\" or \"auto\"");
    return std::nullopt;
  }

 private:
  bool read_member() {
    if (in_.name_is("model")) return once(seen_model_, "model") && read_model();
    if (in_.name_is("stream")) return once(seen_stream_, "stream") && read_stream();
    if (in_.name_is("stream_options"))
      return once(seen_options_, "stream_options") && read_stream_options();
    if (in_.name_is("project_id")) return once(seen_project_, "project_id") && read_project();
    return in_.skip();
  }

  bool read_model() {
    JsonString name;
    in_.kind();  // steps over the white space before the value
    outline_.model_value.begin = in_.offset();
    if (!in_.read_string(name)) return refuse_kind("model", "model must be a string");
    outline_.model_value.end = in_.offset();
    outline_.model = plain(name);
    if (!is_model_name(outline_.model))
      return refuse("model", "model must be 1 to 256 printable ASCII characters without spaces");
    return true;
  }

  bool read_stream() {
    if (in_.kind() == JsonKind::kNull) return in_.skip();
    if (in_.read_bool(outline_.stream)) return true;
    return refuse_kind("stream", "stream must be true or false");
  }

  bool read_stream_options() {
    if (in_.kind() == JsonKind::kNull) {
      JsonSpan span;
      if (!in_.skip(&span)) return false;
      outline_.ask_usage = {span.begin, span.end, R"({"include_usage":true})"};
      return true;
    }
    if (!in_.enter_object())
      return refuse_kind("stream_options", "stream_options must be an object");
    const size_t inside = in_.offset();
    bool empty = true;
    bool seen = false;
    while (in_.next_member()) {
      empty = false;
      if (!in_.name_is("include_usage")) {
        in_.skip();
        continue;
      }
      if (!once(seen, "stream_options.include_usage")) return false;
      JsonSpan span;
      in_.kind();
      span.begin = in_.offset();
      if (in_.kind() == JsonKind::kNull) {
        in_.skip();
      } else if (!in_.read_bool(outline_.include_usage)) {
        return refuse_kind("stream_options.include_usage", "include_usage must be true or false");
      }
      outline_.ask_usage = {span.begin, in_.offset(), "true"};
    }
    if (!seen) {
      outline_.ask_usage = {inside, inside, R"("include_usage":true)"};
      if (!empty) outline_.ask_usage.text += ',';
    }
    return true;
  }

  bool read_project() {
    JsonString id;
    const size_t begin = in_.member_begin();
    constexpr std::string_view rule = "project_id must match [A-Za-z0-9._-]{1,64}";
    if (!in_.read_string(id)) return refuse_kind("project_id", rule);
    outline_.project_id = plain(id);
    if (!is_project_id(outline_.project_id)) return refuse("project_id", rule);
    outline_.project_member = JsonSpan{begin, in_.offset()};
    project_before_ = previous_end_;
    removing_ = true;
    return true;
  }

  bool once(bool& seen, std::string_view param) {
    if (seen) return refuse(param, "this member occurs more than once");
    return seen = true;
  }

  // The value is still to be read. Text that is no value at all is a fault of the JSON.
  bool refuse_kind(std::string_view param, std::string_view message) {
    in_.skip();
    return refuse(param, message);
  }

  // A fault of the JSON itself, found while the value was read, is the better answer.
  bool refuse(std::string_view param, std::string_view message) {
    if (!in_.error().reason) fault_ = shape(param, message);
    return false;
  }

  std::string_view body_;
  JsonReader in_;
  Outline& outline_;
  std::optional<chat::Refused> fault_;
  bool seen_model_ = false, seen_stream_ = false, seen_options_ = false, seen_project_ = false;
  bool removing_ = false;  // project_id was the member before; its comma is still to be found
  std::optional<size_t> previous_end_, project_before_;
};

// Counts as OpenAI gives them: each holds its details, but where a provider counts otherwise.
struct Counts {
  std::optional<uint64_t> prompt, completion, cached, cache_write, reasoning;

  chat::Usage usage(const Quirks& quirks) const {
    std::optional<uint64_t> whole = completion;
    if (quirks.reasoning_beside_output && whole) whole = *whole + reasoning.value_or(0);
    return chat::disjoint(prompt, cached, cache_write, whole, reasoning);
  }
};

void read_prompt_details(JsonReader& in, Counts& counts) {
  while (in.next_member()) {
    if (in.name_is("cached_tokens")) {
      read_count(in, counts.cached);
    } else if (in.name_is("cache_write_tokens")) {
      read_count(in, counts.cache_write);
    } else {
      in.skip();
    }
  }
}

void read_completion_details(JsonReader& in, Counts& counts) {
  while (in.next_member()) {
    if (in.name_is("reasoning_tokens")) {
      read_count(in, counts.reasoning);
    } else {
      in.skip();
    }
  }
}

// True when the value was an object.
bool read_usage(JsonReader& in, const Quirks& quirks, chat::Usage& usage) {
  if (!in.enter_object()) {
    in.skip();
    return false;
  }
  Counts counts;
  while (in.next_member()) {
    if (in.name_is("prompt_tokens")) {
      read_count(in, counts.prompt);
    } else if (in.name_is("completion_tokens")) {
      read_count(in, counts.completion);
    } else if (in.name_is("cached_tokens") || in.name_is("prompt_cache_hit_tokens")) {
      read_count(in, counts.cached);  // Together's and DeepSeek's words
    } else if (in.name_is("prompt_tokens_details") && in.enter_object()) {
      read_prompt_details(in, counts);
    } else if (in.name_is("completion_tokens_details") && in.enter_object()) {
      read_completion_details(in, counts);
    } else {
      in.skip();
    }
  }
  usage = counts.usage(quirks);
  return true;
}

// A member `error`: null and absent are no error; anything else is one.
void read_error(JsonReader& in, bool& error, bool& envelope) {
  if (in.kind() == JsonKind::kNull) {
    in.skip();
    return;
  }
  error = true;
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("message") && in.kind() == JsonKind::kString) envelope = true;
    in.skip();
  }
}

// A value that carries something for the reader of the reply: text, or a list that is not empty.
bool read_carries(JsonReader& in) {
  const JsonKind kind = in.kind();
  JsonSpan span;
  in.skip(&span);
  if (kind == JsonKind::kString || kind == JsonKind::kArray) return span.end - span.begin > 2;
  return kind == JsonKind::kObject;
}

bool is_content_name(const JsonReader& in) {
  for (const std::string_view name : {"content", "tool_calls", "refusal", "reasoning_content",
                                      "reasoning", "function_call", "audio"})
    if (in.name_is(name)) return true;
  return false;
}

void read_choices(JsonReader& in, ChatChunk& chunk) {
  if (!in.enter_array()) {
    in.skip();
    return;
  }
  chunk.choices_empty = true;
  while (in.next_element()) {
    chunk.choices_empty = false;
    if (!in.enter_object()) {
      in.skip();
      continue;
    }
    while (in.next_member()) {
      if (in.name_is("text")) {  // of the older completions
        chunk.content |= read_carries(in);
        continue;
      }
      if (in.name_is("finish_reason")) chunk.finished |= in.kind() == JsonKind::kString;
      if (!in.name_is("delta") || !in.enter_object()) {
        in.skip();
        continue;
      }
      while (in.next_member()) {
        if (is_content_name(in)) {
          chunk.content |= read_carries(in);
        } else {
          in.skip();
        }
      }
    }
  }
}

}  // namespace

std::string apply(const std::vector<Edit>& edits, std::string_view text) {
  std::string edited;
  size_t at = 0;
  for (const Edit& edit : edits) {
    edited.append(text.substr(at, edit.begin - at)).append(edit.text);
    at = edit.end;
  }
  return edited.append(text.substr(at));
}

std::optional<chat::Refused> read_outline(std::string_view body, Outline& outline) {
  return RequestReader(body, outline).read();
}

ChatReply read_chat_reply(std::string_view body, const Quirks& quirks) {
  ChatReply reply;
  JsonReader in(body);
  if (!in.enter_object()) return reply;
  while (in.next_member()) {
    if (in.name_is("usage")) {
      read_usage(in, quirks, reply.usage);
    } else if (in.name_is("error")) {
      read_error(in, reply.error, reply.envelope);
    } else {
      in.skip();
    }
  }
  reply.valid = in.finish();
  return reply;
}

ChatChunk read_chat_chunk(std::string_view data, const Quirks& quirks) {
  ChatChunk chunk;
  JsonReader in(data);
  if (!in.enter_object()) return chunk;
  size_t previous_end = 0;   // of the value before this member; 0: this is the first
  bool cut_to_next = false;  // the cut member is the first: it takes the comma behind it along
  while (in.next_member()) {
    if (cut_to_next) {
      chunk.null_usage->end = in.member_begin();
      cut_to_next = false;
    }
    const size_t begin = in.member_begin();
    if (in.name_is("choices")) {
      read_choices(in, chunk);
    } else if (in.name_is("usage")) {
      if (in.kind() == JsonKind::kNull) {
        in.skip();
        chunk.null_usage = JsonSpan{previous_end ? previous_end : begin, in.offset()};
        cut_to_next = previous_end == 0;
      } else {
        chunk.usage_reported = read_usage(in, quirks, chunk.usage);
      }
    } else if (in.name_is("error")) {
      read_error(in, chunk.error, chunk.envelope);
    } else {
      in.skip();
    }
    previous_end = in.offset();
  }
  chunk.valid = in.finish();
  return chunk;
}

bool is_done(std::string_view data) {
  const size_t begin = data.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return false;
  return data.substr(begin, data.find_last_not_of(" \t\r\n") + 1 - begin) == "[DONE]";
}

}  // namespace postern::dialect
