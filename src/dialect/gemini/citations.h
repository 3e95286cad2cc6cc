// Where an answer's words come from: Google's grounding and citation metadata, as annotations in
// OpenAI's words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chat/text.h"

namespace postern::dialect::gemini_wire {

// Of one candidate: what it has said, because Google counts its places in bytes of UTF-8 and OpenAI
// counts them in characters. A stream's places are those of its whole text.
class Spoken {
 public:
  void add(const chat::Text& text);

  // The characters before a byte; beyond the end: all.
  uint64_t characters_before(uint64_t byte);

 private:
  void prepare();

  std::string raw_;
  bool escaped_ = false;
  std::string plain_;  // of all of raw_ when `prepared_`
  bool prepared_ = false;
  std::vector<uint32_t> characters_;  // before each block of plain_
};

// Appends a JSON list of `url_citation`s, one for each place and source that has a web address; a
// source that no place names is given without one (0 to 0). Appends nothing when there is none. A
// list that grows absurdly long ends early.
void append_annotations(chat::Json grounding, chat::Json citations, Spoken& spoken,
                        std::string& out);

}  // namespace postern::dialect::gemini_wire
