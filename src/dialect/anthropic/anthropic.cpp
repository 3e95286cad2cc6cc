#include "dialect/anthropic/anthropic.h"

namespace postern::dialect {
namespace messages {
namespace {

std::string part_name(chat::Place place) {
  if (place.message == system_place) return "system." + std::to_string(place.part);
  return "messages." + std::to_string(place.message) + ".content." + std::to_string(place.part);
}

}  // namespace

std::string field_name(chat::Field field, chat::Place place) {
  using Field = chat::Field;
  switch (field) {
    case Field::kModel:
      return "model";
    case Field::kMessages:
      return part_name(place);
    case Field::kTools:
      return "tools." + std::to_string(place.message);
    case Field::kToolChoice:
      return "tool_choice";
    case Field::kParallelToolCalls:
      return "tool_choice.disable_parallel_tool_use";
    case Field::kMaxTokens:
      return "max_tokens";
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
      return "stop_sequences";
    case Field::kChoices:
      return "n";
    case Field::kLogprobs:
      return "logprobs";
    case Field::kTopLogprobs:
      return "top_logprobs";
    case Field::kResponseFormat:
      return "output_config.format";
    case Field::kReasoning:
      return "thinking";
    case Field::kUser:
      return "metadata.user_id";
    case Field::kMetadata:
      return "metadata";
    case Field::kServiceTier:
      return "service_tier";
    case Field::kVerbosity:
      return "verbosity";
    case Field::kImageDetail:
      return part_name(place) + ".source";
    case Field::kCacheControl:
      return part_name(place) + ".cache_control";
    case Field::kToolStrict:
      return "tools." + std::to_string(place.message) + ".strict";
    case Field::kSpeakerName:
      return "messages." + std::to_string(place.message) + ".name";
    case Field::kResultError:
      return part_name(place) + ".is_error";
    case Field::kSignature:
      return part_name(place) + ".signature";
  }
  return {};
}

}  // namespace messages

const Dialect anthropic = {
    .name = "anthropic",
    .read_request = messages::read_request,
    .write_reply = messages::write_reply,
    .stream_writer = messages::stream_writer,
    .write_error = messages::write_error,
    .field_name = messages::field_name,
    .write_request = messages::write_request,
    .read_reply = messages::read_reply,
    .stream_reader = messages::stream_reader,
    .read_error = messages::read_error,
};

}  // namespace postern::dialect
