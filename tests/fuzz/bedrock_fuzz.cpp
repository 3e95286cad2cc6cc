// What Converse's readers accept can be written, and what is written reads back as it was written;
// streams end at their first error, and all text in them is the inside of a JSON string.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_reader.h"
#include "dialect/bedrock/bedrock.h"

namespace {

using postern::codec::JsonReader;
using postern::dialect::bedrock;
namespace chat = postern::chat;
namespace dialect = postern::dialect;

constexpr dialect::ReplyContext context = {.request_id = "0123456789abcdef0123456789abcdef",
                                           .model = "model"};

void require(bool holds) {
  if (!holds) __builtin_trap();
}

bool is_json(std::string_view text) {
  JsonReader in(text);
  in.skip();
  return in.finish();
}

void require_text(const chat::Text& text) {
  require(is_json("\"" + std::string(text.raw) + "\""));
  require(text.escaped || text.raw.find('\\') == text.raw.npos);
}

void check_request(std::string_view model, std::string_view body) {
  chat::Request request;
  if (postern::dialect::bedrock_wire::read_request(body, request)) return;
  request.model = model;
  chat::Dropped dropped;
  std::string written;
  if (bedrock.write_request(request, bedrock, {}, dropped, written)) return;
  require(is_json(written));

  chat::Request again;
  require(!postern::dialect::bedrock_wire::read_request(written, again));
  again.model = model;
  dropped = {};
  std::string twice;
  require(!bedrock.write_request(again, bedrock, {}, dropped, twice));
  require(is_json(twice));
}

void check_reply(std::string_view body) {
  chat::Reply reply;
  if (!bedrock.read_reply(body, {}, context, reply)) return;
  require(reply.choices.size() == 1);
  for (const chat::Part& part : reply.choices[0].parts) {
    require_text(part.text);
    require_text(part.id);
    require_text(part.name);
    require_text(part.signature);
    require(part.arguments.empty() || is_json(part.arguments));
  }
  const chat::Json annotations = reply.choices[0].annotations;
  require(annotations.empty() || is_json(annotations));
  std::string written;
  postern::dialect::bedrock_wire::write_reply(reply, context, written);
  chat::Reply again;
  require(bedrock.read_reply(written, {}, context, again));
  require(again.choices[0].parts.size() == reply.choices[0].parts.size());
  require(again.usage.total() == reply.usage.total());
}

// Each line is an event; its first byte chooses the type.
void check_stream(std::string_view lines) {
  constexpr std::string_view types[] = {
      "messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop",
      "messageStop",  "metadata",          "invented",          "exception:throttlingException"};
  const auto reader = bedrock.stream_reader({}, context);
  std::vector<chat::Delta> out;
  bool ended = false;
  int64_t calls = 0;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size() + (line.size() < lines.size()));
    if (line.empty()) continue;
    // A copy that is gone before the next event: a view kept too long is found.
    const std::string data(line.substr(1));
    out.clear();
    reader->read(types[static_cast<unsigned char>(line[0]) % 8], data, out);
    require(!ended || out.empty());
    for (const chat::Delta& delta : out) {
      require_text(delta.text);
      require_text(delta.id);
      require_text(delta.name);
      require_text(delta.media_type);
      require(delta.json.empty() || is_json(delta.json));
      if (delta.kind == chat::Delta::Kind::kToolCall) require(delta.tool == calls++);
      if (delta.kind == chat::Delta::Kind::kArguments) require(delta.tool < calls);
      ended = delta.kind == chat::Delta::Kind::kError;
    }
    using Progress = dialect::StreamReader::Progress;
    require(!ended || reader->progress() == Progress::kClosed);
    ended = reader->progress() == Progress::kClosed;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  constexpr std::string_view models[] = {"any", "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
                                         "anthropic.claude-opus-4-8", "us.amazon.nova-2-lite-v1:0",
                                         "meta.llama3-3-70b-instruct-v1:0"};
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string_view body = input.substr(1);
  check_request(models[data[0] % 5], body);
  check_reply(body);
  check_stream(body);
  dialect::ErrorHead head;
  head.status = data[0] + 300;
  head.error_type = body.substr(0, 40);
  bedrock.read_error(head, body);
  return 0;
}
