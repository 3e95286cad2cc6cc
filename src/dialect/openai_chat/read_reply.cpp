#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/reasoning_details.h"
#include "dialect/openai_chat/said.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::Choice;
using chat::Finish;
using chat::Part;
using codec::JsonKind;
using codec::JsonReader;

class ReplyReader {
 public:
  ReplyReader(std::string_view body, const Quirks& quirks, const ReplyContext& context,
              chat::Reply& reply)
      : body_(body), in_(body), quirks_(quirks), context_(context), reply_(reply) {}

  bool read() {
    if (!in_.enter_object()) return false;
    while (in_.next_member()) read_member();
    if (!in_.finish() || failed_ || !has_choices_) return false;
    if (!reply_.usage.reported()) reply_.usage = groq_usage_;
    if (!citations_.empty() && !reply_.choices.empty() && reply_.choices[0].annotations.empty())
      reply_.choices[0].annotations = annotations_of_citations(citations_, reply_.arena);
    return true;
  }

 private:
  void read_member() {
    if (in_.name_is("choices")) {
      read_choices();
    } else if (in_.name_is("usage")) {
      read_usage(in_, quirks_, reply_.usage);
    } else if (in_.name_is("id")) {
      read_text(in_, reply_.id);
    } else if (in_.name_is("model")) {
      read_text(in_, reply_.model);
    } else if (in_.name_is("created")) {
      int64_t created_s = 0;
      if (!in_.read_integer(created_s)) {
        in_.skip();
      } else if (created_s > 0) {
        reply_.created_s = created_s;
      }
    } else if (in_.name_is("service_tier")) {
      read_text(in_, reply_.service_tier);
    } else if (in_.name_is("system_fingerprint")) {
      read_text(in_, reply_.system_fingerprint);
    } else if (in_.name_is("error")) {
      failed_ |= has_content(read_json(in_, body_));
    } else if (in_.name_is("citations")) {
      citations_ = read_json(in_, body_);
    } else if (in_.name_is("x_groq") && in_.enter_object()) {
      while (in_.next_member()) {
        if (in_.name_is("usage")) {
          read_usage(in_, quirks_, groq_usage_);
        } else {
          in_.skip();
        }
      }
    } else {
      in_.skip();
    }
  }

  void read_choices() {
    if (!in_.enter_array()) {
      in_.skip();
      return;
    }
    has_choices_ = true;
    for (int64_t position = 0; in_.next_element(); ++position) read_choice(position);
  }

  void read_choice(int64_t position) {
    if (!in_.enter_object()) {
      in_.skip();
      return;
    }
    Choice choice;
    choice.index = position;
    Said said;
    while (in_.next_member()) {
      int64_t index = 0;
      chat::Text word;
      if (in_.name_is("message")) {
        chat_completions::read_said(in_, body_, said);
      } else if (in_.name_is("finish_reason")) {
        if (read_text(in_, word)) choice.finish = read_finish(word);
      } else if (in_.name_is("index") && in_.read_integer(index)) {
        if (index >= 0) choice.index = index;
      } else if (in_.name_is("logprobs")) {
        choice.logprobs = read_json(in_, body_);
      } else if (in_.name_is("error")) {
        failed_ |= has_content(read_json(in_, body_));
      } else {
        in_.skip();
      }
    }
    add_parts(said, choice);
    choice.annotations = said.annotations;
    settle_finish(choice);
    reply_.choices.push_back(std::move(choice));
  }

  static Part part_of(Part::Kind kind, const chat::Text& text) {
    Part part;
    part.kind = kind;
    part.text = text;
    return part;
  }

  static void add_text(Part::Kind kind, const chat::Text& text, std::vector<Part>& parts) {
    if (!text.raw.empty()) parts.push_back(part_of(kind, text));
  }

  void add_parts(const Said& said, Choice& choice) {
    std::vector<Part>& parts = choice.parts;
    DetailsReader details(reply_.arena, {});
    if (!said.details.empty()) details.read(said.details);
    tell_reasoning(said.reasoning, details.parts);
    for (Part& part : details.parts) parts.push_back(std::move(part));
    const size_t spoken = parts.size();
    add_text(Part::Kind::kText, said.content, parts);
    add_content_list(said.content_list, parts);
    sign_text(said, details.text_signatures, spoken, parts);
    add_text(Part::Kind::kRefusal, said.refusal, parts);
    add_images(said.images, parts);
    add_calls(said, parts);
  }

  void add_content_list(chat::Json list, std::vector<Part>& parts) {
    if (list.empty()) return;
    JsonReader in(list);
    for (in.enter_array(); in.next_element();) {
      const ContentPiece piece = read_content_piece(in, list);
      add_text(Part::Kind::kReasoning, piece.thought, parts);
      add_text(Part::Kind::kText, piece.text, parts);
      if (piece.thinking.empty()) continue;
      JsonReader inner(piece.thinking);
      for (inner.enter_array(); inner.next_element();)
        add_text(Part::Kind::kReasoning, read_content_piece(inner, piece.thinking).text, parts);
    }
  }

  // The last signature signs the text; those before it stand for themselves, before the text.
  static void sign_text(const Said& said, std::vector<Part>& signatures, size_t spoken,
                        std::vector<Part>& parts) {
    if (!said.signature.raw.empty()) {
      Part& google = signatures.emplace_back();
      google.signature = said.signature;
      google.signer = "gemini";
    }
    if (signatures.empty()) return;
    const Part last = signatures.back();
    signatures.pop_back();
    parts.insert(parts.begin() + static_cast<ptrdiff_t>(spoken), signatures.begin(),
                 signatures.end());
    if (parts.empty() || parts.back().kind != Part::Kind::kText ||
        !parts.back().signature.raw.empty())
      parts.emplace_back();
    parts.back().signature = last.signature;
    parts.back().signer = last.signer;
  }

  void add_images(chat::Json list, std::vector<Part>& parts) {
    if (list.empty()) return;
    JsonReader in(list);
    for (in.enter_array(); in.next_element();) {
      const DrawnImage image = read_drawn_image(in, reply_.arena);
      if (image.data.raw.empty()) continue;
      Part& part = parts.emplace_back();
      part.kind = Part::Kind::kImage;
      part.media_type = image.media_type;
      part.data = image.data;
    }
  }

  void add_calls(const Said& said, std::vector<Part>& parts) {
    if (!said.calls.empty()) {
      JsonReader in(said.calls);
      for (in.enter_array(); in.next_element();) add_call(read_call_piece(in, said.calls), parts);
    }
    if (said.function_call.empty()) return;
    CallPiece piece;
    JsonReader in(said.function_call);
    read_function_piece(in, said.function_call, piece);
    add_call(piece, parts);
  }

  void add_call(const CallPiece& piece, std::vector<Part>& parts) {
    if (piece.name.raw.empty() && piece.id.raw.empty() && piece.arguments.raw.empty()) return;
    Part call = part_of(Part::Kind::kToolCall, {});
    call.id = piece.id;
    if (call.id.raw.empty())
      call.id = reply_.arena.escape(made_call_id(context_.request_id, made_ids_++));
    call.name = piece.name;
    call.custom = piece.custom;
    call.signature = piece.signature;
    if (!call.signature.raw.empty()) call.signer = "gemini";
    if (piece.custom) {
      call.text = piece.arguments;
    } else if (piece.arguments_json.empty()) {
      take_arguments(piece.arguments, call);
    } else if (piece.arguments_json[0] == '{') {
      call.arguments = piece.arguments_json;
    } else {
      take_arguments(reply_.arena.escape(piece.arguments_json), call);
    }
    parts.push_back(std::move(call));
  }

  void take_arguments(const chat::Text& text, Part& call) {
    const auto arguments = object_in_text(text, reply_.arena);
    if (arguments) {
      call.arguments = *arguments;
    } else {
      call.arguments_cut = true;
      call.text = text;
    }
  }

  // Calls are said to be calls, and those that were cut off are told as such, whatever word the
  // provider has for the end.
  static void settle_finish(Choice& choice) {
    bool calls = false, cut = false;
    for (const Part& part : choice.parts) {
      calls |= part.kind == Part::Kind::kToolCall;
      cut |= part.arguments_cut;
    }
    if (choice.finish == Finish::kStop && calls) choice.finish = Finish::kToolCalls;
    if (choice.finish == Finish::kToolCalls && cut) choice.finish = Finish::kLength;
  }

  std::string_view body_;
  JsonReader in_;
  const Quirks& quirks_;
  const ReplyContext& context_;
  chat::Reply& reply_;
  chat::Usage groq_usage_;
  chat::Json citations_;
  uint64_t made_ids_ = 0;
  bool has_choices_ = false;
  bool failed_ = false;
};

}  // namespace

bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply) {
  return ReplyReader(body, quirks, context, reply).read();
}

}  // namespace postern::dialect::chat_completions
