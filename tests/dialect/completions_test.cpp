#include "dialect/completions/completions.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "codec/sse.h"
#include "describe.h"
#include "dialect/openai_chat/openai_chat.h"
#include "generate.h"
#include "recorded.h"

namespace postern::dialect {
namespace {

using nlohmann::json;

const ReplyContext context{"0123456789abcdef0123456789abcdef", "asked", 1700000000, true};

std::string param_of(const std::string& body) {
  chat::Request request;
  const auto refused = completions.read_request(body, request);
  return refused ? refused->param : "none";
}

json read_request(const std::string& body) {
  chat::Request request;
  const auto refused = completions.read_request(body, request);
  EXPECT_FALSE(refused) << refused->message;
  return describe(request);
}

json read_whole(const std::string& body) {
  chat::Reply reply;
  if (!completions.read_reply(body, {}, context, reply)) return nullptr;
  return describe(reply);
}

struct Streamed {
  json description;
  StreamReader::Progress progress;
  int starts = 0;
  std::vector<json> errors;
};

Streamed read_stream(const std::vector<recorded::Event>& events) {
  const auto reader = completions.stream_reader({}, context);
  JoinedDeltas joined;
  std::vector<chat::Delta> deltas;
  for (const auto& event : events) {
    deltas.clear();
    reader->read(event.type, event.data, deltas);
    joined.add(deltas);
  }
  return {joined.description(), reader->progress(), joined.starts(), joined.errors()};
}

TEST(CompletionsRequest, a_prompt_becomes_a_message_of_the_user) {
  const json expected = json::parse(R"([{"role":"user","parts":[{"kind":"text","text":"a\nb"}]}])");
  for (const std::string prompt : {R"("a\nb")", R"(["a\nb"])"}) {
    const json request = read_request(R"({"model":"m","prompt":)" + prompt + "}");
    EXPECT_EQ(request["messages"], expected);
    EXPECT_EQ(request["max_tokens"], 16);
  }
}

TEST(CompletionsRequest, settings_are_read_and_the_rest_is_kept) {
  const json request = read_request(
      R"({"model":"m","prompt":"p","max_tokens":5,"temperature":0.5,"n":2,"stop":["a","b"],)"
      R"("stream":true,"stream_options":{"include_usage":true},"best_of":3,"echo":false,)"
      R"("suffix":null,"logprobs":null,"project_id":"x","user":"u","seed":1})");
  EXPECT_EQ(request["max_tokens"], 5);
  EXPECT_EQ(request["choices"], 2);
  EXPECT_EQ(request["stop"], json::parse(R"(["a","b"])"));
  EXPECT_EQ(request["include_usage"], true);
  EXPECT_EQ(request["extras"], json::parse(R"({"best_of":3})"));
}

TEST(CompletionsRequest, what_only_the_surface_itself_can_do_is_refused) {
  const auto with = [](const std::string& members) {
    return param_of(R"({"model":"m",)" + members + "}");
  };
  EXPECT_EQ(with(R"("prompt":["a","b"])"), "prompt");
  EXPECT_EQ(with(R"("prompt":[1,2])"), "prompt");
  EXPECT_EQ(with(R"("prompt":[[1],[2]])"), "prompt");
  EXPECT_EQ(with(R"("prompt":5)"), "prompt");
  EXPECT_EQ(with(R"("prompt":[])"), "prompt");
  EXPECT_EQ(with(R"("stream":false)"), "prompt");
  EXPECT_EQ(with(R"("prompt":"p","suffix":"s")"), "suffix");
  EXPECT_EQ(with(R"("prompt":"p","echo":true)"), "echo");
  EXPECT_EQ(with(R"("prompt":"p","logprobs":0)"), "logprobs");
  EXPECT_EQ(with(R"("prompt":"p","n":0)"), "n");
  EXPECT_EQ(with(R"("prompt":"p","prompt":"q")"), "prompt");
  EXPECT_EQ(param_of(R"({"prompt":"p"})"), "model");
}

TEST(CompletionsRequest, recorded_requests_are_read) {
  const auto exchanges = recorded::load("completions");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  for (const auto& exchange : exchanges) {
    if (exchange.request.empty()) continue;
    const json request = json::parse(exchange.request);
    const json description = read_request(exchange.request);
    EXPECT_EQ(description["messages"][0]["parts"][0]["text"], request["prompt"]);
    EXPECT_EQ(description["stream"], request.value("stream", false));
  }
}

TEST(CompletionsRequest, written_requests_are_read_back) {
  generate::Features features;
  features.penalties = features.seed = features.logit_bias = features.choices = true;
  features.user = features.extras = features.always_max_tokens = true;
  std::mt19937 random(3);
  for (int round = 0; round < 300; ++round) {
    chat::Request request = generate::request(random, features);
    for (chat::Message& message : request.messages)
      if (message.role == chat::Role::kUser) {
        chat::Message prompt = message;
        request.messages = {prompt};
        break;
      }
    request.tools.clear();
    request.tool_choice = {};
    request.include_usage = request.stream;
    std::string out;
    chat::Dropped dropped;
    const auto refused = completions.write_request(request, completions, {}, dropped, out);
    ASSERT_FALSE(refused) << refused->message;
    EXPECT_TRUE(dropped.empty());
    EXPECT_EQ(read_request(out), describe(request));
  }
}

TEST(CompletionsRequest, conversations_are_refused) {
  chat::Request request;
  std::string out;
  chat::Dropped dropped;
  request.messages.resize(2);
  EXPECT_TRUE(completions.write_request(request, openai_chat, {}, dropped, out));
  request.messages.resize(1);
  request.messages[0].role = chat::Role::kSystem;
  EXPECT_TRUE(completions.write_request(request, openai_chat, {}, dropped, out));
}

TEST(CompletionsReply, recorded_replies_say_what_they_say) {
  const auto exchanges = recorded::load("completions");
  if (exchanges.empty()) GTEST_SKIP() << "skipped: there are no recordings here";
  for (const auto& exchange : exchanges) {
    SCOPED_TRACE(exchange.name);
    std::string text, finish, id;
    json usage = json::object();
    json description;
    if (exchange.streamed()) {
      for (const auto& event : exchange.events()) {
        const json data = json::parse(event.data, nullptr, false);
        if (data.is_discarded()) continue;
        if (data.contains("usage") && data["usage"].is_object()) usage = data["usage"];
        for (const json& choice : data["choices"]) {
          text += choice["text"].get<std::string>();
          if (choice["finish_reason"].is_string()) finish = choice["finish_reason"];
        }
        id = data["id"];
      }
      const Streamed streamed = read_stream(exchange.events());
      description = streamed.description;
      EXPECT_EQ(streamed.starts, 1);
      EXPECT_TRUE(streamed.errors.empty());
      EXPECT_NE(streamed.progress, StreamReader::Progress::kOpen);
      EXPECT_EQ(read_stream(exchange.events(1)).description, description);
    } else {
      const json reply = json::parse(exchange.response);
      text = reply["choices"][0]["text"];
      finish = reply["choices"][0]["finish_reason"];
      usage = reply["usage"];
      id = reply["id"];
      description = read_whole(exchange.response);
    }
    const json& choice = description["choices"][0];
    EXPECT_EQ(choice["parts"][0]["text"], text);
    EXPECT_EQ(choice["finish"], finish);
    EXPECT_EQ(description["id"], id);
    if (usage.empty()) {
      EXPECT_TRUE(description["usage"].empty());
    } else {
      EXPECT_EQ(description["usage"]["input"], usage["prompt_tokens"]);
      EXPECT_EQ(description["usage"]["output"], usage["completion_tokens"]);
    }
  }
}

generate::Features answers() {
  generate::Features features;
  features.several_choices = features.system_fingerprint = true;
  return features;
}

// What a text can hold of a reply. The details of usage are written even when they are zero.
void leave_texts(chat::Reply& reply) {
  reply.usage.cache_read = reply.usage.cache_read.value_or(0);
  reply.usage.reasoning = reply.usage.reasoning.value_or(0);
  for (chat::Choice& choice : reply.choices) {
    std::erase_if(choice.parts,
                  [](const chat::Part& part) { return part.kind != chat::Part::Kind::kText; });
    if (choice.parts.size() > 1) choice.parts.resize(1);
    if (choice.finish == chat::Finish::kToolCalls) choice.finish = chat::Finish::kStop;
  }
}

TEST(CompletionsReply, written_replies_are_read_back_whole_and_streamed) {
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    chat::Reply reply = generate::reply(random, answers());
    leave_texts(reply);
    std::string whole, stream;
    completions.write_reply(reply, context, whole);
    EXPECT_EQ(read_whole(whole), describe(reply));

    const auto writer = completions.stream_writer(context);
    for (const chat::Delta& delta : generate::deltas(reply, random)) writer->write(delta, stream);
    writer->end(stream);
    recorded::Exchange exchange;
    exchange.name = "written.sse";
    exchange.response = stream;
    const Streamed streamed = read_stream(exchange.events());
    EXPECT_EQ(streamed.description, describe(reply));
    EXPECT_EQ(streamed.progress, StreamReader::Progress::kClosed);
    EXPECT_EQ(streamed.starts, 1);
  }
}

TEST(CompletionsReply, a_stream_looks_like_openais) {
  const auto writer =
      completions.stream_writer({"0123456789abcdef0123456789abcdef", "asked", 1700000000, false});
  std::string out;
  chat::Delta delta;
  delta.kind = chat::Delta::Kind::kText;
  delta.text = chat::literal("hi");
  writer->write(delta, out);
  delta.kind = chat::Delta::Kind::kFinish;
  delta.finish = chat::Finish::kLength;
  writer->write(delta, out);
  writer->end(out);
  const std::string head =
      R"(data: {"id":"cmpl-0123456789abcdef0123456789abcdef","object":"text_completion",)"
      R"("created":1700000000,"model":"asked","choices":[)";
  EXPECT_EQ(out, head +
                     R"({"text":"hi","index":0,"logprobs":null,"finish_reason":null}]})"
                     "\n\n" +
                     head +
                     R"({"text":"","index":0,"logprobs":null,"finish_reason":"length"}]})"
                     "\n\ndata: [DONE]\n\n");
}

TEST(CompletionsReply, errors_are_those_of_chat) {
  const auto writer = completions.stream_writer(context);
  chat::Error error;
  error.message = "no";
  std::string out;
  writer->fail(error, out);
  EXPECT_TRUE(out.starts_with("data: {\"error\":{"));
  EXPECT_TRUE(out.ends_with("}\n\n"));
  EXPECT_TRUE(read_whole(R"({"error":{"message":"x"}})").is_null());
  const Streamed streamed = read_stream({{"", R"({"error":{"message":"x"}})"}});
  ASSERT_EQ(streamed.errors.size(), 1u);
  EXPECT_EQ(streamed.errors[0]["message"], "x");
  EXPECT_EQ(read_stream({{"", "{"}}).errors[0]["kind"], "bad_response");
}

TEST(CompletionsReply, a_choice_without_its_end_is_a_truncation) {
  const auto progress = [](std::initializer_list<const char*> payloads) {
    std::vector<recorded::Event> events;
    for (const char* payload : payloads) events.push_back({"", payload});
    return read_stream(events).progress;
  };
  const char* first = R"({"choices":[{"text":"a","index":0,"finish_reason":null}]})";
  const char* second = R"({"choices":[{"text":"b","index":1,"finish_reason":"stop"}]})";
  const char* last = R"({"choices":[{"text":"","index":0,"finish_reason":"length"}]})";
  EXPECT_EQ(progress({first}), StreamReader::Progress::kOpen);
  EXPECT_EQ(progress({first, second}), StreamReader::Progress::kOpen);
  EXPECT_EQ(progress({first, second, last}), StreamReader::Progress::kWhole);
  EXPECT_EQ(progress({first, second, last, "[DONE]"}), StreamReader::Progress::kClosed);
}

}  // namespace
}  // namespace postern::dialect
