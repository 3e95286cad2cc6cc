// The member `reasoning_details` of what an assistant said; see openai_chat.h for its words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/message.h"
#include "codec/json_reader.h"

namespace postern::dialect::chat_completions {

struct ReasoningDetail {
  enum class Kind : uint8_t { kText, kSealed, kTextSignature, kOther };
  Kind kind = Kind::kOther;
  chat::Text text;
  chat::Text signature;  // or the sealed reasoning
  chat::Text id;
  std::string_view signer;
  std::optional<int64_t> index;
};

// One entry. What is no object, or has a type that is not known, is kOther.
ReasoningDetail read_reasoning_detail(codec::JsonReader& in);

// OpenRouter's name for the format of what a dialect's providers sign.
std::string_view openrouter_format(std::string_view signer);

// Appends the entry of one part: reasoning, sealed reasoning, or a signed text. `format` may be
// empty. OpenRouter wants summaries that came from Responses told apart from reasoning.
enum class Summaries : uint8_t { kAsText, kApart };
void write_reasoning_detail(const chat::Part& part, std::string_view format, int64_t index,
                            Summaries summaries, std::string& out);

// Pieces of one text, put together once all are there.
class JoinedText {
 public:
  void add(const chat::Text& piece);
  bool empty() const { return first_.raw.empty() && joined_.empty(); }
  chat::Text take(chat::Arena& arena);

 private:
  chat::Text first_;
  std::string joined_;  // of two pieces and more
};

// Reads a whole list into parts, entries that are pieces of one put together.
class DetailsReader {
 public:
  DetailsReader(chat::Arena& arena, chat::Place place) : arena_(arena), place_(place) {}

  // False when something in it was not understood.
  bool read(chat::Json list);

  std::vector<chat::Part> parts;            // reasoning and sealed reasoning
  std::vector<chat::Part> text_signatures;  // texts with nothing but a signature

 private:
  bool continues(const ReasoningDetail& detail) const;
  void take(const ReasoningDetail& detail);
  void end_part();

  chat::Arena& arena_;
  const chat::Place place_;
  bool open_ = false;
  ReasoningDetail last_;
  JoinedText text_, signature_;
};

// Adds the text of the reasoning to the parts that the details gave. Its end repeats their texts,
// as a rule; what is left is a part of its own, before them. Where they have signatures and no
// texts, the first of them signs it.
void tell_reasoning(const chat::Text& text, std::vector<chat::Part>& parts);

}  // namespace postern::dialect::chat_completions
