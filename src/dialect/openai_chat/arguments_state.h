// Whether the arguments of a call are whole, told from their pieces as they pass.
#pragma once

#include <cstdint>

#include "chat/text.h"

namespace postern::dialect {

// Counts braces outside of strings, and so knows an object that was cut off from one that was not.
// It does not check the grammar.
class ArgumentsState {
 public:
  // The next piece of the arguments' text.
  void take(const chat::Text& piece);
  void take_whole() { part_ = Part::kAfter; }  // they came as a JSON object

  // Nothing, or one object.
  bool whole() const { return part_ == Part::kBefore || part_ == Part::kAfter; }
  bool empty() const { return part_ == Part::kBefore; }

 private:
  enum class Part : uint8_t { kBefore, kInside, kString, kEscape, kAfter, kOther };
  void take(char byte);

  Part part_ = Part::kBefore;
  uint64_t depth_ = 0;
};

}  // namespace postern::dialect
