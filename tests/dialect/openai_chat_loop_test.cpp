// Closed loops: what chat completions write, they read back the same.
#include <gtest/gtest.h>

#include <random>

#include "codec/sse.h"
#include "dialect/describe.h"
#include "dialect/generate.h"
#include "dialect/openai_chat/openai_chat.h"

namespace postern::dialect {
namespace {

using nlohmann::json;

constexpr int rounds = 1000;

// A provider that takes everything.
Quirks full_quirks() {
  Quirks quirks;
  quirks.max_completion_tokens = true;
  quirks.developer_role = true;
  quirks.reasoning_member = Quirks::ReasoningMember::kReasoningContent;
  quirks.reasoning_details = true;
  quirks.cache_control = true;
  quirks.strict_tools = true;
  quirks.image_urls = true;
  return quirks;
}

generate::Features request_features() {
  generate::Features features;
  features.system_anywhere = features.developer = features.speaker_names = true;
  features.several_texts = features.adjacent_users = true;
  features.image_data = features.image_urls = features.image_detail = true;
  features.audio = features.file_data = features.file_ids = features.file_urls = true;
  features.result_images = true;
  features.refusals = features.custom_tools = features.cut_arguments = true;
  features.cache_control = true;
  features.plain_reasoning = features.signed_reasoning = features.sealed_reasoning = true;
  features.signed_texts = features.signed_calls = true;
  features.parallel_tool_calls = features.strict_tools = true;
  features.top_k = features.penalties = features.seed = features.logit_bias = true;
  features.choices = features.logprobs = true;
  features.json_object = features.json_schema = features.schema_name = true;
  features.effort = features.budget = true;
  features.user = features.metadata = features.service_tier = features.verbosity = true;
  features.extras = true;
  return features;
}

generate::Features reply_features() {
  generate::Features features;
  features.several_choices = features.refusals = features.custom_tools = true;
  features.cut_arguments = features.answered_images = true;
  features.plain_reasoning = features.signed_reasoning = features.sealed_reasoning = true;
  features.signed_texts = features.signed_calls = true;
  features.annotations = features.reply_logprobs = true;
  features.cache_write = features.service_tier = features.system_fingerprint = true;
  return features;
}

// A reply says zero where nothing is known of a cache or of reasoning.
json with_zeros(json reply) {
  for (const char* name : {"cache_read", "reasoning"})
    if (!reply["usage"].contains(name)) reply["usage"][name] = 0;
  return reply;
}

TEST(OpenaiChatLoop, requests_come_back_the_same) {
  for (uint32_t seed = 0; seed < rounds; ++seed) {
    std::mt19937 random(seed);
    const chat::Request written = generate::request(random, request_features());
    std::string body;
    chat::Dropped dropped;
    const auto refused =
        openai_chat.write_request(written, openai_chat, full_quirks(), dropped, body);
    ASSERT_FALSE(refused.has_value()) << refused->message;
    ASSERT_TRUE(dropped.empty()) << dropped[0];
    ASSERT_TRUE(json::accept(body)) << body;
    chat::Request read;
    const auto fault = openai_chat.read_request(body, read);
    ASSERT_FALSE(fault.has_value()) << fault->message << "\n" << body;
    json wanted = describe(written);
    wanted["include_usage"] = written.stream;  // which is always asked for
    ASSERT_EQ(describe(read), wanted) << "seed " << seed << "\n" << body;
  }
}

TEST(OpenaiChatLoop, whole_replies_come_back_the_same) {
  const ReplyContext context;
  for (uint32_t seed = 0; seed < rounds; ++seed) {
    std::mt19937 random(seed);
    const chat::Reply written = generate::reply(random, reply_features());
    std::string body;
    openai_chat.write_reply(written, context, body);
    ASSERT_TRUE(json::accept(body)) << body;
    chat::Reply read;
    ASSERT_TRUE(openai_chat.read_reply(body, Quirks{}, context, read)) << body;
    ASSERT_EQ(describe(read), with_zeros(describe(written))) << "seed " << seed << "\n" << body;
  }
}

TEST(OpenaiChatLoop, streamed_replies_come_back_the_same) {
  ReplyContext context;
  context.include_usage = true;
  for (uint32_t seed = 0; seed < rounds; ++seed) {
    std::mt19937 random(seed);
    chat::Reply written = generate::reply(random, reply_features());
    const auto writer = openai_chat.stream_writer(context);
    std::string bytes;
    for (const chat::Delta& delta : generate::deltas(written, random)) writer->write(delta, bytes);
    writer->end(bytes);

    const auto reader = openai_chat.stream_reader(Quirks{}, context);
    codec::SseReader events;
    JoinedDeltas joined;
    std::vector<chat::Delta> deltas;
    events.push(bytes);
    for (codec::SseBlock block; events.next(block);) {
      ASSERT_TRUE(block.data == "[DONE]" || json::accept(block.data)) << block.data;
      deltas.clear();
      reader->read(block.type, block.data, deltas);
      joined.add(deltas);
    }
    ASSERT_EQ(reader->progress(), StreamReader::Progress::kClosed);
    ASSERT_TRUE(joined.errors().empty()) << joined.errors()[0];
    ASSERT_EQ(joined.starts(), 1);
    json description = joined.description();
    for (json& choice : description["choices"])
      if (choice.contains("annotations"))
        // Which entry of the list it is; nothing that the citation says.
        for (json& annotation : choice["annotations"]) annotation.erase("index");
    ASSERT_EQ(description, with_zeros(describe(written))) << "seed " << seed << "\n" << bytes;
  }
}

// A client collects what a stream brought and sends it back as a message of the assistant: entries
// of lists one after the other, texts joined.
json message_of_stream(const std::string& bytes) {
  json message = {{"role", "assistant"}};
  codec::SseReader events;
  events.push(bytes);
  for (codec::SseBlock block; events.next(block);) {
    if (block.data == "[DONE]") break;
    const json chunk = json::parse(block.data);
    if (chunk["choices"].empty()) continue;
    for (const auto& [name, value] : chunk["choices"][0]["delta"].items()) {
      if (name == "role" || value.is_null()) continue;
      if (value.is_string()) {
        message[name] = message.value(name, "") + value.get<std::string>();
      } else if (name == "tool_calls") {
        for (const json& piece : value) {
          json& call = message["tool_calls"][piece["index"].get<size_t>()];
          if (piece.contains("id")) {
            call = piece;
          } else if (piece.contains("extra_content")) {
            call["extra_content"] = piece["extra_content"];
          } else {
            const char* type = piece.contains("custom") ? "custom" : "function";
            const char* input = piece.contains("custom") ? "input" : "arguments";
            std::string& text = call[type][input].get_ref<std::string&>();
            text += piece[type][input].get<std::string>();
          }
        }
      } else {
        for (const json& each : value) message[name].push_back(each);
      }
    }
  }
  return message;
}

TEST(OpenaiChatLoop, what_a_client_collects_from_a_stream_and_sends_back_is_what_was_said) {
  generate::Features features = reply_features();
  features.several_choices = features.refusals = features.annotations = false;
  for (uint32_t seed = 0; seed < rounds; ++seed) {
    std::mt19937 random(seed);
    chat::Reply reply = generate::reply(random, features);
    const auto writer = openai_chat.stream_writer({});
    std::string bytes;
    for (const chat::Delta& delta : generate::deltas(reply, random)) writer->write(delta, bytes);
    writer->end(bytes);
    const json body = {{"model", "m"}, {"messages", {message_of_stream(bytes)}}};
    const std::string text = body.dump();
    chat::Request request;
    const auto refused = openai_chat.read_request(text, request);
    ASSERT_FALSE(refused.has_value()) << refused->message << "\n" << text;
    ASSERT_EQ(describe(request.messages[0].parts), describe(reply.choices[0].parts))
        << "seed " << seed << "\n"
        << text;
  }
}

}  // namespace
}  // namespace postern::dialect
