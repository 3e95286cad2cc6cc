// What is said in a conversation: messages of parts, the same whether a client sends them or a
// model answers with them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "chat/text.h"

namespace postern::chat {

enum class Role : uint8_t { kSystem, kDeveloper, kUser, kAssistant, kTool };

// Where a part stood in the client's own list, so that an error can name it. For what has no
// message, both are zero.
struct Place {
  uint32_t message = 0;
  uint32_t part = 0;  // of the message's content, or of its tool calls
};

struct Part {
  enum class Kind : uint8_t {
    kText,
    kRefusal,          // a model's no, as text
    kReasoning,        // thoughts, with the signature that proves them
    kSealedReasoning,  // thoughts nobody but the provider can read: `signature` holds them
    kImage,
    kAudio,
    kFile,
    kToolCall,
    kToolResult,
  };
  Kind kind = Kind::kText;
  Place place;

  Text text;  // of text, refusal and reasoning
  // Opaque bytes of the provider's that must come back to it unchanged: of reasoning, and of any
  // part that a provider signs (Gemini: text and tool calls). Empty: none. `signer` says whose.
  Text signature;
  std::string_view signer;  // a dialect's name, or empty when the client did not say

  // Image, audio, file: exactly one of data (base64) and url, or of file the provider's own id.
  Text media_type;  // lower case, without parameters, as a rule; empty: not said
  Text data;
  Text url;
  Text file_id;
  Text detail;  // of an image: low, high, auto
  Text format;  // of audio: wav, mp3

  // Tool call and result: the call's id. Providers that give none get one made by the reader of
  // the reply. `name` is also a file's name; of a result it is the tool's, where the client says
  // it or the reader could look it up.
  Text id;
  Text name;
  bool custom = false;  // a call of OpenAI's custom tools: `text` is its input
  // The call's arguments, as JSON text. `arguments_cut`: what the model wrote is no JSON object;
  // then `text` has what it wrote, and `arguments` is empty.
  Json arguments;
  bool arguments_cut = false;
  std::vector<Part> content;  // of a result
  bool is_error = false;      // likewise

  Json cache_control;  // Anthropic's mark
  Json citations;      // of a text, in the provider's own words
};

struct Message {
  Role role = Role::kUser;
  Text name;  // the speaker's, where one is given
  std::vector<Part> parts;
};

}  // namespace postern::chat
