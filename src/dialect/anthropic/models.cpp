#include "dialect/anthropic/models.h"

namespace postern::dialect::messages {
namespace {

bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

// A version's number at the front of the text: one or two digits. Longer ones are dates.
int take_number(std::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  if (digits == 0 || digits > 2) return -1;
  int value = 0;
  for (size_t at = 0; at < digits; ++at) value = value * 10 + (text[at] - '0');
  text.remove_prefix(digits);
  return value;
}

struct Version {
  std::string_view family;
  int number = 0;  // 405 is 4.5; 0: none is said
};

// "opus-4-5-20251101", "3-7-sonnet-latest", "2.1".
Version version_of(std::string_view name) {
  Version version;
  if (!name.empty() && !is_digit(name.front())) {
    version.family = name.substr(0, name.find('-'));
    name.remove_prefix(version.family.size());
    if (!name.empty()) name.remove_prefix(1);
  }
  const int major = take_number(name);
  if (major < 0) return version;
  version.number = major * 100;
  if (name.empty() || (name.front() != '-' && name.front() != '.')) return version;
  name.remove_prefix(1);
  const int minor = take_number(name);
  if (minor >= 0) {
    version.number += minor;
    if (!name.empty()) name.remove_prefix(1);
  }
  if (version.family.empty()) version.family = name.substr(0, name.find('-'));
  return version;
}

// The limits leave room for the prompt: models before 4.5 refuse a request whose prompt and
// max_tokens together exceed their context.
Model old_model(const Version& version) {
  Model model;
  if (version.number < 305) return model;
  model.max_tokens = model.output_max = 8192;
  if (version.number < 307) return model;
  model.max_tokens = 32000;
  model.output_max = version.family == "opus" ? 32000 : 64000;
  model.thinks = model.budget = true;
  model.one_sampler = version.number >= 401;
  return model;
}

Model model_from_4_5(const Version& version) {
  const int number = version.number;
  Model model;
  model.max_tokens = 64000;
  model.output_max = number >= 406 ? 128000 : 64000;
  model.thinks = model.json_schema = model.one_sampler = true;
  model.effort = number >= 406 || version.family == "opus";
  model.adaptive = model.effort_max = number >= 406;
  model.budget = number <= 406;
  model.effort_xhigh = model.fixed_sampling = model.hides_thoughts = number >= 407;
  model.system_turns = number >= 408;
  model.thinks_always = version.family == "fable" || version.family == "mythos";
  model.thinks_unasked = model.thinks_always || number >= 500;
  return model;
}

}  // namespace

Model model_of(std::string_view name) {
  constexpr std::string_view mark = "claude-";
  const size_t begin = name.find(mark);
  if (begin == name.npos) {
    Model model;
    model.output_max = int64_t{1} << 20;
    model.thinks = model.budget = true;
    return model;
  }
  Version version = version_of(name.substr(begin + mark.size()));
  if (version.family == "instant") return {};
  // "claude-opus-latest": the newest.
  if (version.number == 0) version.number = 9900;
  return version.number < 405 ? old_model(version) : model_from_4_5(version);
}

}  // namespace postern::dialect::messages
