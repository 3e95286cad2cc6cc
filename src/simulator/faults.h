// The scripted faults: what a provider does on a bad day, one function a fault. Each is meant to
// be seen through the gateway, so that anyone can test a client against what Postern makes of it.
#pragma once

#include "simulator/call.h"
#include "simulator/simulator.h"

namespace postern::simulator {

Script play_rate_limit(const Call& call);       // 429 with a retry-after of 7 s
Script play_server_error(const Call& call);     // 500
Script play_auth(const Call& call);             // 401 whose text quotes a (false) provider key
Script play_slow(const Call& call);             // sim/echo, 3 s late
Script play_stall(const Call& call);            // a few words, then silence
Script play_truncated(const Call& call);        // a few words, then an end without a finish
Script play_error_in_stream(const Call& call);  // a few words, then an error under status 200
Script play_split(const Call& call);            // two bytes a step: cuts characters and events
Script play_parallel_tools(const Call& call);   // two tool calls, their arguments in fragments

}  // namespace postern::simulator
