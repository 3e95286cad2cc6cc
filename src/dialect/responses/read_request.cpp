#include <array>

#include "bounds.h"
#include "dialect/json_members.h"
#include "dialect/responses/request_reading.h"
#include "dialect/responses/responses.h"

namespace postern::dialect::responses_wire {
namespace {

using codec::JsonKind;

bool read_model(Reading& reading) {
  chat::Text model;
  if (!reading.text("model", model)) return false;
  reading.request.model = chat::plain(model);
  return true;
}

bool read_input(Reading& reading) { return InputReader(reading).read(); }

bool read_parallel_tool_calls(Reading& reading) {
  return reading.flag("parallel_tool_calls", reading.request.parallel_tool_calls);
}

bool read_max_output_tokens(Reading& reading) {
  int64_t count = 0;
  if (reading.in.read_integer(count)) {
    if (count < 1) return reading.refuse("max_output_tokens", "must be at least 1");
    reading.request.max_tokens = count;
    return true;
  }
  const bool null = reading.in.kind() == JsonKind::kNull;
  reading.in.skip();
  return null || reading.refuse("max_output_tokens", "must be a whole number");
}

bool read_temperature(Reading& reading) {
  return reading.number("temperature", reading.request.temperature);
}
bool read_top_p(Reading& reading) { return reading.number("top_p", reading.request.top_p); }
bool read_top_logprobs(Reading& reading) {
  return reading.number("top_logprobs", reading.request.top_logprobs);
}
bool read_metadata(Reading& reading) {
  return reading.object("metadata", reading.request.metadata);
}
bool read_user(Reading& reading) { return reading.text("user", reading.request.user); }
bool read_service_tier(Reading& reading) {
  return reading.text("service_tier", reading.request.service_tier);
}

// The newer name of `user`. Where both are given, it stays beside it.
bool read_safety_identifier(Reading& reading) {
  const JsonKind kind = reading.in.kind();
  const chat::Json value = read_json(reading.in, reading.body);
  if (value.empty()) return true;
  if (kind != JsonKind::kString) return reading.refuse("safety_identifier", "must be a string");
  reading.extra("safety_identifier", value);
  return true;
}

bool read_stream(Reading& reading) {
  std::optional<bool> stream;
  if (!reading.flag("stream", stream)) return false;
  reading.request.stream = stream.value_or(false);
  return true;
}

// Its one member asks for padding or its absence; there is none here.
bool read_stream_options(Reading& reading) {
  chat::Json options;
  return reading.object("stream_options", options);
}

// Accepted either way: answers say that nothing was stored.
bool read_store(Reading& reading) {
  std::optional<bool> store;
  return reading.flag("store", store);
}

bool read_truncation(Reading& reading) {
  const chat::Json truncation = read_json(reading.in, reading.body);
  if (truncation.empty() || truncation == R"("disabled")") return true;
  if (truncation != R"("auto")") return reading.refuse("truncation", "must be auto or disabled");
  reading.extra("truncation", truncation);
  return true;
}

bool read_background(Reading& reading) {
  std::optional<bool> background;
  if (!reading.flag("background", background)) return false;
  if (!background.value_or(false)) return true;
  return reading.unsupported("background",
                             "is not possible, because nothing is stored here: leave it out, and "
                             "stream the answer if it takes long");
}

bool refuse_stored(Reading& reading, std::string_view member, std::string_view what) {
  if (read_json(reading.in, reading.body).empty()) return true;
  return reading.unsupported(std::string(member), what);
}

bool read_previous_response_id(Reading& reading) {
  return refuse_stored(reading, "previous_response_id",
                       "is not possible, because nothing is stored here: send the whole "
                       "conversation in input");
}

bool read_conversation(Reading& reading) {
  return refuse_stored(reading, "conversation",
                       "is not possible, because nothing is stored here: send the whole "
                       "conversation in input");
}

bool read_prompt(Reading& reading) {
  return refuse_stored(reading, "prompt",
                       "names a prompt that is stored elsewhere: send its text in instructions "
                       "and input");
}

// The gateway's own member.
bool read_project_id(Reading& reading) { return reading.in.skip() || true; }

struct Member {
  std::string_view name;
  bool (*read)(Reading&);
};
constexpr std::array members = {
    Member{"model", read_model},
    Member{"input", read_input},
    Member{"instructions", nullptr},  // needs the whole request: see below
    Member{"stream", read_stream},
    Member{"tools", read_tools},
    Member{"tool_choice", read_tool_choice},
    Member{"parallel_tool_calls", read_parallel_tool_calls},
    Member{"max_output_tokens", read_max_output_tokens},
    Member{"temperature", read_temperature},
    Member{"top_p", read_top_p},
    Member{"top_logprobs", read_top_logprobs},
    Member{"text", read_text_settings},
    Member{"reasoning", read_reasoning},
    Member{"include", read_include},
    Member{"metadata", read_metadata},
    Member{"user", read_user},
    Member{"safety_identifier", read_safety_identifier},
    Member{"service_tier", read_service_tier},
    Member{"store", read_store},
    Member{"stream_options", read_stream_options},
    Member{"truncation", read_truncation},
    Member{"background", read_background},
    Member{"previous_response_id", read_previous_response_id},
    Member{"conversation", read_conversation},
    Member{"prompt", read_prompt},
    Member{"project_id", read_project_id},
};
static_assert(members.size() <= 32);

size_t index_of(const codec::JsonReader& in) {
  size_t at = 0;
  while (at < members.size() && !in.name_is(members[at].name)) ++at;
  return at;
}

bool read_members(Reading& reading, chat::Text& instructions, uint32_t& seen) {
  while (reading.in.next_member()) {
    const size_t at = index_of(reading.in);
    if (at == members.size()) {
      const std::string unknown = chat::plain(reading.in.name());
      const chat::Json value = read_json(reading.in, reading.body);
      if (!value.empty()) reading.extra(unknown, value);
      continue;
    }
    if (seen >> at & 1)
      return reading.refuse(std::string(members[at].name), "occurs twice: leave one out");
    seen |= 1u << at;
    const bool read =
        members[at].read ? members[at].read(reading) : reading.text("instructions", instructions);
    if (!read) return false;
  }
  return true;
}

void put_in_front(chat::Request& request, const chat::Text& instructions) {
  if (instructions.raw.empty()) return;
  chat::Message system;
  system.role = chat::Role::kSystem;
  chat::Part& part = system.parts.emplace_back();
  part.text = instructions;
  part.place = {in_instructions, whole_item};
  request.messages.insert(request.messages.begin(), std::move(system));
}

void take_safety_identifier(chat::Request& request) {
  if (!request.user.raw.empty()) return;
  for (auto extra = request.extras.begin(); extra != request.extras.end(); ++extra) {
    if (extra->name.raw != "safety_identifier") continue;
    codec::JsonReader in(extra->value);
    read_text(in, request.user);
    request.extras.erase(extra);
    return;
  }
}

}  // namespace

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request) {
  Reading reading(body, request);
  chat::Text instructions;
  uint32_t seen = 0;
  if (!reading.in.enter_object()) {
    reading.in.skip();
    reading.refuse({}, "the request body must be a JSON object");
  } else {
    read_members(reading, instructions, seen);
  }
  if (reading.in.error().reason) return json_refusal(body, reading.in.error());
  if (reading.refused) return std::move(reading.refused);
  if (!reading.in.finish()) return json_refusal(body, reading.in.error());
  if (request.model.empty()) reading.refuse("model", "is required");
  if (!(seen >> 1 & 1)) reading.refuse("input", "is required");
  put_in_front(request, instructions);
  take_safety_identifier(request);
  return std::move(reading.refused);
}

bool Reading::refuse(std::string param, std::string_view what, chat::Refused::Kind kind) {
  if (refused) return false;
  std::string message = param.empty() ? std::string(what) : param + " " + std::string(what);
  refused = chat::Refused{kind, std::move(message), std::move(param)};
  return false;
}

bool Reading::text(std::string_view param, chat::Text& text) {
  const bool null = in.kind() == JsonKind::kNull;
  if (read_text(in, text) || null) return true;
  return refuse(std::string(param), "must be a string");
}

bool Reading::flag(std::string_view param, std::optional<bool>& flag) {
  const bool null = in.kind() == JsonKind::kNull;
  if (read_flag(in, flag) || null) return true;
  return refuse(std::string(param), "must be true or false");
}

bool Reading::number(std::string_view param, chat::Json& number) {
  const JsonKind kind = in.kind();
  number = read_json(in, body);
  if (kind == JsonKind::kNumber || kind == JsonKind::kNull) return true;
  return refuse(std::string(param), "must be a number");
}

bool Reading::object(std::string_view param, chat::Json& object) {
  const JsonKind kind = in.kind();
  object = read_json(in, body);
  if (kind == JsonKind::kObject || kind == JsonKind::kNull) return true;
  return refuse(std::string(param), "must be an object");
}

void Reading::extra(std::string_view extra_name, chat::Json value) {
  request.extras.push_back({request.arena.escape(extra_name), value});
}

}  // namespace postern::dialect::responses_wire
