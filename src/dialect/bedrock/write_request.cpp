// A neutral conversation as a request of Converse.
#include <algorithm>

#include "dialect/bedrock/bedrock.h"
#include "dialect/bedrock/request_writer.h"

namespace postern::dialect::bedrock_wire {
namespace {

bool is_system(const chat::Message& message) {
  return message.role == chat::Role::kSystem || message.role == chat::Role::kDeveloper;
}

}  // namespace

std::optional<chat::Refused> RequestWriter::write() {
  if (!check_shape()) return refused_;
  const auto& messages = request_.messages;
  auto leading = static_cast<size_t>(std::find_if_not(messages.begin(), messages.end(), is_system) -
                                     messages.begin());
  if (leading != 0 && leading == messages.size()) --leading;
  plan_reasoning();

  json_.begin_object();
  if (!write_system(leading) || !write_turns(leading)) return refused_;
  write_inference();
  if (!write_tools() || !write_response_format() || !write_additional_fields() || !write_extras())
    return refused_;
  drop_the_rest();
  json_.end_object();
  return std::nullopt;
}

bool RequestWriter::check_shape() {
  if (request_.choices > 1)
    return refuse(chat::Field::kChoices, {},
                  "this provider gives one answer; send the request n "
                  "times");
  if (!request_.messages.empty() && request_.messages.back().role == chat::Role::kAssistant) {
    const auto& parts = request_.messages.back().parts;
    if (!parts.empty() && (parts.back().kind == chat::Part::Kind::kText ||
                           parts.back().kind == chat::Part::Kind::kRefusal))
      last_text_ = &parts.back();
  }
  return true;
}

void RequestWriter::drop(std::string name) { dropped_.add(std::move(name)); }

void RequestWriter::drop(chat::Field field, chat::Place place) {
  drop(front_.field_name(field, place));
}

bool RequestWriter::refuse(chat::Field field, chat::Place place, std::string_view why) {
  std::string param = front_.field_name(field, place);
  std::string message = param;
  message.append(": ").append(why);
  refused_ = {chat::Refused::Kind::kUnsupported, std::move(message), std::move(param)};
  return false;
}

std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks&, chat::Dropped& dropped,
                                           std::string& out) {
  return RequestWriter(request, front, dropped, out).write();
}

}  // namespace postern::dialect::bedrock_wire
