// Blocks of a message, as replies have them, and requests too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "chat/reply.h"
#include "chat/request.h"
#include "codec/json_reader.h"

namespace postern::dialect::bedrock_wire {

inline constexpr std::string_view signer = "bedrock";

// A place in the world that a piece of text is taken from.
struct Citation {
  chat::Text url;  // empty: it has no web address, and cannot be told in OpenAI's words
  chat::Text title;
};

// One citation, of a list or of a stream.
Citation read_citation(codec::JsonReader& in);

// Appends `,` where a list goes on, and the citation in OpenAI's words.
void append_annotation(const Citation& citation, uint64_t begin, uint64_t end, std::string& out);

// How many characters a text has, without unescaping it.
uint64_t characters_in(const chat::Text& text);

// What a block holds. Members that are not there are empty.
struct Block {
  // One; several where cited text comes in pieces; none where nothing of it can be carried.
  std::vector<chat::Part> parts;
  std::vector<Citation> citations;
  bool server_tool = false;  // a call that Bedrock ran itself
};

// Reads the current member of a block of `document`. False, with nothing read, when it is none that
// a reply holds. A tool call without an id keeps none.
bool read_block_member(codec::JsonReader& in, std::string_view document, chat::Arena& arena,
                       Block& block);

// A setting of a request: false, with nothing read, when the current member is none.
bool read_setting(codec::JsonReader& in, std::string_view body, chat::Request& request);
// A cache point as the mark on what stands before it.
chat::Json read_cache_point(codec::JsonReader& in);

chat::Finish finish_of(const chat::Text& stop_reason);
// The same in the light of the calls that the client was given: with calls an answer ends for them,
// whatever Bedrock says, and without calls (it ran them itself) it does not.
chat::Finish finish_with_calls(chat::Finish finish, int64_t calls);
void read_usage(codec::JsonReader& in, chat::Usage& usage);

// The id of a call to which Bedrock gave none.
std::string made_tool_id(std::string_view request_id, int64_t tool);

// The kind of an exception, by its name in any case.
chat::Error::Kind kind_of_exception(std::string_view name, chat::Error::Kind otherwise);
// Settles what the message tells beyond the name.
void take_message(std::string message, chat::Error& error);

}  // namespace postern::dialect::bedrock_wire
