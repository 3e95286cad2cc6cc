#include "dialect/error_reading.h"

#include <array>
#include <string>

namespace postern::dialect {
namespace {

using Kind = chat::Error::Kind;

constexpr int64_t wait_ms_max = int64_t{24} * 3600 * 1000;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& byte : result)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  return result;
}

// A decimal number in thousandths, rounded up; nullopt when there is none. Takes it off `text`.
std::optional<int64_t> take_thousandths(std::string_view& text) {
  size_t at = 0;
  int64_t value = 0;
  for (; at < text.size() && is_digit(text[at]); ++at)
    if (value < wait_ms_max) value = value * 10 + (text[at] - '0');
  if (at == 0) return std::nullopt;
  value *= 1000;
  if (at < text.size() && text[at] == '.') {
    int64_t unit = 100;
    bool rest = false;
    for (++at; at < text.size() && is_digit(text[at]); ++at, unit /= 10) {
      value += unit * (text[at] - '0');
      rest |= unit == 0 && text[at] != '0';
    }
    value += rest;
  }
  text.remove_prefix(at);
  return value;
}

}  // namespace

Kind kind_of_status(int status) {
  switch (status) {
    case 400:
    case 405:
    case 409:
    case 415:
    case 422:
      return Kind::kInvalidRequest;
    case 401:
      return Kind::kAuthentication;
    case 402:
      return Kind::kQuotaExhausted;
    case 403:
      return Kind::kPermission;
    case 404:
      return Kind::kModelNotFound;
    case 408:
    case 504:
      return Kind::kTimeout;
    case 413:
      return Kind::kTooLarge;
    case 429:
      return Kind::kRateLimited;
    case 503:
    case 529:
      return Kind::kOverloaded;
    default:
      return status >= 400 && status < 500 ? Kind::kInvalidRequest : Kind::kServer;
  }
}

bool speaks_of_context_length(std::string_view message, std::string_view code) {
  if (code == "context_length_exceeded" || code == "exceed_context_size_error") return true;
  const std::string words = lower(message);
  constexpr std::array<std::string_view, 8> signs = {
      "maximum context length",
      "context length",
      "context window",
      "prompt is too long",
      "input is too long",
      "too many tokens",
      "exceeds the maximum number of tokens",
      "input token count",
  };
  for (const std::string_view sign : signs)
    if (words.find(sign) != words.npos) return true;
  return false;
}

std::optional<int64_t> duration_ms(std::string_view text) {
  int64_t sum = 0;
  bool any = false;
  while (!text.empty()) {
    const auto amount = take_thousandths(text);
    if (!amount) return std::nullopt;
    int64_t factor = 0;
    if (text.starts_with("ms")) {
      text.remove_prefix(2);
      sum += (*amount + 999) / 1000;
    } else {
      if (text.starts_with("s") || (text.empty() && !any)) factor = 1;
      if (text.starts_with("m")) factor = 60;
      if (text.starts_with("h")) factor = 3600;
      if (factor == 0) return std::nullopt;
      if (!text.empty()) text.remove_prefix(1);
      sum += *amount * factor;
    }
    if (sum > wait_ms_max) sum = wait_ms_max;
    any = true;
  }
  return any ? std::optional(sum) : std::nullopt;
}

std::optional<int64_t> retry_after_ms(const ErrorHead& head) {
  std::string_view exact = head.retry_after_ms;
  const auto thousandths = take_thousandths(exact);
  if (thousandths && exact.empty() && *thousandths > 0) return (*thousandths + 999) / 1000;
  return duration_ms(head.retry_after);
}

chat::Error error_of_head(const ErrorHead& head) {
  chat::Error error;
  error.kind = kind_of_status(head.status);
  error.status = head.status;
  error.retry_after_ms = retry_after_ms(head);
  return error;
}

}  // namespace postern::dialect
