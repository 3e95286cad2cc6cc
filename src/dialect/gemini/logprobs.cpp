#include "dialect/gemini/logprobs.h"

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::gemini_wire {
namespace {

using codec::JsonReader;

// A list of the result, walked one element at a time.
class Elements {
 public:
  explicit Elements(chat::Json list) : in_(list), open_(!list.empty() && in_.enter_array()) {}

  JsonReader* next() { return open_ && in_.next_element() ? &in_ : nullptr; }

 private:
  JsonReader in_;
  bool open_;
};

// {"token":"a","tokenId":1,"logProbability":-0.5}: the members, and the object left open for more.
void write_token(JsonReader& in, chat::Json document, codec::JsonWriter& json) {
  chat::Text token;
  chat::Json logprob;
  if (in.enter_object()) {
    while (in.next_member()) {
      if (in.name_is("token")) {
        read_text(in, token);
      } else if (in.name_is("logProbability") && in.kind() == codec::JsonKind::kNumber) {
        logprob = read_json(in, document);
      } else {
        in.skip();
      }
    }
  } else {
    in.skip();
  }
  json.begin_object().name("token").text(token);
  json.name("logprob").raw(logprob.empty() ? "0" : logprob).name("bytes").null();
}

// {"candidates":[...]}, the most likely tokens at one place.
void write_top(JsonReader& in, chat::Json document, codec::JsonWriter& json) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (!in.name_is("candidates") || !in.enter_array()) {
      in.skip();
      continue;
    }
    while (in.next_element()) {
      write_token(in, document, json);
      json.end_object();
    }
  }
}

}  // namespace

void append_logprobs(chat::Json result, std::string& out) {
  chat::Json chosen_list, top_list;
  JsonReader in(result);
  if (!in.enter_object()) return;
  while (in.next_member()) {
    if (in.name_is("chosenCandidates")) {
      chosen_list = read_json(in, result);
    } else if (in.name_is("topCandidates")) {
      top_list = read_json(in, result);
    } else {
      in.skip();
    }
  }
  Elements chosen(chosen_list), top(top_list);
  codec::JsonWriter json(out);
  bool any = false;
  while (JsonReader* token = chosen.next()) {
    if (!any) json.begin_object().name("content").begin_array();
    any = true;
    write_token(*token, chosen_list, json);
    json.name("top_logprobs").begin_array();
    if (JsonReader* place = top.next()) write_top(*place, top_list, json);
    json.end_array().end_object();
  }
  if (any) json.end_array().name("refusal").null().end_object();
}

}  // namespace postern::dialect::gemini_wire
