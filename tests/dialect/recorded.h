// Recorded exchanges with providers, where they are at hand: through the variable TRANSCRIPTS, or
// beside the checkout. Tests over them are skipped, and say so, where they are not.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sse.h"

namespace postern::dialect::recorded {

struct Event {
  std::string type, data;
};

struct Exchange {
  std::string provider, name;  // name: the file of the response
  int status = 0;              // 0: not recorded
  std::vector<std::string> kinds;
  std::string request, response;  // an empty request was not recorded

  bool is(std::string_view kind) const {
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }
  bool failed() const { return status >= 400; }
  bool streamed() const { return name.ends_with(".sse") || name.ends_with(".jsonl"); }

  // The events of a stream, the bytes pushed in steps of `step`; 0: all at once.
  std::vector<Event> events(size_t step = 0) const {
    std::vector<Event> all;
    if (name.ends_with(".jsonl")) {
      for (size_t at = 0; at < response.size();) {
        const size_t end = std::min(response.find('\n', at), response.size());
        if (end > at) all.push_back({"", response.substr(at, end - at)});
        at = end + 1;
      }
      return all;
    }
    codec::SseReader reader;
    codec::SseBlock block;
    const auto take = [&] {
      if (block.dispatched) all.push_back({std::string(block.type), std::string(block.data)});
    };
    if (step == 0) step = std::max<size_t>(response.size(), 1);
    for (size_t at = 0; at < response.size(); at += step) {
      reader.push(std::string_view(response).substr(at, step));
      while (reader.next(block)) take();
    }
    if (reader.flush(block)) take();
    return all;
  }
};

inline std::string root() {
  if (const char* variable = std::getenv("TRANSCRIPTS")) return variable;
  return std::string(POSTERN_SOURCE_DIR) + "/../shared/transcripts";
}

inline std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Of one surface; empty when there are no recordings.
inline std::vector<Exchange> load(std::string_view surface) {
  std::vector<Exchange> all;
  const auto index = nlohmann::json::parse(content(root() + "/index.json"), nullptr, false);
  if (!index.is_object()) return all;
  for (const auto& each : index["exchanges"]) {
    if (each["surface"] != surface || !each["files"].contains("response")) continue;
    Exchange& exchange = all.emplace_back();
    exchange.provider = each["provider"];
    exchange.name = each["files"]["response"];
    if (each["status"].is_number()) exchange.status = each["status"];
    exchange.kinds = each["kind"];
    exchange.response = content(root() + "/" + exchange.name);
    if (each["files"].contains("request"))
      exchange.request = content(root() + "/" + each["files"]["request"].get<std::string>());
  }
  return all;
}

}  // namespace postern::dialect::recorded
