// Every recorded exchange of chat completions, read by us and by a small reading of its own.
#include <gtest/gtest.h>

#include <map>

#include "dialect/describe.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/recorded.h"

namespace postern::dialect {
namespace {

using nlohmann::json;

using recorded::Exchange;

bool has_failed(const Exchange& exchange) { return exchange.failed() || exchange.is("error"); }

Quirks quirks_of(const std::string& provider) {
  Quirks quirks;
  quirks.reasoning_beside_output = provider == "xai";
  return quirks;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : ""; }

// What one choice said, as far as this test compares it.
struct Said {
  std::string text, reasoning, refusal, finish;
  struct Call {
    json index;
    std::string id, name, arguments;
  };
  std::vector<Call> calls;

  void add(const json& message) {
    const json content = message.value("content", json());
    text += text_of(content);
    if (content.is_array())
      for (const json& part : content) {
        text += text_of(part.value("text", json()));
        if (part.contains("thinking"))
          for (const json& thought : part["thinking"]) reasoning += text_of(thought["text"]);
      }
    const std::string plain = text_of(message.value("reasoning_content", json()));
    const std::string thought = plain.empty() ? text_of(message.value("reasoning", json())) : plain;
    std::string detailed;
    for (const json& detail : list(message, "reasoning_details"))
      detailed += text_of(detail.value("text", detail.value("summary", json())));
    reasoning += detailed.empty() ? thought : detailed;
    refusal += text_of(message.value("refusal", json()));
    for (const json& piece : list(message, "tool_calls")) add_call(piece);
    if (message.contains("function_call") && message["function_call"].is_object())
      add_call({{"function", message["function_call"]}});
  }

  static json list(const json& message, const char* name) {
    const json value = message.value(name, json());
    return value.is_array() ? value : json::array();
  }

  void add_call(const json& piece) {
    const json index = piece.value("index", json());
    const std::string id = text_of(piece.value("id", json()));
    const json function = piece.value("function", json::object());
    const std::string name = text_of(function.value("name", json()));
    const json arguments = function.value("arguments", json());
    Call* call = nullptr;
    for (Call& one : calls) {
      if (!index.is_null() && one.index == index) call = &one;
      if (index.is_null() && !id.empty() && one.id == id) call = &one;
    }
    if (index.is_null() && id.empty() && name.empty() && !calls.empty()) call = &calls.back();
    if (!call) call = &calls.emplace_back();
    call->index = index;
    if (call->id.empty()) call->id = id;
    if (call->name.empty()) call->name = name;
    call->arguments += arguments.is_object() ? arguments.dump() : text_of(arguments);
  }

  // As describe() has it, without ids that were made.
  json description() const {
    json to = {{"text", text}, {"reasoning", reasoning}, {"refusal", refusal}};
    to["calls"] = json::array();
    bool cut = false;
    for (const Call& call : calls) {
      const std::string all = call.arguments.empty() ? "{}" : call.arguments;
      const json value = json::parse(all, nullptr, false);
      cut |= !value.is_object();
      to["calls"].push_back({call.name, value.is_object() ? value : json(all)});
    }
    std::string end = finish == "function_call" ? "tool_calls" : finish;
    if (end == "eos") end = "stop";
    if (end == "stop" && !calls.empty()) end = "tool_calls";
    if (end == "tool_calls" && cut) end = "length";
    to["finish"] = end.empty() ? "none" : end;
    return to;
  }
};

// The same of a description of ours.
json summary(const json& choice) {
  json to = {{"text", ""}, {"reasoning", ""}, {"refusal", ""}, {"calls", json::array()}};
  for (const json& part : choice["parts"]) {
    const std::string kind = part["kind"];
    if (kind == "tool_call") {
      to["calls"].push_back(
          {part["name"], part.contains("arguments") ? part["arguments"] : part["text"]});
      EXPECT_FALSE(part["id"].get<std::string>().empty());
    } else if (to.contains(kind)) {
      to[kind] = to[kind].get<std::string>() + part.value("text", "");
    }
  }
  to["finish"] = choice["finish"];
  return to;
}

void expect_usage(const json& wanted, const json& read, const std::string& provider) {
  const auto count = [&](const char* name) { return read.value(name, uint64_t{0}); };
  if (!wanted.is_object()) {
    EXPECT_TRUE(read.empty());
    return;
  }
  const uint64_t prompt = wanted.value("prompt_tokens", uint64_t{0});
  uint64_t completion = wanted.value("completion_tokens", uint64_t{0});
  uint64_t reasoning = 0;
  if (wanted.contains("completion_tokens_details") &&
      wanted["completion_tokens_details"].is_object()) {
    const json details = wanted["completion_tokens_details"];
    if (details.contains("reasoning_tokens") && details["reasoning_tokens"].is_number())
      reasoning = details["reasoning_tokens"];
  }
  if (provider == "xai") completion += reasoning;
  EXPECT_EQ(count("input") + count("cache_read") + count("cache_write"), prompt);
  EXPECT_EQ(count("output") + count("reasoning"), completion);
  EXPECT_GE(count("reasoning"), std::min(reasoning, completion));
}

class OpenaiChatRecordings : public testing::Test {
 protected:
  void SetUp() override {
    if (exchanges().empty())
      GTEST_SKIP() << "skipped: there are no recordings at " << recorded::root();
  }

  static const std::vector<Exchange>& exchanges() {
    static const std::vector<Exchange> all = recorded::load("chat");
    return all;
  }
};

TEST_F(OpenaiChatRecordings, requests_are_read_and_written_again) {
  int read = 0;
  for (const Exchange& recording : exchanges()) {
    if (recording.request.empty()) continue;
    SCOPED_TRACE(recording.name);
    const std::string& body = recording.request;
    const json wanted = json::parse(body, nullptr, false);
    chat::Request request;
    const auto refused = openai_chat.read_request(body, request);
    const auto is_there = [&](const char* name) {
      return wanted.contains(name) && !wanted[name].is_null();
    };
    if (is_there("functions") || is_there("function_call")) {
      ASSERT_TRUE(refused.has_value());
      EXPECT_EQ(refused->kind, chat::Refused::Kind::kUnsupported);
      continue;
    }
    ASSERT_FALSE(refused.has_value()) << refused->message;
    ++read;
    EXPECT_EQ(json(request.model), wanted["model"]);
    EXPECT_EQ(request.stream, wanted.value("stream", false));
    EXPECT_EQ(request.tools.size(), is_there("tools") ? wanted["tools"].size() : 0);

    std::string said;
    for (const json& message : wanted["messages"]) {
      const json content = message.value("content", json());
      said += text_of(content);
      if (!content.is_array()) continue;
      for (const json& part : content) said += text_of(part.value("text", json()));
    }
    std::string heard;
    for (const chat::Message& message : request.messages)
      for (const chat::Part& part : message.parts) {
        if (part.kind == chat::Part::Kind::kText) heard += chat::plain(part.text);
        for (const chat::Part& inner : part.content) heard += chat::plain(inner.text);
      }
    EXPECT_EQ(heard, said);

    Quirks quirks;
    quirks.developer_role = quirks.image_urls = quirks.strict_tools = true;
    quirks.reasoning_member = Quirks::ReasoningMember::kReasoningContent;
    quirks.reasoning_details = true;
    chat::Dropped dropped;
    std::string out;
    ASSERT_FALSE(openai_chat.write_request(request, openai_chat, quirks, dropped, out));
    chat::Request again;
    const auto fault = openai_chat.read_request(out, again);
    ASSERT_FALSE(fault.has_value()) << fault->message;
    json first = describe(request), second = describe(again);
    first.erase("include_usage");
    second.erase("include_usage");
    EXPECT_EQ(first, second);
  }
  EXPECT_GT(read, 150);
}

TEST_F(OpenaiChatRecordings, whole_replies_say_what_they_say) {
  int read = 0;
  for (const Exchange& recording : exchanges()) {
    if (has_failed(recording) || !recording.name.ends_with(".json")) continue;
    SCOPED_TRACE(recording.name);
    const std::string& body = recording.response;
    const json wanted = json::parse(body, nullptr, false);
    ReplyContext context;
    context.request_id = "0123";
    chat::Reply reply;
    ASSERT_TRUE(openai_chat.read_reply(body, quirks_of(recording.provider), context, reply));
    ++read;
    const json description = describe(reply);
    ASSERT_EQ(description["choices"].size(), wanted["choices"].size());
    for (size_t at = 0; at < wanted["choices"].size(); ++at) {
      Said said;
      const json choice = wanted["choices"][at];
      said.add(choice.value("message", json::object()));
      said.finish = text_of(choice["finish_reason"]);
      EXPECT_EQ(summary(description["choices"][at]), said.description());
    }
    expect_usage(wanted.value("usage", json()), description["usage"], recording.provider);
    EXPECT_EQ(description.value("model", ""), text_of(wanted["model"]));

    std::string out;
    openai_chat.write_reply(reply, context, out);
    chat::Reply again;
    ASSERT_TRUE(openai_chat.read_reply(out, Quirks{}, context, again)) << out;
    EXPECT_EQ(describe(again)["choices"], description["choices"]);
  }
  EXPECT_GT(read, 120);
}

TEST_F(OpenaiChatRecordings, streams_say_what_they_say) {
  int read = 0;
  for (const Exchange& recording : exchanges()) {
    if (has_failed(recording) || !recording.streamed()) continue;
    SCOPED_TRACE(recording.name);
    std::map<int64_t, Said> wanted;
    json usage;
    ReplyContext context;
    context.request_id = "0123";
    context.include_usage = true;
    const auto reader = openai_chat.stream_reader(quirks_of(recording.provider), context);
    const auto writer = openai_chat.stream_writer(context);
    JoinedDeltas joined;
    std::string out;
    std::vector<chat::Delta> deltas;
    for (const recorded::Event& event : recording.events()) {
      deltas.clear();
      reader->read(event.type, event.data, deltas);
      joined.add(deltas);
      for (const chat::Delta& delta : deltas) writer->write(delta, out);
      const json chunk = json::parse(event.data, nullptr, false);
      if (!chunk.is_object()) continue;
      const json groq = chunk.value("x_groq", json::object()).value("usage", json());
      if (groq.is_object()) usage = groq;
      if (chunk.contains("usage") && chunk["usage"].is_object()) usage = chunk["usage"];
      for (const json& choice : chunk["choices"]) {
        Said& said = wanted[choice.value("index", int64_t{0})];
        said.add(choice["delta"]);
        if (const std::string finish = text_of(choice.value("finish_reason", json()));
            !finish.empty())
          said.finish = finish;
      }
    }
    ++read;
    EXPECT_TRUE(joined.errors().empty()) << joined.errors()[0];
    EXPECT_EQ(joined.starts(), 1);
    const json description = joined.description();
    ASSERT_EQ(description["choices"].size(), wanted.size());
    for (const json& choice : description["choices"])
      EXPECT_EQ(summary(choice), wanted[choice["index"]].description());
    expect_usage(usage, description["usage"], recording.provider);
    EXPECT_NE(reader->progress(), StreamReader::Progress::kOpen);

    // And again, through our own words.
    writer->end(out);
    const auto second = openai_chat.stream_reader({}, context);
    JoinedDeltas again;
    Exchange ours;
    ours.name = "ours.sse";
    ours.response = out;
    for (const recorded::Event& event : ours.events()) {
      deltas.clear();
      second->read(event.type, event.data, deltas);
      again.add(deltas);
    }
    EXPECT_EQ(second->progress(), StreamReader::Progress::kClosed);
    const json repeated = again.description();
    for (const json& choice : repeated["choices"]) {
      json said = wanted[choice["index"]].description();
      // To clients an answer always ends with a word.
      if (said["finish"] == "none") said["finish"] = said["calls"].empty() ? "stop" : "tool_calls";
      EXPECT_EQ(summary(choice), said);
    }
  }
  EXPECT_GT(read, 100);
}

TEST_F(OpenaiChatRecordings, streams_give_the_same_deltas_one_byte_at_a_time) {
  for (const Exchange& recording : exchanges()) {
    if (has_failed(recording) || !recording.name.ends_with(".sse")) continue;
    SCOPED_TRACE(recording.name);
    const auto read = [&](size_t step) {
      const auto reader = openai_chat.stream_reader(quirks_of(recording.provider), {});
      JoinedDeltas joined;
      std::vector<chat::Delta> deltas;
      for (const recorded::Event& event : recording.events(step)) {
        deltas.clear();
        reader->read(event.type, event.data, deltas);
        joined.add(deltas);
      }
      return joined.description();
    };
    EXPECT_EQ(read(1), read(0));
  }
}

TEST_F(OpenaiChatRecordings, errors_are_understood) {
  int read = 0;
  for (const Exchange& recording : exchanges()) {
    if (!has_failed(recording) || recording.status == 0) continue;
    SCOPED_TRACE(recording.name);
    const std::string& body = recording.response;
    ErrorHead head;
    head.status = recording.status;
    const chat::Error error = openai_chat.read_error(head, body);
    ++read;
    EXPECT_EQ(error.status, recording.status);
    // A page of a proxy has no message of its own.
    EXPECT_EQ(error.message.empty(), body.find("<html") != body.npos);
    using Kind = chat::Error::Kind;
    const bool long_prompt = body.find("maximum context length") != body.npos ||
                             body.find("too_many_prompt_tokens") != body.npos;
    const bool bad_key = recording.status == 401 || body.find("Incorrect API key") != body.npos;
    const Kind wanted = long_prompt               ? Kind::kContextLength
                        : bad_key                 ? Kind::kAuthentication
                        : recording.status == 404 ? Kind::kModelNotFound
                        : recording.status == 408 ? Kind::kTimeout
                        : recording.status == 429 ? Kind::kRateLimited
                        : recording.status == 400 ? Kind::kInvalidRequest
                                                  : Kind::kServer;
    EXPECT_EQ(error.kind, wanted) << error.message;
  }
  EXPECT_GT(read, 25);
}

}  // namespace
}  // namespace postern::dialect
