// The bytes that the benchmarks read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postern::bench {

inline constexpr size_t body_bytes = 1'000'000;

std::string one_string_body();
std::string chat_body(size_t bytes, std::string_view first, std::string_view second);
std::string indented_body();
std::string number_body();

// A chat of short messages with as many escapes as prose with code has.
std::string escaped_chat_body(size_t bytes);

// 200 events of about 300 bytes. With usage as a provider reports it when it is asked: null in
// each event, and a last one that has it.
enum class StreamUsage { kAbsent, kReported };
std::string event_stream(StreamUsage usage);

}  // namespace postern::bench
