#include "dialect/openai_chat/strict.h"

#include "dialect/json_members.h"

namespace postern::dialect {

using codec::JsonKind;

std::string Path::words() const {
  std::string all = up ? up->words() : std::string();
  if (is_root()) return all;
  if (member.empty()) {
    all += '[' + std::to_string(index) + ']';
  } else {
    if (!all.empty()) all += '.';
    all += member;
  }
  return all;
}

std::optional<chat::Refused> StrictReader::refusal() {
  if (fault_) return fault_;
  if (!in_.finish()) return json_refusal(body_, in_.error());
  return std::nullopt;
}

bool StrictReader::refuse(const Path& path, std::string_view message, chat::Refused::Kind kind) {
  // A fault of the JSON itself, found while the value was read, is the better answer.
  if (faulty()) return false;
  std::string param = path.words();
  fault_ = {kind, param + ' ' + std::string(message), std::move(param)};
  return false;
}

bool StrictReader::refuse_value(const Path& path, std::string_view message,
                                chat::Refused::Kind kind) {
  in_.skip();
  return refuse(path, message, kind);
}

bool StrictReader::take_null() { return in_.kind() == JsonKind::kNull && in_.skip(); }

bool StrictReader::text(const Path& path, chat::Text& out) {
  return in_.read_string(out) || take_null() || refuse_value(path, "must be a string");
}

bool StrictReader::flag(const Path& path, std::optional<bool>& out) {
  bool value = false;
  if (!in_.read_bool(value)) return take_null() || refuse_value(path, "must be true or false");
  out = value;
  return true;
}

bool StrictReader::whole(const Path& path, int64_t least, std::optional<int64_t>& out) {
  int64_t value = 0;
  const bool read = in_.read_integer(value);
  if (!read && take_null()) return true;
  const std::string rule = "must be a whole number from " + std::to_string(least) + " up";
  if (!read) return refuse_value(path, rule);
  if (value < least) return refuse(path, rule);
  out = value;
  return true;
}

bool StrictReader::number(const Path& path, chat::Json& out) {
  if (take_null()) return true;
  if (in_.kind() != JsonKind::kNumber) return refuse_value(path, "must be a number");
  out = any();
  return true;
}

bool StrictReader::object(const Path& path, chat::Json& out) {
  if (take_null()) return true;
  if (in_.kind() != JsonKind::kObject) return refuse_value(path, "must be an object");
  out = any();
  return true;
}

bool StrictReader::enter_object(const Path& path) {
  return in_.enter_object() || refuse_value(path, "must be an object");
}

bool StrictReader::enter_array(const Path& path) {
  return in_.enter_array() || refuse_value(path, "must be a list");
}

chat::Json StrictReader::any() { return read_json(in_, body_); }

bool StrictReader::Members::next() {
  codec::JsonReader& in = reader_.in();
  if (reader_.faulty() || !in.next_member()) return false;
  which_ = 0;
  while (which_ < names_.size() && !in.name_is(names_[which_])) ++which_;
  if (which_ == names_.size()) return true;
  const uint64_t bit = uint64_t{1} << which_;
  if (seen_ & bit) {
    reader_.refuse({&path_, names_[which_]}, "occurs more than once");
    return false;
  }
  seen_ |= bit;
  return true;
}

}  // namespace postern::dialect
