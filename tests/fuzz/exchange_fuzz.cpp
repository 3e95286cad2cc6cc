// One exchange under events in any order that the questions allow, with any bytes of a client and
// of an upstream: no trap, at most one question and that last, and only whole events to a client.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "../support/gateway.h"

namespace {

using postern::testing::Actions;
using postern::testing::ends_an_event;
using postern::testing::find;
using postern::testing::question_of;
using postern::testing::sent;

constexpr char key[] = "gw_live_FAKE0conversation0key0000000000000000";
constexpr const char* configs[] = {
    R"({"GATEWAY_API_KEY":"gw_live_FAKE0conversation0key0000000000000000","OPENAI_BASE_URL":"https://u.example/v1","OPENAI_API_KEY":"sk-FAKE"})",
    R"({"GATEWAY_API_KEY":"gw_live_FAKE0conversation0key0000000000000000","OPENAI_BASE_URL":"https://u.example/v1","STREAM_USAGE":"off","MAX_BODY_BYTES":"200"})",
    R"({"GATEWAY_API_KEY":"gw_live_FAKE0conversation0key0000000000000000","SIMULATOR":"on","DEFAULT_MODEL":"sim/echo"})",
};
constexpr const char* bodies[] = {
    R"({"model":"m","stream":true})",
    R"({"model":"m","stream":true,"stream_options":{"include_usage":true}})",
    R"({"project_id":"p","model":"m"})",
    R"({"model":"sim/fault-split","stream":true})",
};
constexpr const char* types[] = {"text/event-stream", "application/json", ""};
constexpr int statuses[] = {200, 200, 200, 201, 204, 302, 400, 401, 429, 500, 999, 0};
constexpr const char* reasons[] = {"timeout", "unreachable", "too_large", "broken", "other"};

class Input {
 public:
  Input(const uint8_t* data, size_t size) : left_(reinterpret_cast<const char*>(data), size) {}

  size_t pick(size_t choices) {
    if (left_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(left_[0]);
    left_.remove_prefix(1);
    return byte % choices;
  }
  std::string_view bytes() {
    const size_t length = pick(256);
    const std::string_view taken = left_.substr(0, length);
    left_.remove_prefix(taken.size());
    return taken;
  }
  template <typename T, size_t n>
  const T& one_of(const T (&choices)[n]) {
    return choices[pick(n)];
  }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input in(data, size);
  postern::testing::Gateway gateway;
  const uint32_t exchange = gateway.open(gateway.configure(in.one_of(configs)));
  Actions list = gateway.handle(exchange, "request",
                                postern::testing::with_random(postern::testing::chat_head(key)));
  bool streams = false, relayed = false;
  std::string body, stream;
  for (int event = 0; event < 1000; ++event) {
    require(gateway.fault().empty());
    for (const auto& action : list) {
      if (action.kind == "respond")
        streams = action.bytes.find("\"stream\":true") != std::string::npos;
      if (action.kind == "relay") relayed = true;
    }
    if (streams && !relayed) {
      stream += sent(list);
      // A byte order mark belongs to no line.
      const bool marked = stream.starts_with("\xEF\xBB\xBF");
      require(stream.empty() || ends_an_event(std::string_view(stream).substr(marked ? 3 : 0)));
    }
    if (const auto* fetch = find(list, "fetch"))
      require(postern::testing::assembled(fetch->bytes, body).find("<bad piece>") ==
                  std::string::npos ||
              body.find("<bad piece>") != std::string::npos);
    const std::string question(question_of(list));
    if (question.empty()) break;
    gateway.now_ms += static_cast<int64_t>(in.pick(100));
    const size_t fate = in.empty() ? 0 : in.pick(16);
    if (fate == 0) {
      list = gateway.handle(exchange, "failed",
                            std::string(R"({"reason":")") + in.one_of(reasons) + R"("})");
    } else if (fate == 1) {
      list = gateway.handle(exchange, "client_left");
    } else if (question == "receive") {
      body = in.pick(4) ? in.one_of(bodies) : std::string(in.bytes());
      list = gateway.handle(exchange, "body", body);
    } else if (question == "fetch") {
      const std::string status = std::to_string(in.one_of(statuses));
      list = gateway.handle(exchange, "upstream_head",
                            R"({"status":)" + status + R"(,"headers":{"content-type":")" +
                                in.one_of(types) + R"(","retry-after":"1"}})");
    } else if (question == "collect") {
      list = gateway.handle(exchange, "upstream_body", in.bytes());
    } else if (question == "read") {
      list = fate == 2 ? gateway.handle(exchange, "upstream_end")
                       : gateway.handle(exchange, "upstream_bytes", in.bytes());
    } else if (question == "wait") {
      list = gateway.handle(exchange, "waited");
    } else {
      __builtin_trap();
    }
  }
  const Actions after = gateway.handle(exchange, "client_left");
  require(after.empty() || question_of(after).empty());
  gateway.close(exchange);
  require(gateway.open_exchanges() == 0);
  return 0;
}
