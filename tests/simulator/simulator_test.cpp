#include "simulator/simulator.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bounds.h"

namespace postern::simulator {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t now_ms = 1'760'000'000'999;

Json request(std::string_view text, bool stream = false) {
  return {{"messages", {{{"role", "user"}, {"content", text}}}}, {"stream", stream}};
}

Script play_json(std::string_view model, const Json& body) {
  return play(model, body.dump(), now_ms);
}

std::string bytes_of(const Script& script) {
  std::string bytes;
  for (const Step& step : script.steps) bytes += step.bytes;
  return bytes;
}

Json body_of(const Script& script) { return Json::parse(bytes_of(script)); }

// The whole wire as one text, to compare answers.
std::string record_of(const Script& script) {
  std::string record = std::to_string(script.status) + script.content_type + script.retry_after +
                       std::to_string(script.head_delay_ms);
  for (const Step& step : script.steps)
    record += "|" + std::to_string(step.delay_ms) + ":" + step.bytes + ":" +
              std::to_string(static_cast<int>(step.after));
  return record;
}

// A stream taken apart as a client would. Every event must be one data line of JSON.
struct Stream {
  std::vector<Json> events;
  std::string text;
  std::string finish_reason;
  bool done = false;
};

Stream read_stream(const Script& script) {
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.content_type, "text/event-stream");
  Stream stream;
  std::string_view rest;
  const std::string bytes = bytes_of(script);
  for (rest = bytes; !rest.empty();) {
    const size_t end = rest.find("\n\n");
    if (end == rest.npos || !rest.starts_with("data: ")) {
      ADD_FAILURE() << "not an event: " << rest;
      return stream;
    }
    const std::string_view data = rest.substr(6, end - 6);
    rest.remove_prefix(end + 2);
    EXPECT_FALSE(stream.done) << "an event after [DONE]";
    if (data == "[DONE]") {
      stream.done = true;
      continue;
    }
    Json event = Json::parse(data);
    for (const Json& choice : event.value("choices", Json::array())) {
      if (choice["delta"].contains("content") && choice["delta"]["content"].is_string())
        stream.text += choice["delta"]["content"].get<std::string>();
      if (!choice["finish_reason"].is_null()) stream.finish_reason = choice["finish_reason"];
    }
    stream.events.push_back(std::move(event));
  }
  return stream;
}

std::string text_of(const Script& script) {
  return body_of(script)["choices"][0]["message"]["content"];
}

std::vector<std::string> names_with(std::string_view prefix) {
  std::vector<std::string> names;
  for (std::string_view model : models())
    if (model.starts_with(prefix)) names.emplace_back(model);
  return names;
}

TEST(SimulatorEcho, a_whole_reply_is_written_byte_for_byte_as_openai_writes_it) {
  Json body = request("Hello, \"world\"");
  const Script script = play_json("sim/echo", body);
  ASSERT_EQ(script.steps.size(), 1u);
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.content_type, "application/json");
  EXPECT_EQ(script.steps[0].after, After::kEnd);
  std::string bytes = bytes_of(script);
  const std::string head = R"({"id":"chatcmpl-sim-)";
  ASSERT_TRUE(bytes.starts_with(head));
  const std::string digits = bytes.substr(head.size(), 16);
  EXPECT_EQ(digits.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(bytes.substr(head.size() + 16),
            R"(","object":"chat.completion","created":1760000000,"model":"sim/echo",)"
            R"("choices":[{"index":0,"message":{"role":"assistant",)"
            R"("content":"Hello, \"world\"","refusal":null,"annotations":[]},)"
            R"("logprobs":null,"finish_reason":"stop"}],)"
            R"("usage":{"prompt_tokens":4,"completion_tokens":4,"total_tokens":8,)"
            R"("prompt_tokens_details":{"cached_tokens":0},)"
            R"("completion_tokens_details":{"reasoning_tokens":0}},)"
            R"("service_tier":"default","system_fingerprint":"fp_simulator"})");
}

TEST(SimulatorEcho, a_stream_is_written_byte_for_byte_as_openai_writes_it) {
  Json body = request("Hi you", true);
  body["stream_options"]["include_usage"] = true;
  std::string bytes = bytes_of(play_json("sim/echo", body));
  const size_t id_begin = bytes.find("chatcmpl-sim-");
  const std::string id = bytes.substr(id_begin, 29);
  const std::string head = "data: {\"id\":\"" + id +
                           R"(","object":"chat.completion.chunk","created":1760000000,)"
                           R"("model":"sim/echo","service_tier":"default",)"
                           R"("system_fingerprint":"fp_simulator","choices":[)";
  const std::string open = R"({"index":0,"delta":)";
  const std::string more = R"(,"logprobs":null,"finish_reason":null}],"usage":null})"
                           "\n\n";
  EXPECT_EQ(bytes, head + open + R"({"role":"assistant","content":"","refusal":null})" + more +
                       head + open + R"({"content":"Hi"})" + more +  //
                       head + open + R"({"content":" you"})" + more + head + open +
                       R"({},"logprobs":null,"finish_reason":"stop"}],"usage":null})" + "\n\n" +
                       head +
                       R"(],"usage":{"prompt_tokens":2,"completion_tokens":2,"total_tokens":4,)"
                       R"("prompt_tokens_details":{"cached_tokens":0},)"
                       R"("completion_tokens_details":{"reasoning_tokens":0}}})"
                       "\n\ndata: [DONE]\n\n");
}

TEST(SimulatorEcho, every_word_arrives_alone_5_ms_after_the_one_before) {
  const Script script = play_json("sim/echo", request("one two  three\n", true));
  ASSERT_EQ(script.steps.size(), 6u);
  EXPECT_EQ(script.head_delay_ms, 0u);
  EXPECT_EQ(script.steps[0].delay_ms, 0u);
  for (size_t word = 1; word <= 4; ++word) EXPECT_EQ(script.steps[word].delay_ms, 5u);
  EXPECT_EQ(script.steps[5].after, After::kEnd);
  EXPECT_EQ(read_stream(script).text, "one two  three\n");
}

TEST(SimulatorEcho, a_long_text_takes_200_steps_of_several_words) {
  std::string text;
  for (int word = 0; word < 1'001; ++word) text += "word" + std::to_string(word) + " ";
  const Script script = play_json("sim/echo", request(text, true));
  EXPECT_LE(script.steps.size(), 202u);
  EXPECT_GT(script.steps.size(), 160u);
  EXPECT_EQ(read_stream(script).text, text);
}

TEST(SimulatorEcho, the_last_user_message_is_what_counts) {
  const Json body = {{"messages",
                      {{{"role", "system"}, {"content", "s"}},
                       {{"role", "user"}, {"content", "first"}},
                       {{"content", "second"}, {"role", "user"}},
                       {{"role", "assistant"}, {"content", "answer"}}}}};
  EXPECT_EQ(text_of(play_json("sim/echo", body)), "second");
}

TEST(SimulatorEcho, text_parts_are_joined_and_other_parts_passed_over) {
  const Json body = {
      {"messages",
       {{{"role", "user"},
         {"content",
          {{{"type", "text"}, {"text", "a"}},
           {{"type", "image_url"}, {"image_url", {{"url", "data:,x"}, {"text", "not this"}}}},
           {{"text", "b"}, {"type", "text"}}}}}}}};
  EXPECT_EQ(text_of(play_json("sim/echo", body)), "ab");
}

TEST(SimulatorEcho, escapes_are_said_back_as_the_characters_they_mean) {
  const std::string body =
      R"({"mess\u0061ges":[{"role":"us\u0065r","content":"\u00e9 \ud83d\ude00 \"\n"}]})";
  EXPECT_EQ(text_of(play("sim/echo", body, now_ms)), "\xC3\xA9 \xF0\x9F\x98\x80 \"\n");
}

TEST(SimulatorEcho, without_a_user_message_it_greets) {
  for (const char* body :
       {"{}", R"({"messages":[]})", R"({"messages":[{"role":"user","content":""}]})"})
    EXPECT_TRUE(text_of(play("sim/echo", body, now_ms)).starts_with("Hello from the simulator."));
}

TEST(SimulatorEcho, a_text_over_the_bound_is_cut_between_characters) {
  constexpr size_t bound = bounds::simulator_echo_bytes_max;
  for (const std::string unit : {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    std::string text = "x";
    while (text.size() < 8 * bound) text += unit;
    const size_t expected = 1 + (bound - 1) / unit.size() * unit.size();
    // Compared outside of the macro, which would print all of it.
    const bool plain = text_of(play_json("sim/echo", request(text))) == text.substr(0, expected);
    EXPECT_TRUE(plain) << unit;
    const std::string body = request(text).dump(-1, ' ', true);
    const bool escaped = text_of(play("sim/echo", body, now_ms)) == text.substr(0, expected);
    EXPECT_TRUE(escaped) << unit;
  }
}

TEST(SimulatorEcho, a_text_that_is_nothing_but_white_space_is_said_back) {
  EXPECT_EQ(read_stream(play_json("sim/echo", request(" \n ", true))).text, " \n ");
}

TEST(SimulatorEcho, other_names_are_answered_under_their_own_name) {
  const Script script = play_json("gpt-4o", request("hello"));
  EXPECT_EQ(body_of(script)["model"], "gpt-4o");
  EXPECT_EQ(text_of(script), "hello");
}

TEST(SimulatorLimits, max_tokens_cuts_words_and_is_never_exceeded_by_the_count) {
  for (const char* limit : {"max_tokens", "max_completion_tokens"}) {
    Json body = request("one extraordinarily three four five");
    body[limit] = 2;
    const Json reply = body_of(play_json("sim/echo", body));
    EXPECT_EQ(reply["choices"][0]["message"]["content"], "one extraordinarily");
    EXPECT_EQ(reply["choices"][0]["finish_reason"], "length");
    EXPECT_EQ(reply["usage"]["completion_tokens"], 2);
    body["stream"] = true;
    const Stream stream = read_stream(play_json("sim/echo", body));
    EXPECT_EQ(stream.text, "one extraordinarily");
    EXPECT_EQ(stream.finish_reason, "length");
  }
}

TEST(SimulatorLimits, the_smaller_of_two_limits_holds_and_senseless_ones_do_not) {
  Json body = request("one two three");
  body["max_tokens"] = 1;
  body["max_completion_tokens"] = 2;
  EXPECT_EQ(text_of(play_json("sim/echo", body)), "one");
  for (const Json& senseless : Json({0, -5, 1.5, "2", nullptr, true, Json::array(), 1e30})) {
    Json other = request("one two three");
    other["max_tokens"] = senseless;
    EXPECT_EQ(text_of(play_json("sim/echo", other)), "one two three") << senseless;
  }
}

TEST(SimulatorUsage, only_a_stream_that_asks_for_usage_carries_it) {
  for (const Json& options : Json({nullptr, Json::object(), {{"include_usage", false}}, "yes"})) {
    Json body = request("hello", true);
    body["stream_options"] = options;
    for (const Json& event : read_stream(play_json("sim/echo", body)).events) {
      EXPECT_FALSE(event.contains("usage"));
      EXPECT_EQ(event["choices"].size(), 1u);
    }
  }
}

TEST(SimulatorUsage, prompt_tokens_count_the_texts_of_all_messages) {
  const Json body = {{"messages",
                      {{{"role", "system"}, {"content", "12345678"}},
                       {{"role", "user"}, {"content", {{{"type", "text"}, {"text", "123"}}}}}}}};
  const Json usage = body_of(play_json("sim/echo", body))["usage"];
  EXPECT_EQ(usage["prompt_tokens"], 3);
  EXPECT_EQ(usage["completion_tokens"], 1);
  EXPECT_EQ(usage["total_tokens"], 4);
}

TEST(SimulatorLorem, it_says_48_words_unless_the_client_sets_a_limit) {
  const auto words = [](const Json& body) {
    const Script script = play_json("sim/lorem", body);
    return std::pair(script.steps.size() - 2, read_stream(script).finish_reason);
  };
  Json body = request("x", true);
  EXPECT_EQ(words(body), std::pair(size_t{48}, std::string("stop")));
  body["max_tokens"] = 7;
  EXPECT_EQ(words(body), std::pair(size_t{7}, std::string("length")));
  body["max_tokens"] = 200;
  EXPECT_EQ(words(body), std::pair(size_t{200}, std::string("length")));
  body["max_tokens"] = 1'000'000;
  EXPECT_EQ(words(body), std::pair(bounds::simulator_tokens_max, std::string("stop")));
}

TEST(SimulatorLorem, the_seed_the_model_and_the_text_choose_the_answer) {
  Json body = request("x");
  std::set<std::string> texts;
  texts.insert(text_of(play_json("sim/lorem", body)));
  body["seed"] = 1;
  texts.insert(text_of(play_json("sim/lorem", body)));
  body["seed"] = -1;
  texts.insert(text_of(play_json("sim/lorem", body)));
  texts.insert(text_of(play_json("sim/lorem", request("y"))));
  EXPECT_EQ(texts.size(), 4u);
  EXPECT_NE(body_of(play_json("sim/echo", body))["id"], body_of(play_json("other", body))["id"]);
}

TEST(Simulator, the_same_request_gives_the_same_bytes_and_delays) {
  for (std::string_view model : models()) {
    for (const bool stream : {false, true}) {
      const std::string body = request("hello there", stream).dump();
      EXPECT_EQ(record_of(play(model, body, now_ms)), record_of(play(model, body, now_ms)));
    }
  }
}

TEST(Simulator, every_script_ends_exactly_once_at_its_last_step) {
  for (std::string_view model : models()) {
    for (const bool stream : {false, true}) {
      const Script script = play_json(model, request("hello there", stream));
      ASSERT_FALSE(script.steps.empty()) << model;
      for (size_t step = 0; step + 1 < script.steps.size(); ++step)
        EXPECT_EQ(script.steps[step].after, After::kMore) << model;
      const After last = model == "sim/fault-stall" ? After::kStall : After::kEnd;
      EXPECT_EQ(script.steps.back().after, last) << model;
    }
  }
}

TEST(Simulator, an_unknown_name_is_a_404_that_lists_the_known_ones) {
  const Script script = play_json("sim/\"x", request("hello", true));
  EXPECT_EQ(script.status, 404);
  EXPECT_EQ(script.content_type, "application/json");
  const Json error = body_of(script)["error"];
  EXPECT_EQ(error["code"], "model_not_found");
  EXPECT_EQ(error["type"], "invalid_request_error");
  const std::string message = error["message"];
  EXPECT_NE(message.find("sim/\"x"), std::string::npos);
  for (std::string_view model : models()) EXPECT_NE(message.find(model), std::string::npos);
}

TEST(Simulator, a_body_of_any_shape_gets_an_answer) {
  const Json kinds = {nullptr,
                      true,
                      0,
                      -1,
                      1.5,
                      1e300,
                      "text",
                      Json::array(),
                      Json::object(),
                      {1, {2}},
                      {{"text", {1}}},
                      {{{"text", nullptr}, {"type", 5}}}};
  for (std::string_view model : models()) {
    for (const Json& kind : kinds) {
      play_json(model, kind);
      for (const char* field : {"messages", "stream", "stream_options", "seed", "max_tokens",
                                "max_completion_tokens", "n", "tools"})
        for (const bool stream : {false, true}) {
          Json body = request("hello", stream);
          body[field] = kind;
          EXPECT_FALSE(play_json(model, body).steps.empty());
        }
      for (const char* field : {"role", "content", "name"}) {
        Json body = request("hello");
        body["messages"][0][field] = kind;
        EXPECT_FALSE(play_json(model, body).steps.empty());
      }
      Json body = request("hello");
      body["messages"] = {kind, body["messages"][0], kind};
      EXPECT_FALSE(play_json(model, body).steps.empty());
      body = request("hello");
      body["messages"][0]["content"] = {kind, {{"type", kind}, {"text", kind}}};
      EXPECT_FALSE(play_json(model, body).steps.empty());
      body = request("hello", true);
      body["stream_options"] = {{"include_usage", kind}};
      EXPECT_FALSE(play_json(model, body).steps.empty());
    }
  }
}

TEST(Simulator, a_body_cut_anywhere_or_nested_too_deeply_gets_an_answer) {
  Json whole = request("h\xC3\xA9llo \"there\"", true);
  whole["stream_options"]["include_usage"] = true;
  whole["seed"] = 5;
  const std::string text = whole.dump(-1, ' ', true);
  for (size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(play("sim/echo", std::string(text, 0, size), now_ms).steps.empty());
  const std::string deep = R"({"messages":)" + std::string(10'000, '[');
  EXPECT_FALSE(play("sim/echo", deep, now_ms).steps.empty());
}

TEST(SimulatorFaults, refusals_have_their_status_and_openai_s_envelope) {
  struct Expected {
    const char* model;
    int status;
    Json type;
    Json code;
    const char* retry_after;
  };
  const Expected table[] = {
      {"sim/fault-429", 429, "requests", "rate_limit_exceeded", "7"},
      {"sim/fault-500", 500, "server_error", nullptr, ""},
      {"sim/fault-auth", 401, "invalid_request_error", "invalid_api_key", ""},
  };
  for (const Expected& expected : table) {
    for (const bool stream : {false, true}) {
      const Script script = play_json(expected.model, request("hello", stream));
      EXPECT_EQ(script.status, expected.status);
      EXPECT_EQ(script.content_type, "application/json");
      EXPECT_EQ(script.retry_after, expected.retry_after);
      const Json error = body_of(script)["error"];
      EXPECT_EQ(error["type"], expected.type);
      EXPECT_EQ(error["code"], expected.code);
      EXPECT_EQ(error["param"], nullptr);
    }
  }
  EXPECT_NE(bytes_of(play_json("sim/fault-auth", request("x"))).find("sk-sim-secret"),
            std::string::npos);
}

TEST(SimulatorFaults, slow_says_the_first_thing_after_three_seconds) {
  const Script whole = play_json("sim/fault-slow", request("hello"));
  EXPECT_EQ(whole.head_delay_ms, 3'000u);
  EXPECT_EQ(whole.steps[0].delay_ms, 0u);
  EXPECT_EQ(text_of(whole), "hello");
  const Script stream = play_json("sim/fault-slow", request("hello", true));
  EXPECT_EQ(stream.head_delay_ms, 0u);
  EXPECT_EQ(stream.steps[0].delay_ms, 3'000u);
  EXPECT_EQ(read_stream(stream).text, "hello");
  EXPECT_TRUE(read_stream(stream).done);
}

TEST(SimulatorFaults, stall_says_a_few_words_and_then_nothing) {
  const Stream stream = read_stream(play_json("sim/fault-stall", request("hello", true)));
  EXPECT_FALSE(stream.text.empty());
  EXPECT_EQ(stream.finish_reason, "");
  EXPECT_FALSE(stream.done);
  const Script whole = play_json("sim/fault-stall", request("hello"));
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(bytes_of(whole), "");
}

TEST(SimulatorFaults, truncated_ends_without_a_finish) {
  const Stream stream = read_stream(play_json("sim/fault-truncated", request("hello", true)));
  EXPECT_FALSE(stream.text.empty());
  EXPECT_EQ(stream.finish_reason, "");
  EXPECT_FALSE(stream.done);
  const std::string whole = bytes_of(play_json("sim/fault-truncated", request("hello")));
  EXPECT_TRUE(whole.starts_with("{"));
  EXPECT_FALSE(Json::accept(whole));
}

TEST(SimulatorFaults, an_error_comes_under_status_200) {
  const std::string error =
      R"({"error":{"message":"The server had an error while processing your request.",)"
      R"("type":"server_error","param":null,"code":null}})";
  const Script script = play_json("sim/fault-error-in-stream", request("hello", true));
  EXPECT_FALSE(read_stream(script).text.empty());
  EXPECT_FALSE(read_stream(script).done);
  EXPECT_EQ(script.steps.back().bytes, "data: " + error + "\n\n");
  const Script whole = play_json("sim/fault-error-in-stream", request("hello"));
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(bytes_of(whole), error);
}

TEST(SimulatorFaults, split_cuts_characters_of_every_width_and_the_ends_of_events) {
  for (size_t prompt_bytes : {1u, 5u, 400u}) {
    for (const bool stream : {false, true}) {
      Json body = request(std::string(prompt_bytes, 'x'), stream);
      body["stream_options"]["include_usage"] = prompt_bytes == 5;
      const Script script = play_json("sim/fault-split", body);
      const std::string bytes = bytes_of(script);
      std::set<size_t> widths_cut;
      bool event_end_cut = false;
      size_t at = 0;
      for (const Step& step : script.steps) {
        EXPECT_EQ(step.delay_ms, 1u);
        size_t lead = at;
        while ((bytes[lead] & 0xC0) == 0x80) --lead;
        const unsigned char first = static_cast<unsigned char>(bytes[lead]);
        if (lead < at) widths_cut.insert(first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2);
        if (at > 0 && bytes[at] == '\n' && bytes[at - 1] == '\n') event_end_cut = true;
        at += step.bytes.size();
      }
      EXPECT_EQ(widths_cut, (std::set<size_t>{2, 3, 4}));
      EXPECT_EQ(event_end_cut, stream);
    }
  }
}

TEST(SimulatorFaults, split_says_the_same_text_streamed_or_not) {
  const Stream stream = read_stream(play_json("sim/fault-split", request("hello", true)));
  EXPECT_TRUE(stream.done);
  EXPECT_EQ(stream.finish_reason, "stop");
  EXPECT_EQ(stream.text, text_of(play_json("sim/fault-split", request("hello"))));
  EXPECT_NE(stream.text.find("\xF0\x9F\x98\x80"), std::string::npos);
}

TEST(SimulatorFaults, two_tool_calls_stand_side_by_side) {
  const Script script = play_json("sim/fault-parallel-tools", request("weather?", true));
  const Stream stream = read_stream(script);
  EXPECT_EQ(stream.finish_reason, "tool_calls");
  EXPECT_TRUE(stream.done);
  EXPECT_EQ(stream.text, "");
  std::string ids[2], names[2], arguments[2];
  int fragments[2] = {};
  for (const Json& event : stream.events) {
    const Json& delta = event["choices"][0]["delta"];
    for (const Json& call : delta.value("tool_calls", Json::array())) {
      const size_t index = call["index"];
      ASSERT_LT(index, 2u);
      if (call.contains("id")) {
        EXPECT_EQ(call["type"], "function");
        EXPECT_EQ(call["function"]["arguments"], "");
        ids[index] = call["id"];
        names[index] = call["function"]["name"];
      }
      arguments[index] += call["function"]["arguments"].get<std::string>();
      ++fragments[index];
    }
  }
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_EQ(Json::parse(arguments[0]), Json({{"city", "Paris"}}));
  EXPECT_EQ(Json::parse(arguments[1]), Json({{"city", "Rome"}}));
  const Json whole = body_of(play_json("sim/fault-parallel-tools", request("weather?")));
  const Json& message = whole["choices"][0]["message"];
  EXPECT_EQ(whole["choices"][0]["finish_reason"], "tool_calls");
  EXPECT_EQ(message["content"], nullptr);
  for (size_t index = 0; index < 2; ++index) {
    EXPECT_GT(fragments[index], 2);
    EXPECT_EQ(names[index], "get_weather");
    EXPECT_EQ(message["tool_calls"][index]["function"]["arguments"], arguments[index]);
  }
}

TEST(SimulatorFaults, all_nine_are_listed) {
  EXPECT_EQ(names_with("sim/fault-").size(), 9u);
  EXPECT_EQ(models()[0], "sim/echo");
  EXPECT_EQ(models()[1], "sim/lorem");
}

}  // namespace
}  // namespace postern::simulator
