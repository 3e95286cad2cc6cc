#include "simulator/echo.h"

#include <string>
#include <string_view>
#include <utility>

#include "bounds.h"
#include "simulator/speech.h"

namespace postern::simulator {
namespace {

// An echo takes a second at most.
constexpr size_t echo_deltas_max = 200;
constexpr std::string_view greeting =
    "Hello from the simulator. Send a user message and it will be said back to you.";

// Without a limit of the client's, lorem stops here.
constexpr size_t lorem_words_default = 48;
constexpr std::string_view lorem_words[] = {
    "lorem",   "ipsum",   "dolor",   "sit",    "amet",       "consectetur", "adipiscing", "elit",
    "sed",     "do",      "eiusmod", "tempor", "incididunt", "ut",          "labore",     "et",
    "dolore",  "magna",   "aliqua",  "enim",   "ad",         "minim",       "veniam",     "quis",
    "nostrud", "ullamco", "laboris", "nisi",   "aliquip",    "ex",          "ea",         "commodo",
    "duis",    "aute",    "irure",   "in",     "velit",      "voluptate",   "esse",       "cillum",
    "fugiat",  "nulla",   "sint",    "culpa",  "officia",    "deserunt",    "mollit",     "anim"};

}  // namespace

Script play_echo(const Call& call) {
  return answer(call, Speech(call, call.text.empty() ? std::string(greeting) : call.text),
                echo_deltas_max);
}

Script play_lorem(const Call& call) {
  const size_t words = call.tokens_max ? bounds::simulator_tokens_max : lorem_words_default;
  uint64_t state = call.seed;
  std::string text;
  for (size_t word = 0; word < words; ++word) {
    if (word > 0) text += ' ';
    text += lorem_words[next_number(state) % std::size(lorem_words)];
  }
  return answer(call, Speech(call, std::move(text)), every_word_alone);
}

}  // namespace postern::simulator
