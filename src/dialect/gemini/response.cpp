#include "dialect/gemini/response.h"

#include "codec/json_reader.h"
#include "dialect/gemini/gemini.h"
#include "dialect/json_members.h"

namespace postern::dialect::gemini_wire {
namespace {

using codec::JsonKind;
using codec::JsonReader;

class ResponseReader {
 public:
  ResponseReader(std::string_view text, Response& response)
      : text_(text), in_(text), response_(response) {}

  bool read() {
    if (!in_.enter_object()) return false;
    while (in_.next_member()) read_member();
    return in_.finish() && !out_of_bounds_;
  }

 private:
  void read_member() {
    if (in_.name_is("candidates")) {
      response_.known = true;
      read_candidates();
    } else if (in_.name_is("usageMetadata")) {
      response_.known = true;
      read_usage(in_, response_.usage);
    } else if (in_.name_is("promptFeedback")) {
      response_.known = true;
      read_feedback();
    } else if (in_.name_is("modelVersion")) {
      response_.known |= read_text(in_, response_.model);
    } else if (in_.name_is("responseId")) {
      response_.known |= read_text(in_, response_.id);
    } else if (in_.name_is("createTime")) {
      read_text(in_, response_.created);
    } else if (in_.name_is("error")) {
      response_.error |= in_.kind() == JsonKind::kObject || in_.kind() == JsonKind::kString;
      in_.skip();
    } else {
      in_.skip();
    }
  }

  void read_feedback() {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    while (in_.next_member()) {
      if (in_.name_is("blockReason")) {
        read_text(in_, response_.block_reason);
      } else if (in_.name_is("blockReasonMessage")) {
        read_text(in_, response_.block_message);
      } else {
        in_.skip();
      }
    }
  }

  void read_candidates() {
    if (!in_.enter_array()) {
      in_.skip();
      return;
    }
    while (in_.next_element()) {
      WireCandidate candidate;
      // Google leaves the index out where it is zero; other servers leave it out always.
      candidate.index = static_cast<int64_t>(response_.candidates.size());
      candidate.parts_begin = response_.parts.size();
      read_candidate(candidate);
      candidate.parts_end = response_.parts.size();
      if (candidate.index < 0 || candidate.index >= candidates_max) out_of_bounds_ = true;
      response_.candidates.push_back(candidate);
    }
  }

  void read_candidate(WireCandidate& candidate) {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    while (in_.next_member()) {
      if (in_.name_is("content")) {
        read_content();
      } else if (in_.name_is("index")) {
        if (!in_.read_integer(candidate.index)) in_.skip();
      } else if (in_.name_is("finishReason")) {
        read_text(in_, candidate.finish_reason);
      } else if (in_.name_is("finishMessage")) {
        read_text(in_, candidate.finish_message);
      } else if (in_.name_is("groundingMetadata")) {
        candidate.grounding = read_json(in_, text_);
      } else if (in_.name_is("citationMetadata")) {
        candidate.citations = read_json(in_, text_);
      } else if (in_.name_is("logprobsResult")) {
        candidate.logprobs = read_json(in_, text_);
      } else {
        in_.skip();
      }
    }
  }

  void read_content() {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    while (in_.next_member()) {
      if (!in_.name_is("parts") || !in_.enter_array()) {
        in_.skip();
        continue;
      }
      while (in_.next_element()) read_part();
    }
  }

  void read_part() {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    WirePart& part = response_.parts.emplace_back();
    bool code = false;
    while (in_.next_member()) {
      if (in_.name_is("text")) {
        read_text(in_, part.text);
      } else if (in_.name_is("thought")) {
        std::optional<bool> thought;
        read_flag(in_, thought);
        part.thought = thought.value_or(false);
      } else if (in_.name_is("thoughtSignature")) {
        read_text(in_, part.signature);
      } else if (in_.name_is("functionCall")) {
        read_call(part);
      } else if (in_.name_is("inlineData") || in_.name_is("fileData")) {
        read_media(part);
      } else {
        // What Google ran for the model is no part of the answer; its signature means nothing
        // without it.
        code |= in_.name_is("executableCode") || in_.name_is("codeExecutionResult");
        in_.skip();
      }
    }
    const bool media = !part.data.raw.empty() || !part.uri.raw.empty();
    const bool said = !part.text.raw.empty() || !part.signature.raw.empty();
    if (code || (!part.call && !media && !said)) response_.parts.pop_back();
  }

  void read_call(WirePart& part) {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    part.call = true;
    while (in_.next_member()) {
      const JsonKind kind = in_.kind();
      if (in_.name_is("name")) {
        read_text(in_, part.name);
      } else if (in_.name_is("id")) {
        read_text(in_, part.id);
      } else if (in_.name_is("args") && kind == JsonKind::kObject) {
        part.args = read_json(in_, text_);
      } else if (in_.name_is("partialArgs") && kind == JsonKind::kArray) {
        part.partial_args = read_json(in_, text_);
      } else if (in_.name_is("willContinue")) {
        std::optional<bool> will;
        read_flag(in_, will);
        part.will_continue = will.value_or(false);
      } else {
        in_.skip();
      }
    }
  }

  void read_media(WirePart& part) {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    while (in_.next_member()) {
      if (in_.name_is("mimeType")) {
        read_text(in_, part.media_type);
      } else if (in_.name_is("data")) {
        read_text(in_, part.data);
      } else if (in_.name_is("fileUri")) {
        read_text(in_, part.uri);
      } else {
        in_.skip();
      }
    }
  }

  std::string_view text_;
  JsonReader in_;
  Response& response_;
  bool out_of_bounds_ = false;
};

}  // namespace

void Response::clear() {
  candidates.clear();
  parts.clear();
  id = model = created = block_reason = block_message = {};
  usage = {};
  error = known = false;
}

bool read_response(std::string_view text, Response& response) {
  return ResponseReader(text, response).read();
}

}  // namespace postern::dialect::gemini_wire
