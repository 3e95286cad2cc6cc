#include "dialect/workers_ai/workers_ai.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "describe.h"
#include "recorded.h"

namespace postern::dialect {
namespace {

using nlohmann::json;
using workers_ai_wire::error_of_binding;

const ReplyContext context{"0123456789abcdef0123456789abcdef", "asked", 1700000000, false};

Quirks quirks() {
  Quirks quirks;
  quirks.usage_increments = true;
  quirks.rewritten = true;
  quirks.bare_json_schema = true;
  return quirks;
}

json read_whole(const std::string& body) {
  chat::Reply reply;
  if (!workers_ai.read_reply(body, quirks(), context, reply)) return nullptr;
  return describe(reply);
}

struct Streamed {
  json description;
  StreamReader::Progress progress;
  int starts = 0;
  std::vector<json> errors;
};

Streamed read_stream(const std::vector<recorded::Event>& events) {
  const auto reader = workers_ai.stream_reader(quirks(), context);
  JoinedDeltas joined;
  std::vector<chat::Delta> deltas;
  for (const auto& event : events) {
    deltas.clear();
    reader->read(event.type, event.data, deltas);
    joined.add(deltas);
  }
  return {joined.description(), reader->progress(), joined.starts(), joined.errors()};
}

Streamed read_stream(std::initializer_list<const char*> payloads) {
  std::vector<recorded::Event> events;
  for (const char* payload : payloads) events.push_back({"", payload});
  return read_stream(events);
}

// --- An independent reading of streams ----------------------------------------------------------

struct Gist {
  std::string text, reasoning, finish;
  json calls = json::array();  // name and arguments
  json usage;
  bool operator==(const Gist&) const = default;
};

void PrintTo(const Gist& gist, std::ostream* out) {
  *out << json{{"text", gist.text},
               {"reasoning", gist.reasoning},
               {"finish", gist.finish},
               {"calls", gist.calls},
               {"usage", gist.usage}}
              .dump(1);
}

std::string word(const json& object, const char* name) {
  return object.contains(name) && object[name].is_string() ? object[name].get<std::string>() : "";
}

Gist gist_of_stream(const recorded::Exchange& exchange) {
  Gist gist;
  struct Call {
    std::string name, arguments;
  };
  std::vector<Call> calls;
  bool done = false;
  uint64_t prompt = 0, completion = 0;
  for (const auto& event : exchange.events()) {
    done |= event.data == "[DONE]";
    const json data = json::parse(event.data, nullptr, false);
    if (!data.is_object()) continue;
    json said = data;
    std::string finish = word(data, "finish_reason");
    if (data.contains("choices") && !data["choices"].empty()) {
      said = data["choices"][0]["delta"];
      finish = word(data["choices"][0], "finish_reason");
    }
    gist.text += word(said, "content") + word(said, "response");
    gist.reasoning += word(said, "reasoning_content") + word(said, "reasoning");
    if (!finish.empty()) gist.finish = finish;
    for (const json& call : said.value("tool_calls", json::array())) {
      const json function = call.value("function", call);
      if (!word(call, "id").empty() || call.contains("name")) calls.emplace_back();
      if (calls.empty()) continue;
      Call& target = call.contains("index") ? calls.at(call["index"]) : calls.back();
      target.name += word(function, "name");
      target.arguments += function["arguments"].is_object() ? function["arguments"].dump()
                                                            : word(function, "arguments");
    }
    if (!data.contains("usage")) continue;
    const uint64_t in = data["usage"]["prompt_tokens"], out = data["usage"]["completion_tokens"];
    completion = in == 0 ? completion + out : out;
    if (in != 0) prompt = in;
  }
  for (const Call& call : calls)
    if (!call.name.empty()) gist.calls.push_back({call.name, json::parse(call.arguments)});
  if (gist.finish == "model_length") gist.finish = "length";
  if (gist.finish.empty()) gist.finish = "stop";
  if (gist.finish == "stop" && !gist.calls.empty()) gist.finish = "tool_calls";
  if (!done && exchange.response.find("finish_reason\":\"") == std::string::npos)
    gist.finish = "none";
  gist.usage = json::object();
  if (prompt != 0) gist.usage = {{"prompt", prompt}, {"output", completion}};
  return gist;
}

Gist gist_of(const json& description) {
  Gist gist;
  gist.finish = "none";
  for (const json& choice : description["choices"]) {
    for (const json& part : choice["parts"]) {
      if (part["kind"] == "text") gist.text += part["text"].get<std::string>();
      if (part["kind"] == "reasoning") gist.reasoning += part["text"].get<std::string>();
      if (part["kind"] == "tool_call") gist.calls.push_back({part["name"], part["arguments"]});
    }
    gist.finish = choice["finish"];
  }
  const json& usage = description["usage"];
  gist.usage = json::object();
  if (!usage.empty())
    gist.usage = {{"prompt", usage.value("input", 0) + usage.value("cache_read", 0)},
                  {"output", usage["output"]}};
  return gist;
}

TEST(WorkersAiStream, recorded_streams_say_what_they_say_however_they_are_cut) {
  const auto exchanges = recorded::load("run");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  int read = 0;
  for (const auto& exchange : exchanges) {
    if (!exchange.streamed()) continue;
    ++read;
    SCOPED_TRACE(exchange.name);
    const Streamed streamed = read_stream(exchange.events());
    EXPECT_EQ(read_stream(exchange.events(1)).description, streamed.description);
    if (exchange.response.find("INVALID_JSON") != std::string::npos) {
      // What is not to be understood is told; what the model said there is lost.
      ASSERT_EQ(streamed.errors.size(), 1u);
      EXPECT_EQ(streamed.errors[0]["kind"], "bad_response");
      continue;
    }
    EXPECT_EQ(gist_of(streamed.description), gist_of_stream(exchange));
    EXPECT_EQ(streamed.starts, 1);
    EXPECT_TRUE(streamed.errors.empty());
    const bool done = exchange.response.find("[DONE]") != std::string::npos;
    if (done) EXPECT_EQ(streamed.progress, StreamReader::Progress::kClosed);
  }
  EXPECT_EQ(read, 43);
}

TEST(WorkersAiReply, recorded_replies_say_what_they_say) {
  const auto exchanges = recorded::load("run");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  for (const auto& exchange : exchanges) {
    if (exchange.streamed()) continue;
    const json reply = json::parse(exchange.response);
    const json wrapped = {{"result", reply}, {"success", true}, {"errors", json::array()}};
    for (const std::string& body : {exchange.response, wrapped.dump()}) {
      const json description = read_whole(body);
      EXPECT_EQ(description["choices"][0]["parts"][0]["text"],
                reply["choices"][0]["message"]["content"]);
      EXPECT_EQ(description["choices"][0]["finish"], "stop");
      EXPECT_EQ(description["usage"]["input"], reply["usage"]["prompt_tokens"]);
      EXPECT_EQ(description["usage"]["output"], reply["usage"]["completion_tokens"]);
      EXPECT_EQ(description["id"], reply["id"]);
    }
  }
}

TEST(WorkersAiReply, native_replies_are_read_with_and_without_their_wrapper) {
  const std::string native =
      R"({"response":"caf\u00e9","tool_calls":[],)"
      R"("usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}})";
  for (const std::string& body :
       {native, R"({"result":)" + native + R"(,"success":true,"errors":[],"messages":[]})"}) {
    const json description = read_whole(body);
    EXPECT_EQ(description["choices"][0]["parts"][0]["text"], "caf\xc3\xa9");
    EXPECT_EQ(description["choices"][0]["finish"], "stop");
    EXPECT_EQ(description["usage"], json::parse(R"({"input":3,"output":2})"));
  }
}

TEST(WorkersAiReply, a_response_that_is_json_becomes_its_text) {
  const json part = read_whole(R"({"response":{"a": "b\n"}})")["choices"][0]["parts"][0];
  EXPECT_EQ(part["text"], R"({"a": "b\n"})");
}

TEST(WorkersAiReply, calls_come_flat_or_in_openais_shape) {
  const json choice =
      read_whole(R"({"response":null,"tool_calls":[{"name":"f","arguments":{"a":1}},)"
                 R"({"id":"c","type":"function","function":{"name":"g","arguments":"{\"b\":2}"}},)"
                 R"({"id":null,"function":{"name":null,"arguments":""}}]})")["choices"][0];
  ASSERT_EQ(choice["parts"].size(), 2u);
  EXPECT_EQ(choice["parts"][0]["arguments"], json::parse(R"({"a":1})"));
  EXPECT_FALSE(choice["parts"][0]["id"].get<std::string>().empty());
  EXPECT_EQ(choice["parts"][1]["id"], "c");
  EXPECT_EQ(choice["parts"][1]["arguments"], json::parse(R"({"b":2})"));
  EXPECT_EQ(choice["finish"], "tool_calls");
}

TEST(WorkersAiReply, what_is_no_reply_is_not_read) {
  for (const char* body :
       {"", "[]", "{}", R"({"result":null,"success":false,"errors":[{"code":3040}]})",
        R"({"result":{"response":"x"},"success":false})", R"({"result":{"result":{}}})"})
    EXPECT_TRUE(read_whole(body).is_null()) << body;
}

TEST(WorkersAiStream, increments_are_added_and_sums_stand_alone) {
  const char* first = R"({"choices":[{"index":0,"delta":{"content":"a"}}],)"
                      R"("usage":{"prompt_tokens":10,"completion_tokens":0}})";
  const char* more = R"({"choices":[{"index":0,"delta":{"content":"b"}}],)"
                     R"("usage":{"prompt_tokens":0,"completion_tokens":1}})";
  const char* last = R"({"response":"","usage":{"prompt_tokens":10,"completion_tokens":9}})";
  EXPECT_EQ(read_stream({first, more, more}).description["usage"],
            json::parse(R"({"input":10,"output":2})"));
  EXPECT_EQ(read_stream({first, more, more, last, "[DONE]"}).description["usage"],
            json::parse(R"({"input":10,"output":9})"));
}

TEST(WorkersAiStream, json_in_a_native_event_becomes_its_text) {
  const json description =
      read_stream({R"({"response":{"a":"b"}})", "[DONE]"}).description["choices"][0];
  EXPECT_EQ(description["parts"][0]["text"], R"({"a":"b"})");
}

TEST(WorkersAiStream, an_error_in_the_stream_ends_it) {
  for (const char* event : {R"({"errors":[{"code":3040,"message":"busy"}],"success":false})",
                            R"({"error":{"message":"busy"}})"}) {
    const Streamed streamed = read_stream({R"({"response":"a"})", event, R"({"response":"b"})"});
    ASSERT_EQ(streamed.errors.size(), 1u);
    EXPECT_EQ(streamed.errors[0]["message"], "busy");
    EXPECT_EQ(streamed.description["choices"][0]["parts"][0]["text"], "a");
  }
}

TEST(WorkersAiStream, nothing_comes_after_an_error) {
  const auto reader = workers_ai.stream_reader(quirks(), context);
  std::vector<chat::Delta> deltas;
  reader->read("", R"({"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1},"x)", deltas);
  ASSERT_EQ(deltas.size(), 1u);
  EXPECT_EQ(deltas[0].kind, chat::Delta::Kind::kError);
}

TEST(WorkersAiError, codes_have_their_kinds) {
  using Kind = chat::Error::Kind;
  const auto kind = [](const char* code, int status) {
    ErrorHead head;
    head.status = status;
    const chat::Error error = workers_ai.read_error(
        head, std::string(R"({"errors":[{"code":)") + code +
                  R"(,"message":"AiError: some words"}],"success":false,"result":null})");
    EXPECT_EQ(error.code, code);
    EXPECT_EQ(error.message, "some words");
    return error.kind;
  };
  EXPECT_EQ(kind("3036", 429), Kind::kQuotaExhausted);
  EXPECT_EQ(kind("3040", 429), Kind::kOverloaded);
  EXPECT_EQ(kind("3042", 404), Kind::kModelNotFound);
  EXPECT_EQ(kind("5007", 400), Kind::kModelNotFound);
  EXPECT_EQ(kind("5004", 400), Kind::kInvalidRequest);
  EXPECT_EQ(kind("5016", 403), Kind::kPermission);
  EXPECT_EQ(kind("3006", 413), Kind::kTooLarge);
  EXPECT_EQ(kind("3007", 408), Kind::kTimeout);
  EXPECT_EQ(kind("10000", 401), Kind::kAuthentication);
  EXPECT_EQ(kind("7003", 404), Kind::kPermission);
  EXPECT_EQ(kind("9999", 500), Kind::kServer);
}

TEST(WorkersAiError, what_the_binding_throws_is_understood) {
  using Kind = chat::Error::Kind;
  const auto check = [](std::string_view message, Kind kind, std::string_view code,
                        std::string_view words) {
    const chat::Error error = error_of_binding(message);
    EXPECT_EQ(error.kind, kind) << message;
    EXPECT_EQ(error.code, code) << message;
    EXPECT_EQ(error.message, words) << message;
    EXPECT_GE(error.status, 400) << message;
  };
  check("3040: Capacity temporarily exceeded, please try again.", Kind::kOverloaded, "3040",
        "Capacity temporarily exceeded, please try again.");
  check("InferenceUpstreamError: 3036: you have used up your daily free allocation",
        Kind::kQuotaExhausted, "3036", "you have used up your daily free allocation");
  check("5007: AiError: No such model", Kind::kModelNotFound, "5007", "No such model");
  check("InferenceUpstreamError: something broke", Kind::kServer, "", "something broke");
  check("5021: the prompt exceeded this model context window limit", Kind::kContextLength, "5021",
        "the prompt exceeded this model context window limit");
  check("", Kind::kServer, "", "");
  check("404: page: not found", Kind::kServer, "404", "page: not found");
}

}  // namespace
}  // namespace postern::dialect
