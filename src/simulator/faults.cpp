#include "simulator/faults.h"

#include <string>
#include <string_view>
#include <utility>

#include "codec/json_writer.h"
#include "simulator/echo.h"
#include "simulator/speech.h"
#include "simulator/wire.h"

namespace postern::simulator {
namespace {

using codec::JsonWriter;

constexpr uint32_t slow_ms = 3'000;
// Cuts every character of three or four bytes, wherever it stands.
constexpr size_t split_bytes = 2;
constexpr uint32_t split_delay_ms = 1;

// The two accents of the first word stand three bytes apart, so one of them is cut; words of odd
// and of even length follow each other, so the ends of some events are. The last word is one
// emoji of three characters.
constexpr std::string_view split_text =
    "D\xC3\xA9j\xC3\xA0 vu: \xE2\x82\xAC\x35, \xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E, "
    "\xF0\x9F\x98\x80 \xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x92\xBB";

constexpr std::string_view failure_text = "The server had an error while processing your request.";

// What a stream says before it goes wrong; whole, because a limit must not hide the fault.
Speech few_words() { return Speech(Call{}, "The simulator says this, and then"); }

Script begin_few_words(const Call& call) {
  return begin_stream(call, few_words(), every_word_alone);
}

struct ToolCall {
  std::string_view name;
  std::string_view arguments;
};
constexpr ToolCall tool_calls[] = {
    {"get_weather", R"({"city":"Paris"})"},
    {"get_weather", R"({"city":"Rome"})"},
};
constexpr size_t argument_fragment_bytes = 5;

std::string id_of(const Call& call, size_t index) {
  uint64_t state = call.seed + index;
  return "call_sim_" + hex_of(next_number(state));
}

// The members of a tool call that both forms of answer have.
void describe(JsonWriter& out, const Call& call, size_t index, std::string_view arguments) {
  out.name("id").string(id_of(call, index)).name("type").string("function");
  out.name("function").begin_object().name("name").string(tool_calls[index].name);
  out.name("arguments").string(arguments).end_object();
}

std::string opening_delta(const Call& call, size_t index) {
  std::string delta;
  JsonWriter out(delta);
  out.begin_object().name("tool_calls").begin_array().begin_object();
  out.name("index").number(static_cast<int64_t>(index));
  describe(out, call, index, "");
  out.end_object().end_array().end_object();
  return delta;
}

std::string argument_delta(size_t index, std::string_view fragment) {
  std::string delta;
  JsonWriter out(delta);
  out.begin_object().name("tool_calls").begin_array().begin_object();
  out.name("index").number(static_cast<int64_t>(index)).name("function").begin_object();
  out.name("arguments").string(fragment).end_object().end_object().end_array().end_object();
  return delta;
}

std::string tools_message(const Call& call) {
  std::string message;
  JsonWriter out(message);
  out.begin_object().name("role").string("assistant").name("content").null();
  out.name("tool_calls").begin_array();
  for (size_t index = 0; index < std::size(tool_calls); ++index) {
    out.begin_object();
    describe(out, call, index, tool_calls[index].arguments);
    out.end_object();
  }
  out.end_array().name("refusal").null().name("annotations").begin_array().end_array();
  out.end_object();
  return message;
}

}  // namespace

Script play_rate_limit(const Call&) {
  Script script = whole_body(429, error_body("Rate limit reached for the simulator. Please try "
                                             "again in 7s.",
                                             "requests", "rate_limit_exceeded"));
  script.retry_after = "7";
  return script;
}

Script play_server_error(const Call&) {
  return whole_body(500, error_body(failure_text, "server_error", ""));
}

Script play_auth(const Call&) {
  return whole_body(401, error_body("Incorrect API key provided: sk-sim-secret.",
                                    "invalid_request_error", "invalid_api_key"));
}

Script play_slow(const Call& call) {
  Script script = play_echo(call);
  (call.streams ? script.steps.front().delay_ms : script.head_delay_ms) = slow_ms;
  return script;
}

Script play_stall(const Call& call) {
  Script script = call.streams ? begin_few_words(call) : whole_body(200, "");
  script.steps.back().after = After::kStall;
  return script;
}

Script play_truncated(const Call& call) {
  Script script = call.streams ? begin_few_words(call) : whole_body(call, few_words());
  Step& last = script.steps.back();
  if (!call.streams) last.bytes.resize(last.bytes.size() / 2);
  last.after = After::kEnd;
  return script;
}

Script play_error_in_stream(const Call& call) {
  std::string error = error_body(failure_text, "server_error", "");
  if (!call.streams) return whole_body(200, std::move(error));
  Script script = begin_few_words(call);
  script.steps.push_back({word_delay_ms, event_of(error), After::kEnd});
  return script;
}

Script play_split(const Call& call) {
  Script script = answer(call, Speech(call, std::string(split_text)), every_word_alone);
  std::string bytes;
  for (const Step& step : script.steps) bytes += step.bytes;
  script.steps.clear();
  for (size_t at = 0; at < bytes.size(); at += split_bytes)
    script.steps.push_back({split_delay_ms, bytes.substr(at, split_bytes)});
  script.steps.back().after = After::kEnd;
  return script;
}

Script play_parallel_tools(const Call& call) {
  size_t bytes = 0;
  for (const ToolCall& tool : tool_calls) bytes += tool.name.size() + tool.arguments.size();
  const int64_t tokens = tokens_of(bytes);
  if (!call.streams)
    return whole_body(200, completion(call, tools_message(call), "tool_calls", tokens));

  Script script = empty_stream();
  script.steps.push_back({0, chunk(call, R"({"role":"assistant","content":null})")});
  for (size_t index = 0; index < std::size(tool_calls); ++index) {
    script.steps.push_back({word_delay_ms, chunk(call, opening_delta(call, index))});
    const std::string_view arguments = tool_calls[index].arguments;
    for (size_t at = 0; at < arguments.size(); at += argument_fragment_bytes) {
      const std::string delta =
          argument_delta(index, arguments.substr(at, argument_fragment_bytes));
      script.steps.push_back({word_delay_ms, chunk(call, delta)});
    }
  }
  end_stream(script, call, "tool_calls", tokens);
  return script;
}

}  // namespace postern::simulator
