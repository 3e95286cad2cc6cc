// Gemini's readers over any bytes: a reply that is read says the same when it is written and read
// again, every event is read without harm and an error ends its stream, and a request that is read
// is either refused with a reason or written as JSON, and so is a schema.
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "dialect/describe.h"
#include "dialect/gemini/gemini.h"
#include "dialect/gemini/schema.h"

namespace {

using nlohmann::json;
namespace chat = postern::chat;
namespace dialect = postern::dialect;
using Progress = dialect::StreamReader::Progress;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// nlohmann_json refuses bad UTF-8, which ours passes on.
bool is_json(std::string_view text) { return json::accept(text); }

const dialect::ReplyContext context = {
    .request_id = "0123456789abcdef0123456789abcdef", .model = "m", .now_s = 1};

void check_reply(std::string_view body) {
  chat::Reply reply;
  if (!dialect::gemini.read_reply(body, {}, context, reply)) return;
  require(!reply.choices.empty());
  if (!is_json(body)) return;
  std::string written;
  dialect::gemini_wire::write_reply(reply, context, written);
  require(is_json(written));
  chat::Reply again;
  require(dialect::gemini.read_reply(written, {}, context, again));
  require(again.choices.size() == reply.choices.size());
  require(again.usage.total() == reply.usage.total());
  for (size_t at = 0; at < reply.choices.size(); ++at)
    require(dialect::describe(again.choices[at].parts) ==
            dialect::describe(reply.choices[at].parts));
}

void check_stream(std::string_view events) {
  const auto reader = dialect::gemini.stream_reader({}, context);
  dialect::JoinedDeltas joined;
  while (!events.empty()) {
    // A copy that is gone before the next event: a view kept too long is found.
    const std::string event(events.substr(0, events.find('\n')));
    events.remove_prefix(event.size() < events.size() ? event.size() + 1 : event.size());
    std::vector<chat::Delta> deltas;
    const bool closed = reader->progress() == Progress::kClosed;
    reader->read("", event, deltas);
    require(!closed || deltas.empty());
    for (size_t at = 0; at < deltas.size(); ++at)
      require(deltas[at].kind != chat::Delta::Kind::kError || at + 1 == deltas.size());
    joined.add(deltas);
    if (!joined.errors().empty()) require(reader->progress() == Progress::kClosed);
  }
  require(joined.starts() <= 1);
  joined.description();
}

void check_request(std::string_view body) {
  chat::Request request;
  if (const auto refused = dialect::gemini_wire::read_request(body, request)) {
    require(!refused->message.empty());
    return;
  }
  for (const char* model : {"gemini-2.5-pro", "gemini-3-flash"}) {
    request.model = model;
    std::string written;
    chat::Dropped dropped;
    const auto refused =
        dialect::gemini.write_request(request, dialect::gemini, {}, dropped, written);
    if (refused) {
      require(!refused->message.empty());
    } else if (is_json(body)) {
      require(is_json(written));
    }
  }
}

void check_schema(std::string_view schema) {
  using dialect::gemini_wire::Schema;
  std::string written;
  const Schema result = dialect::gemini_wire::append_schema(schema, written);
  require(written.size() <= schema.size() * 2 + 2);
  if (result != Schema::kBroken && is_json(schema)) require(is_json(written));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_reply(text);
  check_stream(text);
  check_request(text);
  check_schema(text);
  dialect::ErrorHead head;
  head.status = 500;
  dialect::gemini.read_error(head, text);
  if (dialect::gemini_wire::is_bare_error(text)) {
    const auto reader = dialect::gemini.stream_reader({}, context);
    std::vector<chat::Delta> deltas;
    reader->read("", text, deltas);
    require(deltas.size() == 1 && deltas[0].kind == chat::Delta::Kind::kError);
  }
  return 0;
}
