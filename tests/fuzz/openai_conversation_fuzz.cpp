// Chat completions over any bytes: whatever is read can be written, and what is written is JSON
// that is read again: requests, replies, and streams, whose events have one line of data each.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sse.h"
#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"

namespace {

using namespace postern;
using namespace postern::dialect;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

Quirks quirks_of(uint8_t bits) {
  Quirks quirks;
  quirks.developer_role = quirks.strict_tools = quirks.image_urls = true;
  quirks.reasoning_details = bits & 1;
  quirks.cache_control = bits & 2;
  quirks.rewritten = bits & 4;
  quirks.usage_increments = bits & 8;
  quirks.reasoning_beside_output = bits & 16;
  quirks.bare_json_schema = bits & 32;
  quirks.reasoning_member =
      bits & 64 ? Quirks::ReasoningMember::kReasoningContent : Quirks::ReasoningMember::kNone;
  return quirks;
}

void check_request(std::string_view body, const Quirks& quirks) {
  chat::Request request;
  if (const auto refused = openai_chat.read_request(body, request)) {
    require(!refused->message.empty());
    return;
  }
  std::string out;
  chat::Dropped dropped;
  if (const auto refused = openai_chat.write_request(request, openai_chat, quirks, dropped, out)) {
    require(!refused->message.empty() && !refused->param.empty());
    return;
  }
  for (const std::string& name : dropped) require(!name.empty());
  if (quirks.bare_json_schema) return;
  chat::Request again;
  const auto refused = openai_chat.read_request(out, again);
  // A mark of a message goes to its last part, two levels further in.
  if (refused) return require(refused->message.find("deep") != std::string::npos);
  require(again.messages.size() == request.messages.size());
  require(again.tools.size() == request.tools.size());
}

void check_reply(std::string_view body, const Quirks& quirks) {
  const ReplyContext context{"0123456789abcdef0123456789abcdef", "model", 1, true};
  chat::Reply reply;
  if (!openai_chat.read_reply(body, quirks, context, reply)) return;
  std::string out;
  openai_chat.write_reply(reply, context, out);
  chat::Reply again;
  require(openai_chat.read_reply(out, Quirks{}, context, again));
  require(again.choices.size() == reply.choices.size());
}

void check_events(std::string_view bytes) {
  codec::SseReader events;
  events.push(bytes);
  for (codec::SseBlock block; events.next(block);) {
    if (!block.dispatched) continue;
    require(block.data == "[DONE]" || is_json_object(block.data));
    require(block.data.find('\n') == std::string_view::npos);
  }
  require(events.rest().empty());
}

void check_stream(std::string_view bytes, const Quirks& quirks) {
  const ReplyContext context{"0123456789abcdef0123456789abcdef", "model", 1, true};
  const auto reader = openai_chat.stream_reader(quirks, context);
  const auto writer = openai_chat.stream_writer(context);
  std::vector<chat::Delta> deltas;
  std::string out;
  bool started = false, failed = false;
  codec::SseReader events;
  events.push(bytes);
  for (codec::SseBlock block; events.next(block);) {
    if (!block.dispatched) continue;
    deltas.clear();
    const bool closed = reader->progress() == StreamReader::Progress::kClosed;
    reader->read(block.type, block.data, deltas);
    require(!closed || deltas.empty());
    for (const chat::Delta& delta : deltas) {
      require(!failed);
      failed = delta.kind == chat::Delta::Kind::kError;
      if (failed) {
        writer->fail(delta.error, out);
        continue;
      }
      require(started == (delta.kind != chat::Delta::Kind::kStart));
      started = true;
      writer->write(delta, out);
    }
  }
  if (!failed) writer->end(out);
  check_events(out);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Quirks quirks = quirks_of(data[0]);
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  check_request(text, quirks);
  check_reply(text, quirks);
  check_stream(text, quirks);
  ErrorHead head;
  head.status = data[0] & 128 ? 400 : 0;
  std::string out;
  openai_chat.write_error(openai_chat.read_error(head, text), "id", out);
  require(is_json_object(out));
  return 0;
}
