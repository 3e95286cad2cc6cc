// Reads conversations (tests/exchange/README.md) from Markdown.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace postern::testing {

struct Line {
  std::string word;  // config, at, exchange, >, <, = or !
  std::string kind;  // of an event or an action
  std::string rest;
  std::string text;  // as written, for messages
};

struct Conversation {
  std::string heading;
  nlohmann::json config, request;  // the file's defaults
  std::vector<Line> lines;
};

inline std::string first_word(std::string& rest) {
  const size_t end = std::min(rest.find(' '), rest.size());
  std::string word = rest.substr(0, end);
  rest.erase(0, std::min(end + 1, rest.size()));
  return word;
}

inline std::vector<Conversation> read_conversations(const std::string& path) {
  std::vector<Conversation> conversations;
  nlohmann::json config = nlohmann::json::object(), request = nlohmann::json::object();
  std::ifstream file(path);
  std::string fence;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      fence = inside ? line.substr(3) : "";
    } else if (!inside && line.starts_with("## ")) {
      conversations.push_back({line.substr(3), config, request, {}});
    } else if (inside && fence == "config") {
      config.update(nlohmann::json::parse(line));
    } else if (inside && fence == "request") {
      request.update(nlohmann::json::parse(line));
    } else if (inside && !line.empty() && !conversations.empty()) {
      Line parsed{{}, {}, line, line};
      parsed.word = first_word(parsed.rest);
      if (parsed.word == ">" || parsed.word == "<" || parsed.word == "!")
        parsed.kind = first_word(parsed.rest);
      conversations.back().lines.push_back(std::move(parsed));
    }
  }
  return conversations;
}

// `\n`, `\r`, `\t`, `\\` and `\xHH` stand for bytes; any other backslash is itself, so that JSON
// can be written as it is.
inline std::string unescaped(std::string_view text) {
  std::string bytes;
  for (size_t at = 0; at < text.size(); ++at) {
    const char next = text[at] == '\\' && at + 1 < text.size() ? text[at + 1] : '\0';
    const size_t simple = std::string_view("nrt\\").find(next);
    if (next == 'x' && at + 3 < text.size()) {
      bytes += static_cast<char>(std::stoi(std::string(text.substr(at + 2, 2)), nullptr, 16));
      at += 3;
    } else if (next != '\0' && simple != std::string_view::npos) {
      bytes += "\n\r\t\\"[simple];
      ++at;
    } else {
      bytes += text[at];
    }
  }
  return bytes;
}

// An object over another one, member by member; null takes a member away.
inline nlohmann::json merged(nlohmann::json under, const nlohmann::json& over) {
  under.merge_patch(over);
  return under;
}

}  // namespace postern::testing
