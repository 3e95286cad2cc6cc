// OpenAI's chat completions, in both directions. Towards clients it is what OpenAI documents;
// towards providers it is what those that call themselves compatible really take and send.
//
// What OpenAI has no words for, in messages of the assistant, both ways:
// - `reasoning_content`: the text of the reasoning.
// - `reasoning_details`: a list, as OpenRouter has it, there when reasoning has to come back
//   unchanged. {"type":"reasoning.text", text, signature, format, index} is a part of reasoning;
//   {"type":"reasoning.encrypted", data, format, index} is a sealed one;
//   {"type":"reasoning.signature", signature, format, index} signs the text of the answer. `format`
//   is the signer: a dialect's name. Entries of one type and index, one after the other, are pieces
//   of one: that is how clients collect the entries of a stream. Where entries have text, the end
//   of `reasoning_content` repeats it; what stands before that is reasoning that nobody signed.
// - `extra_content.google.thought_signature` of a tool call: its signature, in Google's words.
// - `images`: a list of image_url parts, as OpenRouter has it.
//
// Reading such a message back gives the reasoning first, then the text, then the tool calls.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_reader.h"
#include "dialect/dialect.h"
#include "dialect/envelope.h"
#include "dialect/openai_chat/arguments_state.h"

namespace postern::dialect {

extern const Dialect openai_chat;

namespace chat_completions {

struct Said;
struct CallPiece;

// --- Shared by readers and writers --------------------------------------------------------------

// How `Place::part` of a part that was read here tells where it stood, so that it can be named.
// Below the marks it is the position in a list.
inline constexpr uint32_t in_tool_calls = uint32_t{1} << 31;
inline constexpr uint32_t in_reasoning = uint32_t{1} << 30;
inline constexpr uint32_t in_string = uint32_t{1} << 29;  // the content is one string

// The finish reason in a provider's word. A word that nobody knows is kError.
chat::Finish read_finish(const chat::Text& word);
// In OpenAI's words; kNone is the empty one. kError is "error", as OpenRouter says it.
std::string_view finish_word(chat::Finish finish);

// A usage object with at least one count. A value of another kind is passed over.
bool read_usage(codec::JsonReader& in, const Quirks& quirks, chat::Usage& usage);
void write_usage(const chat::Usage& usage, std::string& out);

// An id for the n-th call to which the provider gave none.
std::string made_call_id(std::string_view request_id, uint64_t n);

// --- The functions of the dialect ---------------------------------------------------------------

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request);
std::optional<chat::Refused> write_request(const chat::Request& request, const Dialect& front,
                                           const Quirks& quirks, chat::Dropped& dropped,
                                           std::string& out);
bool read_reply(std::string_view body, const Quirks& quirks, const ReplyContext& context,
                chat::Reply& reply);
void write_reply(const chat::Reply& reply, const ReplyContext& context, std::string& out);
std::unique_ptr<StreamReader> stream_reader(const Quirks& quirks, const ReplyContext& context);
std::unique_ptr<StreamWriter> stream_writer(const ReplyContext& context);
chat::Error read_error(const ErrorHead& head, std::string_view body);
void write_error(const chat::Error& error, std::string_view request_id, std::string& out);
std::string field_name(chat::Field field, chat::Place place);

}  // namespace chat_completions

// Reads the chunks of chat completions. The steps of `read` can be called one by one, by dialects
// whose streams are only partly OpenAI's: begin_event() first, then any of the others. Views in
// what they append are valid until the next begin_event() or read().
class ChatStreamReader : public StreamReader {
 public:
  ChatStreamReader(const Quirks& quirks, const ReplyContext& context);

  void read(std::string_view type, std::string_view data, std::vector<chat::Delta>& out) override;
  Progress progress() const override;

  void begin_event();
  // A chunk: an object with choices, usage, an error, or nothing of interest. False when it is no
  // JSON object; what was appended until then must be thrown away.
  bool read_chunk(std::string_view data, std::vector<chat::Delta>& out);

  void text(int64_t choice, const chat::Text& text, std::vector<chat::Delta>& out);
  void reasoning(int64_t choice, const chat::Text& text, std::vector<chat::Delta>& out);
  // A list of calls or of pieces of calls, in any shape that providers have for it.
  void tool_calls(int64_t choice, chat::Json list, std::vector<chat::Delta>& out);
  void finish(int64_t choice, const chat::Text& word, std::vector<chat::Delta>& out);
  // `usage` replaces what was reported before; with add_usage it is added to that.
  void usage(const chat::Usage& usage, std::vector<chat::Delta>& out);
  void add_usage(const chat::Usage& usage, std::vector<chat::Delta>& out);
  void fail(chat::Error error, std::vector<chat::Delta>& out);
  void close(std::vector<chat::Delta>& out);  // what [DONE] does

 private:
  struct Call {
    int64_t position = 0;          // among the calls of its choice
    std::optional<int64_t> index;  // as the provider counts them
    std::string id;                // as given; empty: none yet
    std::string name;
    std::string held;  // pieces of the arguments that came before the name
    bool held_escaped = false;
    bool begun = false;  // its kToolCall was appended
    bool custom = false;
    ArgumentsState arguments;
  };
  struct Choice {
    int64_t index = 0;
    std::vector<Call> calls;
    chat::Finish said = chat::Finish::kNone;
    chat::Finish told = chat::Finish::kNone;
    bool spoke = false;
    bool thinking = false;  // what came last is reasoning without an entry of the details
    bool touched = false;   // in this event
  };
  struct Head {
    chat::Text id, model, service_tier, system_fingerprint;
    std::optional<int64_t> created_s;
  };
  enum class Signs : uint8_t { kReasoning, kText };

  chat::Delta& add(chat::Delta::Kind kind, const Choice& choice, std::vector<chat::Delta>& out);
  void start(std::vector<chat::Delta>& out);
  Choice* choice_of(int64_t index);  // null, and an error, when there are too many
  void overflow();

  // stream_reader.cpp: what an event says.
  void read_choices(codec::JsonReader& in, std::string_view data, std::vector<chat::Delta>& out);
  void read_choice(codec::JsonReader& in, std::string_view data, int64_t position,
                   std::vector<chat::Delta>& out);
  void say(Choice& choice, const chat_completions::Said& said, std::vector<chat::Delta>& out);
  void tell_reasoning(Choice& choice, const chat_completions::Said& said,
                      std::vector<chat::Delta>& out);
  void read_details(Choice& choice, chat::Json list, Signs signs, std::vector<chat::Delta>& out);
  void sign(Choice& choice, const chat::Text& signature, std::string_view signer,
            std::vector<chat::Delta>& out);
  void read_content_list(Choice& choice, chat::Json list, std::vector<chat::Delta>& out);
  void read_images(Choice& choice, chat::Json list, std::vector<chat::Delta>& out);
  void read_citations(chat::Json list, std::vector<chat::Delta>& out);

  // stream_state.cpp: what is remembered between events.
  void read_calls(Choice& choice, chat::Json list, std::vector<chat::Delta>& out);
  void take_piece(Choice& choice, const chat_completions::CallPiece& piece,
                  std::vector<chat::Delta>& out);
  Call* call_of(Choice& choice, const chat_completions::CallPiece& piece);
  void begin_call(const Choice& choice, Call& call, const chat::Text& signature,
                  std::vector<chat::Delta>& out);
  void add_arguments(const Choice& choice, Call& call, const chat::Text& piece,
                     std::vector<chat::Delta>& out);
  void tell_finishes(std::vector<chat::Delta>& out);
  chat::Finish finish_of(const Choice& choice) const;

  const Quirks quirks_;
  const std::string request_id_;
  std::vector<Choice> choices_;
  chat::Usage usage_;
  chat::Arena scratch_;  // of this event
  Head head_;            // likewise
  size_t start_at_ = 0;  // where this event's kStart is, when it is `starting_`
  bool scratch_used_ = false;
  bool starting_ = false;
  bool started_ = false;
  bool cited_ = false;
  bool closed_ = false;
  uint64_t made_ids_ = 0;
  std::optional<chat::Error> error_;  // that this event reports
};

}  // namespace postern::dialect
