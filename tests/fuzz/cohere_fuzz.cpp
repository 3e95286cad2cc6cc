// Whatever a provider sends, readers of Cohere end: a reply that is read has one choice, a stream
// begins at most once, says nothing after an error, and every call has an id and a place.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "codec/sse.h"
#include "dialect/cohere/cohere.h"
#include "dialect/json_members.h"

namespace {

using namespace postern;
using Kind = chat::Delta::Kind;

void require(bool holds) {
  if (!holds) std::abort();
}

const dialect::ReplyContext context{"0123456789abcdef0123456789abcdef", "model", 1, false};

void check_reply(std::string_view body) {
  chat::Reply reply;
  if (!dialect::cohere.read_reply(body, {}, context, reply)) return;
  require(reply.choices.size() == 1);
  for (const chat::Part& part : reply.choices[0].parts) {
    if (part.kind != chat::Part::Kind::kToolCall) continue;
    require(!part.id.raw.empty());
    require(part.arguments_cut ? part.arguments.empty() : dialect::is_json_object(part.arguments));
  }
}

class Stream {
 public:
  void read(std::string_view type, std::string_view data) {
    deltas_.clear();
    reader_->read(type, data, deltas_);
    for (const chat::Delta& delta : deltas_) check(delta);
  }

 private:
  void check(const chat::Delta& delta) {
    require(!failed_);
    failed_ = delta.kind == Kind::kError;
    if (delta.kind == Kind::kStart) require(starts_++ == 0);
    if (delta.kind == Kind::kText || delta.kind == Kind::kReasoning) {
      require(starts_ == 1 && !delta.text.raw.empty());
    }
    if (delta.kind == Kind::kToolCall) require(delta.tool == calls_++ && !delta.id.raw.empty());
    if (delta.kind == Kind::kArguments) require(delta.tool == calls_ - 1);
    if (delta.kind == Kind::kAnnotations) {
      codec::JsonReader in(delta.json);
      in.skip();
      require(in.finish());
    }
  }

  std::unique_ptr<dialect::StreamReader> reader_ = dialect::cohere.stream_reader({}, context);
  std::vector<chat::Delta> deltas_;
  int64_t calls_ = 0;
  int starts_ = 0;
  bool failed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_reply(input);
  dialect::ErrorHead head;
  head.status = size > 0 ? 400 + data[0] : 500;
  dialect::cohere.read_error(head, input);

  Stream stream;
  codec::SseReader framing;
  codec::SseBlock block;
  framing.push(input);
  while (framing.next(block))
    if (block.dispatched) stream.read(block.type, block.data);
  // The same bytes with an event on each line, which the fuzzer finds more easily.
  Stream lines;
  for (size_t at = 0; at < input.size();) {
    const size_t end = std::min(input.find('\n', at), input.size());
    lines.read("", input.substr(at, end - at));
    at = end + 1;
  }
  return 0;
}
