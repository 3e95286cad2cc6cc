// Conversations as plain JSON documents, for comparing: texts as their characters, arguments as
// values, absent members left out. Two conversations that say the same have equal descriptions,
// whichever way their texts are escaped. Places are left out.
#pragma once

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "chat/reply.h"
#include "chat/request.h"

namespace postern::dialect {

inline nlohmann::json describe_value(chat::Json json) {
  return nlohmann::json::parse(json, nullptr, false);
}

inline void describe_text(nlohmann::json& to, const char* name, const chat::Text& text) {
  if (!text.raw.empty()) to[name] = chat::plain(text);
}

inline void describe_json(nlohmann::json& to, const char* name, chat::Json json) {
  if (!json.empty()) to[name] = describe_value(json);
}

template <typename Value>
void describe_optional(nlohmann::json& to, const char* name, const std::optional<Value>& value) {
  if (value) to[name] = *value;
}

inline const char* describe(chat::Role role) {
  constexpr const char* words[] = {"system", "developer", "user", "assistant", "tool"};
  return words[static_cast<int>(role)];
}

inline const char* describe(chat::Part::Kind kind) {
  constexpr const char* words[] = {"text",  "refusal", "reasoning", "sealed_reasoning", "image",
                                   "audio", "file",    "tool_call", "tool_result"};
  return words[static_cast<int>(kind)];
}

inline const char* describe(chat::Finish finish) {
  constexpr const char* words[] = {"none",       "stop",           "stop_sequence", "length",
                                   "tool_calls", "content_filter", "paused",        "error"};
  return words[static_cast<int>(finish)];
}

inline nlohmann::json describe(const chat::Part& part) {
  nlohmann::json to = {{"kind", describe(part.kind)}};
  describe_text(to, "text", part.text);
  describe_text(to, "signature", part.signature);
  if (!part.signer.empty()) to["signer"] = part.signer;
  describe_text(to, "media_type", part.media_type);
  describe_text(to, "data", part.data);
  describe_text(to, "url", part.url);
  describe_text(to, "file_id", part.file_id);
  describe_text(to, "detail", part.detail);
  describe_text(to, "format", part.format);
  describe_text(to, "id", part.id);
  describe_text(to, "name", part.name);
  if (part.custom) to["custom"] = true;
  describe_json(to, "arguments", part.arguments);
  if (part.arguments_cut) to["arguments_cut"] = true;
  for (const chat::Part& inner : part.content) to["content"].push_back(describe(inner));
  if (part.is_error) to["is_error"] = true;
  describe_json(to, "cache_control", part.cache_control);
  describe_json(to, "citations", part.citations);
  return to;
}

inline nlohmann::json describe(const std::vector<chat::Part>& parts) {
  nlohmann::json to = nlohmann::json::array();
  for (const chat::Part& part : parts) to.push_back(describe(part));
  return to;
}

inline nlohmann::json describe(const chat::Message& message) {
  nlohmann::json to = {{"role", describe(message.role)}, {"parts", describe(message.parts)}};
  describe_text(to, "name", message.name);
  return to;
}

inline nlohmann::json describe(const chat::Tool& tool) {
  constexpr const char* kinds[] = {"function", "custom", "hosted"};
  nlohmann::json to = {{"kind", kinds[static_cast<int>(tool.kind)]}};
  describe_text(to, "name", tool.name);
  describe_text(to, "description", tool.description);
  describe_json(to, "parameters", tool.parameters);
  describe_optional(to, "strict", tool.strict);
  describe_json(to, "cache_control", tool.cache_control);
  describe_json(to, "definition", tool.definition);
  return to;
}

inline nlohmann::json describe(const chat::ToolChoice& choice) {
  constexpr const char* kinds[] = {"unset", "auto", "none", "required", "named", "other"};
  nlohmann::json to = {{"kind", kinds[static_cast<int>(choice.kind)]}};
  describe_text(to, "name", choice.name);
  describe_json(to, "definition", choice.definition);
  return to;
}

inline nlohmann::json describe(const chat::ResponseFormat& format) {
  constexpr const char* kinds[] = {"unset", "text", "json_object", "json_schema"};
  nlohmann::json to = {{"kind", kinds[static_cast<int>(format.kind)]}};
  describe_text(to, "name", format.name);
  describe_text(to, "description", format.description);
  describe_json(to, "schema", format.schema);
  describe_optional(to, "strict", format.strict);
  return to;
}

inline nlohmann::json describe(const chat::Reasoning& reasoning) {
  nlohmann::json to = nlohmann::json::object();
  describe_text(to, "effort", reasoning.effort);
  describe_optional(to, "budget_tokens", reasoning.budget_tokens);
  describe_optional(to, "enabled", reasoning.enabled);
  if (reasoning.adaptive) to["adaptive"] = true;
  describe_optional(to, "include_thoughts", reasoning.include_thoughts);
  describe_text(to, "summary", reasoning.summary);
  return to;
}

inline nlohmann::json describe(const chat::Request& request) {
  nlohmann::json to = {{"model", request.model}};
  to["messages"] = nlohmann::json::array();
  for (const chat::Message& message : request.messages) to["messages"].push_back(describe(message));
  for (const chat::Tool& tool : request.tools) to["tools"].push_back(describe(tool));
  if (request.tool_choice.kind != chat::ToolChoice::Kind::kUnset)
    to["tool_choice"] = describe(request.tool_choice);
  describe_optional(to, "parallel_tool_calls", request.parallel_tool_calls);
  describe_optional(to, "max_tokens", request.max_tokens);
  describe_json(to, "temperature", request.temperature);
  describe_json(to, "top_p", request.top_p);
  describe_json(to, "top_k", request.top_k);
  describe_json(to, "presence_penalty", request.presence_penalty);
  describe_json(to, "frequency_penalty", request.frequency_penalty);
  describe_json(to, "seed", request.seed);
  describe_json(to, "logit_bias", request.logit_bias);
  for (const chat::Text& stop : request.stop) to["stop"].push_back(chat::plain(stop));
  to["choices"] = request.choices;
  to["logprobs"] = request.logprobs;
  describe_json(to, "top_logprobs", request.top_logprobs);
  if (request.response_format.kind != chat::ResponseFormat::Kind::kUnset)
    to["response_format"] = describe(request.response_format);
  if (nlohmann::json reasoning = describe(request.reasoning); !reasoning.empty())
    to["reasoning"] = std::move(reasoning);
  describe_text(to, "user", request.user);
  describe_json(to, "metadata", request.metadata);
  describe_text(to, "service_tier", request.service_tier);
  describe_text(to, "verbosity", request.verbosity);
  to["stream"] = request.stream;
  to["include_usage"] = request.include_usage;
  for (const chat::Extra& extra : request.extras)
    to["extras"][chat::plain(extra.name)] = describe_value(extra.value);
  return to;
}

inline nlohmann::json describe(const chat::Usage& usage) {
  nlohmann::json to = nlohmann::json::object();
  describe_optional(to, "input", usage.input);
  describe_optional(to, "cache_read", usage.cache_read);
  describe_optional(to, "cache_write", usage.cache_write);
  describe_optional(to, "cache_write_hour", usage.cache_write_hour);
  describe_optional(to, "output", usage.output);
  describe_optional(to, "reasoning", usage.reasoning);
  return to;
}

inline nlohmann::json describe(const chat::Error& error) {
  constexpr const char* kinds[] = {
      "invalid_request", "authentication", "permission",   "model_not_found", "context_length",
      "too_large",       "content_filter", "rate_limited", "quota_exhausted", "overloaded",
      "timeout",         "server",         "bad_response", "truncated"};
  nlohmann::json to = {{"kind", kinds[static_cast<int>(error.kind)]},
                       {"status", error.status},
                       {"message", error.message}};
  if (!error.code.empty()) to["code"] = error.code;
  if (!error.param.empty()) to["param"] = error.param;
  describe_optional(to, "retry_after_ms", error.retry_after_ms);
  return to;
}

// The choices come in the order of their indexes.
inline nlohmann::json describe(const chat::Reply& reply) {
  nlohmann::json to = nlohmann::json::object();
  describe_text(to, "id", reply.id);
  describe_text(to, "model", reply.model);
  describe_optional(to, "created_s", reply.created_s);
  std::map<int64_t, nlohmann::json> choices;
  for (const chat::Choice& choice : reply.choices) {
    nlohmann::json& each = choices[choice.index];
    each = {{"index", choice.index},
            {"parts", describe(choice.parts)},
            {"finish", describe(choice.finish)}};
    describe_text(each, "stop_sequence", choice.stop_sequence);
    describe_text(each, "finish_message", choice.finish_message);
    describe_json(each, "logprobs", choice.logprobs);
    describe_json(each, "annotations", choice.annotations);
  }
  to["choices"] = nlohmann::json::array();
  for (auto& [index, choice] : choices) to["choices"].push_back(std::move(choice));
  to["usage"] = describe(reply.usage);
  describe_text(to, "service_tier", reply.service_tier);
  describe_text(to, "system_fingerprint", reply.system_fingerprint);
  return to;
}

}  // namespace postern::dialect

#include "dialect/joined_deltas.h"
