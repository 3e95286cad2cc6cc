// What another parser (nlohmann_json) says about a text, where the two can be compared: the tests
// and the fuzzer hold the reader against it.
#pragma once

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace postern::codec {

enum class Verdict { kAccept, kRefuse, kNotComparable };

// Notes the one error that ends a parse; builds nothing.
struct VerdictHandler : nlohmann::json_sax<nlohmann::json> {
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&,
                   const nlohmann::detail::exception& error) override {
    constexpr int number_overflow = 406;
    const std::string_view what = error.what();
    not_comparable = error.id == number_overflow ||
                     what.find("surrogate") != std::string_view::npos ||
                     what.find("ill-formed UTF-8") != std::string_view::npos;
    return false;
  }

  bool not_comparable = false;
};

// The two differ by design: the other parser skips a byte order mark, takes a NUL for the end of
// the text, refuses numbers too large for a double, lone surrogates and bad UTF-8, and knows no
// bound on nesting.
inline Verdict verdict_of(std::string_view text) {
  if (text.find('\0') != std::string_view::npos || text.substr(0, 1) == "\xEF") {
    return Verdict::kNotComparable;
  }
  VerdictHandler handler;
  if (nlohmann::json::sax_parse(text.begin(), text.end(), &handler)) return Verdict::kAccept;
  return handler.not_comparable ? Verdict::kNotComparable : Verdict::kRefuse;
}

}  // namespace postern::codec
