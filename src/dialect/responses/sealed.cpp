#include "dialect/responses/sealed.h"

#include <array>

#include "dialect/responses/responses.h"

namespace postern::dialect::responses_wire {
namespace {

constexpr std::string_view mark = "postern:";
constexpr std::array<std::string_view, 4> form_words = {"thought", "sealed", "next", "last"};

// The characters up to the next colon, taken off `text` with it. Nothing when there is none.
std::string_view take_word(std::string_view& text) {
  const size_t end = text.find(':');
  if (end == text.npos) return {};
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end + 1);
  return word;
}

}  // namespace

Sealed read_sealed(const chat::Text& encrypted_content) {
  Sealed sealed;
  sealed.bytes = encrypted_content;
  sealed.signer = name;
  if (!encrypted_content.raw.starts_with(mark)) return sealed;
  std::string_view rest = encrypted_content.raw.substr(mark.size());
  const std::string_view signer = take_word(rest);
  const std::string_view form = take_word(rest);
  for (size_t at = 0; at < form_words.size(); ++at) {
    if (form != form_words[at]) continue;
    sealed.form = static_cast<Sealed::Form>(at);
    sealed.marked = true;
    sealed.bytes.raw = rest;
    sealed.signer = signer;
  }
  return sealed;
}

void append_sealed(const Sealed& sealed, std::string& out) {
  // What begins like a mark of ours was sealed by another gateway of this kind behind this one; it
  // is marked, so that one mark is taken off again.
  const bool ours = sealed.signer == name || sealed.signer.empty();
  const bool plain = ours && sealed.form <= Sealed::Form::kSealed;
  if (!plain || sealed.bytes.raw.starts_with(mark)) {
    out += mark;
    out += sealed.signer;
    out += ':';
    out += form_words[static_cast<size_t>(sealed.form)];
    out += ':';
  }
  out += sealed.bytes.raw;
}

}  // namespace postern::dialect::responses_wire
