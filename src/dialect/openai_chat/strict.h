// Reading what a client sent: every member that is read has the right kind and occurs once, or the
// request is refused in words that name the member.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "chat/request.h"
#include "codec/json_reader.h"

namespace postern::dialect {

// Where a value stands: a list on the stack, which becomes words only for a refusal.
struct Path {
  const Path* up = nullptr;
  std::string_view member;  // empty: an element of a list
  size_t index = 0;

  // The document itself, which has no words.
  bool is_root() const { return up == nullptr && member.empty(); }
  std::string words() const;  // "messages[2].content[1].image_url.url"
};

// A function that returns false has found a fault, which is final: the caller returns too, and
// refusal() tells at the end. Null is taken for an absent value everywhere.
class StrictReader {
 public:
  explicit StrictReader(std::string_view body) : body_(body), in_(body) {}

  // The fault found, of the JSON or of the shape. To be asked when all was read.
  std::optional<chat::Refused> refusal();

  std::string_view body() const { return body_; }
  codec::JsonReader& in() { return in_; }
  bool faulty() const { return fault_.has_value() || in_.error().reason != nullptr; }

  // Always false.
  bool refuse(const Path& path, std::string_view message,
              chat::Refused::Kind kind = chat::Refused::Kind::kShape);
  // The same, with the value still to be read.
  bool refuse_value(const Path& path, std::string_view message,
                    chat::Refused::Kind kind = chat::Refused::Kind::kShape);

  bool take_null();  // true when the next value was null; it is consumed
  bool text(const Path& path, chat::Text& out);
  bool flag(const Path& path, std::optional<bool>& out);
  bool whole(const Path& path, int64_t least, std::optional<int64_t>& out);
  bool number(const Path& path, chat::Json& out);
  bool object(const Path& path, chat::Json& out);
  bool enter_object(const Path& path);
  bool enter_array(const Path& path);
  chat::Json any();  // empty for null

  // The members of the object that was entered, whose names are known: `names` has at most 64.
  class Members {
   public:
    Members(StrictReader& reader, const Path& path, std::span<const std::string_view> names)
        : reader_(reader), path_(path), names_(names) {}
    bool next();
    // The position of the name, or how many there are when it is unknown.
    size_t which() const { return which_; }

   private:
    StrictReader& reader_;
    const Path& path_;
    std::span<const std::string_view> names_;
    size_t which_ = 0;
    uint64_t seen_ = 0;
  };

 private:
  std::string_view body_;
  codec::JsonReader in_;
  std::optional<chat::Refused> fault_;
};

}  // namespace postern::dialect
