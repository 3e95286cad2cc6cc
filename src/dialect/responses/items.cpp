#include "dialect/responses/items.h"

#include "dialect/data_url.h"
#include "dialect/json_members.h"

namespace postern::dialect::responses_wire {
namespace {

using chat::Part;
using codec::JsonKind;
using codec::JsonReader;

// A part of a list, with all that one may have.
struct RawPart {
  chat::Text type, text, refusal, image_url, file_id, detail, filename, file_data, file_url;
  chat::Text audio, audio_format;
  bool has_text = false, has_refusal = false;
  chat::Json annotations, logprobs, cache_control, breakpoint;

  bool is(std::string_view word) const { return codec::equals_unescaped(type, word); }
};

bool is_empty_list(chat::Json json) {
  return json.empty() || json.front() != '[' ||
         json.find_first_not_of(" \t\r\n", 1) == json.size() - 1;
}

void read_audio(JsonReader& in, RawPart& raw) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("data")) {
      read_text(in, raw.audio);
    } else if (in.name_is("format")) {
      read_text(in, raw.audio_format);
    } else {
      in.skip();
    }
  }
}

void read_raw_member(JsonReader& in, std::string_view document, RawPart& raw) {
  struct Named {
    std::string_view name;
    chat::Text RawPart::* text;
  };
  constexpr Named texts[] = {
      {"type", &RawPart::type},         {"image_url", &RawPart::image_url},
      {"file_id", &RawPart::file_id},   {"detail", &RawPart::detail},
      {"filename", &RawPart::filename}, {"file_data", &RawPart::file_data},
      {"file_url", &RawPart::file_url},
  };
  if (in.name_is("text")) {
    raw.has_text = read_text(in, raw.text);
    return;
  }
  for (const Named& named : texts) {
    if (!in.name_is(named.name)) continue;
    read_text(in, raw.*named.text);
    return;
  }
  if (in.name_is("refusal")) {
    raw.has_refusal = read_text(in, raw.refusal);
  } else if (in.name_is("annotations")) {
    raw.annotations = read_json(in, document);
  } else if (in.name_is("logprobs")) {
    raw.logprobs = read_json(in, document);
  } else if (in.name_is("cache_control")) {
    raw.cache_control = read_json(in, document);
  } else if (in.name_is("prompt_cache_breakpoint")) {
    raw.breakpoint = read_json(in, document);
  } else if (in.name_is("input_audio")) {
    read_audio(in, raw);
  } else {
    in.skip();
  }
}

// Reads the lists of one item; `member` is the one at hand.
class PartReader {
 public:
  PartReader(std::string_view document, chat::Arena& arena, Item& item, std::string_view member)
      : document_(document), arena_(arena), item_(item), member_(member) {}

  // A string, or a list of parts. Texts that are empty are left out.
  void read(JsonReader& in, std::vector<Part>& parts) {
    chat::Text text;
    if (in.read_string(text)) {
      index_ = UINT32_MAX;
      if (!text.raw.empty()) add(parts, Part::Kind::kText).text = text;
      return;
    }
    if (in.kind() == JsonKind::kNull) {
      in.skip();
      return;
    }
    if (!in.enter_array()) {
      in.skip();
      blame({}, "must be a string or a list of parts");
      return;
    }
    for (; in.next_element(); ++index_) read_part(in, parts);
  }

 private:
  void read_part(JsonReader& in, std::vector<Part>& parts) {
    if (!in.enter_object()) {
      in.skip();
      blame("", "must be an object");
      return;
    }
    RawPart raw;
    while (in.next_member()) read_raw_member(in, document_, raw);
    if (!raw.breakpoint.empty())
      item_.notes.push_back({index_, "prompt_cache_breakpoint", raw.breakpoint});
    take(raw, parts);
  }

  void take(const RawPart& raw, std::vector<Part>& parts) {
    if (raw.is("input_text") || raw.is("output_text") || raw.is("text") ||
        raw.is("reasoning_text") || raw.is("summary_text"))
      return take_text(raw, parts);
    if (raw.is("refusal")) {
      if (!raw.has_refusal) return blame(".refusal", "must be a string");
      if (!raw.refusal.raw.empty()) add(parts, Part::Kind::kRefusal).text = raw.refusal;
      return;
    }
    if (raw.is("input_image")) return take_image(raw, parts);
    if (raw.is("input_file")) return take_file(raw, parts);
    if (raw.is("input_audio")) return take_audio(raw, parts);
    blame(".type",
          "must be one of input_text, input_image, input_file, input_audio, output_text and "
          "refusal");
  }

  void take_text(const RawPart& raw, std::vector<Part>& parts) {
    if (!raw.has_text) return blame(".text", "must be a string");
    if (!is_empty_list(raw.annotations)) item_.annotations.push_back(raw.annotations);
    if (!is_empty_list(raw.logprobs)) item_.logprobs.push_back(raw.logprobs);
    if (raw.text.raw.empty()) return;
    Part& part = add(parts, Part::Kind::kText);
    part.text = raw.text;
    part.cache_control = raw.cache_control;
  }

  void take_image(const RawPart& raw, std::vector<Part>& parts) {
    if (raw.image_url.raw.empty() && raw.file_id.raw.empty())
      return blame(".image_url", "must be a data URL or an address");
    Part& part = add(parts, Part::Kind::kImage);
    part.detail = raw.detail;
    part.cache_control = raw.cache_control;
    if (raw.image_url.raw.empty()) {
      part.file_id = raw.file_id;
      return;
    }
    take_url(raw.image_url, ".image_url", part);
  }

  void take_file(const RawPart& raw, std::vector<Part>& parts) {
    const int sources =
        !raw.file_data.raw.empty() + !raw.file_url.raw.empty() + !raw.file_id.raw.empty();
    if (sources != 1) return blame("", "must have one of file_data, file_url and file_id");
    Part& part = add(parts, Part::Kind::kFile);
    part.name = raw.filename;
    part.cache_control = raw.cache_control;
    part.file_id = raw.file_id;
    part.url = raw.file_url;
    if (raw.file_data.raw.empty()) return;
    if (begins_with(raw.file_data, "data:")) return take_url(raw.file_data, ".file_data", part);
    part.data = raw.file_data;
  }

  void take_audio(const RawPart& raw, std::vector<Part>& parts) {
    if (raw.audio.raw.empty()) return blame(".input_audio.data", "must be base64");
    Part& part = add(parts, Part::Kind::kAudio);
    part.data = raw.audio;
    part.format = raw.audio_format;
  }

  // A data URL is taken apart; any other address stays one.
  void take_url(const chat::Text& url, std::string_view member, Part& part) {
    if (!begins_with(url, "data:")) {
      part.url = url;
      return;
    }
    const auto parts = read_data_url(url, arena_);
    if (!parts) return blame(member, "must be a data URL of base64");
    part.media_type = parts->media_type;
    part.data = parts->data;
  }

  Part& add(std::vector<Part>& parts, Part::Kind kind) {
    Part& part = parts.emplace_back();
    part.kind = kind;
    part.place.part = index_;
    return part;
  }

  // The first fault is the one that is told. Without a part: the whole member's.
  void blame(std::optional<std::string_view> below, std::string_view what) {
    if (item_.fault) return;
    std::string member = "." + std::string(member_);
    if (below) member += "[" + std::to_string(index_) + "]" + std::string(*below);
    item_.fault = Item::Fault{std::move(member), std::string(what)};
  }

  std::string_view document_;
  chat::Arena& arena_;
  Item& item_;
  std::string_view member_;
  uint32_t index_ = 0;
};

void read_member(JsonReader& in, std::string_view document, chat::Arena& arena, Item& item) {
  struct Named {
    std::string_view name;
    chat::Text Item::* text;
  };
  constexpr Named texts[] = {
      {"type", &Item::type},       {"id", &Item::id},
      {"role", &Item::role},       {"status", &Item::status},
      {"call_id", &Item::call_id}, {"name", &Item::name},
      {"input", &Item::input},     {"encrypted_content", &Item::encrypted_content},
      {"result", &Item::result},   {"output_format", &Item::output_format},
  };
  if (in.name_is("content")) {
    item.has_content = in.kind() != JsonKind::kNull;
    PartReader(document, arena, item, "content").read(in, item.content);
    return;
  }
  for (const Named& named : texts) {
    if (!in.name_is(named.name)) continue;
    const bool null = in.kind() == JsonKind::kNull;
    if (!read_text(in, item.*named.text) && !null) item.no_string = named.name;
    return;
  }
  if (in.name_is("arguments")) {
    if (in.kind() == JsonKind::kObject) {
      item.arguments_object = read_json(in, document);
    } else if (const bool null = in.kind() == JsonKind::kNull;
               !read_text(in, item.arguments) && !null) {
      item.no_string = "arguments";
    }
  } else if (in.name_is("output")) {
    item.has_output = in.kind() != JsonKind::kNull;
    PartReader(document, arena, item, "output").read(in, item.output);
  } else if (in.name_is("summary")) {
    PartReader(document, arena, item, "summary").read(in, item.summary);
  } else if (in.name_is("phase")) {
    if (const chat::Json phase = read_json(in, document); !phase.empty())
      item.notes.push_back({UINT32_MAX, "phase", phase});
  } else {
    in.skip();
  }
}

void append_thoughts(const std::vector<Part>& parts, std::string& raw) {
  for (const Part& part : parts) {
    if (part.kind != Part::Kind::kText) continue;
    if (!raw.empty()) raw += "\\n\\n";
    raw += part.text.raw;
  }
}

}  // namespace

void read_item(JsonReader& in, std::string_view document, chat::Arena& arena, Item& item) {
  in.kind();  // steps over the white space in front
  const size_t begin = in.offset();
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) read_member(in, document, arena, item);
  if (!in.error().reason) item.json = document.substr(begin, in.offset() - begin);
}

chat::Text thoughts_of(const Item& item, chat::Arena& arena) {
  if (item.summary.size() + item.content.size() == 1) {
    const Part& part = item.summary.empty() ? item.content[0] : item.summary[0];
    if (part.kind == Part::Kind::kText) return part.text;
  }
  std::string raw;
  append_thoughts(item.summary, raw);
  append_thoughts(item.content, raw);
  if (raw.empty()) return {};
  return {arena.keep(std::move(raw)), true};
}

Part call_of(const Item& item, chat::Arena& arena) {
  Part part;
  part.kind = Part::Kind::kToolCall;
  part.place.part = UINT32_MAX;
  part.id = item.call_id.raw.empty() ? item.id : item.call_id;
  part.name = item.name;
  part.custom = item.is("custom_tool_call");
  if (part.custom) {
    part.text = item.input;
  } else if (!item.arguments_object.empty()) {
    part.arguments = item.arguments_object;
  } else if (const auto object = object_in_text(item.arguments, arena)) {
    part.arguments = *object;
  } else {
    part.arguments_cut = true;
    part.text = item.arguments;
  }
  return part;
}

Part image_of(const Item& item) {
  Part part;
  part.kind = Part::Kind::kImage;
  part.place.part = UINT32_MAX;
  part.data = item.result;
  part.media_type = chat::literal("image/png");
  if (item.output_format.raw == "jpeg") part.media_type = chat::literal("image/jpeg");
  if (item.output_format.raw == "webp") part.media_type = chat::literal("image/webp");
  return part;
}

}  // namespace postern::dialect::responses_wire
