#include "codec/utc_time.h"
#include "dialect/gemini/citations.h"
#include "dialect/gemini/gemini.h"
#include "dialect/gemini/logprobs.h"
#include "dialect/gemini/response.h"

namespace postern::dialect::gemini_wire {
namespace {

class ReplyMaker {
 public:
  ReplyMaker(const Response& response, const ReplyContext& context, chat::Reply& reply)
      : response_(response), context_(context), reply_(reply) {}

  void make() {
    reply_.id = response_.id;
    reply_.model = response_.model;
    if (const auto ms = codec::read_utc_time(chat::plain(response_.created)))
      reply_.created_s = *ms / 1000;
    reply_.usage = response_.usage;
    for (const WireCandidate& candidate : response_.candidates) make_choice(candidate);
    if (reply_.choices.empty()) make_empty_choice();
  }

 private:
  // A blocked prompt has no candidates; rarely there are none for no reason that is given.
  void make_empty_choice() {
    chat::Choice& choice = reply_.choices.emplace_back();
    const bool blocked = !response_.block_reason.raw.empty();
    choice.finish = blocked ? chat::Finish::kContentFilter : chat::Finish::kError;
    choice.finish_message = response_.block_message;
    if (choice.finish_message.raw.empty()) choice.finish_message = response_.block_reason;
    if (!blocked) choice.finish_message = chat::literal("the provider gave no candidate");
  }

  void make_choice(const WireCandidate& candidate) {
    chat::Choice& choice = reply_.choices.emplace_back();
    choice.index = candidate.index;
    bool calls = false;
    for (size_t at = candidate.parts_begin; at < candidate.parts_end; ++at) {
      const WirePart& part = response_.parts[at];
      calls |= part.call && !part.name.raw.empty();
      add_part(part, choice);
    }
    choice.finish = finish_of(candidate.finish_reason);
    if (choice.finish == chat::Finish::kStop && calls) choice.finish = chat::Finish::kToolCalls;
    if (choice.finish == chat::Finish::kError || choice.finish == chat::Finish::kContentFilter) {
      const bool explained = !candidate.finish_message.raw.empty();
      choice.finish_message = explained ? candidate.finish_message : candidate.finish_reason;
    }
    add_annotations(candidate, choice);
    if (candidate.logprobs.empty()) return;
    std::string logprobs;
    append_logprobs(candidate.logprobs, logprobs);
    choice.logprobs = reply_.arena.keep(std::move(logprobs));
  }

  void add_part(const WirePart& wire, chat::Choice& choice) {
    if (wire.call) return add_call(wire, choice);
    if (!wire.data.raw.empty() || !wire.uri.raw.empty()) return add_media(wire, choice);
    if (wire.text.raw.empty() && sign_previous(wire, choice)) return;
    chat::Part& part = choice.parts.emplace_back();
    part.kind = wire.thought ? chat::Part::Kind::kReasoning : chat::Part::Kind::kText;
    part.text = wire.text;
    sign(wire, part);
  }

  // An empty text that only carries a signature signs the text before it.
  static bool sign_previous(const WirePart& wire, chat::Choice& choice) {
    if (choice.parts.empty()) return false;
    chat::Part& previous = choice.parts.back();
    const bool signable =
        previous.kind == chat::Part::Kind::kText || previous.kind == chat::Part::Kind::kReasoning;
    if (!signable || !previous.signature.raw.empty()) return false;
    sign(wire, previous);
    return true;
  }

  static void sign(const WirePart& wire, chat::Part& part) {
    if (wire.signature.raw.empty()) return;
    part.signature = wire.signature;
    part.signer = signer;
  }

  void add_call(const WirePart& wire, chat::Choice& choice) {
    if (wire.name.raw.empty()) return;
    chat::Part& part = choice.parts.emplace_back();
    part.kind = chat::Part::Kind::kToolCall;
    part.name = wire.name;
    part.id = wire.id;
    if (part.id.raw.empty())
      part.id = chat::literal(reply_.arena.keep(made_id(context_.request_id, made_++)));
    part.arguments = wire.args.empty() ? "{}" : wire.args;
    sign(wire, part);
  }

  // What is drawn while thinking is no part of the answer.
  static void add_media(const WirePart& wire, chat::Choice& choice) {
    if (wire.thought) return;
    chat::Part& part = choice.parts.emplace_back();
    const std::string_view type = wire.media_type.raw;
    part.kind = type.starts_with("image/")   ? chat::Part::Kind::kImage
                : type.starts_with("audio/") ? chat::Part::Kind::kAudio
                                             : chat::Part::Kind::kFile;
    part.media_type = wire.media_type;
    part.data = wire.data;
    if (wire.data.raw.empty()) part.url = wire.uri;
    sign(wire, part);
  }

  void add_annotations(const WireCandidate& candidate, chat::Choice& choice) {
    if (candidate.grounding.empty() && candidate.citations.empty()) return;
    Spoken spoken;
    for (const chat::Part& part : choice.parts)
      if (part.kind == chat::Part::Kind::kText) spoken.add(part.text);
    std::string annotations;
    append_annotations(candidate.grounding, candidate.citations, spoken, annotations);
    choice.annotations = reply_.arena.keep(std::move(annotations));
  }

  const Response& response_;
  const ReplyContext& context_;
  chat::Reply& reply_;
  uint64_t made_ = 0;
};

}  // namespace

bool read_reply(std::string_view body, const Quirks&, const ReplyContext& context,
                chat::Reply& reply) {
  Response response;
  if (!read_response(body, response) || response.error) return false;
  if (!response.known) return false;  // another document: what counts tokens, say
  ReplyMaker(response, context, reply).make();
  return true;
}

}  // namespace postern::dialect::gemini_wire
