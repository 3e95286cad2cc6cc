// What a simulated model says in words, and how that becomes a script.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulator/call.h"
#include "simulator/simulator.h"

namespace postern::simulator {

// A text, cut to the words that the call allows.
struct Speech {
  Speech(const Call& call, std::string whole_text);

  std::string text;
  std::vector<size_t> word_ends;   // a word has the white space before it; together they are text
  std::string_view finish_reason;  // "length" when something was cut off, else "stop"
  int64_t tokens = 0;              // never more than the call allows
};

inline constexpr uint32_t word_delay_ms = 5;
inline constexpr size_t every_word_alone = SIZE_MAX;

// A whole answer in the way the call asks for. A stream has at most `deltas_max` content events,
// each of one word or, in longer texts, of several.
Script answer(const Call& call, const Speech& speech, size_t deltas_max);

// The head of a stream, its first event, and the words; nothing ends it yet.
Script begin_stream(const Call& call, const Speech& speech, size_t deltas_max);

// The last events of a stream.
void end_stream(Script& script, const Call& call, std::string_view finish_reason, int64_t tokens);

// One body at once.
Script whole_body(int status, std::string body);
Script whole_body(const Call& call, const Speech& speech);

Script empty_stream();

}  // namespace postern::simulator
