// The HTTP request to a provider, without its body: the address and the headers that are the
// provider's business. Only the configuration names hosts; a model's name, which anybody may
// choose, never gets out of the one segment of the path that it stands in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "provider/target.h"

namespace postern::provider {

struct Header {
  std::string_view name;  // lower case
  std::string value;
};

struct Call {
  std::string url;
  std::vector<Header> headers;  // the method is POST
};

enum class Delivery : uint8_t { kWhole, kStream };

struct Ask {
  Surface surface = Surface::kChat;  // as the client asked; the target says which one answers
  Delivery delivery = Delivery::kWhole;
  std::string_view body;  // for signatures; others need none
  int64_t now_ms = 0;     // likewise
  // What a client of Anthropic's said in these headers; empty: nothing.
  std::string_view anthropic_version, anthropic_beta;
};

// Of a target that is asked over HTTP and that answers this surface.
Call build_call(const Target& target, const Ask& ask);

// A text of any bytes as one segment of a path: what is not unreserved (RFC 3986, section 2.3) is
// percent-encoded. No URL parser takes the result for a step up or for nothing.
void append_segment(std::string_view text, std::string& out);

}  // namespace postern::provider
