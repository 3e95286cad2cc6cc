// A stream as the description of the reply that it makes; see describe.h, which includes this.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "chat/reply.h"
#include "dialect/describe.h"

namespace postern::dialect {

// Joins the deltas of a stream into the description of the whole reply. What a delta says is copied
// at once, so readers may reuse their buffers.
//
// A delta of another kind than the one before it begins a part, and so does text after a
// signature: signatures end what they sign. Parts that stayed empty are left out.
class JoinedDeltas {
 public:
  void add(const std::vector<chat::Delta>& deltas) {
    for (const chat::Delta& delta : deltas) add(delta);
  }

  void add(const chat::Delta& delta) {
    using Kind = chat::Delta::Kind;
    if (delta.kind == Kind::kStart) return start(delta);
    if (delta.kind == Kind::kUsage) {
      usage_ = describe(delta.usage);
      return;
    }
    if (delta.kind == Kind::kError) {
      errors_.push_back(describe(delta.error));
      return;
    }
    Choice& choice = choices_[delta.choice];
    switch (delta.kind) {
      case Kind::kText:
        return say(choice, "text", delta);
      case Kind::kRefusal:
        return say(choice, "refusal", delta);
      case Kind::kReasoning:
        return say(choice, "reasoning", delta);
      case Kind::kSignature:
        return sign(choice, delta);
      case Kind::kSealedReasoning:
        choice.parts.push_back({{"kind", "sealed_reasoning"}});
        return sign(choice, delta);
      case Kind::kToolCall:
        return call(choice, delta);
      case Kind::kArguments:
        choice.arguments[delta.tool] += delta.text.raw;
        return;
      case Kind::kLogprobs:
        return add_logprobs(choice, describe_value(delta.json));
      case Kind::kAnnotations:
        for (const auto& each : describe_value(delta.json)) choice.annotations.push_back(each);
        return;
      case Kind::kImage:
        choice.parts.push_back({{"kind", "image"}});
        describe_text(choice.parts.back(), "media_type", delta.media_type);
        choice.parts.back()["data"] = delta.text.raw;
        return;
      case Kind::kFinish:
        choice.finish = describe(delta.finish);
        choice.stop_sequence = chat::plain(delta.text);
        return;
      default:
        return;
    }
  }

  // Errors that came, as describe(Error) has them.
  const std::vector<nlohmann::json>& errors() const { return errors_; }
  // How often an answer began; one is right.
  int starts() const { return starts_; }

  nlohmann::json description() const {
    nlohmann::json to = start_;
    to["choices"] = nlohmann::json::array();
    for (const auto& [index, choice] : choices_) {
      nlohmann::json each = {
          {"index", index}, {"parts", parts_of(choice)}, {"finish", choice.finish}};
      if (!choice.stop_sequence.empty()) each["stop_sequence"] = choice.stop_sequence;
      if (!choice.logprobs.is_null()) each["logprobs"] = choice.logprobs;
      if (!choice.annotations.is_null()) each["annotations"] = choice.annotations;
      to["choices"].push_back(std::move(each));
    }
    to["usage"] = usage_;
    return to;
  }

 private:
  struct Choice {
    // Texts stay as they stand in JSON until all pieces are there: the halves of an escaped
    // surrogate pair may come in two deltas.
    std::vector<nlohmann::json> parts;
    std::map<int64_t, size_t> part_of_call;
    std::map<int64_t, std::string> arguments;
    std::string finish = "none";
    std::string stop_sequence;
    nlohmann::json logprobs, annotations;
  };

  static std::string characters(const std::string& raw) {
    return chat::plain({raw, raw.find('\\') != raw.npos});
  }

  void start(const chat::Delta& delta) {
    ++starts_;
    describe_text(start_, "id", delta.id);
    describe_text(start_, "model", delta.model);
    describe_optional(start_, "created_s", delta.created_s);
    describe_text(start_, "service_tier", delta.service_tier);
    describe_text(start_, "system_fingerprint", delta.system_fingerprint);
  }

  static void append(nlohmann::json& part, const char* name, std::string_view raw) {
    if (!part.contains(name)) part[name] = "";
    part[name].get_ref<std::string&>() += raw;
  }

  static void say(Choice& choice, const char* kind, const chat::Delta& delta) {
    const bool goes_on = !choice.parts.empty() && choice.parts.back()["kind"] == kind &&
                         !choice.parts.back().contains("signature");
    if (!goes_on) choice.parts.push_back({{"kind", kind}});
    append(choice.parts.back(), "text", delta.text.raw);
    if (!delta.signature.raw.empty()) add_signature(choice.parts.back(), delta.signature, delta);
  }

  static void sign(Choice& choice, const chat::Delta& delta) {
    if (choice.parts.empty()) choice.parts.push_back({{"kind", "text"}});
    add_signature(choice.parts.back(), delta.text, delta);
  }

  static void add_signature(nlohmann::json& part, const chat::Text& signature,
                            const chat::Delta& delta) {
    append(part, "signature", signature.raw);
    if (!delta.signer.empty()) part["signer"] = delta.signer;
  }

  static void call(Choice& choice, const chat::Delta& delta) {
    choice.part_of_call[delta.tool] = choice.parts.size();
    nlohmann::json part = {{"kind", "tool_call"}};
    describe_text(part, "id", delta.id);
    describe_text(part, "name", delta.name);
    if (delta.custom) part["custom"] = true;
    if (!delta.signature.raw.empty()) add_signature(part, delta.signature, delta);
    choice.parts.push_back(std::move(part));
  }

  static void add_logprobs(Choice& choice, const nlohmann::json& piece) {
    if (choice.logprobs.is_null()) choice.logprobs = nlohmann::json::object();
    for (const auto& [name, value] : piece.items()) {
      nlohmann::json& whole = choice.logprobs[name];
      if (!value.is_array()) {
        if (whole.is_null()) whole = value;
        continue;
      }
      if (!whole.is_array()) whole = nlohmann::json::array();
      for (const auto& each : value) whole.push_back(each);
    }
  }

  static nlohmann::json parts_of(const Choice& choice) {
    std::vector<nlohmann::json> parts = choice.parts;
    for (nlohmann::json& part : parts)
      for (const char* name : {"text", "signature"})
        if (part.contains(name)) part[name] = characters(part[name].get<std::string>());
    for (const auto& [tool, at] : choice.part_of_call) {
      const auto found = choice.arguments.find(tool);
      const std::string said =
          found == choice.arguments.end() ? std::string() : characters(found->second);
      finish_call(parts[at], said);
    }
    nlohmann::json to = nlohmann::json::array();
    for (nlohmann::json& part : parts) {
      if (part.contains("text") && part["text"] == "") part.erase("text");
      const bool call = part["kind"] == "tool_call";
      if (call || part.size() > 1) to.push_back(std::move(part));
    }
    return to;
  }

  static void finish_call(nlohmann::json& part, const std::string& said) {
    if (part.contains("custom")) {
      part["text"] = said;
      return;
    }
    if (said.find_first_not_of(" \t\r\n") == said.npos) {
      part["arguments"] = nlohmann::json::object();
      return;
    }
    nlohmann::json value = nlohmann::json::parse(said, nullptr, false);
    if (value.is_object()) {
      part["arguments"] = std::move(value);
    } else {
      part["arguments_cut"] = true;
      part["text"] = said;
    }
  }

  nlohmann::json start_ = nlohmann::json::object();
  nlohmann::json usage_ = nlohmann::json::object();
  std::map<int64_t, Choice> choices_;
  std::vector<nlohmann::json> errors_;
  int starts_ = 0;
};

}  // namespace postern::dialect
