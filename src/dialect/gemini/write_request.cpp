#include "dialect/gemini/gemini.h"
#include "dialect/gemini/request_writer.h"

namespace postern::dialect::gemini_wire {

RequestWriter::RequestWriter(const chat::Request& request, const Dialect& front,
                             chat::Dropped& dropped, std::string& out)
    : request_(request),
      front_(front),
      dropped_(dropped),
      out_(out),
      json_(out),
      version_(version_of(request.model)) {}

std::optional<chat::Refused> RequestWriter::write() {
  json_.begin_object();
  if (write_contents() && write_tools() && write_tool_choice() && write_settings()) {
    write_extras();
    drop_the_rest();
  }
  json_.end_object();
  return std::move(refused_);
}

void RequestWriter::drop(std::string name) { dropped_.add(std::move(name)); }

void RequestWriter::drop(chat::Field field, chat::Place place) {
  drop(front_.field_name(field, place));
}

bool RequestWriter::refuse(chat::Field field, chat::Place place, std::string_view why) {
  refused_ = {chat::Refused::Kind::kUnsupported, std::string(why), front_.field_name(field, place)};
  return false;
}

// Extras that Google knows are carried as they are, in either of its spellings.
void RequestWriter::write_extras() {
  bool safety = false, cached = false;
  const auto is = [](const chat::Extra& extra, std::string_view camel, std::string_view snake) {
    return codec::equals_unescaped(extra.name, camel) || codec::equals_unescaped(extra.name, snake);
  };
  for (const chat::Extra& extra : request_.extras) {
    if (!safety && is(extra, "safetySettings", "safety_settings")) {
      json_.name("safetySettings").raw(extra.value);
      safety = true;
    } else if (!cached && is(extra, "cachedContent", "cached_content")) {
      json_.name("cachedContent").raw(extra.value);
      cached = true;
    } else {
      drop(chat::plain(extra.name));
    }
  }
}

// All of it tunes an answer or its accounting; none of it changes what the answer is.
void RequestWriter::drop_the_rest() {
  using chat::Field;
  if (request_.parallel_tool_calls == false) drop(Field::kParallelToolCalls);
  if (!request_.logit_bias.empty()) drop(Field::kLogitBias);
  if (!request_.user.raw.empty()) drop(Field::kUser);
  if (!request_.metadata.empty()) drop(Field::kMetadata);
  if (!request_.service_tier.raw.empty()) drop(Field::kServiceTier);
  if (!request_.verbosity.raw.empty()) drop(Field::kVerbosity);
}

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks&, chat::Dropped& dropped,
                                           std::string& out) {
  return RequestWriter(request, front, dropped, out).write();
}

}  // namespace postern::dialect::gemini_wire
