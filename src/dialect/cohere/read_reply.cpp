#include "dialect/cohere/cohere.h"
#include "dialect/json_members.h"

namespace postern::dialect::cohere_wire {
namespace {

using chat::Part;
using codec::JsonKind;
using codec::JsonReader;

// Reads one reply. A class only so that the readers of the members share their state.
class ReplyReader {
 public:
  ReplyReader(std::string_view body, const ReplyContext& context, chat::Reply& reply)
      : body_(body), in_(body), context_(context), reply_(reply) {}

  bool read() {
    bool message = false;
    if (!in_.enter_object()) return false;
    while (in_.next_member()) {
      if (in_.name_is("id")) {
        read_text(in_, reply_.id);
      } else if (in_.name_is("message") && in_.kind() == JsonKind::kObject) {
        // Errors have a member of this name too, with a string in it.
        message = true;
        read_message();
      } else if (in_.name_is("finish_reason")) {
        chat::Text word;
        read_text(in_, word);
        choice_.finish = finish_of(word);
      } else if (in_.name_is("usage")) {
        read_usage(in_, reply_.usage);
      } else {
        in_.skip();
      }
    }
    if (!in_.finish() || !message) return false;
    assemble();
    return true;
  }

 private:
  void read_message() {
    in_.enter_object();
    while (in_.next_member()) {
      if (in_.name_is("content")) {
        read_content();
      } else if (in_.name_is("tool_plan")) {
        read_text(in_, plan_);
      } else if (in_.name_is("tool_calls") && in_.enter_array()) {
        while (in_.next_element()) read_call();
      } else if (in_.name_is("citations") && in_.kind() == JsonKind::kArray) {
        read_citations();
      } else {
        in_.skip();
      }
    }
  }

  void read_content() {
    if (in_.enter_array()) {
      while (in_.next_element()) read_content_item();
      return;
    }
    chat::Text text;
    if (read_text(in_, text)) add(Part::Kind::kText, text);
  }

  void read_content_item() {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    chat::Text text, thinking;
    while (in_.next_member()) {
      if (in_.name_is("text")) {
        read_text(in_, text);
      } else if (in_.name_is("thinking")) {
        read_text(in_, thinking);
      } else {
        in_.skip();
      }
    }
    add(Part::Kind::kReasoning, thinking);
    add(Part::Kind::kText, text);
  }

  void add(Part::Kind kind, const chat::Text& text) {
    if (text.raw.empty()) return;
    Part& part = choice_.parts.emplace_back();
    part.kind = kind;
    part.text = text;
  }

  void read_call() {
    Part& call = calls_.emplace_back();
    call.kind = Part::Kind::kToolCall;
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    while (in_.next_member()) {
      if (in_.name_is("id")) {
        read_text(in_, call.id);
      } else if (in_.name_is("function") && in_.enter_object()) {
        while (in_.next_member()) {
          if (in_.name_is("name")) {
            read_text(in_, call.name);
          } else if (in_.name_is("arguments")) {
            read_arguments(call);
          } else {
            in_.skip();
          }
        }
      } else {
        in_.skip();
      }
    }
  }

  // A call without parameters has the arguments "null".
  void read_arguments(Part& call) {
    if (in_.kind() == JsonKind::kObject) {
      call.arguments = read_json(in_, body_);
      return;
    }
    chat::Text text;
    if (!read_text(in_, text) || codec::equals_unescaped(text, "null")) return;
    if (const auto object = object_in_text(text, reply_.arena)) {
      call.arguments = *object;
    } else {
      call.arguments_cut = true;
      call.text = text;
    }
  }

  void read_citations() {
    in_.kind();
    const size_t begin = in_.offset();
    bool all = true;
    in_.enter_array();
    while (in_.next_element()) all &= append_annotations(in_, annotations_);
    if (!all) citations_ = body_.substr(begin, in_.offset() - begin);
  }

  // The plan comes before the answer, and the calls after it, wherever they stood.
  void assemble() {
    if (!plan_.raw.empty()) {
      Part plan;
      plan.kind = Part::Kind::kReasoning;
      plan.text = plan_;
      choice_.parts.insert(choice_.parts.begin(), std::move(plan));
    }
    if (!citations_.empty()) {
      for (Part& part : choice_.parts) {
        if (part.kind != Part::Kind::kText) continue;
        part.citations = citations_;
        break;
      }
    }
    if (!annotations_.empty()) choice_.annotations = reply_.arena.keep("[" + annotations_ + "]");
    size_t number = 0;
    for (Part& call : calls_) {
      if (call.id.raw.empty()) {
        std::string id = "call_";
        id.append(context_.request_id).append("_").append(std::to_string(number));
        call.id = chat::literal(reply_.arena.keep(std::move(id)));
      }
      if (call.arguments.empty() && !call.arguments_cut) call.arguments = "{}";
      choice_.parts.push_back(std::move(call));
      ++number;
    }
    if (number != 0 && choice_.finish == chat::Finish::kStop)
      choice_.finish = chat::Finish::kToolCalls;
    reply_.choices.push_back(std::move(choice_));
  }

  std::string_view body_;
  JsonReader in_;
  const ReplyContext& context_;
  chat::Reply& reply_;
  chat::Choice choice_;
  chat::Text plan_;
  std::vector<Part> calls_;
  std::string annotations_;
  chat::Json citations_;  // when some of them have no address
};

}  // namespace

bool read_reply(std::string_view body, const Quirks&, const ReplyContext& context,
                chat::Reply& reply) {
  return ReplyReader(body, context, reply).read();
}

}  // namespace postern::dialect::cohere_wire
