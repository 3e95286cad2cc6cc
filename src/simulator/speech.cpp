#include "simulator/speech.h"

#include <algorithm>
#include <utility>

#include "codec/json_writer.h"
#include "simulator/wire.h"

namespace postern::simulator {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::vector<size_t> ends_of_words(std::string_view text) {
  std::vector<size_t> ends;
  for (size_t at = 0; at < text.size();) {
    while (at < text.size() && is_space(text[at])) ++at;
    while (at < text.size() && !is_space(text[at])) ++at;
    ends.push_back(at);
  }
  return ends;
}

std::string delta_of(std::string_view words) {
  std::string delta;
  codec::JsonWriter(delta).begin_object().name("content").string(words).end_object();
  return delta;
}

}  // namespace

Speech::Speech(const Call& call, std::string whole_text)
    : text(std::move(whole_text)),
      word_ends(ends_of_words(text)),
      finish_reason("stop"),
      tokens(tokens_of(text.size())) {
  if (!call.tokens_max) return;
  tokens = std::min(tokens, *call.tokens_max);
  if (static_cast<int64_t>(word_ends.size()) <= *call.tokens_max) return;
  word_ends.resize(static_cast<size_t>(*call.tokens_max));
  text.resize(word_ends.back());
  finish_reason = "length";
  tokens = *call.tokens_max;
}

Script answer(const Call& call, const Speech& speech, size_t deltas_max) {
  if (!call.streams) return whole_body(call, speech);
  Script script = begin_stream(call, speech, deltas_max);
  end_stream(script, call, speech.finish_reason, speech.tokens);
  return script;
}

Script begin_stream(const Call& call, const Speech& speech, size_t deltas_max) {
  Script script = empty_stream();
  script.steps.push_back({0, chunk(call, R"({"role":"assistant","content":"","refusal":null})")});
  const size_t words = speech.word_ends.size();
  const size_t words_per_delta =
      std::max<size_t>(1, words / deltas_max + (words % deltas_max != 0));
  size_t begin = 0;
  for (size_t word = 0; word < words; word += words_per_delta) {
    const size_t end = speech.word_ends[std::min(word + words_per_delta, words) - 1];
    const std::string_view said = std::string_view(speech.text).substr(begin, end - begin);
    script.steps.push_back({word_delay_ms, chunk(call, delta_of(said))});
    begin = end;
  }
  return script;
}

void end_stream(Script& script, const Call& call, std::string_view finish_reason, int64_t tokens) {
  std::string bytes = chunk(call, "{}", finish_reason);
  if (call.includes_usage) bytes += usage_chunk(call, tokens);
  bytes += stream_end;
  script.steps.push_back({0, std::move(bytes), After::kEnd});
}

Script whole_body(int status, std::string body) {
  Script script;
  script.status = status;
  script.content_type = "application/json";
  script.steps.push_back({0, std::move(body), After::kEnd});
  return script;
}

Script whole_body(const Call& call, const Speech& speech) {
  std::string message;
  codec::JsonWriter out(message);
  out.begin_object().name("role").string("assistant").name("content").string(speech.text);
  out.name("refusal").null().name("annotations").begin_array().end_array().end_object();
  return whole_body(200, completion(call, message, speech.finish_reason, speech.tokens));
}

Script empty_stream() {
  Script script;
  script.content_type = "text/event-stream";
  return script;
}

}  // namespace postern::simulator
