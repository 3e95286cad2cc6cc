#include "simulator/call.h"

#include <algorithm>

#include "bounds.h"
#include "codec/json_reader.h"

namespace postern::simulator {
namespace {

using codec::JsonReader;
using codec::JsonString;

// The longest way to write a byte of text is an escape like \u0041.
constexpr size_t escape_bytes_max = 6;

// Not more of a long string than can matter, so that a large request is not copied; never ends
// inside an escape.
JsonString head_of(JsonString string) {
  const size_t enough = bounds::simulator_echo_bytes_max * escape_bytes_max;
  if (string.raw.size() <= enough) return string;
  size_t at = 0;
  while (at < enough) {
    const bool escape = string.raw[at] == '\\';
    at += !escape ? 1 : string.raw[at + 1] == 'u' ? escape_bytes_max : 2;
  }
  return {string.raw.substr(0, at), string.escaped};
}

void cut_at_character(std::string& text, size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  while (bytes_max > 0 && (text[bytes_max] & 0xC0) == 0x80) --bytes_max;
  text.resize(bytes_max);
}

class CallReader {
 public:
  CallReader(std::string_view body, Call& call) : in_(body), call_(call) {}

  void read() {
    if (!in_.enter_object()) return;
    while (in_.next_member()) {
      if (in_.name_is("messages")) {
        read_messages();
      } else if (in_.name_is("stream")) {
        call_.streams = read_flag();
      } else if (in_.name_is("stream_options")) {
        read_stream_options();
      } else if (in_.name_is("seed")) {
        call_.requested_seed = read_integer();
      } else if (in_.name_is("max_tokens") || in_.name_is("max_completion_tokens")) {
        read_tokens_max();
      } else {
        in_.skip();
      }
    }
    call_.prompt_tokens = tokens_of(prompt_bytes_);
  }

 private:
  void read_messages() {
    if (!in_.enter_array()) {
      in_.skip();
      return;
    }
    while (in_.next_element()) read_message();
  }

  void read_message() {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    bool user = false;
    std::string text;
    while (in_.next_member()) {
      JsonString role;
      if (in_.name_is("content")) {
        read_content(text);
      } else if (in_.name_is("role") && in_.read_string(role)) {
        user = codec::equals_unescaped(role, "user");
      } else {
        in_.skip();
      }
    }
    if (user) call_.text = std::move(text);
  }

  // A string, or an array of parts of which those with a `text` are texts.
  void read_content(std::string& text) {
    if (read_text(text)) return;
    if (!in_.enter_array()) {
      in_.skip();
      return;
    }
    while (in_.next_element()) {
      if (!in_.enter_object()) {
        in_.skip();
        continue;
      }
      while (in_.next_member())
        if (!in_.name_is("text") || !read_text(text)) in_.skip();
    }
  }

  bool read_text(std::string& text) {
    JsonString string;
    if (!in_.read_string(string)) return false;
    prompt_bytes_ += string.raw.size();
    if (text.size() < bounds::simulator_echo_bytes_max) {
      codec::append_unescaped(head_of(string), text);
      cut_at_character(text, bounds::simulator_echo_bytes_max);
    }
    return true;
  }

  void read_stream_options() {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    while (in_.next_member()) {
      if (in_.name_is("include_usage")) {
        call_.includes_usage = read_flag();
      } else {
        in_.skip();
      }
    }
  }

  void read_tokens_max() {
    const std::optional<int64_t> value = read_integer();
    if (!value || *value < 1) return;
    call_.tokens_max = std::min(*value, call_.tokens_max.value_or(*value));
  }

  bool read_flag() {
    bool value = false;
    if (!in_.read_bool(value)) in_.skip();
    return value;
  }

  std::optional<int64_t> read_integer() {
    int64_t value = 0;
    if (in_.read_integer(value)) return value;
    in_.skip();
    return std::nullopt;
  }

  JsonReader in_;
  Call& call_;
  size_t prompt_bytes_ = 0;
};

// FNV-1a, 64 bits.
void mix(uint64_t& hash, std::string_view bytes) {
  for (const char byte : bytes) hash = (hash ^ static_cast<uint8_t>(byte)) * 0x100000001b3u;
}

uint64_t seed_of(const Call& call) {
  uint64_t hash = 0xcbf29ce484222325u;
  mix(hash, call.model);
  mix(hash, hex_of(static_cast<uint64_t>(call.requested_seed.value_or(0))));
  mix(hash, call.text);
  return hash;
}

}  // namespace

Call read_call(std::string_view model, std::string_view body, int64_t now_ms) {
  Call call;
  call.model = model;
  call.created_s = now_ms / 1000;
  CallReader(body, call).read();
  call.seed = seed_of(call);
  return call;
}

uint64_t next_number(uint64_t& state) {
  state += 0x9e3779b97f4a7c15u;
  uint64_t mixed = state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

std::string hex_of(uint64_t number) {
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[number >> shift & 15];
  return hex;
}

}  // namespace postern::simulator
