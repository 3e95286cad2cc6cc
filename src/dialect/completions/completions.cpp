#include "dialect/completions/completions.h"

#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect {
namespace completions_wire {

std::string_view finish_word(chat::Finish finish) {
  switch (finish) {
    case chat::Finish::kNone:
      return {};
    case chat::Finish::kLength:
      return "length";
    case chat::Finish::kContentFilter:
      return "content_filter";
    default:
      return "stop";
  }
}

// The same names as in chat, but for the prompt.
std::string field_name(chat::Field field, chat::Place place) {
  switch (field) {
    case chat::Field::kMaxTokens:
      return "max_tokens";
    case chat::Field::kMessages:
    case chat::Field::kImageDetail:
    case chat::Field::kCacheControl:
    case chat::Field::kSpeakerName:
    case chat::Field::kResultError:
    case chat::Field::kSignature:
      return "prompt";
    default:
      return chat_completions::field_name(field, place);
  }
}

}  // namespace completions_wire

const Dialect completions = {
    .name = "completions",
    .read_request = completions_wire::read_request,
    .write_reply = completions_wire::write_reply,
    .stream_writer = completions_wire::stream_writer,
    .write_error = chat_completions::write_error,
    .field_name = completions_wire::field_name,
    .write_request = completions_wire::write_request,
    .read_reply = completions_wire::read_reply,
    .stream_reader = completions_wire::stream_reader,
    .read_error = chat_completions::read_error,
};

}  // namespace postern::dialect
