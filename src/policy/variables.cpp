#include "policy/variables.h"

#include <algorithm>

#include "codec/json_reader.h"
#include "policy/credentials.h"
#include "policy/names.h"
#include "policy/origin.h"

namespace postern::policy {

Variables::Variables(std::string_view json) {
  codec::JsonReader in(json);
  if (in.enter_object()) {
    while (in.next_member()) {
      Variable variable;
      codec::append_unescaped(in.name(), variable.name);
      codec::JsonString value;
      if (!in.read_string(value)) {
        in.skip();
        continue;
      }
      codec::append_unescaped(value, variable.text);
      variables_.push_back(std::move(variable));
    }
    well_formed_ = in.finish();
  }
  if (!well_formed_) variables_.clear();
}

std::string_view Variables::text(std::string_view name) const {
  for (auto variable = variables_.rbegin(); variable != variables_.rend(); ++variable)
    if (variable->name == name) return variable->text;
  return {};
}

std::string_view Variables::trimmed(std::string_view name) const {
  return trim_white_space(text(name));
}

std::string_view take_word(std::string_view& list) {
  constexpr std::string_view separators = ", \t\r\n";
  list.remove_prefix(std::min(list.find_first_not_of(separators), list.size()));
  const std::string_view word = list.substr(0, list.find_first_of(separators));
  list.remove_prefix(word.size());
  return word;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& byte : result)
    if (byte >= 'A' && byte <= 'Z') byte = static_cast<char>(byte - 'A' + 'a');
  return result;
}

bool is_base_url(std::string_view url) {
  if (!is_visible(url) || url.find_first_of("?#\\\"<>^`{|}") != url.npos) return false;
  const std::string folded = lower_case(url);
  std::string_view rest = folded;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return false;
  }
  return is_host_and_port(rest.substr(0, rest.find('/')));
}

std::string warning_about(std::string_view variable, std::string_view predicate) {
  std::string text(variable);
  text += ' ';
  text += predicate;
  text += '.';
  return text;
}

}  // namespace postern::policy
