// The native core behind the same words that the shim uses: events and actions by name. Without
// GoogleTest, because fuzz targets use it too.
#pragma once

#include <cstdint>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "abi/host.h"

namespace postern::testing {

struct Action {
  std::string kind;
  std::string bytes;
};
using Actions = std::vector<Action>;

// The actions that ask for an event; at most one stands in a list, and last.
inline bool is_question(std::string_view kind) {
  for (const std::string_view question :
       {"receive", "call", "locate", "limit", "fetch", "run", "collect", "read", "wait"})
    if (question == kind) return true;
  return false;
}

inline const Action* find(const Actions& actions, std::string_view kind) {
  for (const Action& action : actions)
    if (action.kind == kind) return &action;
  return nullptr;
}

// The question that the list ends with, or empty: the exchange is over.
inline std::string_view question_of(const Actions& actions) {
  return !actions.empty() && is_question(actions.back().kind) ? actions.back().kind
                                                              : std::string_view();
}

// The bytes of all `send` actions.
inline std::string sent(const Actions& actions) {
  std::string all;
  for (const Action& action : actions)
    if (action.kind == "send") all += action.bytes;
  return all;
}

// Does a piece of an event stream end with an empty line? LF, CRLF and CR all end a line; a CR at
// the very end does so at once, also when the LF that belongs to it is still to come.
inline bool ends_an_event(std::string_view text) {
  if (text.ends_with("\r\n")) {
    text.remove_suffix(2);
  } else if (text.ends_with('\n') || text.ends_with('\r')) {
    text.remove_suffix(1);
  } else {
    return false;
  }
  return text.empty() || text.ends_with('\n') || text.ends_with('\r');
}

// A head, its newline and the 72 random bytes of a `request` or `trapped`, different by `number`.
inline std::string with_random(std::string_view head, unsigned number = 0) {
  std::string payload(head);
  if (!head.empty()) payload += '\n';
  for (unsigned at = 0; at < 72; ++at) payload += static_cast<char>(number * 41 + at);
  return payload;
}

// The head of a chat completion with a key.
inline std::string chat_head(std::string_view key) {
  return R"({"method":"POST","url":"http://gateway.example/v1/chat/completions",)"
         R"("headers":{"authorization":"Bearer )" +
         std::string(key) + R"("}})";
}

// The body that a `fetch` sends, as the shim puts it together: from the request's own bytes, or
// what stands behind the head. A piece that is no range of them shows as `<bad piece>`.
inline std::string assembled(std::string_view fetch_payload, std::string_view request_body) {
  const size_t newline = fetch_payload.find('\n');
  const auto fetch = nlohmann::json::parse(fetch_payload.substr(0, newline));
  if (!fetch.contains("body"))
    return newline == fetch_payload.npos ? std::string()
                                         : std::string(fetch_payload.substr(newline + 1));
  std::string body;
  for (const auto& piece : fetch["body"]) {
    if (piece.is_string()) {
      body += piece.get<std::string>();
      continue;
    }
    const size_t begin = piece[0].get<size_t>(), end = piece[1].get<size_t>();
    const bool range = begin < end && end <= request_body.size();
    body += range ? request_body.substr(begin, end - begin) : "<bad piece>";
  }
  return body;
}

class Gateway {
 public:
  int64_t now_ms = 1'750'000'000'000;

  // `variables` as JSON. Returns the id of the configuration.
  uint32_t configure(std::string_view variables) {
    put(variables);
    const auto answer = nlohmann::json::parse(host_.configure(variables.size()));
    return answer["config"].get<uint32_t>();
  }

  uint32_t open(uint32_t config) { return host_.open(config, now_ms); }
  void close(uint32_t handle) { host_.close(handle); }
  size_t open_exchanges() const { return host_.open_exchanges(); }

  Actions handle(uint32_t handle, std::string_view event, std::string_view payload = {}) {
    static constexpr std::string_view words[] = {
#define POSTERN_NAME(word) #word,
        POSTERN_EVENTS(POSTERN_NAME)};
#undef POSTERN_NAME
    for (uint32_t at = 0; at < std::size(words); ++at)
      if (words[at] == event)
        return this->handle(handle, static_cast<exchange::Event>(at), payload);
    fault_ = "unknown event " + std::string(event);
    return {};
  }

  Actions handle(uint32_t handle, exchange::Event event, std::string_view payload = {}) {
    put(payload);
    return read_list(host_.handle(handle, event, payload.size(), now_ms));
  }

  // What was wrong with the last lists, which no list may ever be; empty: nothing.
  const std::string& fault() const { return fault_; }

 private:
  void put(std::string_view payload) {
    char* const inbox = host_.inbox(payload.size());
    if (!payload.empty()) std::memcpy(inbox, payload.data(), payload.size());
  }

  Actions read_list(std::string_view list) {
    static constexpr std::string_view words[] = {
#define POSTERN_NAME(word) #word,
        POSTERN_ACTIONS(POSTERN_NAME)};
#undef POSTERN_NAME
    Actions actions;
    while (true) {
      uint32_t header[2];
      std::memcpy(header, list.data(), sizeof header);
      if (header[0] >= std::size(words)) fault_ = "an unknown action";
      if (header[0] == 0 || header[0] >= std::size(words)) return actions;
      if (!question_of(actions).empty()) fault_ = "the question is not the last action";
      actions.push_back({std::string(words[header[0]]), std::string(list.substr(8, header[1]))});
      list.remove_prefix(8 + ((header[1] + 7) & ~size_t{7}));
    }
  }

  abi::Host host_;
  std::string fault_;
};

}  // namespace postern::testing
