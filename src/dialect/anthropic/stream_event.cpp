#include "dialect/anthropic/stream_event.h"

#include "dialect/anthropic/anthropic.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {
namespace {

using codec::JsonKind;
using codec::JsonReader;

void delta_member(JsonReader& in, std::string_view data, Event& event) {
  if (in.name_is("type")) {
    read_text(in, event.delta_type);
  } else if (in.name_is("text") || in.name_is("thinking")) {
    read_text(in, event.text);
  } else if (in.name_is("partial_json")) {
    read_text(in, event.partial_json);
  } else if (in.name_is("signature")) {
    read_text(in, event.signature);
  } else if (in.name_is("citation")) {
    event.citation = read_json(in, data);
  } else if (in.name_is("stop_reason")) {
    read_text(in, event.stop_reason);
  } else if (in.name_is("stop_sequence")) {
    read_text(in, event.stop_sequence);
  } else {
    in.skip();
  }
}

void block(JsonReader& in, std::string_view data, Event& event) {
  in.kind();
  const size_t begin = in.offset();
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("type")) {
      read_text(in, event.block_type);
    } else if (in.name_is("id")) {
      read_text(in, event.id);
    } else if (in.name_is("name")) {
      read_text(in, event.name);
    } else if (in.name_is("text")) {
      read_text(in, event.text);
    } else if (in.name_is("thinking")) {
      read_text(in, event.thinking);
    } else if (in.name_is("signature")) {
      read_text(in, event.signature);
    } else if (in.name_is("data")) {
      read_text(in, event.data);
    } else if (in.name_is("input")) {
      event.input = read_json(in, data);
    } else if (in.name_is("citations")) {
      event.citations = read_json(in, data);
    } else {
      in.skip();
    }
  }
  event.block = data.substr(begin, in.offset() - begin);
}

void message_member(JsonReader& in, UsageReader& usage, Event& event) {
  if (in.name_is("id")) {
    read_text(in, event.message_id);
  } else if (in.name_is("model")) {
    read_text(in, event.model);
  } else if (in.name_is("usage") && in.kind() == JsonKind::kObject) {
    usage.read(in, event.service_tier);
    event.usage = true;
  } else {
    in.skip();
  }
}

void member(JsonReader& in, std::string_view data, UsageReader& usage, Event& event) {
  if (in.name_is("type")) {
    read_text(in, event.type);
  } else if (in.name_is("index")) {
    if (!in.read_integer(event.index)) in.skip();
  } else if (in.name_is("delta") && in.enter_object()) {
    while (in.next_member()) delta_member(in, data, event);
  } else if (in.name_is("content_block")) {
    block(in, data, event);
  } else if (in.name_is("usage") && in.kind() == JsonKind::kObject) {
    usage.read(in, event.service_tier);
    event.usage = true;
  } else if (in.name_is("message") && in.enter_object()) {
    while (in.next_member()) message_member(in, usage, event);
  } else if (in.name_is("error") && in.kind() != JsonKind::kNull) {
    event.error = true;
    read_error_object(in, event.fault);
  } else {
    in.skip();
  }
}

}  // namespace

bool read_event(std::string_view data, UsageReader& usage, Event& event) {
  JsonReader in(data);
  if (!in.enter_object()) return false;
  while (in.next_member()) member(in, data, usage, event);
  return in.finish();
}

}  // namespace postern::dialect::messages
