#include <string_view>
#include <unordered_set>
#include <vector>

#include "dialect/responses/request_writing.h"
#include "dialect/responses/responses.h"

namespace postern::dialect::responses_wire {
namespace {

using chat::Field;
using chat::Part;
using chat::Role;

// An item of a provider's own tool, which a client of this dialect sent: read as an extra that is
// called input[INDEX].
struct HostedItem {
  uint32_t index = 0;
  chat::Json json;
};

std::optional<uint32_t> index_in(std::string_view extra_name) {
  constexpr std::string_view head = "input[";
  if (!extra_name.starts_with(head) || !extra_name.ends_with("]")) return std::nullopt;
  uint32_t index = 0;
  extra_name = extra_name.substr(head.size(), extra_name.size() - head.size() - 1);
  if (extra_name.empty() || extra_name.size() > 9) return std::nullopt;
  for (const char digit : extra_name) {
    if (digit < '0' || digit > '9') return std::nullopt;
    index = index * 10 + static_cast<uint32_t>(digit - '0');
  }
  return index;
}

std::string_view guessed_media_type(const chat::Text& data) {
  if (data.raw.starts_with("/9j/") || data.raw.starts_with("\\/9j")) return "image/jpeg";
  if (data.raw.starts_with("R0lGO")) return "image/gif";
  if (data.raw.starts_with("UklGR")) return "image/webp";
  return "image/png";
}

class InputWriter {
 public:
  explicit InputWriter(Writing& to) : to_(to), json_(to.json) {
    if (!to.same_words()) return;
    for (const chat::Extra& extra : to.request.extras)
      if (const auto index = index_in(extra.name.raw)) hosted_.push_back({*index, extra.value});
  }

  bool write() {
    json_.name("input").begin_array();
    for (const chat::Message& message : to_.request.messages)
      if (!write_message(message)) return false;
    write_hosted_before(input_text - 1);
    json_.end_array();
    return true;
  }

 private:
  bool write_message(const chat::Message& message) {
    if (!message.name.raw.empty() && message.role != Role::kTool)
      to_.drop(Field::kSpeakerName, message.parts.empty() ? chat::Place{} : message.parts[0].place);
    if (!message.parts.empty()) write_hosted_before(message.parts[0].place.message);
    if (message.role == Role::kAssistant) return write_turn(message.parts);
    if (message.role == Role::kTool) return write_results(message.parts);
    json_.begin_object().name("role").string(role_word(message.role)).name("content");
    if (!write_content(message.parts)) return false;
    json_.end_object();
    return true;
  }

  std::string_view role_word(Role role) const {
    if (role == Role::kUser) return "user";
    return role == Role::kDeveloper && to_.quirks.developer_role ? "developer" : "system";
  }

  // --- What goes in -----------------------------------------------------------------------------

  // One text as a string, anything else as a list.
  bool write_content(const std::vector<Part>& parts) {
    if (parts.empty()) {
      json_.string("");
      return true;
    }
    if (parts.size() == 1 && parts[0].kind == Part::Kind::kText) {
      note_marks(parts[0]);
      json_.text(parts[0].text);
      return true;
    }
    json_.begin_array();
    for (const Part& part : parts)
      if (!write_part(part)) return false;
    json_.end_array();
    return true;
  }

  bool write_part(const Part& part) {
    note_marks(part);
    switch (part.kind) {
      case Part::Kind::kText:
      case Part::Kind::kRefusal:
        json_.begin_object().name("type").string("input_text").name("text").text(part.text);
        json_.end_object();
        return true;
      case Part::Kind::kImage:
        return write_image(part);
      case Part::Kind::kFile:
        return write_file(part);
      case Part::Kind::kAudio:
        return to_.refuse(Field::kMessages, part.place,
                          "is audio, which the provider of this model takes no part of: send text");
      default:
        return to_.refuse(Field::kMessages, part.place, "is of a kind that cannot stand here");
    }
  }

  bool write_image(const Part& part) {
    if (!part.url.raw.empty() && !to_.quirks.image_urls) return refuse_address(part);
    json_.begin_object().name("type").string("input_image");
    if (!part.data.raw.empty()) {
      json_.name("image_url");
      chat::Text media_type = part.media_type;
      if (media_type.raw.empty()) media_type = chat::literal(guessed_media_type(part.data));
      to_.data_url(media_type, part.data);
    } else if (!part.url.raw.empty()) {
      json_.name("image_url").text(part.url);
    } else {
      json_.name("file_id").text(part.file_id);
    }
    if (!part.detail.raw.empty()) json_.name("detail").text(part.detail);
    json_.end_object();
    return true;
  }

  bool write_file(const Part& part) {
    if (!part.url.raw.empty() && !to_.quirks.image_urls) return refuse_address(part);
    json_.begin_object().name("type").string("input_file");
    if (!part.data.raw.empty()) {
      // The name is required beside bytes.
      json_.name("filename").text(part.name.raw.empty() ? chat::literal("document") : part.name);
      json_.name("file_data");
      const bool typed = !part.media_type.raw.empty();
      to_.data_url(typed ? part.media_type : chat::literal("application/pdf"), part.data);
    } else if (!part.url.raw.empty()) {
      json_.name("file_url").text(part.url);
    } else {
      json_.name("file_id").text(part.file_id);
    }
    json_.end_object();
    return true;
  }

  bool refuse_address(const Part& part) {
    return to_.refuse(Field::kMessages, part.place,
                      "is an address, which the provider of this model does not take, and the "
                      "gateway fetches nothing: send the bytes as a data URL");
  }

  bool write_results(const std::vector<Part>& results) {
    for (const Part& result : results) {
      write_hosted_before(result.place.message);
      note_marks(result);
      if (result.is_error) to_.drop(Field::kResultError, result.place);
      const bool custom = custom_ids_.contains(result.id.raw);
      json_.begin_object().name("type");
      json_.string(custom ? "custom_tool_call_output" : "function_call_output");
      json_.name("call_id").text(result.id).name("output");
      if (!write_content(result.content)) return false;
      json_.end_object();
    }
    return true;
  }

  // --- What the model said ----------------------------------------------------------------------

  bool write_turn(const std::vector<Part>& parts) {
    if (parts.empty()) {
      json_.begin_object().name("role").string("assistant").name("content").string("").end_object();
      return true;
    }
    for (const Part& part : parts) {
      write_hosted_before(part.place.message);
      if (!write_said(part)) return false;
    }
    close_message();
    return true;
  }

  bool write_said(const Part& part) {
    note_marks(part);
    switch (part.kind) {
      case Part::Kind::kText:
      case Part::Kind::kRefusal:
        note_signature(part);
        write_said_text(part);
        return true;
      case Part::Kind::kReasoning:
      case Part::Kind::kSealedReasoning:
        write_reasoning(part);
        return true;
      case Part::Kind::kToolCall:
        note_signature(part);
        close_message();
        write_call(part);
        return true;
      case Part::Kind::kImage:
        return write_drawn(part);
      default:
        return to_.refuse(Field::kMessages, part.place,
                          "cannot stand in a message of the assistant for this provider");
    }
  }

  void write_said_text(const Part& part) {
    if (!in_message_)
      json_.begin_object().name("role").string("assistant").name("content").begin_array();
    in_message_ = true;
    const bool refusal = part.kind == Part::Kind::kRefusal;
    json_.begin_object().name("type").string(refusal ? "refusal" : "output_text");
    json_.name(refusal ? "refusal" : "text").text(part.text).end_object();
  }

  // Only what its own providers sealed is of use to them. Thoughts in the open go where the
  // provider reads them again.
  void write_reasoning(const Part& part) {
    const bool ours = part.signer == name && !part.signature.raw.empty();
    const bool open = to_.quirks.reasoning_member != Quirks::ReasoningMember::kNone;
    const bool said = part.kind == Part::Kind::kReasoning && !part.text.raw.empty();
    if (!ours && !(open && said)) return to_.drop(Field::kMessages, part.place);
    if (!ours) note_signature(part);
    close_message();
    json_.begin_object().name("type").string("reasoning").name("summary").begin_array();
    if (ours && said) write_thought("summary_text", part.text);
    json_.end_array();
    if (ours) {
      json_.name("encrypted_content").text(part.signature);
    } else {
      json_.name("content").begin_array();
      write_thought("reasoning_text", part.text);
      json_.end_array();
    }
    json_.end_object();
  }

  void write_thought(std::string_view type, const chat::Text& text) {
    json_.begin_object().name("type").string(type).name("text").text(text).end_object();
  }

  void write_call(const Part& call) {
    json_.begin_object().name("type").string(call.custom ? "custom_tool_call" : "function_call");
    json_.name("call_id").text(call.id).name("name").text(call.name);
    if (call.custom) {
      custom_ids_.insert(call.id.raw);
      json_.name("input").text(call.text);
    } else if (call.arguments_cut) {
      json_.name("arguments").text(call.text);
    } else {
      json_.name("arguments").string(call.arguments.empty() ? "{}" : call.arguments);
    }
    json_.end_object();
  }

  bool write_drawn(const Part& part) {
    if (part.data.raw.empty())
      return to_.refuse(Field::kMessages, part.place,
                        "is an image of the assistant without its bytes: send a data URL");
    close_message();
    json_.begin_object().name("type").string("image_generation_call");
    json_.name("id").string("ig_" + std::to_string(++drawn_)).name("status").string("completed");
    json_.name("result").text(part.data).end_object();
    return true;
  }

  void close_message() {
    if (in_message_) json_.end_array().end_object();
    in_message_ = false;
  }

  // --- What is left out -------------------------------------------------------------------------

  void note_marks(const Part& part) {
    if (!part.cache_control.empty()) to_.drop(Field::kCacheControl, part.place);
    if (!part.citations.empty())
      to_.drop(to_.front.field_name(Field::kMessages, part.place) + ".citations");
  }

  void note_signature(const Part& part) {
    if (!part.signature.raw.empty()) to_.drop(Field::kSignature, part.place);
  }

  // Items of this dialect stand where the client put them. What stood in no list comes first.
  void write_hosted_before(uint32_t index) {
    if (index >= input_text) return;
    for (; next_hosted_ < hosted_.size() && hosted_[next_hosted_].index < index; ++next_hosted_) {
      close_message();
      json_.raw(hosted_[next_hosted_].json);
    }
  }

  Writing& to_;
  codec::JsonWriter& json_;
  bool in_message_ = false;
  int drawn_ = 0;
  std::vector<HostedItem> hosted_;
  size_t next_hosted_ = 0;
  std::unordered_set<std::string_view> custom_ids_;
};

}  // namespace

bool write_input(Writing& to) { return InputWriter(to).write(); }

}  // namespace postern::dialect::responses_wire
