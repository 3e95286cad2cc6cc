// Whatever two headers hold, a token is printable, free of commas, at most 512 bytes long, and
// stands in one of them byte for byte; nothing else ever yields one.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "bounds.h"
#include "policy/credentials.h"

namespace {

using namespace postern;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_view_into(std::string_view part, std::optional<std::string_view> whole) {
  return whole && part.data() >= whole->data() &&
         part.data() + part.size() <= whole->data() + whole->size();
}

void check(std::optional<std::string_view> authorization,
           std::optional<std::string_view> x_api_key) {
  const policy::Credentials credentials = policy::read_credentials(authorization, x_api_key);
  if (!authorization) require(!credentials.in_authorization);
  if (!x_api_key) require(!credentials.in_x_api_key);
  require((credentials.presented == policy::Presented::kNothing) ==
          (!credentials.in_authorization && !credentials.in_x_api_key));

  const std::string_view token = credentials.token;
  if (credentials.presented != policy::Presented::kToken) {
    require(token.empty());
    return;
  }
  require(!token.empty() && token.size() <= bounds::token_bytes_max);
  for (const char byte : token) require(byte >= 0x21 && byte <= 0x7E && byte != ',');
  require(is_view_into(token, authorization) || is_view_into(token, x_api_key));
}

}  // namespace

// A zero byte in the input ends the first header and begins the second.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input, std::nullopt);
  check(std::nullopt, input);
  const std::string bearer = "Bearer " + std::string(input);
  check(bearer, std::nullopt);
  const size_t cut = input.find('\0');
  if (cut != input.npos) {
    const std::string first = "bearer " + std::string(input.substr(0, cut));
    check(input.substr(0, cut), input.substr(cut + 1));
    check(first, input.substr(cut + 1));
  }
  return 0;
}
