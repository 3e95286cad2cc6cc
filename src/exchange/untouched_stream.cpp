#include "exchange/stream.h"

#include "dialect/openai_chat.h"
#include "policy/refusal.h"

namespace postern::exchange {

void ChatStream::push(std::string_view bytes, std::string& out) {
  bytes_ += bytes.size();
  const bool fed = path_ == Path::kFed;
  if (broken_ || unreadable() || (done_ && fed)) return;
  reader_.push(bytes);
  for (codec::SseBlock block; !broken_ && reader_.next(block);) take(block, out);
  if (reader_.failed() && fed) broken_ = true;
}

void ChatStream::finish(std::string& out) {
  codec::SseBlock block;
  if (broken_ || done_ || !reader_.flush(block) || !block.dispatched) return;
  if (!dialect::is_done(block.data) && !dialect::read_chat_chunk(block.data).valid) return;
  take(block, out);
  if (path_ == Path::kFed) out += "\n\n";
}

void ChatStream::take(const codec::SseBlock& block, std::string& out) {
  const bool fed = path_ == Path::kFed;
  if (done_) return;
  if (!block.dispatched) {
    if (fed) out += block.raw;
    return;
  }
  if (dialect::is_done(block.data)) {
    done_ = true;
    if (fed) out += block.raw;
    return;
  }
  const dialect::ChatChunk chunk = dialect::read_chat_chunk(block.data);
  if (chunk.error || block.type == "error") {
    take_error(block, chunk.envelope, out);
    return;
  }
  if (!chunk.valid) {
    broken_ = fed;  // what flows past the core cannot be held back any more
    return;
  }
  if (chunk.usage_reported) usage_ = chunk.usage;
  if (chunk.content) ++content_events_;
  if (!fed) return;
  if (usage_chunk_ == UsageChunk::kTakeOut) {
    if (chunk.choices_empty && chunk.usage_reported) return;
    // Data that lies in the block as one piece can lose a member without being written again.
    const size_t data_at = block.raw.find(block.data);
    if (chunk.null_usage && data_at != std::string_view::npos) {
      out += block.raw.substr(0, data_at + chunk.null_usage->begin);
      out += block.raw.substr(data_at + chunk.null_usage->end);
      return;
    }
  }
  out += block.raw;
}

void ChatStream::take_error(const codec::SseBlock& block, bool envelope, std::string& out) {
  reported_ = true;
  if (path_ != Path::kFed) return;
  if (envelope) {
    out += secret_.empty() ? std::string(block.raw) : without_secret(block.raw, secret_);
    return;
  }
  const policy::Refusal& refusal = policy::refusal(policy::Reason::kUpstreamError);
  dialect::write_error_event(
      {refusal.message, policy::error_type(refusal.status), refusal.code, {}}, out);
}

std::string without_secret(std::string_view text, std::string_view secret) {
  std::string clean;
  for (size_t at; !secret.empty() && (at = text.find(secret)) != std::string_view::npos;) {
    clean.append(text.substr(0, at)).append("[redacted]");
    text.remove_prefix(at + secret.size());
  }
  return clean.append(text);
}

}  // namespace postern::exchange
