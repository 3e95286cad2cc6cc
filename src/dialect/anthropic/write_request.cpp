#include "codec/json_writer.h"
#include "dialect/anthropic/anthropic.h"
#include "dialect/anthropic/request_writer.h"
#include "dialect/anthropic/schema.h"

namespace postern::dialect::messages {
namespace {

using chat::Field;
using codec::equals_unescaped;

constexpr std::string_view output_config_prefix = "output_config.";

bool asks_for_other_output(const chat::Extra& extra) {
  return equals_unescaped(extra.name, "modalities") &&
         (extra.value.find("\"audio\"") != extra.value.npos ||
          extra.value.find("\"image\"") != extra.value.npos);
}

void append_number(int64_t value, std::string& out) {
  codec::JsonWriter json(out);
  json.number(value);
}

}  // namespace

bool RequestWriter::refuse(Field field, chat::Place place, std::string_view why) {
  std::string param = front_.field_name(field, place);
  std::string message = param + ": ";
  message += why;
  refused_ = {chat::Refused::Kind::kUnsupported, std::move(message), std::move(param)};
  return false;
}

void RequestWriter::name(std::string_view name) {
  out_ += ",\"";
  out_ += name;
  out_ += "\":";
}

void RequestWriter::member(std::string_view member, const chat::Text& value) {
  name(member);
  out_ += '"';
  out_ += value.raw;
  out_ += '"';
}

void RequestWriter::raw_member(std::string_view member, chat::Json value) {
  name(member);
  out_ += value;
}

std::optional<chat::Refused> RequestWriter::write() {
  if (request_.choices > 1) {
    refuse(Field::kChoices, {}, "this provider gives one answer to a request: leave it out");
    return std::move(refused_);
  }
  out_ += "{\"model\":";
  codec::append_json_string(request_.model, out_);
  name("max_tokens");
  append_number(plan_.max_tokens, out_);
  if (!conversation() || !tools()) return std::move(refused_);
  tool_choice();
  thinking();
  output_config();
  stop_sequences();
  settings();
  extras();
  if (request_.stream) out_ += ",\"stream\":true";
  out_ += '}';
  return std::move(refused_);
}

bool RequestWriter::tools() {
  const bool answer = plan_.answer == Plan::Answer::kTool;
  if (request_.tools.empty() && !answer) return true;
  out_ += ",\"tools\":[";
  bool first = true;
  for (const chat::Tool& each : request_.tools) {
    if (!first) out_ += ',';
    first = false;
    if (!tool(each)) return false;
  }
  if (answer) {
    if (!first) out_ += ',';
    json_answer_tool();
  }
  out_ += ']';
  return true;
}

bool RequestWriter::tool(const chat::Tool& tool) {
  const chat::Place place = {tool.place, 0};
  if (plan_.native && !tool.definition.empty()) {
    out_ += tool.definition;
    return true;
  }
  if (tool.kind != chat::Tool::Kind::kFunction)
    return refuse(Field::kTools, place,
                  "only function tools can be sent to this provider, not custom or hosted ones");
  out_ += "{\"name\":\"";
  out_ += tool.name.raw;
  out_ += '"';
  if (!tool.description.raw.empty()) member("description", tool.description);
  name("input_schema");
  std::optional<std::string> strict;
  if (tool.strict == true && plan_.model.json_schema) strict = strict_schema(tool.parameters);
  append_input_schema(strict ? chat::Json(*strict) : tool.parameters, out_);
  if (strict) {
    out_ += ",\"strict\":true";
  } else if (tool.strict == true) {
    drop_.add(Field::kToolStrict, place);
  }
  if (!tool.cache_control.empty()) raw_member("cache_control", tool.cache_control);
  out_ += '}';
  return true;
}

void RequestWriter::json_answer_tool() {
  const chat::ResponseFormat& format = request_.response_format;
  out_ += "{\"name\":\"";
  out_ += messages::json_answer_tool;
  out_ +=
      R"(","description":"Give your answer by calling this tool: its input is the whole answer.)";
  if (!format.description.raw.empty()) {
    out_ += "\\n\\n";
    out_ += format.description.raw;
  }
  out_ += "\",\"input_schema\":";
  if (format.schema.empty()) {
    out_ += R"({"type":"object","additionalProperties":true})";
  } else {
    append_input_schema(format.schema, out_);
  }
  out_ += '}';
}

void RequestWriter::tool_choice() {
  using Kind = chat::ToolChoice::Kind;
  const chat::ToolChoice& choice = request_.tool_choice;
  switch (plan_.tool_choice) {
    case Kind::kUnset:
      return;
    case Kind::kAuto:
      out_ += R"(,"tool_choice":{"type":"auto")";
      break;
    case Kind::kNone:
      out_ += R"(,"tool_choice":{"type":"none")";
      break;
    case Kind::kRequired:
      out_ += R"(,"tool_choice":{"type":"any")";
      break;
    case Kind::kNamed:
      out_ += R"(,"tool_choice":{"type":"tool")";
      member("name", plan_.answer == Plan::Answer::kTool ? chat::literal(messages::json_answer_tool)
                                                         : choice.name);
      break;
    case Kind::kOther:
      if (plan_.native) {
        raw_member("tool_choice", choice.definition);
      } else {
        refuse(Field::kToolChoice, {}, "use auto, none, required or the name of a function");
      }
      return;
  }
  if (plan_.one_call) out_ += ",\"disable_parallel_tool_use\":true";
  out_ += '}';
}

void RequestWriter::thinking() {
  switch (plan_.thinking) {
    case Plan::Thinking::kUnsaid:
      return;
    case Plan::Thinking::kDisabled:
      out_ += R"(,"thinking":{"type":"disabled"})";
      return;
    case Plan::Thinking::kAdaptive:
      out_ += R"(,"thinking":{"type":"adaptive")";
      break;
    case Plan::Thinking::kBudget:
      out_ += R"(,"thinking":{"type":"enabled","budget_tokens":)";
      append_number(plan_.budget, out_);
      break;
  }
  if (!plan_.display.empty()) member("display", chat::literal(plan_.display));
  out_ += '}';
}

void RequestWriter::output_config() {
  const size_t begin = out_.size();
  if (!plan_.effort.empty()) member("effort", chat::literal(plan_.effort));
  if (plan_.answer == Plan::Answer::kSchema) {
    out_ += R"(,"format":{"type":"json_schema","schema":)";
    out_ += plan_.schema;
    out_ += '}';
  }
  for (const chat::Extra& extra : request_.extras)
    if (plan_.native && extra.name.raw.starts_with(output_config_prefix))
      raw_member(extra.name.raw.substr(output_config_prefix.size()), extra.value);
  if (out_.size() == begin) return;
  // What was written begins with a comma, which becomes the one before the member.
  out_.replace(begin, 1, ",\"output_config\":{");
  out_ += '}';
}

void RequestWriter::stop_sequences() {
  bool open = false, blank = false;
  for (const chat::Text& stop : request_.stop) {
    if (is_blank(stop)) {
      blank = true;
      continue;
    }
    out_ += open ? ",\"" : ",\"stop_sequences\":[\"";
    out_ += stop.raw;
    out_ += '"';
    open = true;
  }
  if (open) out_ += ']';
  if (blank) drop_.add(Field::kStop);
}

void RequestWriter::settings() {
  const chat::Request& from = request_;
  if (!plan_.temperature.empty()) raw_member("temperature", plan_.temperature);
  if (!plan_.top_p.empty()) raw_member("top_p", plan_.top_p);
  if (!plan_.top_k.empty()) raw_member("top_k", plan_.top_k);
  if (!from.user.raw.empty()) {
    out_ += R"(,"metadata":{"user_id":")";
    out_ += from.user.raw;
    out_ += "\"}";
  }
  if (!from.metadata.empty()) drop_.add(Field::kMetadata);
  if (!from.service_tier.raw.empty()) {
    if (plan_.native) {
      member("service_tier", from.service_tier);
    } else {
      drop_.add(Field::kServiceTier);
    }
  }
  if (!from.presence_penalty.empty()) drop_.add(Field::kPresencePenalty);
  if (!from.frequency_penalty.empty()) drop_.add(Field::kFrequencyPenalty);
  if (!from.seed.empty()) drop_.add(Field::kSeed);
  if (!from.logit_bias.empty()) drop_.add(Field::kLogitBias);
  if (from.logprobs) drop_.add(Field::kLogprobs);
  if (!from.top_logprobs.empty()) drop_.add(Field::kTopLogprobs);
  if (!from.verbosity.raw.empty()) drop_.add(Field::kVerbosity);
}

void RequestWriter::extras() {
  for (const chat::Extra& extra : request_.extras) {
    if (plan_.native) {
      if (!extra.name.raw.starts_with(output_config_prefix))
        raw_member(extra.name.raw, extra.value);
      continue;
    }
    if (asks_for_other_output(extra)) {
      refused_ = {chat::Refused::Kind::kUnsupported,
                  "modalities: this provider answers in text alone", "modalities"};
      return;
    }
    if (!equals_unescaped(extra.name, "thinking")) drop_.add(chat::plain(extra.name));
  }
}

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks&, chat::Dropped& dropped,
                                           std::string& out) {
  return RequestWriter(request, front, dropped, out).write();
}

}  // namespace postern::dialect::messages
