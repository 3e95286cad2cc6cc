// Images that are too large to be copied about: while a request is translated a short token stands
// for each, and the bytes go from the client's request into the provider's without passing through
// linear memory again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "chat/request.h"
#include "codec/json_reader.h"
#include "exchange/payload.h"

namespace postern::exchange {

class LargeImages {
 public:
  // `token` is something that no client can know while it writes its request.
  LargeImages(std::string_view body, std::string_view token) : body_(body), token_(token) {}

  void take_out(chat::Request& request);
  bool empty() const { return images_.empty(); }

  // The written request, with the images in the places of their tokens.
  BodyPieces pieces_of(std::string_view written) const;

 private:
  void take_out(std::vector<chat::Part>& parts, chat::Arena& arena);

  std::string_view body_;
  std::string token_;
  std::vector<codec::JsonSpan> images_;  // where they stand in the body
};

}  // namespace postern::exchange
