#include <algorithm>
#include <array>

#include "dialect/openai_chat/openai_chat.h"
#include "dialect/openai_chat/reasoning_details.h"
#include "dialect/openai_chat/request_reader.h"

namespace postern::dialect::chat_completions {
namespace {

using chat::Part;
using chat::Role;

enum Member : size_t {
  kRole,
  kContent,
  kName,
  kToolCalls,
  kToolCallId,
  kRefusal,
  kReasoningContent,
  kReasoning,
  kReasoningDetails,
  kFunctionCall,
  kImages,
  kCacheControl,
  kAnnotations,
};

constexpr std::array<std::string_view, 13> member_names = {
    "role",    "content",           "name",        "tool_calls",        "tool_call_id",
    "refusal", "reasoning_content", "reasoning",   "reasoning_details", "function_call",
    "images",  "cache_control",     "annotations",
};

// Room that most conversations do not outgrow.
constexpr size_t messages_usual = 16;

std::optional<Role> read_role(const chat::Text& role) {
  constexpr std::array<std::string_view, 5> words = {"system", "developer", "user", "assistant",
                                                     "tool"};
  for (size_t which = 0; which < words.size(); ++which)
    if (codec::equals_unescaped(role, words[which])) return static_cast<Role>(which);
  return std::nullopt;
}

bool is_empty(const Part& part) {
  return part.kind == Part::Kind::kText && part.text.raw.empty() && part.signature.raw.empty();
}

void append(std::vector<Part>& from, std::vector<Part>& to) {
  if (to.empty() && std::none_of(from.begin(), from.end(), is_empty)) return to.swap(from);
  for (Part& part : from)
    if (!is_empty(part)) to.push_back(std::move(part));
}

}  // namespace

bool RequestReader::read_messages(const Path& path) {
  if (take_null()) return true;
  if (!enter_array(path)) return false;
  uint32_t index = 0;
  request_.messages.reserve(messages_usual);
  for (; in().next_element(); ++index)
    if (!read_message({&path, {}, index}, index)) return false;
  has_messages_ = index > 0;
  return !faulty();
}

bool RequestReader::read_message(const Path& path, uint32_t index) {
  Spoken spoken;
  return read_spoken(path, index, spoken) && add_message(path, index, spoken);
}

bool RequestReader::read_spoken(const Path& path, uint32_t index, Spoken& spoken) {
  if (!enter_object(path)) return false;
  for (Members members(*this, path, member_names); members.next();) {
    if (members.which() == member_names.size()) {
      if (!keep_unknown(path)) return false;
      continue;
    }
    const Path member{&path, member_names[members.which()]};
    bool read = false;
    switch (static_cast<Member>(members.which())) {
      case kRole:
        read = text(member, spoken.role);
        break;
      case kContent:
        read = read_content(member, index, spoken.content);
        break;
      case kName:
        read = text(member, spoken.name);
        break;
      case kToolCalls:
        read = read_tool_calls(member, index, spoken.calls);
        break;
      case kToolCallId:
        read = text(member, spoken.tool_call_id);
        break;
      case kRefusal:
        read = text(member, spoken.refusal);
        break;
      case kReasoningContent:
        read = text(member, spoken.reasoning_content);
        break;
      case kReasoning:
        read = text(member, spoken.reasoning);
        break;
      case kReasoningDetails:
        read = read_details(member, index, spoken);
        break;
      case kFunctionCall:
        spoken.functions = !any().empty();
        read = true;
        break;
      case kImages:
        read = read_images(member, index, spoken.images);
        break;
      case kCacheControl:
        read = object(member, spoken.cache_control);
        break;
      case kAnnotations:  // of an answer that is sent back; they tell the model nothing
        read = in().skip();
        break;
    }
    if (!read) return false;
  }
  return !faulty();
}

bool RequestReader::read_details(const Path& path, uint32_t index, Spoken& spoken) {
  if (take_null()) return true;
  if (in().kind() != codec::JsonKind::kArray) return refuse_value(path, "must be a list");
  DetailsReader details(request_.arena, {index, in_reasoning});
  const chat::Json list = any();
  if (faulty()) return false;
  if (!details.read(list)) request_.extras.push_back({request_.arena.escape(path.words()), list});
  spoken.details = std::move(details.parts);
  spoken.text_signatures = std::move(details.text_signatures);
  return true;
}

bool RequestReader::add_message(const Path& path, uint32_t index, Spoken& spoken) {
  const std::optional<Role> role = read_role(spoken.role);
  if (!role) {
    if (codec::equals_unescaped(spoken.role, "function"))
      return refuse({&path, "role"},
                    "must be tool: the role function was replaced by OpenAI in 2023",
                    chat::Refused::Kind::kUnsupported);
    return refuse({&path, "role"}, "must be one of system, developer, user, assistant, tool");
  }
  if (!spoken.calls.empty() && *role != Role::kAssistant)
    return refuse({&path, "tool_calls"}, "may only stand in messages of the assistant");
  if (spoken.functions)
    return refuse({&path, "function_call"},
                  "was replaced by OpenAI in 2023 and is not taken here: send tool_calls instead",
                  chat::Refused::Kind::kUnsupported);
  if (!check_content(path, *role, spoken)) return false;
  if (!spoken.cache_control.empty() && !spoken.content.empty() &&
      spoken.content.back().cache_control.empty())
    spoken.content.back().cache_control = spoken.cache_control;
  if (*role == Role::kTool) return add_result(path, index, spoken);
  if (*role == Role::kAssistant) return add_assistant(index, spoken);
  chat::Message message;
  message.role = *role;
  message.name = spoken.name;
  append(spoken.content, message.parts);
  request_.messages.push_back(std::move(message));
  return true;
}

// System messages are text everywhere, and only models refuse and reason. What the assistant drew
// stands in `images`.
bool RequestReader::check_content(const Path& path, Role role, const Spoken& spoken) {
  const bool system = role == Role::kSystem || role == Role::kDeveloper;
  const bool assistant = role == Role::kAssistant;
  const Path content{&path, "content"};
  for (const Part& part : spoken.content) {
    const bool said = part.kind == Part::Kind::kRefusal || part.kind == Part::Kind::kReasoning;
    if (part.kind == Part::Kind::kText || (said ? assistant : !system && !assistant)) continue;
    const Path element{&content, {}, part.place.part};
    return refuse({&element, "type"}, system      ? "must be text in a system message"
                                      : assistant ? "must be text or refusal in a message of the "
                                                    "assistant"
                                                  : "may only stand in a message of the assistant");
  }
  return true;
}

// Reasoning first, then what was said, then the calls: the only order that OpenAI's form tells, and
// the one in which models speak.
bool RequestReader::add_assistant(uint32_t index, Spoken& spoken) {
  chat::Message message;
  message.role = Role::kAssistant;
  message.name = spoken.name;
  add_reasoning(index, spoken, message.parts);
  const size_t said = message.parts.size();
  append(spoken.content, message.parts);
  if (!spoken.text_signatures.empty()) {
    // The last one signs the text. Those before it signed pieces that are no longer to be told
    // apart, and stand for themselves.
    Part last = spoken.text_signatures.back();
    spoken.text_signatures.pop_back();
    message.parts.insert(message.parts.begin() + static_cast<ptrdiff_t>(said),
                         spoken.text_signatures.begin(), spoken.text_signatures.end());
    if (message.parts.empty() || message.parts.back().kind != Part::Kind::kText ||
        !message.parts.back().signature.raw.empty())
      message.parts.push_back(last);
    message.parts.back().signature = last.signature;
    message.parts.back().signer = last.signer;
  }
  if (!spoken.refusal.raw.empty()) {
    Part& part = message.parts.emplace_back();
    part.kind = Part::Kind::kRefusal;
    part.place = {index, in_string};
    part.text = spoken.refusal;
  }
  append(spoken.images, message.parts);
  for (Part& call : spoken.calls) {
    if (!call.id.raw.empty()) tool_of_call_[key_of(call.id)] = call.name;
    message.parts.push_back(std::move(call));
  }
  results_.reset();
  request_.messages.push_back(std::move(message));
  return true;
}

void RequestReader::add_reasoning(uint32_t index, Spoken& spoken, std::vector<Part>& parts) {
  const chat::Text& text =
      spoken.reasoning_content.raw.empty() ? spoken.reasoning : spoken.reasoning_content;
  tell_reasoning(text, spoken.details);
  for (Part& part : spoken.details) part.place = {index, in_reasoning};
  append(spoken.details, parts);
}

bool RequestReader::add_result(const Path& path, uint32_t index, Spoken& spoken) {
  if (spoken.tool_call_id.raw.empty())
    return refuse({&path, "tool_call_id"}, "is required in a message of role tool");
  if (!results_) {
    results_ = request_.messages.size();
    request_.messages.emplace_back().role = Role::kTool;
  }
  Part& result = request_.messages[*results_].parts.emplace_back();
  result.kind = Part::Kind::kToolResult;
  result.place = {index, in_string};
  result.id = spoken.tool_call_id;
  result.name = spoken.name;
  if (result.name.raw.empty())
    if (const auto found = tool_of_call_.find(key_of(result.id)); found != tool_of_call_.end())
      result.name = found->second;
  append(spoken.content, result.content);
  return true;
}

std::string_view RequestReader::key_of(const chat::Text& id) {
  return id.escaped ? request_.arena.keep(chat::plain(id)) : id.raw;
}

}  // namespace postern::dialect::chat_completions
