#include "dialect/json_members.h"
#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/reasoning_details.h"
#include "dialect/openai_chat/said.h"

namespace postern::dialect {

using chat::Delta;
using chat::Finish;
using codec::JsonKind;
using codec::JsonReader;
using namespace chat_completions;

namespace {

std::string_view trimmed(std::string_view data) {
  constexpr std::string_view spaces = " \t\r\n";
  const size_t begin = data.find_first_not_of(spaces);
  if (begin == data.npos) return {};
  return data.substr(begin, data.find_last_not_of(spaces) + 1 - begin);
}

}  // namespace

namespace chat_completions {

std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context) {
  return std::make_unique<ChatStreamReader>(quirks, context);
}

}  // namespace chat_completions

ChatStreamReader::ChatStreamReader(const Quirks& quirks, const ReplyContext& context)
    : quirks_(quirks), request_id_(context.request_id) {}

StreamReader::Progress ChatStreamReader::progress() const {
  if (closed_) return Progress::kClosed;
  if (choices_.empty()) return Progress::kOpen;
  for (const Choice& choice : choices_)
    if (choice.said == Finish::kNone) return Progress::kOpen;
  return Progress::kWhole;
}

void ChatStreamReader::read(std::string_view type, std::string_view data, std::vector<Delta>& out) {
  begin_event();
  if (closed_) return;
  data = trimmed(data);
  if (data.empty()) return;
  if (data == "[DONE]") return close(out);
  if (type == "error") return fail(read_error({}, data), out);
  const size_t before = out.size();
  const bool started = started_;
  const bool understood = read_chunk(data, out);
  if (understood && !error_) return;
  out.erase(out.begin() + static_cast<ptrdiff_t>(before), out.end());
  started_ = started;
  if (!error_) {
    error_.emplace();
    error_->kind = chat::Error::Kind::kBadResponse;
    error_->message = "the provider sent an event that is no chunk of chat completions";
  }
  fail(std::move(*error_), out);
}

void ChatStreamReader::begin_event() {
  if (scratch_used_) scratch_ = {};
  scratch_used_ = false;
  starting_ = false;
  head_ = {};
  error_.reset();
  for (Choice& choice : choices_) choice.touched = false;
}

bool ChatStreamReader::read_chunk(std::string_view data, std::vector<Delta>& out) {
  JsonReader in(data);
  if (!in.enter_object()) return false;
  bool has_choices = false, has_usage = false, complains = false;
  chat::Usage usage, groq_usage;
  chat::Json error, citations;
  while (in.next_member()) {
    if (in.name_is("choices")) {
      has_choices |= in.kind() == JsonKind::kArray;
      read_choices(in, data, out);
    } else if (in.name_is("id")) {
      read_text(in, head_.id);
    } else if (in.name_is("model")) {
      read_text(in, head_.model);
    } else if (int64_t created_s = 0; in.name_is("created") && in.read_integer(created_s)) {
      if (created_s > 0) head_.created_s = created_s;
    } else if (in.name_is("usage")) {
      has_usage |= read_usage(in, quirks_, usage);
    } else if (in.name_is("system_fingerprint")) {
      read_text(in, head_.system_fingerprint);
    } else if (in.name_is("service_tier")) {
      read_text(in, head_.service_tier);
    } else if (in.name_is("error")) {
      error = read_json(in, data);
    } else if (in.name_is("citations")) {
      citations = read_json(in, data);
    } else if (in.name_is("x_groq") && in.enter_object()) {
      while (in.next_member()) {
        if (in.name_is("usage")) {
          read_usage(in, quirks_, groq_usage);
        } else if (in.name_is("error") && error.empty()) {
          error = read_json(in, data);
        } else {
          in.skip();
        }
      }
    } else {
      // The errors of Mistral and of servers behind FastAPI have no member `error`.
      const bool may_complain =
          in.name_is("detail") || in.name_is("errors") || in.name_is("message");
      const chat::Json value = read_json(in, data);
      complains |= may_complain && has_content(value);
    }
  }
  if (!in.finish()) return false;
  if (has_content(error) || (complains && !has_choices && !has_usage))
    if (!error_) error_ = read_error({}, data);
  if (error_) return true;
  if (!citations.empty()) read_citations(citations, out);
  tell_finishes(out);
  if (!has_usage && groq_usage.reported()) {
    has_usage = true;
    usage = groq_usage;
  }
  if (has_usage && quirks_.usage_increments && has_choices) {
    add_usage(usage, out);
  } else if (has_usage) {
    this->usage(usage, out);
  }
  if (starting_) {
    Delta& start = out[start_at_];
    start.id = head_.id;
    start.model = head_.model;
    start.created_s = head_.created_s;
    start.service_tier = head_.service_tier;
    start.system_fingerprint = head_.system_fingerprint;
  }
  return true;
}

void ChatStreamReader::read_choices(JsonReader& in, std::string_view data,
                                    std::vector<Delta>& out) {
  if (!in.enter_array()) {
    in.skip();
    return;
  }
  for (int64_t position = 0; in.next_element(); ++position) read_choice(in, data, position, out);
}

void ChatStreamReader::read_choice(JsonReader& in, std::string_view data, int64_t position,
                                   std::vector<Delta>& out) {
  if (!in.enter_object()) {
    in.skip();
    return;
  }
  int64_t index = position;
  Said said, whole;
  bool has_delta = false;
  chat::Text finish;
  chat::Json logprobs;
  while (in.next_member()) {
    int64_t given = 0;
    if (in.name_is("delta")) {
      has_delta = true;
      chat_completions::read_said(in, data, said);
    } else if (in.name_is("index") && in.read_integer(given)) {
      if (given >= 0) index = given;
    } else if (in.name_is("finish_reason")) {
      read_text(in, finish);
    } else if (in.name_is("logprobs")) {
      logprobs = read_json(in, data);
    } else if (in.name_is("message")) {
      chat_completions::read_said(in, data, whole);
    } else if (in.name_is("error")) {
      const chat::Json error = read_json(in, data);
      if (has_content(error)) error_ = read_error({}, "{\"error\":" + std::string(error) + '}');
    } else {
      in.skip();
    }
  }
  Choice* const choice = choice_of(index);
  if (!choice) return;
  start(out);
  // Some send the whole message beside each delta; it counts where there is nothing else.
  if (has_delta || !choice->spoke) say(*choice, has_delta ? said : whole, out);
  if (!logprobs.empty()) add(Delta::Kind::kLogprobs, *choice, out).json = logprobs;
  if (!finish.raw.empty()) this->finish(index, finish, out);
}

void ChatStreamReader::say(Choice& choice, const Said& said, std::vector<Delta>& out) {
  const size_t before = out.size();
  tell_reasoning(choice, said, out);
  const bool goes_on = said.content.raw.empty() && said.content_list.empty() &&
                       said.refusal.raw.empty() && said.calls.empty();
  choice.thinking &= goes_on;
  if (!said.content.raw.empty()) add(Delta::Kind::kText, choice, out).text = said.content;
  if (!said.content_list.empty()) read_content_list(choice, said.content_list, out);
  if (!said.details.empty()) read_details(choice, said.details, Signs::kText, out);
  if (!said.signature.raw.empty()) sign(choice, said.signature, "gemini", out);
  if (!said.refusal.raw.empty()) add(Delta::Kind::kRefusal, choice, out).text = said.refusal;
  if (!said.images.empty()) read_images(choice, said.images, out);
  if (!said.calls.empty()) read_calls(choice, said.calls, out);
  if (!said.function_call.empty()) {
    CallPiece piece;
    JsonReader in(said.function_call);
    read_function_piece(in, said.function_call, piece);
    piece.index = -1;  // of no list
    take_piece(choice, piece, out);
  }
  if (!said.annotations.empty()) {
    cited_ = true;
    add(Delta::Kind::kAnnotations, choice, out).json = said.annotations;
  }
  choice.spoke |= out.size() > before;
}

// Where the details have text, the reasoning beside them repeats it. A signature that comes later,
// with the text that it signs, repeats what came in pieces before it.
void ChatStreamReader::tell_reasoning(Choice& choice, const Said& said, std::vector<Delta>& out) {
  bool told = false;
  if (!said.details.empty()) {
    JsonReader in(said.details);
    for (in.enter_array(); in.next_element();) {
      const ReasoningDetail detail = read_reasoning_detail(in);
      told |= detail.kind == ReasoningDetail::Kind::kText && !detail.text.raw.empty();
    }
  }
  if (!told && !said.reasoning.raw.empty()) {
    choice.thinking = true;
    add(Delta::Kind::kReasoning, choice, out).text = said.reasoning;
  }
  if (!said.details.empty()) read_details(choice, said.details, Signs::kReasoning, out);
}

void ChatStreamReader::read_details(Choice& choice, chat::Json list, Signs signs,
                                    std::vector<Delta>& out) {
  JsonReader in(list);
  for (in.enter_array(); in.next_element();) {
    const ReasoningDetail detail = read_reasoning_detail(in);
    const bool of_text = detail.kind == ReasoningDetail::Kind::kTextSignature;
    if (detail.kind == ReasoningDetail::Kind::kOther || of_text != (signs == Signs::kText))
      continue;
    const bool repeats = choice.thinking && !detail.signature.raw.empty();
    if (detail.kind == ReasoningDetail::Kind::kText && !detail.text.raw.empty() && !repeats) {
      Delta& delta = add(Delta::Kind::kReasoning, choice, out);
      delta.text = detail.text;
      delta.id = detail.id;
      delta.signer = detail.signer;
    }
    if (detail.signature.raw.empty()) continue;
    choice.thinking = false;
    if (detail.kind == ReasoningDetail::Kind::kSealed) {
      Delta& delta = add(Delta::Kind::kSealedReasoning, choice, out);
      delta.text = detail.signature;
      delta.id = detail.id;
      delta.signer = detail.signer;
    } else {
      sign(choice, detail.signature, detail.signer, out);
    }
  }
}

void ChatStreamReader::sign(Choice& choice, const chat::Text& signature, std::string_view signer,
                            std::vector<Delta>& out) {
  Delta& delta = add(Delta::Kind::kSignature, choice, out);
  delta.text = signature;
  delta.signer = signer;
}

void ChatStreamReader::read_content_list(Choice& choice, chat::Json list, std::vector<Delta>& out) {
  const auto tell = [&](Delta::Kind kind, const chat::Text& text) {
    if (!text.raw.empty()) add(kind, choice, out).text = text;
  };
  JsonReader in(list);
  for (in.enter_array(); in.next_element();) {
    const ContentPiece piece = read_content_piece(in, list);
    tell(Delta::Kind::kReasoning, piece.thought);
    tell(Delta::Kind::kText, piece.text);
    if (piece.thinking.empty()) continue;
    JsonReader inner(piece.thinking);
    for (inner.enter_array(); inner.next_element();)
      tell(Delta::Kind::kReasoning, read_content_piece(inner, piece.thinking).text);
  }
}

void ChatStreamReader::read_images(Choice& choice, chat::Json list, std::vector<Delta>& out) {
  scratch_used_ = true;
  JsonReader in(list);
  for (in.enter_array(); in.next_element();) {
    const DrawnImage image = read_drawn_image(in, scratch_);
    if (image.data.raw.empty()) continue;
    Delta& delta = add(Delta::Kind::kImage, choice, out);
    delta.media_type = image.media_type;
    delta.text = image.data;
  }
}

// Perplexity repeats them on every chunk.
void ChatStreamReader::read_citations(chat::Json list, std::vector<Delta>& out) {
  if (cited_) return;
  scratch_used_ = true;
  const chat::Json annotations = annotations_of_citations(list, scratch_);
  if (annotations.empty()) return;
  cited_ = true;
  start(out);
  if (const Choice* const choice = choice_of(0))
    add(Delta::Kind::kAnnotations, *choice, out).json = annotations;
}

}  // namespace postern::dialect
