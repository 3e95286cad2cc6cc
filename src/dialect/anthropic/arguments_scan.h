// Watches the pieces of a call's arguments for the end of the JSON object that they make, without
// keeping them.
#pragma once

#include "chat/text.h"

namespace postern::dialect::messages {

class ArgumentsScan {
 public:
  void take(const chat::Text& piece);
  // The object that was begun has ended.
  bool complete() const { return begun_ && depth_ == 0; }

 private:
  void take(char byte);

  int64_t depth_ = 0;
  bool begun_ = false;
  bool in_string_ = false;
  bool escape_ = false;  // the byte before was a backslash in a string
};

}  // namespace postern::dialect::messages
