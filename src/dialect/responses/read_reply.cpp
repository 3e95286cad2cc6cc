#include "dialect/json_members.h"
#include "dialect/responses/items.h"
#include "dialect/responses/reply_reading.h"
#include "dialect/responses/responses.h"

namespace postern::dialect::responses_wire {
namespace {

using chat::Finish;
using chat::Part;
using codec::equals_unescaped;
using codec::JsonReader;

// One member of an object that is itself an object.
std::optional<uint64_t> read_detail(JsonReader& in, std::string_view wanted,
                                    std::string_view also_wanted, std::optional<uint64_t>& also) {
  std::optional<uint64_t> count;
  if (!in.enter_object()) {
    in.skip();
    return count;
  }
  while (in.next_member()) {
    if (in.name_is(wanted)) {
      read_count(in, count);
    } else if (in.name_is(also_wanted)) {
      read_count(in, also);
    } else {
      in.skip();
    }
  }
  return count;
}

void read_usage(JsonReader& in, chat::Usage& usage) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  std::optional<uint64_t> input, output, cached, written, reasoning, none;
  while (in.next_member()) {
    if (in.name_is("input_tokens")) {
      read_count(in, input);
    } else if (in.name_is("output_tokens")) {
      read_count(in, output);
    } else if (in.name_is("input_tokens_details")) {
      cached = read_detail(in, "cached_tokens", "cache_write_tokens", written);
    } else if (in.name_is("output_tokens_details")) {
      reasoning = read_detail(in, "reasoning_tokens", {}, none);
    } else {
      in.skip();
    }
  }
  usage = chat::disjoint(input, cached, written, output, reasoning);
}

// Some say the second with a fraction, which is always zero.
void read_seconds(JsonReader& in, std::string_view document, std::optional<int64_t>& seconds) {
  const bool number = in.kind() == codec::JsonKind::kNumber;
  std::string_view text = read_json(in, document);
  if (!number) return;
  text = text.substr(0, text.find('.'));
  JsonReader whole(text);
  int64_t value = 0;
  if (whole.read_integer(value)) seconds = value;
}

void read_reason(JsonReader& in, chat::Text& reason) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  while (in.next_member()) {
    if (in.name_is("reason")) {
      read_text(in, reason);
    } else {
      in.skip();
    }
  }
}

void read_member(JsonReader& in, std::string_view document, ResponseView& view) {
  if (in.name_is("id")) {
    read_text(in, view.id);
  } else if (in.name_is("model")) {
    read_text(in, view.model);
  } else if (in.name_is("status")) {
    read_text(in, view.status);
  } else if (in.name_is("service_tier")) {
    read_text(in, view.service_tier);
  } else if (in.name_is("created_at")) {
    read_seconds(in, document, view.created_s);
  } else if (in.name_is("output")) {
    const bool list = in.kind() == codec::JsonKind::kArray;
    const chat::Json output = read_json(in, document);
    if (list) view.output = output;
  } else if (in.name_is("error")) {
    view.error = read_json(in, document);
  } else if (in.name_is("incomplete_details")) {
    read_reason(in, view.incomplete_reason);
  } else if (in.name_is("usage")) {
    read_usage(in, view.usage);
  } else {
    in.skip();
  }
}

// The parts of an answer, item by item.
class OutputReader {
 public:
  OutputReader(const ReplyContext& context, chat::Reply& reply, chat::Choice& choice)
      : context_(context), reply_(reply), choice_(choice) {}

  void read(chat::Json output) {
    JsonReader in(output);
    if (!in.enter_array()) return;
    while (in.next_element()) {
      Item item;
      read_item(in, output, reply_.arena, item);
      take(item);
    }
    if (logprobs_.size() > 1)
      choice_.logprobs =
          reply_.arena.keep(R"({"content":)" + std::move(logprobs_) + R"(],"refusal":null})");
    if (annotations_.size() > 1)
      choice_.annotations = reply_.arena.keep(std::move(annotations_) + "]");
  }

  bool called() const { return called_; }
  bool cut() const { return cut_; }

 private:
  void take(Item& item) {
    if (item.is("message")) return take_message(item);
    if (item.is_call()) return take_call(item);
    if (item.is("reasoning")) return take_reasoning(item);
    // What the provider's other tools did is told in the texts.
    if (item.is("image_generation_call") && !item.result.raw.empty())
      choice_.parts.push_back(image_of(item));
  }

  void take_message(Item& item) {
    for (Part& part : item.content)
      if (part.kind == Part::Kind::kText || part.kind == Part::Kind::kRefusal)
        choice_.parts.push_back(std::move(part));
    for (const chat::Json list : item.annotations) append_chat_annotations(list, annotations_);
    for (const chat::Json list : item.logprobs) append_elements(list, logprobs_);
  }

  void take_call(const Item& item) {
    Part call = call_of(item, reply_.arena);
    if (call.id.raw.empty()) {
      std::string made = "call_" + std::string(context_.request_id) + "_";
      call.id = chat::literal(reply_.arena.keep(made + std::to_string(choice_.parts.size())));
    }
    called_ = true;
    cut_ |= call.arguments_cut;
    choice_.parts.push_back(std::move(call));
  }

  void take_reasoning(const Item& item) {
    Part part;
    part.kind = Part::Kind::kReasoning;
    part.text = thoughts_of(item, reply_.arena);
    part.signature = item.encrypted_content;
    if (!part.signature.raw.empty()) part.signer = name;
    if (part.text.raw.empty()) {
      if (part.signature.raw.empty()) return;
      part.kind = Part::Kind::kSealedReasoning;
    }
    choice_.parts.push_back(std::move(part));
  }

  const ReplyContext& context_;
  chat::Reply& reply_;
  chat::Choice& choice_;
  std::string annotations_ = "[", logprobs_ = "[";
  bool called_ = false, cut_ = false;
};

}  // namespace

bool read_response(std::string_view json, ResponseView& view) {
  JsonReader in(json);
  if (!in.enter_object()) return false;
  while (in.next_member()) read_member(in, json, view);
  return in.finish();
}

Finish finish_of(const ResponseView& view, bool called, bool cut) {
  if (equals_unescaped(view.status, "incomplete")) {
    if (equals_unescaped(view.incomplete_reason, "content_filter")) return Finish::kContentFilter;
    return Finish::kLength;
  }
  if (equals_unescaped(view.status, "cancelled")) return Finish::kError;
  if (cut) return Finish::kLength;
  return called ? Finish::kToolCalls : Finish::kStop;
}

bool read_reply(std::string_view body, const Quirks&, const ReplyContext& context,
                chat::Reply& reply) {
  ResponseView view;
  if (!read_response(body, view) || view.output.empty() || !view.error.empty()) return false;
  for (const std::string_view word : {"failed", "queued", "in_progress"})
    if (equals_unescaped(view.status, word)) return false;
  reply.id = view.id;
  reply.model = view.model;
  reply.created_s = view.created_s;
  reply.service_tier = view.service_tier;
  reply.usage = view.usage;
  chat::Choice& choice = reply.choices.emplace_back();
  OutputReader output(context, reply, choice);
  output.read(view.output);
  choice.finish = finish_of(view, output.called(), output.cut());
  return true;
}

}  // namespace postern::dialect::responses_wire
