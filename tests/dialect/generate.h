// Random conversations in the normal form, for closed loops: what a dialect writes it must read
// back the same. `Features` says what the dialect under test can carry; with none of them set a
// conversation is system, user and assistant texts, tool calls and their results.
#pragma once

#include <cstdint>
#include <random>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/reply.h"
#include "chat/request.h"
#include "dialect/generate_deltas.h"
#include "dialect/generate_parts.h"

namespace postern::dialect::generate {

class Generator : private PartGenerator {
 public:
  Generator(std::mt19937& random, const Features& features) : PartGenerator(random, features) {}

  chat::Request request() {
    chat::Request request;
    arena_ = &request.arena;
    request.model = "model-" + word();
    messages(request);
    tools(request);
    settings(request);
    return request;
  }

  chat::Reply reply() {
    chat::Reply reply;
    arena_ = &reply.arena;
    reply.id = literal("id-" + word());
    reply.model = literal("model-" + word());
    if (has_.created) reply.created_s = 1700000000 + below(1000000);
    if (has_.service_tier && coin()) reply.service_tier = literal("priority");
    if (has_.system_fingerprint && coin()) reply.system_fingerprint = literal("fp_" + word());
    const int count = has_.several_choices ? 1 + below(3) : 1;
    for (int index = 0; index < count; ++index) reply.choices.push_back(choice(index));
    reply.usage = usage();
    return reply;
  }

 private:
  // --- Requests --------------------------------------------------------------------------

  void messages(chat::Request& request) {
    if (coin()) request.messages.push_back(system());
    for (int left = 1 + below(4); left > 0; --left) {
      if (has_.system_anywhere && rarely()) request.messages.push_back(system());
      request.messages.push_back(user());
      if (has_.adjacent_users && rarely()) request.messages.push_back(user());
      if (left > 1 || coin()) turn(request);
    }
    if (request.messages.back().role == chat::Role::kAssistant) request.messages.push_back(user());
  }

  chat::Message system() {
    chat::Message message;
    message.role = has_.developer && coin() ? chat::Role::kDeveloper : chat::Role::kSystem;
    for (int left = has_.several_texts ? 1 + below(2) : 1; left > 0; --left)
      message.parts.push_back(text_part());
    return message;
  }

  chat::Message user() {
    chat::Message message;
    message.role = chat::Role::kUser;
    message.parts = user_parts();
    if (has_.speaker_names && rarely()) message.name = literal(word());
    return message;
  }

  void turn(chat::Request& request) {
    chat::Message message;
    message.role = chat::Role::kAssistant;
    const bool with_calls = coin();
    message.parts = assistant_parts(with_calls, with_calls && has_.cut_arguments && rarely());
    chat::Message results;
    results.role = chat::Role::kTool;
    for (const chat::Part& call : message.parts)
      if (call.kind == Kind::kToolCall) results.parts.push_back(result(call));
    request.messages.push_back(std::move(message));
    if (!results.parts.empty()) request.messages.push_back(std::move(results));
  }

  chat::Part result(const chat::Part& call) {
    chat::Part result = part(Kind::kToolResult);
    result.id = call.id;
    result.name = call.name;
    result.content.push_back(text_part());
    if (has_.several_texts && rarely()) result.content.push_back(text_part());
    if (has_.result_images && rarely()) result.content.push_back(image());
    if (has_.result_errors && rarely()) result.is_error = true;
    return result;
  }

  void tools(chat::Request& request) {
    for (int left = below(3); left > 0; --left) {
      chat::Tool tool;
      tool.name = literal("tool_" + word());
      if (coin()) tool.description = text();
      tool.parameters = json(schema());
      if (has_.strict_tools && coin()) tool.strict = coin();
      if (has_.cache_control && rarely()) tool.cache_control = cache_mark();
      tool.place = static_cast<uint32_t>(request.tools.size());
      request.tools.push_back(tool);
    }
    if (request.tools.empty() || !has_.tool_choice) return;
    using Choice = chat::ToolChoice::Kind;
    constexpr Choice choices[] = {Choice::kUnset, Choice::kAuto, Choice::kNone, Choice::kRequired,
                                  Choice::kNamed};
    request.tool_choice.kind = choices[below(5)];
    if (request.tool_choice.kind == Choice::kNamed)
      request.tool_choice.name = request.tools.front().name;
    if (has_.parallel_tool_calls && request.tool_choice.kind != Choice::kNone && coin())
      request.parallel_tool_calls = coin();
  }

  void settings(chat::Request& request) {
    if (has_.always_max_tokens || (has_.max_tokens && coin())) request.max_tokens = 1 + below(9999);
    if (has_.temperature && coin()) request.temperature = coin() ? "0.70" : "1";
    if (has_.top_p && coin()) request.top_p = "0.9";
    if (has_.top_k && coin()) request.top_k = "40";
    if (has_.penalties && coin()) request.presence_penalty = "-0.5";
    if (has_.penalties && coin()) request.frequency_penalty = "0.25";
    if (has_.seed && coin()) request.seed = "15924764223251450000";
    if (has_.logit_bias && coin()) request.logit_bias = R"({"50256":-100})";
    if (has_.stop)
      for (int left = below(4); left > 0; --left) request.stop.push_back(text());
    if (has_.choices && coin()) request.choices = 1 + below(4);
    if (has_.logprobs && coin()) {
      request.logprobs = true;
      if (coin()) request.top_logprobs = "5";
    }
    response_format(request);
    if (has_.effort && coin()) {
      constexpr std::string_view efforts[] = {"low", "medium", "high"};
      request.reasoning.effort = chat::literal(efforts[below(3)]);
    } else if (has_.budget && coin()) {
      request.reasoning.budget_tokens = 1024 + below(4096);
    }
    if (has_.user && coin()) request.user = text();
    if (has_.metadata && coin()) request.metadata = R"({"team":"caf\u00e9"})";
    if (has_.service_tier && coin()) request.service_tier = chat::literal("flex");
    if (has_.verbosity && coin()) request.verbosity = chat::literal("low");
    request.stream = has_.stream && coin();
    request.include_usage = request.stream && has_.include_usage && coin();
    if (has_.extras && coin())
      request.extras.push_back({literal("extra_" + word()), json(value(2))});
    if (!request.extras.empty() && request.extras.back().value == "null") request.extras.pop_back();
  }

  void response_format(chat::Request& request) {
    chat::ResponseFormat& format = request.response_format;
    if (has_.json_object && rarely()) format.kind = chat::ResponseFormat::Kind::kJsonObject;
    if (!has_.json_schema || !rarely()) return;
    format.kind = chat::ResponseFormat::Kind::kJsonSchema;
    format.schema = json(schema());
    if (!has_.schema_name) return;
    format.name = literal(word());
    if (coin()) format.description = text();
    if (coin()) format.strict = coin();
  }

  // --- Replies ---------------------------------------------------------------------------

  chat::Choice choice(int index) {
    chat::Choice choice;
    choice.index = index;
    const bool with_calls = coin();
    const bool cut = with_calls && has_.cut_arguments && rarely();
    choice.parts = assistant_parts(with_calls, cut);
    if (has_.answered_images && !with_calls && rarely()) {
      choice.parts.push_back(part(Kind::kImage));
      choice.parts.back().media_type = chat::literal("image/png");
      choice.parts.back().data = base64();
    }
    finish(choice, with_calls);
    if (has_.reply_logprobs && coin())
      choice.logprobs = R"({"content":[{"token":"a","logprob":-0.5}],"refusal":null})";
    if (has_.annotations && coin())
      choice.annotations =
          R"([{"type":"url_citation","url_citation":{"url":"https://a.example"}}])";
    return choice;
  }

  void finish(chat::Choice& choice, bool with_calls) {
    bool cut = false;
    for (const chat::Part& part : choice.parts) cut |= part.arguments_cut;
    choice.finish = cut ? chat::Finish::kLength : chat::Finish::kStop;
    if (cut) return;
    if (with_calls) {
      choice.finish = chat::Finish::kToolCalls;
    } else if (has_.stop_sequences && rarely()) {
      choice.finish = chat::Finish::kStopSequence;
      choice.stop_sequence = text();
    } else if (rarely()) {
      choice.finish = chat::Finish::kLength;
    } else if (has_.content_filter && rarely()) {
      choice.finish = chat::Finish::kContentFilter;
    }
  }

  chat::Usage usage() {
    const auto count = [&] { return static_cast<uint64_t>(below(100000)); };
    chat::Usage usage;
    usage.input = count();
    usage.output = count();
    if (has_.cache_read && coin()) usage.cache_read = count();
    if (has_.cache_write && coin()) usage.cache_write = count();
    if (has_.cache_write_hour && coin()) usage.cache_write_hour = count();
    if (has_.reasoning_tokens && coin()) usage.reasoning = count();
    return usage;
  }
};

inline chat::Request request(std::mt19937& random, const Features& features) {
  return Generator(random, features).request();
}

inline chat::Reply reply(std::mt19937& random, const Features& features) {
  return Generator(random, features).reply();
}

}  // namespace postern::dialect::generate
