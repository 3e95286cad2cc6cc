// JSON numbers, compared without floating point.
#pragma once

#include <cstdint>

#include "chat/text.h"

namespace postern::dialect::messages {

inline constexpr int64_t nano = 1'000'000'000;

// The number in thousandths of a millionth, cut off towards zero; what is beyond a million counts
// as that. Zero when it is no number.
int64_t nanos(chat::Json number);

}  // namespace postern::dialect::messages
