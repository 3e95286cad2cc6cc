// Walks over containers of which a provider is believed to send the right kind. Another kind is
// passed over.
#pragma once

#include "codec/json_reader.h"

namespace postern::dialect::bedrock_wire {

// `visit` consumes the value of each member.
template <typename Visit>
void each_member(codec::JsonReader& in, Visit visit) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) visit();
}

// `visit` consumes each element.
template <typename Visit>
void each_element(codec::JsonReader& in, Visit visit) {
  if (!in.enter_array()) {
    in.skip();
    return;
  }
  while (in.next_element()) visit();
}

}  // namespace postern::dialect::bedrock_wire
