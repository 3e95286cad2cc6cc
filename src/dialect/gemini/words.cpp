// The words of the wire that several readers and writers share.
#include <limits>

#include "dialect/gemini/gemini.h"
#include "dialect/json_members.h"

namespace postern::dialect::gemini_wire {
namespace {

constexpr std::string_view made_prefix = "call_";
constexpr size_t request_id_bytes = 32;
constexpr int newest_version = 999;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_hex(char byte) { return is_digit(byte) || (byte >= 'a' && byte <= 'f'); }

uint64_t sum(std::optional<uint64_t> left, std::optional<uint64_t> right) {
  const uint64_t room = std::numeric_limits<uint64_t>::max() - left.value_or(0);
  return left.value_or(0) + (right.value_or(0) < room ? right.value_or(0) : room);
}

}  // namespace

chat::Finish finish_of(const chat::Text& word) {
  const std::string_view reason = word.raw;
  if (reason == "STOP") return chat::Finish::kStop;
  if (reason == "MAX_TOKENS") return chat::Finish::kLength;
  if (reason.empty() || reason == "FINISH_REASON_UNSPECIFIED") return chat::Finish::kNone;
  for (const std::string_view filtered :
       {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR",
        "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER"})
    if (reason == filtered) return chat::Finish::kContentFilter;
  return chat::Finish::kError;
}

void read_usage(codec::JsonReader& in, chat::Usage& usage) {
  std::optional<uint64_t> prompt, tool_prompt, cached, candidates, thoughts;
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("promptTokenCount")) {
      read_count(in, prompt);
    } else if (in.name_is("toolUsePromptTokenCount")) {
      read_count(in, tool_prompt);
    } else if (in.name_is("cachedContentTokenCount")) {
      read_count(in, cached);
    } else if (in.name_is("candidatesTokenCount")) {
      read_count(in, candidates);
    } else if (in.name_is("thoughtsTokenCount")) {
      read_count(in, thoughts);
    } else {
      in.skip();
    }
  }
  if (!prompt && !tool_prompt && !candidates && !thoughts) return;  // only the kind of traffic
  usage = chat::disjoint(sum(prompt, tool_prompt), cached, {}, candidates.value_or(0), {});
  usage.reasoning = thoughts;
}

std::string made_id(std::string_view request_id, uint64_t number) {
  return std::string(made_prefix).append(request_id) + "_" + std::to_string(number);
}

bool is_made_id(std::string_view id) {
  if (!id.starts_with(made_prefix)) return false;
  id.remove_prefix(made_prefix.size());
  if (id.size() < request_id_bytes + 2 || id[request_id_bytes] != '_') return false;
  for (const char byte : id.substr(0, request_id_bytes))
    if (!is_hex(byte)) return false;
  for (const char byte : id.substr(request_id_bytes + 1))
    if (!is_digit(byte)) return false;
  return true;
}

int version_of(std::string_view model) {
  constexpr std::string_view family = "gemini-";
  const size_t found = model.find(family);
  if (found == model.npos) return 0;
  const std::string_view rest = model.substr(found + family.size());
  if (rest.empty()) return 0;
  if (!is_digit(rest[0])) return rest.ends_with("-latest") ? newest_version : 0;
  size_t at = 0;
  int major = 0;
  for (; at < rest.size() && is_digit(rest[at]); ++at)
    if (major < 1000) major = major * 10 + (rest[at] - '0');
  const bool minor = at + 1 < rest.size() && rest[at] == '.' && is_digit(rest[at + 1]);
  return major * 10 + (minor ? rest[at + 1] - '0' : 0);
}

}  // namespace postern::dialect::gemini_wire
