// The models that answer well.
#pragma once

#include "simulator/call.h"
#include "simulator/simulator.h"

namespace postern::simulator {

Script play_echo(const Call& call);   // the last user message, word by word
Script play_lorem(const Call& call);  // Latin words from the seed

}  // namespace postern::simulator
