#include "dialect/openai_chat/reasoning_details.h"

#include <array>
#include <utility>

#include "codec/json_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::chat_completions {
namespace {

using Kind = ReasoningDetail::Kind;

// OpenRouter's names and ours. Those of others are kept as they are.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> formats = {{
    {"anthropic-claude-v1", "anthropic"},
    {"google-gemini-v1", "gemini"},
    {"openai-responses-v1", "responses"},
}};

std::string_view signer_of(const chat::Text& format) {
  if (format.escaped || format.raw == "unknown") return {};
  for (const auto& [theirs, ours] : formats)
    if (format.raw == theirs) return ours;
  return format.raw;
}

Kind kind_of(const chat::Text& type) {
  if (type.raw == "reasoning.text" || type.raw == "reasoning.summary") return Kind::kText;
  if (type.raw == "reasoning.encrypted") return Kind::kSealed;
  if (type.raw == "reasoning.signature") return Kind::kTextSignature;
  return Kind::kOther;
}

// Does a character of the text begin at this byte, and no escape go over it?
bool is_between_characters(std::string_view raw, size_t byte) {
  size_t at = 0;
  while (at < byte) {
    if (raw[at] != '\\') {
      ++at;
    } else {
      at += at + 1 < raw.size() && raw[at + 1] == 'u' ? 6 : 2;
    }
  }
  return at == byte;
}

}  // namespace

ReasoningDetail read_reasoning_detail(codec::JsonReader& in) {
  ReasoningDetail detail;
  if (!in.enter_object()) {
    in.skip();
    return detail;
  }
  chat::Text type, format, data;
  while (in.next_member()) {
    if (in.name_is("type")) {
      read_text(in, type);
    } else if (in.name_is("text") || in.name_is("summary")) {
      read_text(in, detail.text);
    } else if (in.name_is("signature")) {
      read_text(in, detail.signature);
    } else if (in.name_is("data")) {
      read_text(in, data);
    } else if (in.name_is("format")) {
      read_text(in, format);
    } else if (in.name_is("id")) {
      read_text(in, detail.id);
    } else if (int64_t index = 0; in.name_is("index") && in.read_integer(index)) {
      detail.index = index;
    } else {
      in.skip();
    }
  }
  detail.kind = kind_of(type);
  detail.signer = signer_of(format);
  if (detail.kind == Kind::kSealed) detail.signature = data;
  return detail;
}

std::string_view openrouter_format(std::string_view signer) {
  if (signer == "bedrock") return formats[0].first;
  for (const auto& [theirs, ours] : formats)
    if (signer == ours) return theirs;
  return signer.empty() ? "unknown" : signer;
}

void write_reasoning_detail(const chat::Part& part, std::string_view format, int64_t index,
                            Summaries summaries, std::string& out) {
  codec::JsonWriter json(out);
  json.begin_object().name("type");
  if (part.kind == chat::Part::Kind::kSealedReasoning) {
    json.string("reasoning.encrypted").name("data").text(part.signature);
  } else if (part.kind != chat::Part::Kind::kReasoning) {
    json.string("reasoning.signature").name("signature").text(part.signature);
  } else if (summaries == Summaries::kApart && part.signature.raw.empty() &&
             part.signer == "responses") {
    json.string("reasoning.summary").name("summary").text(part.text);
  } else {
    json.string("reasoning.text");
    if (!part.text.raw.empty()) json.name("text").text(part.text);
    if (!part.signature.raw.empty()) json.name("signature").text(part.signature);
  }
  if (!part.id.raw.empty()) json.name("id").text(part.id);
  if (!format.empty()) json.name("format").text(chat::literal(format));
  json.name("index").number(index).end_object();
}

void JoinedText::add(const chat::Text& piece) {
  if (piece.raw.empty()) return;
  if (empty()) {
    first_ = piece;
    return;
  }
  if (joined_.empty()) joined_ = first_.raw;
  joined_ += piece.raw;
  first_.escaped |= piece.escaped;
}

chat::Text JoinedText::take(chat::Arena& arena) {
  chat::Text text = first_;
  if (!joined_.empty()) text.raw = arena.keep(std::move(joined_));
  first_ = {};
  joined_.clear();
  return text;
}

bool DetailsReader::read(chat::Json list) {
  codec::JsonReader in(list);
  if (!in.enter_array()) return false;
  bool understood = true;
  while (in.next_element()) {
    const ReasoningDetail detail = read_reasoning_detail(in);
    if (detail.kind == Kind::kOther) {
      understood = false;
    } else {
      take(detail);
    }
  }
  end_part();
  return understood && in.finish();
}

// A sealed part comes whole. Of others, what has the same index goes on, and so does a signature
// alone after a text without one.
bool DetailsReader::continues(const ReasoningDetail& detail) const {
  if (!open_ || detail.kind != last_.kind || detail.kind == Kind::kSealed) return false;
  if (detail.index && last_.index) return *detail.index == *last_.index;
  return detail.kind == Kind::kText && detail.text.raw.empty() && signature_.empty();
}

void DetailsReader::take(const ReasoningDetail& detail) {
  if (!continues(detail)) {
    end_part();
    open_ = true;
    last_ = detail;
  }
  text_.add(detail.text);
  signature_.add(detail.signature);
  if (!detail.signer.empty()) last_.signer = detail.signer;
  if (!detail.id.raw.empty()) last_.id = detail.id;
}

void DetailsReader::end_part() {
  if (!std::exchange(open_, false)) return;
  chat::Part part;
  part.place = place_;
  part.text = text_.take(arena_);
  part.signature = signature_.take(arena_);
  part.signer = last_.signer;
  part.id = last_.id;
  if (part.text.raw.empty() && part.signature.raw.empty()) return;
  part.kind = last_.kind == Kind::kSealed ? chat::Part::Kind::kSealedReasoning
              : last_.kind == Kind::kText ? chat::Part::Kind::kReasoning
                                          : chat::Part::Kind::kText;
  (last_.kind == Kind::kTextSignature ? text_signatures : parts).push_back(part);
}

void tell_reasoning(const chat::Text& text, std::vector<chat::Part>& parts) {
  size_t told = 0;  // bytes
  chat::Part* unsaid = nullptr;
  for (chat::Part& part : parts) {
    if (part.kind != chat::Part::Kind::kReasoning) continue;
    told += part.text.raw.size();
    if (part.text.raw.empty() && !unsaid) unsaid = &part;
  }
  // Where the text is another one than that of the details, these count.
  if (text.raw.size() <= told) return;
  const size_t begin = text.raw.size() - told;
  if (told > 0) {
    if (!is_between_characters(text.raw, begin)) return;
    std::string_view rest = text.raw.substr(begin);
    for (const chat::Part& part : parts) {
      if (part.kind != chat::Part::Kind::kReasoning) continue;
      if (!rest.starts_with(part.text.raw)) return;
      rest.remove_prefix(part.text.raw.size());
    }
  }
  if (!unsaid || told > 0) {
    unsaid = &*parts.emplace(parts.begin());
    unsaid->kind = chat::Part::Kind::kReasoning;
  }
  unsaid->text = {text.raw.substr(0, begin), text.escaped};
}

}  // namespace postern::dialect::chat_completions
