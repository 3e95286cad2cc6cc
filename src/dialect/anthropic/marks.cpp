#include "dialect/anthropic/marks.h"

#include "dialect/anthropic/anthropic.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

constexpr std::string_view signature_mark = "postern-signature:";
constexpr std::string_view mark_mark = "postern-mark:";
constexpr std::string_view block_mark = "postern-block:";
constexpr std::string_view target_words[] = {"next:", "previous:", "alone:"};

// Takes the signer's name off the front.
Signature take_signer(std::string_view raw, bool escaped) {
  const size_t end = raw.find(':');
  if (end == raw.npos) return {{}, {raw, escaped}};
  return {raw.substr(0, end), {raw.substr(end + 1), escaped}};
}

bool is_own(std::string_view signer) { return signer.empty() || signer == anthropic.name; }

}  // namespace

bool signs_for_anthropic(std::string_view signer) { return is_own(signer) || signer == "bedrock"; }

void append_signature_mark(std::string_view signer, std::string& out) {
  if (is_own(signer)) return;
  out += signature_mark;
  out += signer;
  out += ':';
}

void append_signature(std::string_view signer, const chat::Text& signature, std::string& out) {
  append_signature_mark(signer, out);
  out += signature.raw;
}

Signature read_signature(const chat::Text& marked) {
  if (!marked.raw.starts_with(signature_mark)) return {anthropic.name, marked};
  return take_signer(marked.raw.substr(signature_mark.size()), marked.escaped);
}

void append_mark(Mark::Target target, std::string_view signer, std::string& out) {
  out += mark_mark;
  out += target_words[static_cast<int>(target)];
  out += signer;
  out += ':';
}

std::optional<Mark> read_mark(const chat::Text& data) {
  if (!data.raw.starts_with(mark_mark)) return std::nullopt;
  const std::string_view raw = data.raw.substr(mark_mark.size());
  for (const Mark::Target target :
       {Mark::Target::kNext, Mark::Target::kPrevious, Mark::Target::kAlone}) {
    const std::string_view word = target_words[static_cast<int>(target)];
    if (raw.starts_with(word))
      return Mark{target, take_signer(raw.substr(word.size()), data.escaped)};
  }
  return std::nullopt;
}

chat::Part sealed_block(chat::Json block, chat::Arena& arena) {
  std::string sealed(block_mark);
  const chat::Text escaped = arena.escape(block);
  sealed += escaped.raw;
  chat::Part part;
  part.kind = chat::Part::Kind::kSealedReasoning;
  part.signature = {arena.keep(std::move(sealed)), escaped.escaped};
  part.signer = anthropic.name;
  return part;
}

std::optional<std::string> block_in(const chat::Text& sealed) {
  if (!sealed.raw.starts_with(block_mark)) return std::nullopt;
  std::string block = chat::plain({sealed.raw.substr(block_mark.size()), sealed.escaped});
  if (!is_json_object(block)) return std::nullopt;
  return block;
}

}  // namespace postern::dialect::messages
