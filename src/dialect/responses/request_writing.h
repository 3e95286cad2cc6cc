// What the files that write requests share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "chat/request.h"
#include "codec/json_writer.h"
#include "dialect/dialect.h"

namespace postern::dialect::responses_wire {

// One request on its way into one body.
class Writing {
 public:
  Writing(const chat::Request& neutral, const Dialect& client, const Quirks& provider,
          chat::Dropped& names, std::string& to)
      : request(neutral), front(client), quirks(provider), out(to), json(to), dropped_(names) {}

  // Always false. The first refusal is the one that is told.
  bool refuse(chat::Field field, chat::Place place, std::string_view what);
  void drop(std::string field_name);
  void drop(chat::Field field, chat::Place place) { drop(front.field_name(field, place)); }
  void drop(chat::Field field) { drop(field, {}); }

  // A JSON string of `data:`, media type and base64.
  void data_url(const chat::Text& media_type, const chat::Text& data);

  // Does the client speak this dialect too? Then what only its providers know passes.
  bool same_words() const;

  const chat::Request& request;
  const Dialect& front;
  const Quirks& quirks;
  std::string& out;
  codec::JsonWriter json;
  std::optional<chat::Refused> refused;

 private:
  chat::Dropped& dropped_;
};

// Each writes one member, or none, and returns false after a refusal.
bool write_input(Writing& to);
bool write_tools(Writing& to);
bool write_tool_choice(Writing& to);

}  // namespace postern::dialect::responses_wire
