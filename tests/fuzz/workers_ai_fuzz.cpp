// Whatever a provider sends, readers of Workers AI and of legacy completions end: a stream begins
// at most once and says nothing after an error, and whatever is read can be written as one text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_reader.h"
#include "dialect/completions/completions.h"
#include "dialect/workers_ai/workers_ai.h"

namespace {

using namespace postern;
using Kind = chat::Delta::Kind;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_json(std::string_view text) {
  codec::JsonReader in(text);
  in.skip();
  return in.finish();
}

const dialect::ReplyContext context{"0123456789abcdef0123456789abcdef", "model", 1, true};

// An event on each line.
void check_stream(const dialect::Dialect& provider, std::string_view input) {
  dialect::Quirks quirks;
  quirks.usage_increments = true;
  const auto reader = provider.stream_reader(quirks, context);
  const auto writer = dialect::completions.stream_writer(context);
  std::vector<chat::Delta> deltas;
  std::string out;
  int starts = 0;
  bool failed = false;
  for (size_t at = 0; at < input.size();) {
    const size_t end = std::min(input.find('\n', at), input.size());
    deltas.clear();
    reader->read("", input.substr(at, end - at), deltas);
    at = end + 1;
    for (const chat::Delta& delta : deltas) {
      require(!failed);
      failed = delta.kind == Kind::kError;
      if (delta.kind == Kind::kStart) require(starts++ == 0);
      if (failed) {
        writer->fail(delta.error, out);
      } else {
        writer->write(delta, out);
      }
    }
  }
  if (!failed) writer->end(out);
  // Whole events, each of one line that is JSON.
  for (std::string_view left = out; !left.empty();) {
    const size_t end = left.find("\n\n");
    require(end != left.npos && left.starts_with("data: "));
    const std::string_view data = left.substr(6, end - 6);
    require(data == "[DONE]" || is_json(data));
    require(data.find('\n') == data.npos);
    left.remove_prefix(end + 2);
  }
}

void check_reply(const dialect::Dialect& provider, std::string_view body) {
  chat::Reply reply;
  if (!provider.read_reply(body, {}, context, reply)) return;
  std::string out;
  dialect::completions.write_reply(reply, context, out);
  require(is_json(out));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  for (const dialect::Dialect* provider : {&dialect::workers_ai, &dialect::completions}) {
    check_stream(*provider, input);
    check_reply(*provider, input);
  }
  dialect::ErrorHead head;
  head.status = size > 0 ? 400 + data[0] : 500;
  dialect::workers_ai.read_error(head, input);
  require(dialect::workers_ai_wire::error_of_binding(input).status >= 400);

  chat::Request request;
  if (dialect::completions.read_request(input, request)) return 0;
  require(request.messages.size() == 1 && request.max_tokens.has_value());
  chat::Dropped dropped;
  std::string out;
  require(!dialect::completions.write_request(request, dialect::completions, {}, dropped, out));
  require(is_json(out));
  return 0;
}
