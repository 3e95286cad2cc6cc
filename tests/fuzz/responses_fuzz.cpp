// Any bytes as a request, a reply or a stream of Responses: every reader ends, what was read can be
// written, and what was written is JSON and is read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sse.h"
#include "dialect/responses/responses.h"

namespace {

using namespace postern;

constexpr dialect::ReplyContext context = {
    .request_id = "0123456789abcdef0123456789abcdef", .model = "m", .now_s = 1};

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json(std::string_view text) {
  codec::JsonReader in(text);
  in.skip();
  return in.finish();
}

// Deep documents grow a level or two on their way, so one at the limit may be refused then.
bool is_deep(std::string_view text) {
  codec::JsonReader in(text, bounds::json_depth_max - 8);
  in.skip();
  return in.error().reason != nullptr;
}

void fuzz_request(std::string_view body) {
  chat::Request request;
  if (dialect::responses.read_request(body, request)) return;
  if (is_deep(body)) return;
  dialect::Dialect stranger = dialect::responses;
  stranger.name = "stranger";
  const dialect::Dialect* fronts[] = {&dialect::responses, &stranger};
  for (const dialect::Dialect* front : fronts) {
    chat::Dropped dropped;
    std::string out;
    dialect::Quirks quirks;
    quirks.image_urls = quirks.strict_tools = quirks.developer_role = true;
    if (dialect::responses_wire::write_request(request, *front, quirks, dropped, out)) continue;
    require(is_json(out));
    chat::Request again;
    // A name that occurs twice, or that is ours, was an extra when it came escaped.
    if (request.extras.empty()) require(!dialect::responses.read_request(out, again));
  }
}

void fuzz_reply(std::string_view body) {
  chat::Reply reply;
  if (!dialect::responses.read_reply(body, {}, context, reply)) {
    dialect::responses.read_error({}, body);
    return;
  }
  if (is_deep(body)) return;
  std::string out;
  dialect::responses.write_reply(reply, context, out);
  require(is_json(out));
  chat::Reply again;
  require(reply.choices[0].finish == chat::Finish::kError ||
          dialect::responses.read_reply(out, {}, context, again));
}

// Whole events only, each of JSON on one line.
void require_events(std::string_view stream) {
  codec::SseReader reader;
  reader.push(stream);
  for (codec::SseBlock block; reader.next(block);)
    if (block.dispatched) require(block.data.find('\n') == block.data.npos && is_json(block.data));
  require(reader.between_blocks());
}

void fuzz_stream(std::string_view bytes) {
  const auto reader = dialect::responses.stream_reader({}, context);
  const auto writer = dialect::responses.stream_writer(context);
  codec::SseReader framing;
  framing.push(bytes);
  std::string out;
  std::vector<chat::Delta> deltas;
  bool failed = false;
  for (codec::SseBlock block; framing.next(block);) {
    if (!block.dispatched || failed || is_deep(block.data)) continue;
    deltas.clear();
    reader->read(block.type, block.data, deltas);
    for (const chat::Delta& delta : deltas) {
      failed = delta.kind == chat::Delta::Kind::kError;
      if (failed) {
        writer->fail(delta.error, out);
      } else {
        writer->write(delta, out);
      }
    }
  }
  if (!failed) writer->end(out);
  require_events(out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      fuzz_request(bytes);
      break;
    case 1:
      fuzz_reply(bytes);
      break;
    default:
      fuzz_stream(bytes);
  }
  return 0;
}
