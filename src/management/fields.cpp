#include "management/fields.h"

#include <algorithm>
#include <utility>

#include "codec/json_reader.h"
#include "codec/utc_time.h"

namespace postern::management {
namespace {

using codec::Document;

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  return std::all_of(name.begin(), name.end(), [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
  });
}

bool is_among(std::string_view name, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), name) != known.end();
}

}  // namespace

Document parse_json(std::string_view text) {
  codec::JsonReader in(text);
  in.skip();
  if (!in.finish()) return Document(Document::value_t::discarded);
  return Document::parse(text, nullptr, false);
}

Refused invalid_field(std::string_view name, std::string message) {
  const bool plain = is_plain_name(name);
  return {.reason = policy::Reason::kInvalidRequest,
          .message = std::move(message),
          .param = plain ? std::string(name) : std::string()};
}

Fields::Fields(std::string_view body, std::initializer_list<std::string_view> known) {
  if (body.empty()) return;
  Document document = parse_json(body);
  if (document.is_discarded()) {
    fault_ = Refused{.reason = policy::Reason::kInvalidJson, .message = {}, .param = {}};
    return;
  }
  if (!document.is_object()) {
    refuse("", "the request body must be a JSON object");
    return;
  }
  for (auto member = document.begin(); member != document.end(); ++member)
    if (!is_among(member.key(), known))
      refuse(member.key(), "the request body has a member that is not known here");
  if (!fault_) document_ = std::move(document);
}

Fields::Fields(Document document) {
  if (document.is_object()) {
    document_ = std::move(document);
  } else {
    refuse("", "not an object");
  }
}

const Document* Fields::find(std::string_view name) const {
  const auto member = document_.find(name);
  return member == document_.end() ? nullptr : &*member;
}

bool Fields::is_null(std::string_view name) const {
  const Document* const value = find(name);
  return value && value->is_null();
}

std::optional<std::string> Fields::text(std::string_view name) {
  const Document* const value = find(name);
  if (!value) return std::nullopt;
  if (const auto* text = value->get_ptr<const std::string*>()) return *text;
  refuse(name, std::string(name) + " must be a string");
  return std::nullopt;
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view name) {
  const Document* const value = find(name);
  if (!value) return std::nullopt;
  std::vector<std::string> texts;
  bool right = value->is_array();
  if (right) {
    for (const Document& one : *value) {
      const auto* text = one.get_ptr<const std::string*>();
      right = right && text;
      if (text) texts.push_back(*text);
    }
  }
  if (right) return texts;
  refuse(name, std::string(name) + " must be a list of strings");
  return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view name) {
  const Document* const value = find(name);
  if (!value) return std::nullopt;
  if (const auto* boolean = value->get_ptr<const bool*>()) return *boolean;
  refuse(name, std::string(name) + " must be true or false");
  return std::nullopt;
}

std::optional<int64_t> Fields::integer(std::string_view name, int64_t least, int64_t most) {
  const Document* const value = find(name);
  if (!value) return std::nullopt;
  const std::optional<int64_t> integer = integer_between(*value, least, most);
  if (!integer)
    refuse(name, std::string(name) + " must be an integer from " + std::to_string(least) + " to " +
                     std::to_string(most));
  return integer;
}

std::optional<int64_t> Fields::time(std::string_view name) {
  const Document* const value = find(name);
  if (!value) return std::nullopt;
  const auto* text = value->get_ptr<const std::string*>();
  const std::optional<int64_t> time = text ? codec::read_utc_time(*text) : std::nullopt;
  if (!time) refuse(name, std::string(name) + " must be a time in UTC like 2027-01-01T00:00:00Z");
  return time;
}

const Document* Fields::object(std::string_view name) {
  const Document* const value = find(name);
  if (!value) return nullptr;
  if (value->is_object()) return value;
  refuse(name, std::string(name) + " must be an object");
  return nullptr;
}

void Fields::require(std::string_view name) {
  if (!has(name) || is_null(name)) refuse(name, std::string(name) + " is required");
}

void Fields::refuse(std::string_view name, std::string message) {
  if (!fault_) fault_ = invalid_field(name, std::move(message));
}

std::optional<int64_t> integer_between(const Document& value, int64_t least, int64_t most) {
  if (const auto* natural = value.get_ptr<const Document::number_unsigned_t*>()) {
    if (*natural > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
  }
  const auto* integer = value.get_ptr<const Document::number_integer_t*>();
  if (!integer || *integer < least || *integer > most) return std::nullopt;
  return *integer;
}

Query::Query(std::string_view query, std::initializer_list<std::string_view> known) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (piece.empty()) continue;
    const size_t equals = std::min(piece.find('='), piece.size());
    const std::string_view name = piece.substr(0, equals);
    if (!is_among(name, known)) {
      fault_ = invalid_field(name, "the query has a parameter that is not known here");
      return;
    }
    if (value(name)) {
      fault_ = invalid_field(name, std::string(name) + " stands twice in the query");
      return;
    }
    parameters_.push_back({name, piece.substr(std::min(equals + 1, piece.size()))});
  }
}

std::optional<std::string_view> Query::value(std::string_view name) const {
  for (const Parameter& parameter : parameters_)
    if (parameter.name == name) return parameter.value;
  return std::nullopt;
}

}  // namespace postern::management
