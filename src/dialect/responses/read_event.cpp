#include "dialect/json_members.h"
#include "dialect/responses/stream_reader.h"

namespace postern::dialect::responses_wire {
namespace {

using codec::JsonReader;

struct NamedText {
  std::string_view name;
  chat::Text Event::* text;
};
struct NamedJson {
  std::string_view name;
  chat::Json Event::* json;
};
struct NamedIndex {
  std::string_view name;
  int64_t Event::* index;
};

// In the order of how often they occur.
constexpr NamedText texts[] = {
    {"type", &Event::type},           {"delta", &Event::delta},     {"text", &Event::text},
    {"arguments", &Event::arguments}, {"input", &Event::input},     {"refusal", &Event::refusal},
    {"code", &Event::code},           {"message", &Event::message}, {"param", &Event::param},
};
constexpr NamedIndex indexes[] = {
    {"output_index", &Event::output_index},
    {"content_index", &Event::content_index},
    {"summary_index", &Event::summary_index},
};
constexpr NamedJson values[] = {
    {"logprobs", &Event::logprobs}, {"item", &Event::item},   {"part", &Event::part},
    {"response", &Event::response}, {"error", &Event::error}, {"annotation", &Event::annotation},
};

void read_index(JsonReader& in, int64_t& index) {
  int64_t value = 0;
  if (!in.read_integer(value)) {
    in.skip();
  } else if (value >= 0) {
    index = value;
  }
}

void read_member(JsonReader& in, std::string_view data, Event& event) {
  for (const NamedText& named : texts) {
    if (!in.name_is(named.name)) continue;
    read_text(in, event.*named.text);
    return;
  }
  for (const NamedIndex& named : indexes) {
    if (!in.name_is(named.name)) continue;
    read_index(in, event.*named.index);
    return;
  }
  for (const NamedJson& named : values) {
    if (!in.name_is(named.name)) continue;
    event.*named.json = read_json(in, data);
    return;
  }
  in.skip();
}

}  // namespace

bool read_event(std::string_view data, Event& event) {
  JsonReader in(data);
  if (!in.enter_object()) return false;
  while (in.next_member()) read_member(in, data, event);
  return in.finish();
}

}  // namespace postern::dialect::responses_wire
