#include "policy/trace.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "bounds.h"
#include "codec/sha256.h"

namespace postern::policy {
namespace {

constexpr size_t trace_id_digits = 32;
constexpr size_t span_id_digits = 16;
// 00-<trace id>-<span id>-<flags>
constexpr size_t trace_id_begin = 3;
constexpr size_t span_id_begin = trace_id_begin + trace_id_digits + 1;
constexpr size_t flags_begin = span_id_begin + span_id_digits + 1;
constexpr size_t traceparent_bytes = flags_begin + 2;

constexpr unsigned flag_sampled = 1;
constexpr unsigned flag_random = 2;

// Members longer than this go first when a tracestate is too long (section 3.3.1.5).
constexpr size_t long_member_bytes = 128;

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }
bool is_lower_letter(char byte) { return byte >= 'a' && byte <= 'z'; }

std::string_view trim_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_lower_hex(std::string_view text) {
  for (const char byte : text)
    if (!is_digit(byte) && !(byte >= 'a' && byte <= 'f')) return false;
  return true;
}

bool is_id(std::string_view text) {
  return is_lower_hex(text) && text.find_first_not_of('0') != text.npos;
}

unsigned hex_value(char digit) {
  return static_cast<unsigned>(is_digit(digit) ? digit - '0' : digit - 'a' + 10);
}

// Section 3.2; a version above 00 is read by the rules of section 4.3.
bool is_traceparent(std::string_view text) {
  if (text.size() < traceparent_bytes) return false;
  const std::string_view version = text.substr(0, 2);
  if (!is_lower_hex(version) || version == "ff") return false;
  if (text.size() > traceparent_bytes && (version == "00" || text[traceparent_bytes] != '-'))
    return false;
  return text[trace_id_begin - 1] == '-' && text[span_id_begin - 1] == '-' &&
         text[flags_begin - 1] == '-' && is_id(text.substr(trace_id_begin, trace_id_digits)) &&
         is_id(text.substr(span_id_begin, span_id_digits)) &&
         is_lower_hex(text.substr(flags_begin, 2));
}

// Lower hex of random bytes. All zeros are not an id, however improbable.
std::string new_id(std::string_view random, size_t digits) {
  std::string id = codec::to_hex(random.substr(0, digits / 2));
  id.resize(digits, '0');
  if (!is_id(id)) id.back() = '1';
  return id;
}

bool is_key_text(std::string_view text, size_t bytes_max) {
  if (text.empty() || text.size() > bytes_max) return false;
  for (const char byte : text)
    if (!is_lower_letter(byte) && !is_digit(byte) && byte != '_' && byte != '-' && byte != '*' &&
        byte != '/')
      return false;
  return true;
}

// Section 3.3.1.3.1. Level 2 lets any key begin with a digit; for keys with an `@` the stricter
// tenant@system form of level 1 holds, which every receiver understands.
bool is_key(std::string_view key) {
  const size_t at = key.find('@');
  if (at == key.npos) return is_key_text(key, 256) && (is_lower_letter(key[0]) || is_digit(key[0]));
  const std::string_view tenant = key.substr(0, at);
  const std::string_view system = key.substr(at + 1);
  return is_key_text(tenant, 241) && (is_lower_letter(tenant[0]) || is_digit(tenant[0])) &&
         is_key_text(system, 14) && is_lower_letter(system[0]);
}

// Section 3.3.1.3.2. The member is trimmed, so that a value cannot end in a space.
bool is_value(std::string_view value) {
  if (value.empty() || value.size() > 256) return false;
  for (const char byte : value)
    if (byte < 0x20 || byte > 0x7E || byte == ',' || byte == '=') return false;
  return true;
}

std::string_view key_of(std::string_view member) { return member.substr(0, member.find('=')); }

bool is_member(std::string_view member) {
  const size_t equals = member.find('=');
  return equals != member.npos && is_key(member.substr(0, equals)) &&
         is_value(member.substr(equals + 1));
}

// The members of a list, without empty ones and the white space around them; none at all when
// the list breaks a rule.
std::vector<std::string_view> read_members(std::string_view list) {
  std::vector<std::string_view> members;
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view member = trim_blanks(list.substr(0, comma));
    list = comma == list.npos ? std::string_view() : list.substr(comma + 1);
    if (member.empty()) continue;

    if (members.size() == bounds::tracestate_members_max || !is_member(member)) return {};
    for (const std::string_view other : members)
      if (key_of(other) == key_of(member)) return {};
    members.push_back(member);
  }
  return members;
}

size_t joined_bytes(const std::vector<std::string_view>& members) {
  size_t bytes = members.empty() ? 0 : members.size() - 1;
  for (const std::string_view member : members) bytes += member.size();
  return bytes;
}

// Drops whole members, the newest (at the front) last: long ones first, then any.
void fit(std::vector<std::string_view>& members) {
  for (size_t i = members.size(); i-- > 0 && joined_bytes(members) > bounds::tracestate_bytes_max;)
    if (members[i].size() > long_member_bytes)
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
  while (joined_bytes(members) > bounds::tracestate_bytes_max) members.pop_back();
}

std::string sanitised_tracestate(std::string_view list) {
  std::vector<std::string_view> members = read_members(list);
  fit(members);
  std::string text;
  for (const std::string_view member : members) {
    if (!text.empty()) text += ',';
    text += member;
  }
  return text;
}

}  // namespace

std::string Trace::traceparent() const {
  const unsigned flags = (sampled ? flag_sampled : 0) | (random_id ? flag_random : 0);
  std::string text = "00-" + trace_id + '-' + span_id + "-0";
  text += static_cast<char>('0' + flags);
  return text;
}

Trace continue_trace(std::optional<std::string_view> traceparent,
                     std::optional<std::string_view> tracestate, std::string_view random) {
  constexpr size_t trace_id_bytes = trace_id_digits / 2;
  Trace trace;
  trace.span_id = new_id(random.substr(std::min(trace_id_bytes, random.size())), span_id_digits);

  const std::string_view parent = traceparent ? trim_blanks(*traceparent) : std::string_view();
  if (!is_traceparent(parent)) {
    trace.trace_id = new_id(random, trace_id_digits);
    trace.random_id = true;
    return trace;
  }
  const unsigned flags = hex_value(parent[flags_begin + 1]);  // Only its low bits have a meaning.
  trace.trace_id = parent.substr(trace_id_begin, trace_id_digits);
  trace.sampled = (flags & flag_sampled) != 0;
  trace.random_id = (flags & flag_random) != 0;
  if (tracestate) trace.tracestate = sanitised_tracestate(*tracestate);
  return trace;
}

std::string_view client_request_id(std::optional<std::string_view> header) {
  const std::string_view id = header ? trim_blanks(*header) : std::string_view();
  if (id.size() > bounds::client_request_id_bytes_max) return {};
  for (const char byte : id)
    if (!is_lower_letter(byte) && !(byte >= 'A' && byte <= 'Z') && !is_digit(byte) && byte != '.' &&
        byte != '_' && byte != '-')
      return {};
  return id;
}

}  // namespace postern::policy
