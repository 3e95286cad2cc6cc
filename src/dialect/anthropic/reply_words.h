// The words of replies that whole ones and streams share.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "chat/reply.h"
#include "codec/json_reader.h"

namespace postern::dialect::messages {

// `usage`, as it stands in a reply, at the start of a stream and, cumulative, at its end.
class UsageReader {
 public:
  // Later counts replace earlier ones; what is not said again stays. The tier stands here too.
  void read(codec::JsonReader& in, chat::Text& service_tier);
  chat::Usage usage() const;

 private:
  std::optional<uint64_t> input_, cache_read_, cache_creation_, minutes_, hour_, output_, thinking_;
};

void write_usage(const chat::Usage& usage, const chat::Text& service_tier, std::string& out);

chat::Finish finish_of(const chat::Text& stop_reason);
// `calls`: the answer has tool calls; `refused`: it has a refusal.
std::string_view stop_reason_of(chat::Finish finish, bool calls, bool refused);

// The provider's id where it is one of Anthropic's, otherwise one made of the request's.
void append_message_id(const chat::Text& id, std::string_view request_id, std::string& out);

// A citation in OpenAI's words, when it is of a page: appended to a list of annotations that stands
// in `out` without its brackets. `begin` and `end` count the characters of the answer's text.
void append_annotation(chat::Json citation, uint64_t begin, uint64_t end, std::string& out);

// How many characters a text has.
uint64_t count_characters(const chat::Text& text);

}  // namespace postern::dialect::messages
