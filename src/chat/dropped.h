// What a writer could not say to its provider and left out, in the client's words. It is told in
// X-Gateway-Dropped, and no more is kept than that header holds: a request may have any number of
// members that nobody knows.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

namespace postern::chat {

class Dropped {
 public:
  using value_type = std::string;
  using const_iterator = std::vector<std::string>::const_iterator;

  Dropped() = default;
  Dropped(std::initializer_list<std::string> names) {
    for (const std::string& name : names) add(name);
  }

  void add(std::string name);  // a repeat is passed over

  // There were more than these.
  bool cut() const { return cut_; }

  // In the order in which they were dropped.
  const_iterator begin() const { return names_.begin(); }
  const_iterator end() const { return names_.end(); }
  size_t size() const { return names_.size(); }
  bool empty() const { return names_.empty(); }
  const std::string& operator[](size_t at) const { return names_[at]; }

  bool operator==(const Dropped&) const = default;

 private:
  std::vector<std::string> names_;
  size_t bytes_ = 0;
  bool cut_ = false;
};

}  // namespace postern::chat
