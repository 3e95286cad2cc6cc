#include "exchange/reply_stream.h"

namespace postern::exchange {

bool ReplyStream::note(const chat::Delta& delta) {
  using Kind = chat::Delta::Kind;
  switch (delta.kind) {
    case Kind::kText:
    case Kind::kRefusal:
    case Kind::kReasoning:
    case Kind::kSealedReasoning:
    case Kind::kToolCall:
    case Kind::kArguments:
    case Kind::kImage:
      ++content_events_;
      return false;
    case Kind::kUsage:
      usage_ = delta.usage;
      return false;
    case Kind::kError:
      reported_ = true;
      error_ = delta.error;
      return true;
    case Kind::kStart:
    case Kind::kSignature:
    case Kind::kLogprobs:
    case Kind::kAnnotations:
    case Kind::kFinish:
      return false;
  }
  return false;
}

std::string without_secrets(std::string_view text, const Secrets& secrets) {
  std::string clean(text);
  constexpr std::string_view instead = "[redacted]";
  for (const std::string_view secret : secrets) {
    if (secret.empty()) continue;
    for (size_t at = 0; (at = clean.find(secret, at)) != clean.npos; at += instead.size())
      clean.replace(at, secret.size(), instead);
  }
  return clean;
}

}  // namespace postern::exchange
