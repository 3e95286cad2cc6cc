// A whole reply told as the steps of a stream, for a provider that answers whole where a stream
// was asked for.
#pragma once

#include <vector>

#include "chat/reply.h"

namespace postern::chat {

// The views of the steps live as long as `reply` and its arena.
std::vector<Delta> deltas_of(Reply& reply);

}  // namespace postern::chat
