#include <array>

#include "bounds.h"
#include "dialect/completions/completions.h"
#include "dialect/openai_chat/strict.h"

namespace postern::dialect::completions_wire {
namespace {

using codec::JsonKind;
using Kind = chat::Refused::Kind;

enum Member : size_t {
  kModel,
  kPrompt,
  kSuffix,
  kEcho,
  kLogprobs,
  kMaxTokens,
  kTemperature,
  kTopP,
  kTopK,
  kPresencePenalty,
  kFrequencyPenalty,
  kSeed,
  kLogitBias,
  kStop,
  kN,
  kStream,
  kStreamOptions,
  kUser,
  kProjectId,
};

constexpr std::array<std::string_view, 19> member_names = {"model",
                                                           "prompt",
                                                           "suffix",
                                                           "echo",
                                                           "logprobs",
                                                           "max_tokens",
                                                           "temperature",
                                                           "top_p",
                                                           "top_k",
                                                           "presence_penalty",
                                                           "frequency_penalty",
                                                           "seed",
                                                           "logit_bias",
                                                           "stop",
                                                           "n",
                                                           "stream",
                                                           "stream_options",
                                                           "user",
                                                           "project_id"};

constexpr std::string_view only_native =
    "; only providers that have /v1/completions themselves take this, for example OpenAI";

bool is_model_name(std::string_view name) {
  if (name.empty() || name.size() > bounds::model_bytes_max) return false;
  for (const char byte : name)
    if (byte < 0x21 || byte > 0x7e) return false;
  return true;
}

class RequestReader : public StrictReader {
 public:
  RequestReader(std::string_view body, chat::Request& request)
      : StrictReader(body), request_(request) {}

  std::optional<chat::Refused> read() {
    const Path root;
    if (!in().enter_object()) {
      in().skip();
      if (auto refused = refusal()) return refused;
      return chat::Refused{Kind::kShape, "the request body must be a JSON object", {}};
    }
    for (Members members(*this, root, member_names); members.next();)
      if (!read_member(members.which(), root)) break;
    if (auto refused = refusal()) return refused;
    if (request_.model.empty()) {
      refuse({&root, "model"}, "is required: a string, for example \"gpt-3.5-turbo-instruct\"");
    } else if (request_.messages.empty()) {
      refuse({&root, "prompt"}, "is required: a text");
    }
    if (!request_.max_tokens) request_.max_tokens = max_tokens_default;
    return refusal();
  }

 private:
  bool read_member(size_t which, const Path& root) {
    if (which == member_names.size()) {
      const chat::Text name = in().name();
      const chat::Json value = any();
      if (!value.empty()) request_.extras.push_back({name, value});
      return !faulty();
    }
    const Path path{&root, member_names[which]};
    switch (static_cast<Member>(which)) {
      case kModel:
        return read_model(path);
      case kPrompt:
        return read_prompt(path);
      case kSuffix:
        return refuse_text(path, "text cannot be completed in the middle here");
      case kEcho:
        return read_echo(path);
      case kLogprobs:
        return take_null() || refuse_old(path, "log probabilities have no such form elsewhere");
      case kMaxTokens:
        return whole(path, 0, request_.max_tokens);
      case kTemperature:
        return number(path, request_.temperature);
      case kTopP:
        return number(path, request_.top_p);
      case kTopK:
        return number(path, request_.top_k);
      case kPresencePenalty:
        return number(path, request_.presence_penalty);
      case kFrequencyPenalty:
        return number(path, request_.frequency_penalty);
      case kSeed:
        return number(path, request_.seed);
      case kLogitBias:
        return object(path, request_.logit_bias);
      case kStop:
        return read_stop(path);
      case kN:
        return read_n(path);
      case kStream:
        return read_stream(path);
      case kStreamOptions:
        return read_stream_options(path);
      case kUser:
        return text(path, request_.user);
      case kProjectId:  // the gateway's own
        return in().skip();
    }
    return false;
  }

  bool read_model(const Path& path) {
    chat::Text name;
    if (!text(path, name)) return false;
    request_.model = chat::plain(name);
    return is_model_name(request_.model) ||
           refuse(path, "must be 1 to 256 printable ASCII characters without spaces");
  }

  // One text, alone or as the only one of a list.
  bool read_prompt(const Path& path) {
    chat::Text prompt;
    if (take_null()) return true;
    if (in().kind() == JsonKind::kArray) {
      size_t count = 0;
      for (in().enter_array(); in().next_element(); ++count) {
        if (count != 0) return refuse_old(path, "several prompts need several requests here");
        if (in().kind() != JsonKind::kString) return refuse_ids(path);
        in().read_string(prompt);
      }
      if (count == 0) return refuse(path, "must hold one text");
    } else if (!in().read_string(prompt)) {
      return refuse_value(path, "must be a text");
    }
    if (faulty()) return false;
    chat::Message& message = request_.messages.emplace_back();
    if (!prompt.raw.empty()) message.parts.emplace_back().text = prompt;
    return true;
  }

  bool refuse_ids(const Path& path) {
    return refuse_old(path, "a prompt must be text here, not token ids");
  }

  // The value is still to be read.
  bool refuse_old(const Path& path, std::string_view why) {
    return refuse_value(path, std::string(why).append(only_native), Kind::kUnsupported);
  }

  bool refuse_text(const Path& path, std::string_view why) {
    chat::Text text;
    if (!this->text(path, text)) return false;
    return text.raw.empty() ||
           refuse(path, std::string(why).append(only_native), Kind::kUnsupported);
  }

  bool read_echo(const Path& path) {
    std::optional<bool> echo;
    if (!flag(path, echo)) return false;
    return echo != true ||
           refuse(path, std::string("the prompt cannot be given back here").append(only_native),
                  Kind::kUnsupported);
  }

  bool read_stop(const Path& path) {
    chat::Text stop;
    if (in().kind() != JsonKind::kArray) {
      if (!text(path, stop)) return false;
      if (!stop.raw.empty()) request_.stop.push_back(stop);
      return true;
    }
    in().enter_array();
    for (size_t index = 0; in().next_element(); ++index) {
      stop = {};
      if (!text({&path, {}, index}, stop)) return false;
      if (!stop.raw.empty()) request_.stop.push_back(stop);
    }
    return !faulty();
  }

  bool read_n(const Path& path) {
    std::optional<int64_t> count;
    if (!whole(path, 1, count)) return false;
    request_.choices = count.value_or(1);
    return request_.choices <= choices_max || refuse(path, "must be at most 128");
  }

  bool read_stream(const Path& path) {
    std::optional<bool> stream;
    if (!flag(path, stream)) return false;
    request_.stream = stream.value_or(false);
    return true;
  }

  bool read_stream_options(const Path& path) {
    constexpr std::array<std::string_view, 1> names = {"include_usage"};
    if (take_null()) return true;
    if (!enter_object(path)) return false;
    for (Members members(*this, path, names); members.next();) {
      std::optional<bool> include;
      if (members.which() == names.size()) {
        in().skip();
      } else if (!flag({&path, names[0]}, include)) {
        return false;
      } else {
        request_.include_usage = include.value_or(false);
      }
    }
    return !faulty();
  }

  chat::Request& request_;
};

}  // namespace

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request) {
  return RequestReader(body, request).read();
}

}  // namespace postern::dialect::completions_wire
