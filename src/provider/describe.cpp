#include "provider/describe.h"

#include "codec/json_writer.h"
#include "provider/call.h"

namespace postern::provider {
namespace {

using codec::JsonWriter;
using dialect::Quirks;

constexpr Surface surfaces[] = {Surface::kChat,        Surface::kMessages,    Surface::kResponses,
                                Surface::kCompletions, Surface::kCountTokens, Surface::kEmbeddings};

void write_variable(JsonWriter& json, std::string_view name, std::string_view meaning,
                    bool secret) {
  json.begin_object().name("name").string(name).name("meaning").string(meaning);
  json.name("secret").boolean(secret).end_object();
}

void write_variables(JsonWriter& json, const Row& row) {
  const bool own = row.prefix.empty();
  json.name("variables").begin_array();
  if (own) {
    write_variable(json, compatible_variable,
                   "The names of the servers, separated by commas or spaces: lower case letters, "
                   "digits and `-`, none that another provider has.",
                   false);
  }
  const std::string prefix = own ? "<NAME>" : row.variable_prefix();
  write_variable(json, prefix + "_API_KEY", "The key. Sent to the provider only.", true);
  std::string meaning = "The address that stands before the paths below. ";
  if (row.base_url.empty()) {
    meaning += "Always needed.";
  } else {
    meaning += "Unless set: `";
    meaning += row.base_url;
    meaning += "`. Set alone, it turns the provider on without a key.";
  }
  write_variable(json, prefix + "_BASE_URL", meaning, false);
  for (const Variable& variable : row.variables)
    write_variable(json, variable.name, variable.meaning, variable.secret);
  json.end_array();
}

// The paths are those of real calls, to an address of no length.
void write_surfaces(JsonWriter& json, const Row& row) {
  Setting setting;
  setting.row = &row;
  const Target target = {&setting, "MODEL"};
  json.name("surfaces").begin_array();
  for (const Surface asked : surfaces) {
    const auto answering = target.answering(asked);
    if (!answering) continue;
    Ask ask;
    ask.surface = asked;
    const dialect::Dialect* dialect = target.dialect(asked);
    json.begin_object().name("asked").string(surface_name(asked));
    json.name("dialect").string(dialect ? dialect->name : embeddings_name(target.embeddings()));
    json.name("path").string(build_call(target, ask).url);
    const bool same =
        *answering == asked &&
        (asked != Surface::kChat || (row.chat == &dialect::openai_chat && !row.quirks.rewritten)) &&
        (asked != Surface::kEmbeddings || row.embeddings == dialect::EmbeddingFormat::kOpenai);
    json.name("translated").boolean(!same).end_object();
  }
  json.end_array();
}

void write_facts(JsonWriter& json, const Row& row) {
  const Quirks& quirks = row.quirks;
  const bool openai = row.chat == &dialect::openai_chat || row.chat == &dialect::workers_ai;
  json.name("facts").begin_array();
  const auto say = [&](bool true_of_it, std::string_view sentence) {
    if (true_of_it) json.string(sentence);
  };
  say(quirks.image_urls, "Images are taken by address and as data URLs.");
  say(!quirks.image_urls,
      "Images are taken as data URLs; an address is refused, because the gateway fetches nothing "
      "that a client names.");
  say(openai && quirks.max_completion_tokens, "The limit is sent as `max_completion_tokens`.");
  say(openai && !quirks.max_completion_tokens, "The limit is sent as `max_tokens`.");
  say(openai && !quirks.developer_role, "Developer messages are sent as system messages.");
  say(openai && !quirks.stream_usage,
      "Streams are not asked for their usage: they report it anyway.");
  say(quirks.required_is_any, "`tool_choice` `required` is sent as `any`.");
  say(quirks.bare_json_schema, "A JSON schema is sent without OpenAI's wrapper around it.");
  say(quirks.reasoning_member == Quirks::ReasoningMember::kReasoningContent,
      "Reasoning of earlier turns is sent back as `reasoning_content`.");
  say(quirks.reasoning_member == Quirks::ReasoningMember::kReasoning,
      "Reasoning of earlier turns is sent back as `reasoning`.");
  say(openai && quirks.reasoning_member == Quirks::ReasoningMember::kNone,
      "Reasoning of earlier turns is dropped and named.");
  say(openai && !quirks.strict_tools, "`strict` of tools is dropped and named.");
  say(quirks.reasoning_details,
      "Signatures and sealed reasoning are sent back in `reasoning_details`.");
  say(quirks.cache_control, "Anthropic's cache marks are sent on.");
  say(quirks.reasoning_beside_output, "Reasoning is counted beside the completion tokens.");
  say(quirks.rewritten,
      "Requests and answers are written anew, even for clients that speak the same dialect.");
  json.end_array();
}

void write_row(JsonWriter& json, const Row& row) {
  json.begin_object().name("prefix").string(row.prefix).name("title").string(row.title);
  json.name("base_url").string(row.base_url).name("auth").string(auth_name(row.auth));
  json.name("needs").string(row.needs);
  write_variables(json, row);
  write_surfaces(json, row);
  write_facts(json, row);
  json.name("notes").begin_array();
  for (const std::string_view note : row.notes) json.string(note);
  json.end_array().end_object();
}

}  // namespace

void describe_providers(std::string& out) {
  JsonWriter json(out);
  json.begin_array();
  for (const Row& row : table()) write_row(json, row);
  write_row(json, compatible);
  json.end_array();
}

}  // namespace postern::provider
