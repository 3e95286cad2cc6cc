#include "dialect/bedrock/bedrock.h"

#include "codec/json_writer.h"

namespace postern::dialect {
namespace bedrock_wire {
namespace {

std::string part_name(chat::Place place) {
  return "messages[" + std::to_string(place.message) + "].content[" + std::to_string(place.part) +
         "]";
}

std::string tool_name(chat::Place place) {
  return "toolConfig.tools[" + std::to_string(place.message) + "]";
}

}  // namespace

std::string field_name(chat::Field field, chat::Place place) {
  using Field = chat::Field;
  switch (field) {
    case Field::kModel:
      return "modelId";
    case Field::kMessages:
      return part_name(place);
    case Field::kTools:
      return tool_name(place);
    case Field::kToolChoice:
      return "toolConfig.toolChoice";
    case Field::kMaxTokens:
      return "inferenceConfig.maxTokens";
    case Field::kTemperature:
      return "inferenceConfig.temperature";
    case Field::kTopP:
      return "inferenceConfig.topP";
    case Field::kStop:
      return "inferenceConfig.stopSequences";
    case Field::kResponseFormat:
      return "outputConfig.textFormat";
    case Field::kServiceTier:
      return "serviceTier";
    case Field::kMetadata:
      return "requestMetadata";
    case Field::kToolStrict:
      return tool_name(place) + ".toolSpec.strict";
    case Field::kImageDetail:
    case Field::kCacheControl:
    case Field::kSpeakerName:
    case Field::kSignature:
      return part_name(place);
    case Field::kResultError:
      return part_name(place) + ".toolResult.status";
    // The rest has no name of its own in Converse.
    case Field::kTopK:
      return "additionalModelRequestFields.top_k";
    case Field::kReasoning:
      return "additionalModelRequestFields.thinking";
    case Field::kParallelToolCalls:
      return "parallelToolCalls";
    case Field::kPresencePenalty:
      return "presencePenalty";
    case Field::kFrequencyPenalty:
      return "frequencyPenalty";
    case Field::kLogitBias:
      return "logitBias";
    case Field::kSeed:
      return "seed";
    case Field::kChoices:
      return "n";
    case Field::kLogprobs:
      return "logprobs";
    case Field::kTopLogprobs:
      return "topLogprobs";
    case Field::kUser:
      return "user";
    case Field::kVerbosity:
      return "verbosity";
  }
  return {};
}

void write_error(const chat::Error& error, std::string_view, std::string& out) {
  codec::JsonWriter(out).begin_object().name("message").string(error.message).end_object();
}

}  // namespace bedrock_wire

// Nobody speaks this to the gateway. The functions that would read it are for the tests, which
// close the loop with them.
const Dialect bedrock = {
    .name = "bedrock",
    .read_request = nullptr,
    .write_reply = nullptr,
    .stream_writer = nullptr,
    .write_error = bedrock_wire::write_error,
    .field_name = bedrock_wire::field_name,
    .write_request = bedrock_wire::write_request,
    .read_reply = bedrock_wire::read_reply,
    .stream_reader = bedrock_wire::stream_reader,
    .read_error = bedrock_wire::read_error,
};

}  // namespace postern::dialect
