#include "dialect/embeddings/float_text.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace postern::dialect {
namespace {

// Powers of ten that a double holds exactly.
constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                             1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int power_max = 22;

// With more digits than that a decimal cannot come closer to the middle between two floats
// without being it: such a middle has 113 at most.
constexpr int digits_max = 120;
// Beyond these exponents of the first digit a decimal is infinite, or zero, as a float.
constexpr int exponent_max = 40;
constexpr int exponent_min = -50;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// A decimal as 0.DDD... times ten to the exponent, without leading zeros.
struct Decimal {
  bool negative = false;
  char digits[digits_max] = {};
  int count = 0;
  bool more = false;  // a digit that is not zero was left out
  int64_t exponent = 0;
};

void take_digit(Decimal& decimal, char digit) {
  if (decimal.count < digits_max) {
    decimal.digits[decimal.count++] = digit;
  } else {
    decimal.more |= digit != '0';
  }
}

Decimal read_decimal(std::string_view text) {
  Decimal decimal;
  size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    decimal.negative = true;
    ++at;
  }
  bool fraction = false;
  for (; at < text.size() && (is_digit(text[at]) || text[at] == '.'); ++at) {
    if (text[at] == '.') {
      fraction = true;
      continue;
    }
    const bool leading = decimal.count == 0 && text[at] == '0';
    if (!leading) take_digit(decimal, text[at]);
    // Digits before the point raise the exponent; zeros right after it lower it.
    if (!fraction && !leading) ++decimal.exponent;
    if (fraction && leading) --decimal.exponent;
  }
  if (at == text.size() || (text[at] | 0x20) != 'e') return decimal;
  ++at;
  const bool down = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  int64_t exponent = 0;
  // A larger one cannot be outweighed by the length of any text.
  constexpr int64_t limit = int64_t{1} << 40;
  for (; at < text.size() && is_digit(text[at]); ++at)
    exponent = std::min(limit, exponent * 10 + (text[at] - '0'));
  decimal.exponent += down ? -exponent : exponent;
  return decimal;
}

// A natural number of up to 1,024 bits, for the one comparison that doubles cannot decide.
class Natural {
 public:
  void multiply_add(uint32_t factor, uint32_t addend) {
    uint64_t carry = addend;
    for (uint32_t& word : words_) {
      carry += uint64_t{word} * factor;
      word = static_cast<uint32_t>(carry);
      carry >>= 32;
    }
  }
  void multiply_by_power(uint32_t base, int power) {
    for (; power > 0; --power) multiply_add(base, 0);
  }
  int compare(const Natural& other) const {
    for (size_t at = std::size(words_); at-- > 0;)
      if (words_[at] != other.words_[at]) return words_[at] < other.words_[at] ? -1 : 1;
    return 0;
  }

 private:
  uint32_t words_[32] = {};
};

// Below, at or above the middle between `low` and the float after it? `low` is not negative.
int compare_with_middle(const Decimal& decimal, float low) {
  const auto bits = __builtin_bit_cast(uint32_t, low);
  const int biased = static_cast<int>(bits >> 23);
  const uint32_t fraction = bits & 0x7FFFFF;
  // The middle is `odd` times two to `two`; its last bit is half of the last one of a float.
  const uint32_t odd = 2 * (biased == 0 ? fraction : fraction | 0x800000) + 1;
  const int two = std::max(biased, 1) - 151;

  Natural left, right;
  for (int at = 0; at < decimal.count; ++at)
    left.multiply_add(10, static_cast<uint32_t>(decimal.digits[at] - '0'));
  right.multiply_add(1, odd);
  const int ten = static_cast<int>(decimal.exponent) - decimal.count;
  left.multiply_by_power(10, ten);
  right.multiply_by_power(10, -ten);
  left.multiply_by_power(2, -two);
  right.multiply_by_power(2, two);
  const int order = left.compare(right);
  return order == 0 && decimal.more ? 1 : order;
}

double scaled(double value, int ten) {
  for (; ten > power_max; ten -= power_max) value *= powers[power_max];
  for (; ten < -power_max; ten += power_max) value /= powers[power_max];
  return ten < 0 ? value / powers[-ten] : value * powers[ten];
}

float nearest_magnitude(const Decimal& decimal) {
  if (decimal.count == 0 || decimal.exponent < exponent_min) return 0;
  if (decimal.exponent > exponent_max) return std::numeric_limits<float>::infinity();
  uint64_t leading = 0;
  const int taken = std::min(decimal.count, 19);
  for (int at = 0; at < taken; ++at)
    leading = leading * 10 + static_cast<uint64_t>(decimal.digits[at] - '0');
  const double near =
      scaled(static_cast<double>(leading), static_cast<int>(decimal.exponent) - taken);
  // The few roundings above are off by less than one part in 2^49. Where that cannot matter, the
  // nearest float is known.
  constexpr double slack = 1.0 / (int64_t{1} << 49);
  const auto low = static_cast<float>(near * (1 - slack));
  const auto high = static_cast<float>(near * (1 + slack));
  if (low == high) return low;
  const int order = compare_with_middle(decimal, low);
  if (order != 0) return order < 0 ? low : high;
  return (__builtin_bit_cast(uint32_t, low) & 1) == 0 ? low : high;
}

// Digits times ten to `exponent`, digits not zero.
void append_decimal(uint32_t digits, int exponent, std::string& out) {
  for (; digits % 10 == 0; digits /= 10) ++exponent;
  char text[10];
  int count = 0;
  for (; digits != 0; digits /= 10) text[9 - count++] = static_cast<char>('0' + digits % 10);
  const std::string_view shown(text + 10 - count, static_cast<size_t>(count));
  const int point = count + exponent;  // digits before the point
  if (exponent >= 0 && point <= 10) {
    out.append(shown).append(static_cast<size_t>(exponent), '0');
  } else if (exponent < 0 && point > 0) {
    out.append(shown.substr(0, static_cast<size_t>(point))).append(".");
    out.append(shown.substr(static_cast<size_t>(point)));
  } else if (point <= 0 && point > -5) {
    out.append("0.").append(static_cast<size_t>(-point), '0').append(shown);
  } else {
    out.append(shown.substr(0, 1));
    if (count > 1) out.append(".").append(shown.substr(1));
    out.append("e").append(std::to_string(point - 1));
  }
}

}  // namespace

float nearest_float(std::string_view number) {
  const Decimal decimal = read_decimal(number);
  const float magnitude = nearest_magnitude(decimal);
  return decimal.negative ? -magnitude : magnitude;
}

bool append_float(float value, std::string& out) {
  const auto bits = __builtin_bit_cast(uint32_t, value);
  if ((bits >> 23 & 0xFF) == 0xFF) return false;
  if (bits >> 31 != 0) out += '-';
  const auto magnitude = __builtin_bit_cast(float, bits & 0x7FFFFFFF);
  if (magnitude == 0) {
    out += '0';
    return true;
  }
  // Nine digits tell all floats apart, by more than the double is rounded here.
  double rest = magnitude;
  int exponent = 0;
  while (rest >= 1e9) rest = scaled(rest, -1), ++exponent;
  while (rest < 1e8) rest = scaled(rest, 1), --exponent;
  const size_t begin = out.size();
  for (int left_out = 3; left_out >= 0; --left_out) {
    const auto digits = static_cast<uint32_t>(std::lround(rest / powers[left_out]));
    append_decimal(digits, exponent + left_out, out);
    if (left_out == 0 || nearest_float(std::string_view(out).substr(begin)) == magnitude) break;
    out.resize(begin);
  }
  return true;
}

}  // namespace postern::dialect
