#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect {
namespace chat_completions {
namespace {

using chat::Field;

std::string place_in_message(chat::Place place) {
  std::string words = "messages[" + std::to_string(place.message) + ']';
  if (place.part & in_reasoning) return words + ".reasoning_content";
  if (place.part & in_string) return words + ".content";
  const uint32_t index = place.part & ~in_tool_calls;
  words += place.part & in_tool_calls ? ".tool_calls[" : ".content[";
  return words + std::to_string(index) + ']';
}

std::string_view name_of(Field field) {
  switch (field) {
    case Field::kModel:
      return "model";
    case Field::kToolChoice:
      return "tool_choice";
    case Field::kParallelToolCalls:
      return "parallel_tool_calls";
    case Field::kMaxTokens:
      return "max_completion_tokens";
    case Field::kTemperature:
      return "temperature";
    case Field::kTopP:
      return "top_p";
    case Field::kTopK:
      return "top_k";
    case Field::kPresencePenalty:
      return "presence_penalty";
    case Field::kFrequencyPenalty:
      return "frequency_penalty";
    case Field::kLogitBias:
      return "logit_bias";
    case Field::kSeed:
      return "seed";
    case Field::kStop:
      return "stop";
    case Field::kChoices:
      return "n";
    case Field::kLogprobs:
      return "logprobs";
    case Field::kTopLogprobs:
      return "top_logprobs";
    case Field::kResponseFormat:
      return "response_format";
    case Field::kReasoning:
      return "reasoning_effort";
    case Field::kUser:
      return "user";
    case Field::kMetadata:
      return "metadata";
    case Field::kServiceTier:
      return "service_tier";
    case Field::kVerbosity:
      return "verbosity";
    default:
      return {};
  }
}

}  // namespace

std::string field_name(Field field, chat::Place place) {
  std::string tool = "tools[" + std::to_string(place.message) + ']';
  const std::string message = "messages[" + std::to_string(place.message) + ']';
  switch (field) {
    case Field::kMessages:
      return place_in_message(place);
    case Field::kTools:
      return tool;
    case Field::kToolStrict:
      return tool + ".function.strict";
    case Field::kImageDetail:
      return place_in_message(place) + ".image_url.detail";
    case Field::kCacheControl:
      return place_in_message(place) + ".cache_control";
    case Field::kSpeakerName:
      return message + ".name";
    case Field::kResultError:
      return message + ".is_error";
    case Field::kSignature:
      if (place.part & in_tool_calls) return place_in_message(place) + ".extra_content";
      return message + ".reasoning_details";
    default:
      return std::string(name_of(field));
  }
}

}  // namespace chat_completions

const Dialect openai_chat = {
    .name = "openai_chat",
    .read_request = chat_completions::read_request,
    .write_reply = chat_completions::write_reply,
    .stream_writer = chat_completions::stream_writer,
    .write_error = chat_completions::write_error,
    .field_name = chat_completions::field_name,
    .write_request = chat_completions::write_request,
    .read_reply = chat_completions::read_reply,
    .stream_reader = chat_completions::stream_reader,
    .read_error = chat_completions::read_error,
};

}  // namespace postern::dialect
