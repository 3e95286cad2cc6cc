#include "management/tagged_digest.h"

namespace postern::management {

codec::Digest tagged_digest(std::string_view tag, std::initializer_list<std::string_view> parts) {
  std::string message = "postern ";
  message.append(tag).push_back('\n');
  for (const std::string_view part : parts)
    message.append(std::to_string(part.size())).append(":").append(part);
  return codec::sha256(message);
}

}  // namespace postern::management
