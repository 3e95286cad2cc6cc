// The readings of chat completions over any bytes: what they say must agree with a parser of whole
// documents, and the edits they propose must leave valid JSON with the members as they should be.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "dialect/untouched.h"

namespace {

using nlohmann::json;
namespace dialect = postern::dialect;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// nlohmann_json refuses bad UTF-8 and keeps only the last of equal names; ours passes the one and,
// in members that it does not read, the other.
json parsed(std::string_view text) { return json::parse(text, nullptr, false); }

void check_request(std::string_view body) {
  dialect::Outline request;
  const auto fault = dialect::read_outline(body, request);
  if (fault) {
    require(!fault->message.empty());
    return;
  }
  const json before = parsed(body);
  if (!before.is_object()) return;  // bad UTF-8, or deeper than its parser likes
  require(before["model"] == request.model);
  require(request.stream == (before.contains("stream") && before["stream"] == true));
  require(body[request.model_value.begin] == '"' && body[request.model_value.end - 1] == '"');

  std::vector<dialect::Edit> edits;
  if (request.project_member)
    edits.push_back({request.project_member->begin, request.project_member->end, {}});
  const std::string without_project = dialect::apply(edits, body);
  json wanted = before;
  wanted.erase("project_id");
  require(parsed(without_project) == wanted);

  if (request.include_usage) return;
  wanted = before;
  if (!wanted["stream_options"].is_object()) wanted["stream_options"] = json::object();
  wanted["stream_options"]["include_usage"] = true;
  require(parsed(dialect::apply({request.ask_usage}, body)) == wanted);

  wanted["model"] = "another";
  wanted.erase("project_id");
  edits.push_back(request.ask_usage);
  edits.push_back({request.model_value.begin, request.model_value.end, "\"another\""});
  std::sort(edits.begin(), edits.end(), [](const auto& left, const auto& right) {
    return left.begin != right.begin ? left.begin < right.begin : left.end < right.end;
  });
  for (size_t at = 1; at < edits.size(); ++at) require(edits[at - 1].end <= edits[at].begin);
  require(parsed(dialect::apply(edits, body)) == wanted);
}

void check_chunk(std::string_view data) {
  const dialect::ChatChunk chunk = dialect::read_chat_chunk(data);
  const json before = parsed(data);
  if (before.is_object() && !chunk.valid) return;  // too deep for us
  if (!before.is_object() || !chunk.valid || !chunk.null_usage) return;
  const auto [begin, end] = *chunk.null_usage;
  require(begin < end && end <= data.size());
  const std::string cut = std::string(data.substr(0, begin)) + std::string(data.substr(end));
  const json after = parsed(cut);
  require(after.is_object());
  // With `usage` given twice one of them is left.
  json without = before, left = after;
  without.erase("usage");
  left.erase("usage");
  require(without == left);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_request(text);
  check_chunk(text);
  const dialect::ChatReply reply = dialect::read_chat_reply(text);
  if (const json document = parsed(text); document.is_object() && reply.valid)
    require(!document.contains("error") || document["error"].is_null() || reply.error);
  return 0;
}
