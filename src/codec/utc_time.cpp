#include "codec/utc_time.h"

#include <algorithm>
#include <cstddef>

namespace postern::codec {
namespace {

constexpr int64_t ms_per_day = int64_t{24} * 3600 * 1000;
constexpr int64_t last_ms = 253'402'300'799'999;  // of the year 9999

struct Day {
  int64_t year;
  int64_t month;  // from 1
  int64_t day;    // from 1
};

// The Gregorian calendar repeats every 400 years, an era. Its years begin in March here, so that
// the leap day is the last of its year; eras count from 1 March of the year 0.
constexpr int64_t days_per_era = 146'097;
constexpr int64_t days_before_1970 = 719'468;

int64_t days_since_1970(const Day& date) {
  const int64_t year = date.month <= 2 ? date.year - 1 : date.year;
  const int64_t era = year / 400;
  const int64_t year_of_era = year % 400;
  const int64_t months_since_march = (date.month + 9) % 12;
  const int64_t day_of_year = (153 * months_since_march + 2) / 5 + date.day - 1;
  const int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * days_per_era + day_of_era - days_before_1970;
}

Day day_at(int64_t days) {
  const int64_t shifted = days + days_before_1970;
  const int64_t day_of_era = shifted % days_per_era;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t months_since_march = (5 * day_of_year + 2) / 153;
  const int64_t day = day_of_year - (153 * months_since_march + 2) / 5 + 1;
  const int64_t month = months_since_march < 10 ? months_since_march + 3 : months_since_march - 9;
  const int64_t year = shifted / days_per_era * 400 + year_of_era + (month <= 2 ? 1 : 0);
  return {year, month, day};
}

int64_t days_in_month(int64_t year, int64_t month) {
  constexpr int64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return month == 2 && leap ? 29 : days[month - 1];
}

void append_number(int64_t value, size_t width, char after, std::string& out) {
  const size_t begin = out.size();
  out.append(width, '0');
  for (size_t index = width; index > 0; --index, value /= 10) {
    out[begin + index - 1] = static_cast<char>('0' + value % 10);
  }
  out.push_back(after);
}

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// Does every `0` of the form meet a digit, and every other byte itself?
bool has_form(std::string_view text, std::string_view form) {
  if (text.size() != form.size()) return false;
  for (size_t index = 0; index < form.size(); ++index) {
    if (form[index] == '0' ? !is_digit(text[index]) : text[index] != form[index]) return false;
  }
  return true;
}

int64_t number_in(std::string_view digits) {
  int64_t value = 0;
  for (const char digit : digits) value = value * 10 + (digit - '0');
  return value;
}

// `Z`, or a fraction of a second and `Z`.
std::optional<int64_t> read_fraction_ms(std::string_view text) {
  if (text == "Z") return 0;
  if (text.size() < 3 || text.size() > 11 || text.front() != '.' || text.back() != 'Z') {
    return std::nullopt;
  }
  const std::string_view digits = text.substr(1, text.size() - 2);
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  int64_t ms = 0;
  for (size_t index = 0; index < 3; ++index) {
    ms = ms * 10 + (index < digits.size() ? digits[index] - '0' : 0);
  }
  return ms;
}

}  // namespace

std::string utc_time(int64_t ms) {
  ms = std::clamp<int64_t>(ms, 0, last_ms);
  const Day date = day_at(ms / ms_per_day);
  const int64_t second_of_day = ms % ms_per_day / 1000;
  std::string text;
  append_number(date.year, 4, '-', text);
  append_number(date.month, 2, '-', text);
  append_number(date.day, 2, 'T', text);
  append_number(second_of_day / 3600, 2, ':', text);
  append_number(second_of_day / 60 % 60, 2, ':', text);
  append_number(second_of_day % 60, 2, 'Z', text);
  return text;
}

std::optional<int64_t> read_utc_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00T00:00:00";
  if (!has_form(text.substr(0, form.size()), form)) return std::nullopt;
  const Day date = {number_in(text.substr(0, 4)), number_in(text.substr(5, 2)),
                    number_in(text.substr(8, 2))};
  const int64_t hour = number_in(text.substr(11, 2));
  const int64_t minute = number_in(text.substr(14, 2));
  const int64_t second = number_in(text.substr(17, 2));
  if (date.year < 2000 || date.year > 2099 || date.month < 1 || date.month > 12 || date.day < 1 ||
      date.day > days_in_month(date.year, date.month) || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  const std::optional<int64_t> fraction_ms = read_fraction_ms(text.substr(form.size()));
  if (!fraction_ms) return std::nullopt;
  return days_since_1970(date) * ms_per_day + ((hour * 60 + minute) * 60 + second) * 1000 +
         *fraction_ms;
}

}  // namespace postern::codec
