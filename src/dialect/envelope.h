// Errors in the words of each front door, as its official clients read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postern::dialect {

enum class Envelope : uint8_t {
  kOpenai,     // {"error": {message, type, param, code}}
  kResponses,  // the same; inside a stream an event of its own kind, with a sequence number
  kAnthropic,  // {"type": "error", "error": {type, message, code}, "request_id"}
};

struct ErrorText {
  int status = 500;  // from which the type follows
  std::string_view message;
  std::string_view code;   // stable: clients branch on it
  std::string_view param;  // empty: null, or left out
  std::string_view request_id;
};

// Appends the body of an answer.
void write_error(Envelope envelope, const ErrorText& error, std::string& out);
// Appends the last event of a stream. `sequence_number` is that of a Responses stream.
void write_error_event(Envelope envelope, const ErrorText& error, int64_t sequence_number,
                       std::string& out);

// The type that goes with a status, in OpenAI's and in Anthropic's words.
std::string_view openai_error_type(int status);
std::string_view anthropic_error_type(int status);

}  // namespace postern::dialect
