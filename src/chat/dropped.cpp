#include "chat/dropped.h"

#include <algorithm>
#include <utility>

#include "bounds.h"

namespace postern::chat {

void Dropped::add(std::string name) {
  // Once the list is full nothing is compared any more: a long request must not take long for it.
  if (cut_ || std::find(names_.begin(), names_.end(), name) != names_.end()) return;
  constexpr size_t separator_bytes = 2;
  bytes_ += name.size() + separator_bytes;
  cut_ = bytes_ > bounds::dropped_header_bytes_max;
  if (!cut_) names_.push_back(std::move(name));
}

}  // namespace postern::chat
