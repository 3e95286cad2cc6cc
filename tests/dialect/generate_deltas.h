// A reply as the deltas of a stream, cut at random.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <vector>

#include "chat/reply.h"

namespace postern::dialect::generate {

// Where a text may be cut: between two characters of its JSON form, so that every piece is the
// inside of a JSON string again. An escaped surrogate pair stays together: many parsers of JSON do
// not take half of one.
inline size_t cut_of(std::string_view raw, size_t from, std::mt19937& random) {
  size_t to = from;
  for (uint32_t left = 1 + random() % 12; left > 0 && to < raw.size(); --left) {
    size_t bytes = 1;
    if (raw[to] == '\\') bytes = to + 1 < raw.size() && raw[to + 1] == 'u' ? 6 : 2;
    if (raw.substr(to, 3) == "\\ud") bytes = 12;
    to += bytes;
    while (to < raw.size() && (static_cast<unsigned char>(raw[to]) & 0xc0) == 0x80) ++to;
  }
  return to < raw.size() ? to : raw.size();
}

// `base` says what the pieces are of; each carries a piece of `text`.
inline void add_pieces(const chat::Delta& base, const chat::Text& text, std::mt19937& random,
                       std::vector<chat::Delta>& out) {
  for (size_t at = 0; at < text.raw.size();) {
    const size_t end = cut_of(text.raw, at, random);
    out.push_back(base);
    out.back().text = {text.raw.substr(at, end - at), text.escaped};
    at = end;
  }
}

inline void add_part(const chat::Part& part, chat::Delta base, chat::Arena& arena,
                     std::mt19937& random, std::vector<chat::Delta>& out) {
  using Kind = chat::Delta::Kind;
  using Part = chat::Part::Kind;
  switch (part.kind) {
    case Part::kToolCall:
      base.kind = Kind::kToolCall;
      base.id = part.id;
      base.name = part.name;
      base.custom = part.custom;
      base.signature = part.signature;
      base.signer = part.signer;
      out.push_back(base);
      base.kind = Kind::kArguments;
      base.signature = {};
      base.signer = {};
      add_pieces(base, part.custom || part.arguments_cut ? part.text : arena.escape(part.arguments),
                 random, out);
      return;
    case Part::kImage:
      base.kind = Kind::kImage;
      base.media_type = part.media_type;
      base.text = part.data;
      out.push_back(base);
      return;
    case Part::kSealedReasoning:
      base.kind = Kind::kSealedReasoning;
      base.text = part.signature;
      base.signer = part.signer;
      out.push_back(base);
      return;
    default:
      break;
  }
  base.kind = part.kind == Part::kReasoning ? Kind::kReasoning
              : part.kind == Part::kRefusal ? Kind::kRefusal
                                            : Kind::kText;
  add_pieces(base, part.text, random, out);
  if (part.signature.raw.empty()) return;
  base.kind = Kind::kSignature;
  base.signer = part.signer;
  add_pieces(base, part.signature, random, out);
}

// The deltas of a reader that reads this reply from a stream, cut at random; those of several
// choices are mixed. Views into the reply.
inline std::vector<chat::Delta> deltas(chat::Reply& reply, std::mt19937& random) {
  std::vector<chat::Delta> all(1);
  all[0].kind = chat::Delta::Kind::kStart;
  all[0].id = reply.id;
  all[0].model = reply.model;
  all[0].created_s = reply.created_s;
  all[0].service_tier = reply.service_tier;
  all[0].system_fingerprint = reply.system_fingerprint;

  std::vector<std::vector<chat::Delta>> queues;
  for (const chat::Choice& choice : reply.choices) {
    std::vector<chat::Delta>& queue = queues.emplace_back();
    chat::Delta base;
    base.choice = choice.index;
    for (const chat::Part& part : choice.parts) {
      add_part(part, base, reply.arena, random, queue);
      if (part.kind == chat::Part::Kind::kToolCall) ++base.tool;
    }
    base.tool = 0;
    if (!choice.logprobs.empty()) {
      queue.push_back(base);
      queue.back().kind = chat::Delta::Kind::kLogprobs;
      queue.back().json = choice.logprobs;
    }
    if (!choice.annotations.empty()) {
      queue.push_back(base);
      queue.back().kind = chat::Delta::Kind::kAnnotations;
      queue.back().json = choice.annotations;
    }
    queue.push_back(base);
    queue.back().kind = chat::Delta::Kind::kFinish;
    queue.back().finish = choice.finish;
    queue.back().text = choice.stop_sequence;
  }
  std::vector<size_t> at(queues.size(), 0);
  for (size_t left = queues.size(); left > 0;) {
    const size_t which = random() % queues.size();
    if (at[which] == queues[which].size()) continue;
    all.push_back(queues[which][at[which]++]);
    left -= at[which] == queues[which].size();
  }
  all.emplace_back().kind = chat::Delta::Kind::kUsage;
  all.back().usage = reply.usage;
  return all;
}

}  // namespace postern::dialect::generate
