#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/request_reader.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {

using codec::JsonKind;
using codec::JsonReader;

// In the order of the bits of a mask.
const RequestReader::Member RequestReader::members_[] = {
    {"model", &RequestReader::model},
    {"messages", &RequestReader::messages},
    {"max_tokens", &RequestReader::max_tokens},
    {"system", &RequestReader::system},
    {"stream", &RequestReader::stream},
    {"tools", &RequestReader::tools},
    {"tool_choice", &RequestReader::tool_choice},
    {"temperature", &RequestReader::temperature},
    {"top_p", &RequestReader::top_p},
    {"top_k", &RequestReader::top_k},
    {"stop_sequences", &RequestReader::stop_sequences},
    {"metadata", &RequestReader::metadata},
    {"service_tier", &RequestReader::service_tier},
    {"thinking", &RequestReader::thinking},
    {"output_config", &RequestReader::output_config},
    {"output_format", &RequestReader::output_format},
};

std::optional<chat::Refused> RequestReader::read() {
  if (in_.kind() != JsonKind::kNone && !in_.enter_object())
    return chat::Refused{chat::Refused::Kind::kShape, "the request body must be a JSON object", {}};
  uint32_t seen = 0;
  while (in_.next_member() && member(seen)) {
  }
  if (parts_.refused) return std::move(parts_.refused);
  if (!in_.finish()) return json_refusal(body_, in_.error());
  if (request_.model.empty()) {
    refuse("model", "Field required");
  } else if (!messages_seen_) {
    refuse("messages", "Field required");
  } else if (!request_.max_tokens) {
    refuse("max_tokens", "Field required");
  } else if (request_.messages.empty()) {
    refuse("messages", "at least one message is required");
  }
  if (parts_.refused) return std::move(parts_.refused);
  if (!system_.parts.empty())
    request_.messages.insert(request_.messages.begin(), std::move(system_));
  return std::nullopt;
}

// A member that is read here and occurs twice is refused: the check would see one of them, and who
// reads the body after us the other.
bool RequestReader::member(uint32_t& seen) {
  uint32_t bit = 1;
  for (const auto& [name, read] : members_) {
    if (in_.name_is(name)) {
      if (seen & bit) return refuse(std::string(name), "occurs twice");
      seen |= bit;
      return (this->*read)();
    }
    bit <<= 1;
  }
  return extra({});
}

bool RequestReader::extra(std::string_view prefix) {
  chat::Text name = in_.name();
  if (!prefix.empty()) name.raw = request_.arena.keep(std::string(prefix).append(name.raw));
  const chat::Json value = read_json(in_, body_);
  if (!value.empty()) request_.extras.push_back({name, value});
  return true;
}

bool RequestReader::refuse(std::string param, std::string_view why) {
  return parts_.refuse(std::move(param), why);
}

bool RequestReader::string(std::string_view name, chat::Text& text) {
  if (in_.read_string(text)) return true;
  const JsonKind kind = in_.kind();
  if (kind == JsonKind::kNone) return false;
  if (kind == JsonKind::kNull) return in_.skip();
  return refuse(std::string(name), "must be a string");
}

bool RequestReader::number(std::string_view name, chat::Json& number) {
  const JsonKind kind = in_.kind();
  if (kind == JsonKind::kNone) return false;
  if (kind != JsonKind::kNumber && kind != JsonKind::kNull)
    return refuse(std::string(name), "must be a number");
  number = read_json(in_, body_);
  return true;
}

bool RequestReader::boolean(std::string_view name, std::optional<bool>& flag) {
  const JsonKind kind = in_.kind();
  if (kind == JsonKind::kNone) return false;
  if (kind == JsonKind::kNull) return in_.skip();
  return read_flag(in_, flag) || refuse(std::string(name), "must be true or false");
}

bool RequestReader::count(std::string_view name, std::optional<int64_t>& count) {
  const JsonKind kind = in_.kind();
  if (kind == JsonKind::kNone) return false;
  if (kind == JsonKind::kNull) return in_.skip();
  int64_t value = 0;
  if (!in_.read_integer(value) || value < 0)
    return refuse(std::string(name), "must be a whole number from 0 up");
  count = value;
  return true;
}

bool RequestReader::enters_object(std::string_view name, bool& entered) {
  const JsonKind kind = in_.kind();
  entered = in_.enter_object();
  if (entered) return true;
  if (kind == JsonKind::kNone) return false;
  if (kind == JsonKind::kNull) return in_.skip();
  return refuse(std::string(name), "must be an object");
}

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request) {
  return RequestReader(body, request).read();
}

}  // namespace postern::dialect::messages
