#include "chat/deltas.h"

namespace postern::chat {
namespace {

using Kind = Delta::Kind;

class Teller {
 public:
  explicit Teller(Arena& arena) : arena_(arena) {}

  void tell(const Choice& choice);
  Delta& add(Kind kind) {
    Delta& delta = deltas_.emplace_back();
    delta.kind = kind;
    delta.choice = choice_;
    return delta;
  }
  std::vector<Delta> take() { return std::move(deltas_); }

 private:
  void tell(const Part& part);
  void tell_call(const Part& part);
  void tell_signature(const Part& part);

  Arena& arena_;
  std::vector<Delta> deltas_;
  int64_t choice_ = 0;
  int64_t tools_ = 0;
};

void Teller::tell(const Choice& choice) {
  choice_ = choice.index;
  tools_ = 0;
  for (const Part& part : choice.parts) tell(part);
  if (!choice.annotations.empty()) add(Kind::kAnnotations).json = choice.annotations;
  if (!choice.logprobs.empty()) add(Kind::kLogprobs).json = choice.logprobs;
  Delta& finish = add(Kind::kFinish);
  finish.finish = choice.finish;
  finish.text = choice.stop_sequence;
}

void Teller::tell(const Part& part) {
  switch (part.kind) {
    case Part::Kind::kText:
      add(Kind::kText).text = part.text;
      return tell_signature(part);
    case Part::Kind::kRefusal:
      add(Kind::kRefusal).text = part.text;
      return;
    case Part::Kind::kReasoning:
      add(Kind::kReasoning).text = part.text;
      return tell_signature(part);
    case Part::Kind::kSealedReasoning: {
      Delta& sealed = add(Kind::kSealedReasoning);
      sealed.text = part.signature;
      sealed.signer = part.signer;
      return;
    }
    case Part::Kind::kToolCall:
      return tell_call(part);
    case Part::Kind::kImage: {
      Delta& image = add(Kind::kImage);
      image.media_type = part.media_type;
      image.text = part.data;
      return;
    }
    case Part::Kind::kAudio:
    case Part::Kind::kFile:
    case Part::Kind::kToolResult:
      return;  // no answer holds them
  }
}

void Teller::tell_call(const Part& part) {
  Delta& call = add(Kind::kToolCall);
  call.tool = tools_;
  call.id = part.id;
  call.name = part.name;
  call.custom = part.custom;
  call.signature = part.signature;
  call.signer = part.signer;
  Delta& arguments = add(Kind::kArguments);
  arguments.tool = tools_++;
  arguments.text = part.custom || part.arguments_cut ? part.text : arena_.escape(part.arguments);
}

void Teller::tell_signature(const Part& part) {
  if (part.signature.raw.empty()) return;
  Delta& signature = add(Kind::kSignature);
  signature.text = part.signature;
  signature.signer = part.signer;
}

}  // namespace

std::vector<Delta> deltas_of(Reply& reply) {
  Teller teller(reply.arena);
  Delta& start = teller.add(Kind::kStart);
  start.id = reply.id;
  start.model = reply.model;
  start.created_s = reply.created_s;
  start.service_tier = reply.service_tier;
  start.system_fingerprint = reply.system_fingerprint;
  for (const Choice& choice : reply.choices) teller.tell(choice);
  if (reply.usage.reported()) teller.add(Kind::kUsage).usage = reply.usage;
  return teller.take();
}

}  // namespace postern::chat
