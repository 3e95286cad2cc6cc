#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/workers_ai/workers_ai.h"

namespace postern::dialect::workers_ai_wire {
namespace {

using chat::Part;
using codec::JsonKind;
using codec::JsonReader;

void read_arguments(JsonReader& in, chat::Json list, Part& call, chat::Arena& arena) {
  if (in.kind() == JsonKind::kObject) {
    call.arguments = read_json(in, list);
    return;
  }
  chat::Text text;
  if (!read_text(in, text)) return;
  if (const auto object = object_in_text(text, arena)) {
    call.arguments = *object;
  } else {
    call.arguments_cut = true;
    call.text = text;
  }
}

// {name, arguments}, or OpenAI's call with both inside of `function`.
void read_call(JsonReader& in, chat::Json list, Part& call, chat::Arena& arena) {
  while (in.next_member()) {
    if (in.name_is("name")) {
      read_text(in, call.name);
    } else if (in.name_is("arguments")) {
      read_arguments(in, list, call, arena);
    } else if (in.name_is("id")) {
      read_text(in, call.id);
    } else if (in.name_is("function") && in.enter_object()) {
      read_call(in, list, call, arena);
    } else {
      in.skip();
    }
  }
}

void add_calls(chat::Json list, const ReplyContext& context, chat::Choice& choice,
               chat::Arena& arena) {
  JsonReader in(list);
  uint64_t number = 0;
  in.enter_array();
  while (in.next_element()) {
    Part call;
    call.kind = Part::Kind::kToolCall;
    if (!in.enter_object()) {
      in.skip();
      continue;
    }
    read_call(in, list, call, arena);
    if (call.name.raw.empty()) continue;  // a sentinel
    if (call.id.raw.empty())
      call.id =
          chat::literal(arena.keep(chat_completions::made_call_id(context.request_id, number)));
    if (call.arguments.empty() && !call.arguments_cut) call.arguments = "{}";
    choice.parts.push_back(std::move(call));
    ++number;
  }
  if (number != 0 && choice.finish == chat::Finish::kStop) choice.finish = chat::Finish::kToolCalls;
}

void add(Part::Kind kind, const chat::Text& text, chat::Choice& choice) {
  if (text.raw.empty()) return;
  Part& part = choice.parts.emplace_back();
  part.kind = kind;
  part.text = text;
}

}  // namespace

bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply) {
  Shape shape;
  if (!shape.read(body, quirks) || shape.failed) return false;
  if (!shape.result.empty()) {
    body = shape.result;
    shape = {};
    if (!shape.read(body, quirks)) return false;
  }
  if (shape.choices) return chat_completions::read_reply(body, quirks, context, reply);
  // A response of null is an answer with nothing but tool calls, or with nothing at all.
  if (shape.response.empty() && shape.tool_calls.empty() && !shape.usage.reported()) return false;
  chat::Choice choice;
  choice.finish = chat_completions::read_finish(shape.finish);
  if (choice.finish == chat::Finish::kNone) choice.finish = chat::Finish::kStop;
  add(Part::Kind::kReasoning, shape.reasoning, choice);
  add(Part::Kind::kText, shape.said(reply.arena), choice);
  add_calls(shape.tool_calls, context, choice, reply.arena);
  reply.id = shape.id;
  reply.model = shape.model;
  reply.usage = shape.usage;
  reply.choices.push_back(std::move(choice));
  return true;
}

}  // namespace postern::dialect::workers_ai_wire
