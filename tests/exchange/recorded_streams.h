// Recorded streams as the core's translation gets them: bytes in the provider's framing, and the
// machines that turn them into a client's stream.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/aws_frames.h"
#include "dialect/dialects.h"
#include "dialect/recorded.h"
#include "exchange/translated_stream.h"
#include "exchange/untouched_stream.h"
#include "provider/table.h"

namespace postern::exchange::recorded {

struct Stream {
  std::string name;
  Framing framing = Framing::kEventStream;
  std::string bytes;
  const dialect::Dialect* dialect = nullptr;
  dialect::Quirks quirks;
};

// What a client gets of a stream, and what the books say.
struct Outcome {
  std::string sent;
  chat::Usage usage;
  bool done = false, reported = false, broken = false;
  uint64_t content_events = 0;

  bool operator==(const Outcome&) const = default;
};

// A recording that lost its frames gets new ones.
inline std::string framed(std::string_view payloads, const dialect::Dialect& dialect) {
  std::string bytes;
  while (!payloads.empty()) {
    const std::string_view line = payloads.substr(0, payloads.find('\n'));
    payloads.remove_prefix(std::min(line.size() + 1, payloads.size()));
    if (line.empty()) continue;
    if (&dialect == &dialect::bedrock) {
      const auto document = nlohmann::json::parse(line, nullptr, false);
      if (!document.is_object() || document.empty()) continue;
      bytes += codec::aws_frame("event", document.begin().key(), document.begin().value().dump());
    } else {
      bytes.append("data: ").append(line).append("\n\n");
    }
  }
  if (&dialect == &dialect::openai_chat || &dialect == &dialect::workers_ai)
    bytes += "data: [DONE]\n\n";
  return bytes;
}

inline std::vector<Stream> load() {
  static constexpr std::pair<std::string_view, const dialect::Dialect*> surfaces[] = {
      {"chat", &dialect::openai_chat},   {"messages", &dialect::anthropic},
      {"converse", &dialect::bedrock},   {"generateContent", &dialect::gemini},
      {"cohere-chat", &dialect::cohere}, {"responses", &dialect::responses},
      {"run", &dialect::workers_ai},     {"completions", &dialect::completions},
  };
  std::vector<Stream> all;
  for (const auto& [surface, dialect] : surfaces)
    for (const auto& exchange : dialect::recorded::load(surface)) {
      const bool payloads = exchange.name.ends_with(".jsonl");
      const bool frames = exchange.name.ends_with(".eventstream");
      if (!payloads && !frames && !exchange.name.ends_with(".sse")) continue;
      const provider::Row* row = provider::find_row(exchange.provider);
      Stream& stream = all.emplace_back();
      stream.name = exchange.name;
      stream.dialect = dialect;
      stream.quirks = (row ? *row : provider::compatible).quirks;
      stream.bytes = payloads ? framed(exchange.response, *dialect) : exchange.response;
      if (dialect == &dialect::bedrock) stream.framing = Framing::kAwsEventStream;
    }
  return all;
}

inline dialect::ReplyContext context() {
  return {.request_id = "0123456789abcdef0123456789abcdef",
          .model = "m",
          .now_s = 1'750'000'000,
          .include_usage = true};
}

inline std::unique_ptr<ReplyStream> translated(const Stream& stream,
                                               const dialect::Dialect& front) {
  return std::make_unique<TranslatedStream>(stream.framing,
                                            stream.dialect->stream_reader(stream.quirks, context()),
                                            front.stream_writer(context()), Secrets());
}

// As it goes to a client of the same dialect, with the usage taken out.
inline std::unique_ptr<ReplyStream> untouched(const Stream& stream) {
  UntouchedWay way;
  way.usage_chunk = UsageChunk::kTakeOut;
  way.quirks = stream.quirks;
  if (stream.dialect == &dialect::openai_chat || stream.dialect == &dialect::completions)
    return std::make_unique<UntouchedStream>(way);
  return std::make_unique<UntouchedStream>(way,
                                           stream.dialect->stream_reader(stream.quirks, context()));
}

// Gives the bytes between cuts to the machine, which has to say whole events each time.
inline Outcome play(ReplyStream& machine, std::string_view bytes, const std::vector<size_t>& cuts) {
  Outcome outcome;
  size_t at = 0;
  for (const size_t cut : cuts) {
    machine.push(bytes.substr(at, cut - at), outcome.sent);
    at = cut;
  }
  machine.push(bytes.substr(at), outcome.sent);
  machine.finish(outcome.sent);
  outcome.usage = machine.usage();
  outcome.done = machine.done();
  outcome.reported = machine.error_reported();
  outcome.broken = machine.broken();
  outcome.content_events = machine.content_events();
  return outcome;
}

}  // namespace postern::exchange::recorded
