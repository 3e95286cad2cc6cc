// The list of actions of one event, as it lies in linear memory: records of a little-endian u32
// action, a u32 size and the payload, padded to eight bytes; an `end` closes the list.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "exchange/vocabulary.h"

namespace postern::exchange {

class Outbox {
 public:
  void clear();  // also gives back the memory of an unusually large list

  // Opens a record; its payload is appended to the returned buffer until seal().
  std::string& open(Action action);
  void seal();
  // Takes the open record back when nothing was appended to it.
  void seal_unless_empty();

  void add(Action action, std::string_view payload = {});

  // Closes the list and returns it. Valid until clear().
  std::string_view list();

 private:
  std::string bytes_;
  size_t record_ = 0;  // where the open record begins
};

}  // namespace postern::exchange
