#include "exchange/large_images.h"

#include "bounds.h"

namespace postern::exchange {
namespace {

// All tokens have as many characters.
constexpr size_t number_digits = 6;

std::string numbered(std::string_view token, size_t number) {
  const std::string digits = std::to_string(number);
  std::string name(token);
  return name.append(number_digits - digits.size(), '0').append(digits);
}

}  // namespace

void LargeImages::take_out(chat::Request& request) {
  for (chat::Message& message : request.messages) take_out(message.parts, request.arena);
}

void LargeImages::take_out(std::vector<chat::Part>& parts, chat::Arena& arena) {
  for (chat::Part& part : parts) {
    if (!part.content.empty()) take_out(part.content, arena);
    const std::string_view data = part.data.raw;
    // Without a type the bytes themselves have to be looked at.
    if (part.kind != chat::Part::Kind::kImage || part.media_type.raw.empty()) continue;
    if (data.size() < bounds::large_image_bytes || data.data() < body_.data()) continue;
    const size_t begin = static_cast<size_t>(data.data() - body_.data());
    if (begin + data.size() > body_.size()) continue;
    part.data = chat::literal(arena.keep(numbered(token_, images_.size())));
    images_.push_back({begin, begin + data.size()});
  }
}

BodyPieces LargeImages::pieces_of(std::string_view written) const {
  BodyPieces pieces;
  while (!written.empty()) {
    const size_t at = written.find(token_);
    const std::string_view before = written.substr(0, at);
    if (!before.empty()) pieces.push_back({before, {}});
    if (at == written.npos) break;
    written.remove_prefix(at + token_.size());
    pieces.push_back({{}, images_.at(saturating_decimal(written.substr(0, number_digits)))});
    written.remove_prefix(number_digits);
  }
  return pieces;
}

}  // namespace postern::exchange
