#include "dialect/responses/responses.h"

#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect {

// Providers that speak this are asked in it by clients that do, with their own bytes; for others
// they have a chat. write_request is for the tests, which close the loop with it.
const Dialect responses = {
    .name = responses_wire::name,
    .read_request = responses_wire::read_request,
    .write_reply = responses_wire::write_reply,
    .stream_writer = responses_wire::stream_writer,
    .write_error = responses_wire::write_error,
    .field_name = responses_wire::field_name,
    .write_request = nullptr,
    .read_reply = responses_wire::read_reply,
    .stream_reader = responses_wire::stream_reader,
    .read_error = responses_wire::read_error,
};

namespace responses_wire {
namespace {

using chat::Field;

std::string item_name(chat::Place place) {
  if (place.message == in_instructions) return "instructions";
  if (place.message == input_text) return "input";
  std::string words = "input[" + std::to_string(place.message) + "]";
  if (place.part == whole_item) return words;
  return words + ".content[" + std::to_string(place.part) + "]";
}

std::string tool_name(chat::Place place) { return "tools[" + std::to_string(place.message) + "]"; }

}  // namespace

// OpenAI's errors are the same on all its surfaces.
chat::Error read_error(const ErrorHead& head, std::string_view body) {
  return chat_completions::read_error(head, body);
}

void write_error(const chat::Error& error, std::string_view request_id, std::string& out) {
  chat_completions::write_error(error, request_id, out);
}

std::string field_name(Field field, chat::Place place) {
  switch (field) {
    case Field::kModel:
      return "model";
    case Field::kMessages:
      return item_name(place);
    case Field::kTools:
      return tool_name(place);
    case Field::kToolChoice:
      return "tool_choice";
    case Field::kParallelToolCalls:
      return "parallel_tool_calls";
    case Field::kMaxTokens:
      return "max_output_tokens";
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
      return "include";
    case Field::kTopLogprobs:
      return "top_logprobs";
    case Field::kResponseFormat:
      return "text.format";
    case Field::kReasoning:
      return "reasoning";
    case Field::kUser:
      return "user";
    case Field::kMetadata:
      return "metadata";
    case Field::kServiceTier:
      return "service_tier";
    case Field::kVerbosity:
      return "text.verbosity";
    case Field::kImageDetail:
      return item_name(place) + ".detail";
    case Field::kCacheControl:
      return item_name(place) + ".cache_control";
    case Field::kToolStrict:
      return tool_name(place) + ".strict";
    case Field::kSpeakerName:
      return item_name(place) + ".name";
    case Field::kResultError:
      return item_name(place) + ".status";
    case Field::kSignature:
      return item_name(place) + ".encrypted_content";
  }
  return {};
}

}  // namespace responses_wire
}  // namespace postern::dialect
