// A request of Converse as a conversation: what write_request wrote is read back the same. Nobody
// speaks this dialect to the gateway; it closes the loop in tests.
#include <map>

#include "dialect/bedrock/bedrock.h"
#include "dialect/bedrock/content.h"
#include "dialect/bedrock/walk.h"
#include "dialect/json_members.h"

namespace postern::dialect::bedrock_wire {
namespace {

using chat::Message;
using chat::Part;
using chat::Place;
using codec::JsonKind;
using codec::JsonReader;
using Kind = chat::Part::Kind;

class RequestReader {
 public:
  RequestReader(std::string_view body, chat::Request& request)
      : body_(body), in_(body), request_(request) {}

  std::optional<chat::Refused> read() {
    if (in_.enter_object())
      while (in_.next_member()) read_member();
    if (!in_.finish()) return json_refusal(body_, in_.error());
    if (fault_) return fault_;
    if (!messages_) return chat::Refused{chat::Refused::Kind::kShape, "messages is missing", {}};
    // `system` may stand behind the messages, but is said before them.
    if (!system_.parts.empty())
      request_.messages.insert(request_.messages.begin(), std::move(system_));
    name_results();
    return std::nullopt;
  }

 private:
  void read_member() {
    if (in_.name_is("messages")) {
      messages_ = true;
      uint32_t index = 0;
      each_element(in_, [&] { read_message(index++); });
    } else if (in_.name_is("system")) {
      system_.role = chat::Role::kSystem;
      each_element(in_, [&] { read_block(system_.parts, {}); });
    } else if (!read_setting(in_, body_, request_)) {
      const chat::Text name = in_.name();
      const chat::Json value = read_json(in_, body_);
      if (!value.empty()) request_.extras.push_back({name, value});
    }
  }

  void refuse(std::string param, std::string_view why) {
    if (fault_) return;
    std::string message = param;
    message.append(": ").append(why);
    fault_ = {chat::Refused::Kind::kUnsupported, std::move(message), std::move(param)};
  }

  // --- Messages ---------------------------------------------------------------------------------
  void read_message(uint32_t index) {
    chat::Text role;
    std::vector<Part> parts;
    each_member(in_, [&] {
      if (in_.name_is("role")) {
        read_text(in_, role);
      } else if (in_.name_is("content")) {
        Place place = {index, 0};
        each_element(in_, [&] {
          read_block(parts, place);
          ++place.part;
        });
      } else {
        in_.skip();
      }
    });
    Message results, rest;
    results.role = chat::Role::kTool;
    rest.role = role.raw == "assistant" ? chat::Role::kAssistant : chat::Role::kUser;
    for (Part& part : parts)
      (part.kind == Kind::kToolResult ? results : rest).parts.push_back(std::move(part));
    // A turn of results alone has no other message; an empty turn has an empty one.
    const bool rest_is_said = !rest.parts.empty() || results.parts.empty();
    if (!results.parts.empty()) request_.messages.push_back(std::move(results));
    if (rest_is_said) request_.messages.push_back(std::move(rest));
  }

  void read_block(std::vector<Part>& parts, Place place) {
    Block block;
    each_member(in_, [&] {
      if (read_block_member(in_, body_, request_.arena, block)) return;
      if (in_.name_is("document")) {
        read_document(block);
      } else if (in_.name_is("audio")) {
        read_audio(block);
      } else if (in_.name_is("toolResult")) {
        read_result(block, place);
      } else if (in_.name_is("cachePoint")) {
        const chat::Json mark = read_cache_point(in_);
        if (!parts.empty()) parts.back().cache_control = mark;
      } else {
        refuse(bedrock.field_name(chat::Field::kMessages, place), "this block is not known");
        in_.skip();
      }
    });
    for (Part& part : block.parts) {
      part.place = place;
      parts.push_back(std::move(part));
    }
  }

  void read_source(Part& part) {
    each_member(in_, [&] {
      if (in_.name_is("bytes")) {
        read_text(in_, part.data);
      } else if (in_.name_is("text")) {
        read_text(in_, part.text);
      } else {
        in_.skip();
      }
    });
  }

  void read_document(Block& block) {
    Part& file = block.parts.emplace_back();
    file.kind = Kind::kFile;
    each_member(in_, [&] {
      if (in_.name_is("format")) {
        chat::Text format;
        read_text(in_, format);
        file.media_type = request_.arena.escape("application/" + chat::plain(format));
      } else if (in_.name_is("name")) {
        read_text(in_, file.name);
      } else if (in_.name_is("citations")) {
        file.citations = read_json(in_, body_);
      } else if (in_.name_is("source")) {
        read_source(file);
      } else {
        in_.skip();
      }
    });
  }

  void read_audio(Block& block) {
    Part& audio = block.parts.emplace_back();
    audio.kind = Kind::kAudio;
    each_member(in_, [&] {
      if (in_.name_is("format")) {
        read_text(in_, audio.format);
      } else if (in_.name_is("source")) {
        read_source(audio);
      } else {
        in_.skip();
      }
    });
  }

  void read_result(Block& block, Place place) {
    Part result;
    result.kind = Kind::kToolResult;
    each_member(in_, [&] {
      if (in_.name_is("toolUseId")) {
        read_text(in_, result.id);
      } else if (in_.name_is("content")) {
        each_element(in_, [&] { read_result_block(result.content, place); });
      } else if (in_.name_is("status")) {
        chat::Text status;
        result.is_error = read_text(in_, status) && status.raw == "error";
      } else {
        in_.skip();
      }
    });
    block.parts.push_back(std::move(result));
  }

  // Blocks in results nest no further.
  void read_result_block(std::vector<Part>& content, Place place) {
    Block block;
    each_member(in_, [&] {
      if (in_.name_is("json")) {
        const chat::Json value = read_json(in_, body_);
        Part& part = block.parts.emplace_back();
        part.text = request_.arena.escape(value);
      } else if (in_.name_is("document")) {
        read_document(block);
      } else if (!read_block_member(in_, body_, request_.arena, block)) {
        refuse(bedrock.field_name(chat::Field::kMessages, place), "this content is not known");
        in_.skip();
      }
    });
    for (Part& part : block.parts) {
      part.place = place;
      content.push_back(std::move(part));
    }
  }

  void name_results() {
    std::map<std::string_view, chat::Text> names;
    for (Message& message : request_.messages) {
      for (Part& part : message.parts) {
        if (part.kind == Kind::kToolCall) names[part.id.raw] = part.name;
        if (part.kind != Kind::kToolResult) continue;
        const auto found = names.find(part.id.raw);
        if (found != names.end()) part.name = found->second;
      }
    }
  }

  const std::string_view body_;
  JsonReader in_;
  chat::Request& request_;
  Message system_;
  bool messages_ = false;
  std::optional<chat::Refused> fault_;
};

}  // namespace

std::optional<chat::Refused> read_request(std::string_view body, chat::Request& request) {
  return RequestReader(body, request).read();
}

}  // namespace postern::dialect::bedrock_wire
