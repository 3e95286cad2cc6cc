// Hashes that mean one thing only: each use has a tag of its own, and each part is preceded by its
// length, so that no two lists of parts and no two uses give the same bytes to the hash.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "codec/sha256.h"

namespace postern::management {

codec::Digest tagged_digest(std::string_view tag, std::initializer_list<std::string_view> parts);

}  // namespace postern::management
