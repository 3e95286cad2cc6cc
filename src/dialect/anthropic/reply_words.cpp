#include "dialect/anthropic/reply_words.h"

#include "codec/json_writer.h"
#include "dialect/json_members.h"

namespace postern::dialect::messages {

using codec::equals_unescaped;
using codec::JsonReader;

void UsageReader::read(JsonReader& in, chat::Text& service_tier) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  bool split = false;
  while (in.next_member()) {
    if (in.name_is("input_tokens")) {
      read_count(in, input_);
    } else if (in.name_is("cache_read_input_tokens")) {
      read_count(in, cache_read_);
    } else if (in.name_is("cache_creation_input_tokens")) {
      read_count(in, cache_creation_);
    } else if (in.name_is("output_tokens")) {
      read_count(in, output_);
    } else if (in.name_is("service_tier")) {
      read_text(in, service_tier);
    } else if (in.name_is("cache_creation") && in.enter_object()) {
      split = true;
      while (in.next_member()) {
        if (in.name_is("ephemeral_5m_input_tokens")) {
          read_count(in, minutes_);
        } else if (in.name_is("ephemeral_1h_input_tokens")) {
          read_count(in, hour_);
        } else {
          in.skip();
        }
      }
    } else if (in.name_is("output_tokens_details") && in.enter_object()) {
      while (in.next_member()) {
        if (in.name_is("thinking_tokens")) {
          read_count(in, thinking_);
        } else {
          in.skip();
        }
      }
    } else {
      in.skip();
    }
  }
  // The sum is repeated at the end of a stream, its split is not: it stands while it adds up.
  if (split || !cache_creation_ || !minutes_) return;
  const uint64_t hour = hour_.value_or(0);
  if (*cache_creation_ >= hour) {
    minutes_ = *cache_creation_ - hour;
  } else {
    minutes_ = cache_creation_;
    hour_.reset();
  }
}

chat::Usage UsageReader::usage() const {
  chat::Usage usage;
  usage.input = input_;
  usage.cache_read = cache_read_;
  usage.cache_write = minutes_ ? minutes_ : cache_creation_;
  usage.cache_write_hour = hour_;
  if (hour_ && !minutes_ && cache_creation_)
    usage.cache_write = *cache_creation_ - (*hour_ < *cache_creation_ ? *hour_ : *cache_creation_);
  usage.output = output_;
  usage.reasoning = thinking_;
  if (thinking_ && output_) {
    usage.reasoning = *thinking_ < *output_ ? *thinking_ : *output_;
    usage.output = *output_ - *usage.reasoning;
  }
  return usage;
}

void write_usage(const chat::Usage& usage, const chat::Text& service_tier, std::string& out) {
  codec::JsonWriter json(out);
  const auto count = [&json](std::string_view name, std::optional<uint64_t> value) {
    json.name(name);
    if (value) {
      json.number(static_cast<int64_t>(*value));
    } else {
      json.null();
    }
  };
  json.begin_object();
  count("input_tokens", usage.input.value_or(0));
  std::optional<uint64_t> writes = usage.cache_write;
  if (usage.cache_write_hour) writes = usage.cached_writes();
  count("cache_creation_input_tokens", writes);
  count("cache_read_input_tokens", usage.cache_read);
  if (usage.cache_write_hour) {
    json.name("cache_creation").begin_object();
    count("ephemeral_5m_input_tokens", usage.cache_write.value_or(0));
    count("ephemeral_1h_input_tokens", usage.cache_write_hour);
    json.end_object();
  }
  count("output_tokens", usage.completion());
  if (usage.reasoning) {
    json.name("output_tokens_details").begin_object();
    count("thinking_tokens", usage.reasoning);
    json.end_object();
  }
  if (!service_tier.raw.empty()) json.name("service_tier").text(service_tier);
  json.end_object();
}

chat::Finish finish_of(const chat::Text& reason) {
  using chat::Finish;
  struct Row {
    std::string_view word;
    Finish finish;
  };
  constexpr Row rows[] = {
      {"end_turn", Finish::kStop},         {"tool_use", Finish::kToolCalls},
      {"max_tokens", Finish::kLength},     {"stop_sequence", Finish::kStopSequence},
      {"refusal", Finish::kContentFilter}, {"pause_turn", Finish::kPaused},
      {"compaction", Finish::kPaused},     {"model_context_window_exceeded", Finish::kLength},
  };
  if (reason.raw.empty()) return Finish::kNone;
  for (const auto& [word, finish] : rows)
    if (equals_unescaped(reason, word)) return finish;
  // A reason that is newer than this table: the answer is there, and is whole.
  return Finish::kStop;
}

std::string_view stop_reason_of(chat::Finish finish, bool calls, bool refused) {
  using chat::Finish;
  switch (finish) {
    case Finish::kStopSequence:
      return "stop_sequence";
    case Finish::kLength:
      return "max_tokens";
    case Finish::kToolCalls:
      return "tool_use";
    case Finish::kContentFilter:
      return "refusal";
    case Finish::kPaused:
      return "pause_turn";
    case Finish::kNone:
    case Finish::kStop:
    case Finish::kError:  // which Messages has no word for
      break;
  }
  if (calls) return "tool_use";
  return refused ? "refusal" : "end_turn";
}

void append_message_id(const chat::Text& id, std::string_view request_id, std::string& out) {
  if (id.raw.starts_with("msg_")) {
    out += id.raw;
  } else {
    out += "msg_";
    out += request_id;
  }
}

void append_annotation(chat::Json citation, uint64_t begin, uint64_t end, std::string& out) {
  JsonReader in(citation);
  if (!in.enter_object()) return;
  chat::Text url, title;
  while (in.next_member()) {
    if (in.name_is("url")) {
      read_text(in, url);
    } else if (in.name_is("title")) {
      read_text(in, title);
    } else {
      in.skip();
    }
  }
  if (!in.finish() || url.raw.empty()) return;
  if (!out.empty()) out += ',';
  codec::JsonWriter json(out);
  json.begin_object().name("type").string("url_citation").name("url_citation").begin_object();
  json.name("url").text(url).name("title").text(title);
  json.name("start_index").number(static_cast<int64_t>(begin));
  json.name("end_index").number(static_cast<int64_t>(end)).end_object().end_object();
}

uint64_t count_characters(const chat::Text& text) {
  uint64_t count = 0;
  const std::string_view raw = text.raw;
  if (!text.escaped) {
    for (const char byte : raw) count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
    return count;
  }
  for (size_t at = 0; at < raw.size(); ++at) {
    if (raw[at] != '\\') {
      count += (static_cast<unsigned char>(raw[at]) & 0xC0) != 0x80;
      continue;
    }
    const bool unicode = at + 5 < raw.size() && raw[at + 1] == 'u';
    // The second half of a pair is no character of its own.
    const bool second = unicode && (raw[at + 2] == 'd' || raw[at + 2] == 'D') &&
                        raw[at + 3] >= 'C' &&
                        (raw[at + 3] <= 'F' || (raw[at + 3] >= 'c' && raw[at + 3] <= 'f'));
    count += !second;
    at += unicode ? 5 : 1;
  }
  return count;
}

}  // namespace postern::dialect::messages
