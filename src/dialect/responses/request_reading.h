// What the files that read requests share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "chat/request.h"
#include "codec/json_reader.h"
#include "dialect/responses/items.h"
#include "dialect/responses/sealed.h"

namespace postern::dialect::responses_wire {

// One body on its way into one request. The first refusal is the one that is told; nothing is read
// after it.
class Reading {
 public:
  Reading(std::string_view request_body, chat::Request& neutral)
      : body(request_body), in(request_body), request(neutral) {}

  // Always false.
  bool refuse(std::string param, std::string_view what,
              chat::Refused::Kind kind = chat::Refused::Kind::kShape);
  bool unsupported(std::string param, std::string_view what) {
    return refuse(std::move(param), what, chat::Refused::Kind::kUnsupported);
  }

  // The value at hand must be of the kind; null is absent. False after a refusal.
  bool text(std::string_view param, chat::Text& text);
  bool flag(std::string_view param, std::optional<bool>& flag);
  bool number(std::string_view param, chat::Json& number);
  bool object(std::string_view param, chat::Json& object);

  void extra(std::string_view extra_name, chat::Json value);

  const std::string_view body;
  codec::JsonReader in;
  chat::Request& request;
  std::optional<chat::Refused> refused;
};

// Reads `input` into messages of the normal form.
class InputReader {
 public:
  explicit InputReader(Reading& reading) : reading_(reading) {}

  bool read();  // false after a refusal

 private:
  bool take(Item& item);
  bool take_message(Item& item);
  bool take_call(const Item& item);
  bool take_result(Item& item);
  bool take_other(const Item& item);
  void take_reasoning(const Item& item);
  void keep_notes(const Item& item);

  bool read_items();
  bool blame(const Item::Fault& fault);
  std::string here() const { return "input[" + std::to_string(index_) + "]"; }

  chat::Message& message(chat::Role role);
  // Adds a part to the assistant's turn, which goes on over several items.
  chat::Part& add(chat::Part part);

  Reading& reading_;
  uint32_t index_ = 0;
  Sealed pending_;  // signs the next part; without bytes: none
  std::unordered_map<std::string_view, chat::Text> names_;  // of calls, by their ids as written
};

bool read_tools(Reading& reading);
bool read_tool_choice(Reading& reading);
bool read_text_settings(Reading& reading);  // `text`: format and verbosity
bool read_reasoning(Reading& reading);
bool read_include(Reading& reading);

}  // namespace postern::dialect::responses_wire
