// The parts of random conversations; see generate.h.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chat/message.h"

namespace postern::dialect::generate {

struct Features {
  // --- Messages ---------------------------------------------------------------------------------
  bool system_anywhere = false;  // otherwise only as the first message
  bool developer = false;
  bool speaker_names = false;
  bool several_texts = false;    // in one system or user message, or tool result
  bool assistant_order = false;  // texts, reasoning and calls of a turn in any order
  bool adjacent_users = false;   // two user or assistant messages in a row
  bool image_data = false, image_urls = false, image_detail = false;
  bool audio = false, file_data = false, file_ids = false, file_urls = false;
  bool result_errors = false, result_images = false;
  bool refusals = false;
  bool custom_tools = false;
  bool cut_arguments = false;
  bool cache_control = false;  // on texts of user messages and on tools

  // --- Reasoning and signatures, in requests and in replies -------------------------------------
  bool plain_reasoning = false;  // without a signature
  bool signed_reasoning = false, sealed_reasoning = false;
  bool signed_texts = false, signed_calls = false;
  std::string_view signer = "anthropic";
  std::string_view call_signer = "gemini";  // of texts and calls

  // --- Settings ---------------------------------------------------------------------------------
  bool tool_choice = true;
  bool parallel_tool_calls = false;
  bool strict_tools = false;
  bool max_tokens = true;
  bool always_max_tokens = false;
  bool temperature = true, top_p = true, top_k = false;
  bool penalties = false, seed = false, logit_bias = false;
  bool stop = true;
  bool choices = false;  // n
  bool logprobs = false;
  bool json_object = false, json_schema = false, schema_name = false;
  bool effort = false, budget = false;
  bool user = false, metadata = false, service_tier = false, verbosity = false;
  bool stream = true, include_usage = false;
  bool extras = false;

  // --- Replies ----------------------------------------------------------------------------------
  bool several_choices = false;
  bool created = true;
  bool answered_images = false;
  bool annotations = false;
  bool reply_logprobs = false;
  bool stop_sequences = false;  // the one that was hit is told
  bool content_filter = true;
  bool cache_read = true, cache_write = false, cache_write_hour = false;
  bool reasoning_tokens = true;
  bool system_fingerprint = false;
};

class PartGenerator {
 protected:
  PartGenerator(std::mt19937& random, const Features& features) : random_(random), has_(features) {}

  using Kind = chat::Part::Kind;

  int below(int end) { return static_cast<int>(random_() % static_cast<uint32_t>(end)); }
  bool coin() { return below(2) == 0; }
  bool rarely() { return below(6) == 0; }

  std::string word() {
    std::string letters;
    for (int left = 1 + below(8); left > 0; --left) letters += static_cast<char>('a' + below(26));
    return letters;
  }

  chat::Text literal(std::string characters) {
    return chat::literal(arena_->keep(std::move(characters)));
  }

  chat::Json json(std::string text) { return arena_->keep(std::move(text)); }

  // Never empty, and never white space alone.
  chat::Text text() {
    // clang-format off
    constexpr std::string_view pieces[] = {
        "Hello", " ", "\n", "\"quoted\"", "\\", "\t", "caf\xc3\xa9", "\xe2\x82\xac",
        "\xf0\x9f\x98\x80", "</script>", "{\"a\":1}", ",", "0", "data: [DONE]"};
    // clang-format on
    std::string characters = word();
    for (int left = below(12); left > 0; --left)
      characters += pieces[below(static_cast<int>(std::size(pieces)))];
    characters += word();
    chat::Text escaped = arena_->escape(characters);
    if (!rarely()) return escaped;
    // The same characters, escaped in another way than ours.
    return {arena_->keep(std::string(escaped.raw) + "\\u00e9\\/\\ud83d\\ude00"), true};
  }

  chat::Text base64() {
    constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string data;
    for (int left = 4 * (1 + below(20)); left > 0; --left)
      data += letters[static_cast<size_t>(below(64))];
    return literal(std::move(data));
  }

  std::string value(int depth) {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0:
        return "null";
      case 1:
        return coin() ? "true" : "false";
      case 2:
        return std::to_string(below(100000) - 50000);
      case 3:
        return coin() ? "1.50" : "15924764223251450000";
      case 4:
      case 5:
        return '"' + std::string(text().raw) + '"';
      case 6: {
        std::string list = "[";
        for (int left = below(4); left > 0; --left) {
          if (list.size() > 1) list += ',';
          list += value(depth - 1);
        }
        return list + "]";
      }
      default:
        return object(depth - 1);
    }
  }

  std::string object(int depth) {
    std::string members = "{";
    for (int left = below(4); left > 0; --left) {
      if (members.size() > 1) members += coin() ? "," : ", ";
      members += '"' + word() + std::to_string(left) + "\":" + value(depth);
    }
    return members + "}";
  }

  std::string schema() {
    return R"({"type":"object","properties":{")" + word() +
           R"(":{"type":"string","description":"caf\u00e9"}},"additionalProperties":false})";
  }

  std::string_view cache_mark() { return R"({"type":"ephemeral"})"; }

  // --- Parts -----------------------------------------------------------------------------

  chat::Part part(Kind kind) {
    chat::Part part;
    part.kind = kind;
    return part;
  }

  chat::Part text_part() {
    chat::Part text_part = part(Kind::kText);
    text_part.text = text();
    return text_part;
  }

  void sign(chat::Part& part, std::string_view signer) {
    part.signature = base64();
    part.signer = signer;
  }

  chat::Part image() {
    chat::Part image = part(Kind::kImage);
    if (has_.image_urls && (!has_.image_data || coin())) {
      image.url = literal("https://images.example/" + word() + ".png");
    } else {
      image.media_type = literal(coin() ? "image/png" : "image/jpeg");
      image.data = base64();
    }
    if (has_.image_detail && coin()) image.detail = literal(coin() ? "low" : "high");
    return image;
  }

  chat::Part file() {
    chat::Part file = part(Kind::kFile);
    if (has_.file_ids && coin()) {
      file.file_id = literal("file-" + word());
    } else if (has_.file_urls && (!has_.file_data || coin())) {
      file.url = literal("https://files.example/" + word() + ".pdf");
    } else {
      file.media_type = literal("application/pdf");
      file.data = base64();
      file.name = literal(word() + ".pdf");
    }
    return file;
  }

  chat::Part audio() {
    chat::Part audio = part(Kind::kAudio);
    audio.data = base64();
    audio.format = literal(coin() ? "wav" : "mp3");
    return audio;
  }

  std::vector<chat::Part> user_parts() {
    std::vector<chat::Part> parts;
    const int texts = has_.several_texts ? 1 + below(3) : 1;
    for (int left = texts; left > 0; --left) {
      parts.push_back(text_part());
      if (has_.cache_control && rarely()) parts.back().cache_control = cache_mark();
      if ((has_.image_data || has_.image_urls) && rarely()) parts.push_back(image());
      if (has_.audio && rarely()) parts.push_back(audio());
      if ((has_.file_data || has_.file_ids || has_.file_urls) && rarely()) parts.push_back(file());
    }
    return parts;
  }

  chat::Part call(bool cut) {
    chat::Part call = part(Kind::kToolCall);
    call.id = literal("call_" + std::to_string(++calls_) + word());
    call.name = literal("tool_" + word());
    if (has_.custom_tools && rarely()) {
      call.custom = true;
      call.text = text();
    } else if (cut) {
      call.arguments_cut = true;
      call.text = arena_->escape("{\"" + word() + "\": \"");
    } else {
      call.arguments = json(object(2));
    }
    if (has_.signed_calls && coin()) sign(call, has_.call_signer);
    return call;
  }

  void add_reasoning(std::vector<chat::Part>& parts) {
    if (has_.signed_reasoning && coin()) {
      for (int left = 1 + (rarely() ? 1 : 0); left > 0; --left) {
        parts.push_back(part(Kind::kReasoning));
        parts.back().text = text();
        sign(parts.back(), has_.signer);
      }
    } else if (has_.plain_reasoning && coin()) {
      parts.push_back(part(Kind::kReasoning));
      parts.back().text = text();
    }
    if (has_.sealed_reasoning && rarely()) {
      parts.push_back(part(Kind::kSealedReasoning));
      sign(parts.back(), has_.signer);
    }
  }

  // Reasoning, then text or refusal, then calls; once more with `assistant_order`.
  std::vector<chat::Part> assistant_parts(bool with_calls, bool cut) {
    std::vector<chat::Part> parts;
    for (int round = has_.assistant_order && coin() ? 2 : 1; round > 0; --round) {
      add_reasoning(parts);
      // Two unsigned texts in a row would be one text in a stream.
      const bool after_text =
          !parts.empty() && parts.back().signature.raw.empty() &&
          (parts.back().kind == Kind::kText || parts.back().kind == Kind::kRefusal);
      if (!after_text && (!with_calls || coin())) {
        const bool refusal = has_.refusals && !with_calls && rarely();
        parts.push_back(text_part());
        if (refusal) parts.back().kind = Kind::kRefusal;
        if (!refusal && has_.signed_texts && rarely()) sign(parts.back(), has_.call_signer);
      }
      if (with_calls)
        for (int left = 1 + below(3); left > 0; --left)
          parts.push_back(call(cut && left == 1 && round == 1));
    }
    return parts;
  }

  std::mt19937& random_;
  const Features has_;
  chat::Arena* arena_ = nullptr;
  int calls_ = 0;
};

}  // namespace postern::dialect::generate
