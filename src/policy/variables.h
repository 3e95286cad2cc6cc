// The Worker's variables and secrets by name, and what readers of them have in common: the core
// asks for those that it knows and for those that the operator has named in others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern::policy {

class Variables {
 public:
  // A JSON object of strings. Members of another type are passed over; of equal names the last one
  // counts. Nothing is kept of text that is no such object.
  explicit Variables(std::string_view json);

  bool well_formed() const { return well_formed_; }

  // Views that live as long as this object. Empty when unset.
  std::string_view text(std::string_view name) const;
  std::string_view trimmed(std::string_view name) const;

 private:
  struct Variable {
    std::string name;
    std::string text;
  };
  std::vector<Variable> variables_;
  bool well_formed_ = false;
};

// Takes the next word off a list that is separated by commas or white space; empty at its end.
std::string_view take_word(std::string_view& list);

// ASCII letters in lower case, all else as it is.
std::string lower_case(std::string_view text);

// `http://` or `https://` in any case, a host, perhaps a path: no user, query or fragment, and
// nothing that URL parsers read in more than one way.
bool is_base_url(std::string_view url);

// A sentence for the operator's log: the variable, what is the matter with it, a full stop.
std::string warning_about(std::string_view variable, std::string_view predicate);

}  // namespace postern::policy
