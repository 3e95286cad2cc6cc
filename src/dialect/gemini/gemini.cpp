#include "dialect/gemini/gemini.h"

namespace postern::dialect {
namespace gemini_wire {
namespace {

std::string part_name(chat::Place place) {
  return "contents[" + std::to_string(place.message) + "].parts[" + std::to_string(place.part) +
         "]";
}

}  // namespace

std::string field_name(chat::Field field, chat::Place place) {
  using chat::Field;
  switch (field) {
    case Field::kModel:
      return "model";
    case Field::kMessages:
    case Field::kImageDetail:
    case Field::kCacheControl:
    case Field::kSpeakerName:
    case Field::kResultError:
      return part_name(place);
    case Field::kSignature:
      return part_name(place) + ".thoughtSignature";
    case Field::kTools:
    case Field::kToolStrict:
      return "tools[" + std::to_string(place.message) + "]";
    case Field::kToolChoice:
    case Field::kParallelToolCalls:
      return "toolConfig.functionCallingConfig";
    case Field::kMaxTokens:
      return "generationConfig.maxOutputTokens";
    case Field::kTemperature:
      return "generationConfig.temperature";
    case Field::kTopP:
      return "generationConfig.topP";
    case Field::kTopK:
      return "generationConfig.topK";
    case Field::kPresencePenalty:
      return "generationConfig.presencePenalty";
    case Field::kFrequencyPenalty:
      return "generationConfig.frequencyPenalty";
    case Field::kSeed:
      return "generationConfig.seed";
    case Field::kStop:
      return "generationConfig.stopSequences";
    case Field::kChoices:
      return "generationConfig.candidateCount";
    case Field::kLogprobs:
      return "generationConfig.responseLogprobs";
    case Field::kTopLogprobs:
      return "generationConfig.logprobs";
    case Field::kResponseFormat:
      return "generationConfig.responseJsonSchema";
    case Field::kReasoning:
      return "generationConfig.thinkingConfig";
    case Field::kLogitBias:
      return "logitBias";
    case Field::kUser:
      return "user";
    case Field::kMetadata:
      return "labels";
    case Field::kServiceTier:
      return "serviceTier";
    case Field::kVerbosity:
      return "verbosity";
  }
  return "request";
}

}  // namespace gemini_wire

// Nobody speaks this to the gateway. The functions that would read it are for the tests, which
// close the loop with them.
const Dialect gemini = {
    .name = "gemini",
    .read_request = nullptr,
    .write_reply = nullptr,
    .stream_writer = nullptr,
    .write_error = nullptr,
    .field_name = gemini_wire::field_name,
    .write_request = gemini_wire::write_request,
    .read_reply = gemini_wire::read_reply,
    .stream_reader = gemini_wire::stream_reader,
    .read_error = gemini_wire::read_error,
};

}  // namespace postern::dialect
