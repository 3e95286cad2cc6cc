// Whatever the bytes, every reader comes to an end, and what it has read can be written: a request,
// a reply and the events of a stream are JSON again, which the reader takes. Both ways of reading a
// schema agree with that too.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sse.h"
#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/schema.h"
#include "dialect/json_members.h"

namespace {

using namespace postern;
using dialect::anthropic;

const dialect::ReplyContext context = {
    .request_id = "0123456789abcdef0123456789abcdef", .model = "claude-x", .now_s = 1};

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// Deep values may be written one level deeper than they came, which is too deep to read again.
constexpr int depth_max = 40;

bool is_shallow(std::string_view text) {
  codec::JsonReader in(text, depth_max);
  in.skip();
  return in.finish();
}

const dialect::Dialect other = [] {
  dialect::Dialect dialect = anthropic;
  dialect.name = "other";
  return dialect;
}();

void try_request(std::string_view input, std::string_view model) {
  chat::Request request;
  if (anthropic.read_request(input, request)) return;
  if (!model.empty()) request.model = model;
  for (const dialect::Dialect* front : {&anthropic, &other}) {
    chat::Dropped dropped;
    std::string out;
    if (anthropic.write_request(request, *front, {}, dropped, out)) continue;
    require(dialect::is_json_object(out));
    chat::Request again;
    require(!anthropic.read_request(out, again).has_value());
  }
}

void try_reply(std::string_view input) {
  chat::Reply reply;
  if (!anthropic.read_reply(input, {}, context, reply)) return;
  std::string out;
  anthropic.write_reply(reply, context, out);
  chat::Reply again;
  require(anthropic.read_reply(out, {}, context, again));
  require(again.choices[0].parts.size() == reply.choices[0].parts.size());
}

// Every line is the data of an event.
void try_stream(std::string_view input) {
  const auto reader = anthropic.stream_reader({}, context);
  const auto writer = anthropic.stream_writer(context);
  std::string out;
  std::vector<chat::Delta> deltas;
  bool failed = false;
  while (!input.empty() && !failed) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(line.size() == input.size() ? line.size() : line.size() + 1);
    // A copy that is gone before the next event: a view kept too long is found.
    const std::string event(line);
    deltas.clear();
    reader->read("", event, deltas);
    for (const chat::Delta& delta : deltas) {
      require(!failed);
      failed = delta.kind == chat::Delta::Kind::kError;
      if (failed) {
        writer->fail(delta.error, out);
      } else {
        writer->write(delta, out);
      }
    }
  }
  writer->end(out);
  codec::SseReader framing;
  framing.push(out);
  codec::SseBlock block;
  while (framing.next(block)) require(dialect::is_json_object(block.data));
  require(framing.between_blocks());
}

void try_schema(std::string_view input) {
  const auto strict = dialect::messages::strict_schema(input);
  if (strict) require(dialect::is_json_object(*strict));
  if (!dialect::is_json_object(input)) return;
  std::string out;
  dialect::messages::append_input_schema(input, out);
  require(dialect::is_json_object(out));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::string_view models[] = {"", "claude-3-5-haiku-latest", "claude-opus-4-8",
                                         "claude-sonnet-4-5", "claude-fable-5"};
  anthropic.read_error({}, input);
  try_stream(input);
  if (!is_shallow(input)) return 0;
  try_request(input, models[data[0] % std::size(models)]);
  try_reply(input);
  try_schema(input);
  return 0;
}
