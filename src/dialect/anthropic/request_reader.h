// Reads the body of a request. Members come in any order; the first fault ends the reading.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/request.h"
#include "codec/json_reader.h"
#include "dialect/anthropic/blocks.h"
#include "dialect/anthropic/marks.h"

namespace postern::dialect::messages {

class RequestReader {
 public:
  RequestReader(std::string_view body, chat::Request& request)
      : body_(body), in_(body), request_(request), parts_(request.arena) {}

  std::optional<chat::Refused> read();

 private:
  using Step = bool (RequestReader::*)();
  struct Member {
    std::string_view name;
    Step read;
  };
  static const Member members_[16];

  bool member(uint32_t& seen);
  bool extra(std::string_view prefix);

  // read_messages.cpp
  bool messages();
  bool message(uint32_t index);
  bool content(codec::JsonReader& in, std::string_view document, PartReader::Speaker speaker,
               BlockPlace where, std::vector<chat::Part>& parts);
  bool assistant_block(const Block& block, const BlockPlace& where, std::vector<chat::Part>& parts);
  void take_message(chat::Role role, std::vector<chat::Part>& parts);
  void take_results(std::vector<chat::Part> results);
  bool system();

  // read_settings.cpp
  bool model();
  bool max_tokens();
  bool stream();
  bool temperature();
  bool top_p();
  bool top_k();
  bool stop_sequences();
  bool metadata();
  bool service_tier();
  bool tools();
  bool tool(uint32_t index);
  bool tool_choice();
  bool thinking();
  bool output_config();
  bool output_format();

  // Null counts as absent; false when the value is of another kind, or is no JSON.
  bool string(std::string_view name, chat::Text& text);
  bool number(std::string_view name, chat::Json& number);
  bool boolean(std::string_view name, std::optional<bool>& flag);
  bool count(std::string_view name, std::optional<int64_t>& count);
  bool enters_object(std::string_view name, bool& entered);
  bool refuse(std::string param, std::string_view why);

  std::string_view body_;
  codec::JsonReader in_;
  chat::Request& request_;
  PartReader parts_;
  std::map<std::string_view, chat::Text> names_of_calls_;
  std::optional<Mark> pending_mark_;  // signs the next block
  std::optional<size_t> results_at_;  // the message of results since the last assistant turn
  chat::Message system_;
  bool messages_seen_ = false;
};

// `thinking`, which clients of other dialects send too: false when it is not to be understood.
bool read_thinking(codec::JsonReader& in, chat::Reasoning& reasoning, std::string_view& wrong);

}  // namespace postern::dialect::messages
