#include "dialect/anthropic/decimal.h"

namespace postern::dialect::messages {
namespace {

constexpr int64_t limit = nano * 1'000'000;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// Digits beyond the eighteenth say nothing here: they only move the point.
struct Decimal {
  int64_t digits = 0;
  int64_t exponent = 0;  // of ten
};

Decimal take_digits(std::string_view& text) {
  Decimal value;
  bool fraction = false;
  while (!text.empty() && (is_digit(text.front()) || text.front() == '.')) {
    if (text.front() == '.') {
      fraction = true;
    } else if (value.digits < int64_t{100'000'000'000'000'000}) {
      value.digits = value.digits * 10 + (text.front() - '0');
      value.exponent -= fraction;
    } else {
      value.exponent += !fraction;
    }
    text.remove_prefix(1);
  }
  return value;
}

int64_t take_exponent(std::string_view text) {
  if (text.empty() || (text.front() != 'e' && text.front() != 'E')) return 0;
  text.remove_prefix(1);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  int64_t value = 0;
  for (const char byte : text)
    if (is_digit(byte) && value < 1'000'000'000) value = value * 10 + (byte - '0');
  return negative ? -value : value;
}

}  // namespace

int64_t nanos(chat::Json number) {
  const bool negative = !number.empty() && number.front() == '-';
  if (negative) number.remove_prefix(1);
  Decimal value = take_digits(number);
  value.exponent += take_exponent(number) + 9;
  for (; value.exponent < 0 && value.digits != 0; ++value.exponent) value.digits /= 10;
  for (; value.exponent > 0 && value.digits != 0 && value.digits < limit; --value.exponent)
    value.digits *= 10;
  if (value.digits > limit) value.digits = limit;
  return negative ? -value.digits : value.digits;
}

}  // namespace postern::dialect::messages
