#include "provider/call.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "settings_of.h"

namespace postern::provider {
namespace {

Target target_of(const Settings& settings, std::string_view model) {
  Target target;
  const auto fault = choose(settings, model, target);
  EXPECT_FALSE(fault) << model << ": " << fault->message;
  return target;
}

Call call_of(const Settings& settings, std::string_view model, Surface surface = Surface::kChat,
             Delivery delivery = Delivery::kWhole) {
  Ask ask;
  ask.surface = surface;
  ask.delivery = delivery;
  return build_call(target_of(settings, model), ask);
}

std::map<std::string, std::string> headers_of(const Call& call) {
  std::map<std::string, std::string> headers;
  for (const Header& header : call.headers)
    EXPECT_TRUE(headers.emplace(header.name, header.value).second) << header.name;
  return headers;
}

TEST(ProviderCall, chat_has_the_address_that_the_vendor_publishes) {
  const Read read = settings_of(all_variables());
  for (const auto& [model, whole, stream] : std::vector<std::array<std::string, 3>>{
           {"gpt-4o", "https://api.openai.com/v1/chat/completions", ""},
           {"anthropic/claude-x", "https://api.anthropic.com/v1/messages", ""},
           {"gemini/gemini-2.5-flash",
            "https://generativelanguage.googleapis.com/v1beta/models/"
            "gemini-2.5-flash:generateContent",
            "https://generativelanguage.googleapis.com/v1beta/models/"
            "gemini-2.5-flash:streamGenerateContent?alt=sse"},
           {"vertex/gemini-2.5-flash",
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/project-1/locations/"
            "europe-west4/publishers/google/models/gemini-2.5-flash:generateContent",
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/project-1/locations/"
            "europe-west4/publishers/google/models/gemini-2.5-flash:streamGenerateContent?alt=sse"},
           {"azure/my-gpt", "https://r.openai.azure.com/openai/v1/chat/completions", ""},
           {"bedrock/anthropic.claude-3-haiku-20240307-v1:0",
            "https://bedrock-runtime.eu-central-1.amazonaws.com/model/"
            "anthropic.claude-3-haiku-20240307-v1%3A0/converse",
            "https://bedrock-runtime.eu-central-1.amazonaws.com/model/"
            "anthropic.claude-3-haiku-20240307-v1%3A0/converse-stream"},
           {"workers-ai/@cf/meta/m",
            "https://api.cloudflare.com/client/v4/accounts/0123456789abcdef0123456789abcdef/ai/v1/"
            "chat/completions",
            ""},
           {"mistral/m", "https://api.mistral.ai/v1/chat/completions", ""},
           {"groq/m", "https://api.groq.com/openai/v1/chat/completions", ""},
           {"deepseek/m", "https://api.deepseek.com/chat/completions", ""},
           {"xai/m", "https://api.x.ai/v1/chat/completions", ""},
           {"openrouter/a/m", "https://openrouter.ai/api/v1/chat/completions", ""},
           {"together/a/m", "https://api.together.xyz/v1/chat/completions", ""},
           {"fireworks/a/m", "https://api.fireworks.ai/inference/v1/chat/completions", ""},
           {"cerebras/m", "https://api.cerebras.ai/v1/chat/completions", ""},
           {"perplexity/sonar", "https://api.perplexity.ai/chat/completions", ""},
           {"cohere/command-a", "https://api.cohere.com/v2/chat", ""},
           {"ollama/m", "http://127.0.0.1:11434/v1/chat/completions", ""},
           {"vllm/m", "http://127.0.0.1:8000/v1/chat/completions", ""}}) {
    EXPECT_EQ(call_of(read.settings, model).url, whole);
    EXPECT_EQ(call_of(read.settings, model, Surface::kChat, Delivery::kStream).url,
              stream.empty() ? whole : stream);
  }
}

TEST(ProviderCall, other_surfaces_have_their_own_paths_or_those_of_chat) {
  const Read read = settings_of(all_variables());
  const auto url = [&](std::string_view model, Surface surface) {
    return call_of(read.settings, model, surface).url;
  };
  const std::string openai = "https://api.openai.com/v1";
  EXPECT_EQ(url("gpt-4o", Surface::kResponses), openai + "/responses");
  EXPECT_EQ(url("gpt-4o", Surface::kCompletions), openai + "/completions");
  EXPECT_EQ(url("gpt-4o", Surface::kEmbeddings), openai + "/embeddings");
  EXPECT_EQ(url("gpt-4o", Surface::kMessages), openai + "/chat/completions");
  EXPECT_EQ(url("gpt-4o", Surface::kCountTokens), "");
  EXPECT_EQ(url("groq/m", Surface::kResponses), "https://api.groq.com/openai/v1/chat/completions");
  EXPECT_EQ(url("groq/m", Surface::kEmbeddings), "");

  const std::string anthropic = "https://api.anthropic.com/v1/messages";
  EXPECT_EQ(url("anthropic/c", Surface::kMessages), anthropic);
  EXPECT_EQ(url("anthropic/c", Surface::kResponses), anthropic);
  EXPECT_EQ(url("anthropic/c", Surface::kCountTokens), anthropic + "/count_tokens");

  EXPECT_EQ(url("gemini/e", Surface::kEmbeddings),
            "https://generativelanguage.googleapis.com/v1beta/models/e:batchEmbedContents");
  EXPECT_TRUE(url("vertex/e", Surface::kEmbeddings).ends_with("/models/e:predict"));
  EXPECT_EQ(url("cohere/e", Surface::kEmbeddings), "https://api.cohere.com/v2/embed");
  EXPECT_EQ(url("perplexity/e", Surface::kEmbeddings), "https://api.perplexity.ai/v1/embeddings");
}

TEST(ProviderCall, azures_deployments_stand_in_the_path) {
  const auto url = [](const char* base, const char* version, Surface surface) {
    const Read read = settings_of(
        {{"AZURE_API_KEY", "k"}, {"AZURE_BASE_URL", base}, {"AZURE_API_VERSION", version}});
    return call_of(read.settings, "azure/my gpt/4", surface).url;
  };
  const char* deployments = "https://r.openai.azure.com/openai";
  EXPECT_EQ(url(deployments, "2024-02-01", Surface::kChat),
            "https://r.openai.azure.com/openai/deployments/my%20gpt%2F4/chat/completions"
            "?api-version=2024-02-01");
  EXPECT_EQ(url(deployments, "2024-02-01", Surface::kEmbeddings),
            "https://r.openai.azure.com/openai/deployments/my%20gpt%2F4/embeddings"
            "?api-version=2024-02-01");
  EXPECT_EQ(url(deployments, "2025-04-01-preview", Surface::kResponses),
            "https://r.openai.azure.com/openai/responses?api-version=2025-04-01-preview");
  EXPECT_EQ(url("https://r.services.ai.azure.com/models", "2024-05-01-preview", Surface::kChat),
            "https://r.services.ai.azure.com/models/chat/completions"
            "?api-version=2024-05-01-preview");
  EXPECT_EQ(url("https://r.openai.azure.com/openai/v1", "", Surface::kChat),
            "https://r.openai.azure.com/openai/v1/chat/completions");
}

TEST(ProviderCall, the_key_goes_where_the_provider_wants_it_and_nowhere_else) {
  const Read read = settings_of(all_variables());
  for (const Setting& setting : read.settings.providers) {
    const Call call = call_of(read.settings, setting.name + "/m");
    const auto headers = headers_of(call);
    EXPECT_EQ(call.url.find("key-of"), std::string::npos);
    size_t carriers = 0;
    for (const auto& [name, value] : headers)
      if (value.find("key-of") != value.npos) ++carriers;
    EXPECT_EQ(carriers, setting.key.empty() ? 0u : 1u) << setting.name;
    if (setting.key.empty()) continue;
    switch (setting.row->auth) {
      case Auth::kXApiKey:
        EXPECT_EQ(headers.at("x-api-key"), setting.key);
        break;
      case Auth::kXGoogApiKey:
        EXPECT_EQ(headers.at("x-goog-api-key"), setting.key);
        break;
      case Auth::kApiKey:
        EXPECT_EQ(headers.at("api-key"), setting.key);
        break;
      default:
        EXPECT_EQ(headers.at("authorization"), "Bearer " + setting.key);
    }
  }
}

TEST(ProviderCall, an_address_without_a_key_gets_no_credentials) {
  VariableList list;
  for (const Row& row : table()) list.push_back({row.url_variable(), "http://127.0.0.1:9100/v1"});
  const Read read = settings_of(list);
  for (const Setting& setting : read.settings.providers)
    for (const Header& header : call_of(read.settings, setting.name + "/m").headers)
      EXPECT_TRUE(header.name == "content-type" || header.name == "accept" ||
                  header.name == "anthropic-version")
          << header.name;
}

TEST(ProviderCall, headers_say_what_is_sent_and_what_is_wanted) {
  const Read read = settings_of(all_variables());
  const auto accept = [&](std::string_view model, Delivery delivery) {
    return headers_of(call_of(read.settings, model, Surface::kChat, delivery)).at("accept");
  };
  EXPECT_EQ(headers_of(call_of(read.settings, "gpt-4o")).at("content-type"), "application/json");
  EXPECT_EQ(accept("gpt-4o", Delivery::kWhole), "application/json");
  EXPECT_EQ(accept("gpt-4o", Delivery::kStream), "text/event-stream");
  EXPECT_EQ(accept("bedrock/m", Delivery::kStream), "application/vnd.amazon.eventstream");
}

TEST(ProviderCall, anthropics_version_is_the_clients_or_ours) {
  const Read read = settings_of(all_variables());
  const auto ours = headers_of(call_of(read.settings, "anthropic/c"));
  EXPECT_EQ(ours.at("anthropic-version"), "2023-06-01");
  EXPECT_FALSE(ours.contains("anthropic-beta"));
  Ask ask;
  ask.surface = Surface::kMessages;
  ask.anthropic_version = "2024-10-22";
  ask.anthropic_beta = "a,b";
  const auto theirs = headers_of(build_call(target_of(read.settings, "anthropic/c"), ask));
  EXPECT_EQ(theirs.at("anthropic-version"), "2024-10-22");
  EXPECT_EQ(theirs.at("anthropic-beta"), "a,b");
  const auto others = headers_of(build_call(target_of(read.settings, "gpt-4o"), ask));
  EXPECT_FALSE(others.contains("anthropic-version"));
  EXPECT_FALSE(others.contains("anthropic-beta"));
}

TEST(ProviderCall, bedrock_is_signed_over_address_body_and_time) {
  const VariableList list = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                             {"AWS_SECRET_ACCESS_KEY", "secret"},
                             {"AWS_SESSION_TOKEN", "token"},
                             {"AWS_REGION", "us-east-1"}};
  const Read read = settings_of(list);
  Ask ask;
  ask.body = "{}";
  ask.now_ms = 1'440'938'160'000;
  const auto signed_call = [&](const Ask& asked, std::string_view model) {
    return headers_of(build_call(target_of(read.settings, model), asked));
  };
  const auto headers = signed_call(ask, "bedrock/a:0");
  EXPECT_EQ(headers.at("x-amz-date"), "20150830T123600Z");
  EXPECT_EQ(headers.at("x-amz-security-token"), "token");
  const std::string& authorization = headers.at("authorization");
  EXPECT_TRUE(authorization.starts_with(
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/bedrock/aws4_request, "))
      << authorization;
  EXPECT_EQ(authorization.find("secret,"), std::string::npos);

  EXPECT_EQ(signed_call(ask, "bedrock/a:0").at("authorization"), authorization);
  EXPECT_NE(signed_call(ask, "bedrock/a:1").at("authorization"), authorization);
  Ask other = ask;
  other.body = "{ }";
  EXPECT_NE(signed_call(other, "bedrock/a:0").at("authorization"), authorization);
  other = ask;
  other.delivery = Delivery::kStream;
  EXPECT_NE(signed_call(other, "bedrock/a:0").at("authorization"), authorization);
  other = ask;
  other.now_ms += 1000;
  EXPECT_NE(signed_call(other, "bedrock/a:0").at("authorization"), authorization);
}

// The Host header that is sent has no port of the scheme and no capitals: neither has the one that
// is signed.
TEST(ProviderCall, bedrock_signs_the_host_as_it_is_sent) {
  const auto authorization = [](const char* url) {
    const Read read = settings_of({{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                                   {"AWS_SECRET_ACCESS_KEY", "secret"},
                                   {"AWS_REGION", "us-east-1"},
                                   {"BEDROCK_BASE_URL", url}});
    return headers_of(call_of(read.settings, "bedrock/m")).at("authorization");
  };
  EXPECT_EQ(authorization("https://Host.example:443"), authorization("https://host.example"));
  EXPECT_EQ(authorization("http://host.example:80"), authorization("https://host.example"));
  EXPECT_NE(authorization("https://host.example:8443"), authorization("https://host.example"));
  EXPECT_NE(authorization("https://host.example:8080"), authorization("https://host.example"));
}

TEST(ProviderCall, a_binding_has_no_address) {
  const Read read = settings_of({{"AI", "binding"}});
  const Call call = call_of(read.settings, "workers-ai/@cf/m");
  EXPECT_TRUE(call.url.empty());
  EXPECT_TRUE(call.headers.empty());
}

// --- Names of models are anybody's -------------------------------------------------------------

std::string segment(std::string_view text) {
  std::string out;
  append_segment(text, out);
  return out;
}

std::string decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

TEST(ProviderCall, a_segment_keeps_its_bytes_and_nothing_of_their_meaning) {
  EXPECT_EQ(segment("gemini-2.5_flash~x"), "gemini-2.5_flash~x");
  EXPECT_EQ(segment("a/b?c#d%2F:e@\\\xC3\xA9 \n"), "a%2Fb%3Fc%23d%252F%3Ae%40%5C%C3%A9%20%0A");
  EXPECT_EQ(segment("..."), "...");
  EXPECT_EQ(segment("."), "%252E");
  EXPECT_EQ(segment(".."), "%252E%252E");
  EXPECT_EQ(segment("%2e%2e"), "%252e%252e");
}

// As the URL standard reads one: steps up are made for dots in all their spellings.
bool is_dots(std::string_view piece) {
  const std::string text = policy::lower_case(piece);
  for (const char* dots : {".", "%2e", "..", ".%2e", "%2e.", "%2e%2e"})
    if (text == dots) return true;
  return false;
}

void expect_one_segment(const std::string& url, std::string_view before, std::string_view after,
                        std::string_view model) {
  ASSERT_TRUE(url.starts_with(before)) << url;
  ASSERT_TRUE(url.ends_with(after)) << url;
  const std::string piece = url.substr(before.size(), url.size() - before.size() - after.size());
  EXPECT_EQ(piece.find_first_of("/?#\\@: \t\r\n"), std::string::npos) << url;
  EXPECT_FALSE(piece.empty());
  EXPECT_FALSE(is_dots(piece)) << url;
  for (const char byte : piece) EXPECT_TRUE(byte > 0x20 && byte < 0x7F) << url;
  if (model != "." && model != "..") {
    EXPECT_EQ(decoded(piece), model);
  }
}

TEST(ProviderCall, no_name_of_a_model_gets_out_of_its_segment) {
  VariableList list = all_variables();
  list.push_back({"AZURE_BASE_URL", "https://r.openai.azure.com/openai"});
  list.push_back({"AZURE_API_VERSION", "v1"});
  const Read read = settings_of(list);
  const std::string pieces[] = {".",    "..",       "/",   "\\",  "%",   "%2e", "%2E%2e",
                                "?",    "#",        "@",   ":",   "//",  "a",   "-",
                                "\r\n", "\xC3\xA9", " ",   "\0x", "&k=", ";",   "evil.example",
                                "%2f",  "..%2f",    "\xFF"};
  std::mt19937 random(20251121);
  for (int round = 0; round < 20'000; ++round) {
    std::string model;
    for (auto count = 1 + random() % 5; count > 0; --count)
      model += random() % 4 ? pieces[random() % std::size(pieces)]
                            : std::string(1, static_cast<char>(random() % 256));
    if (model.empty()) continue;
    expect_one_segment(call_of(read.settings, "gemini/" + model).url,
                       "https://generativelanguage.googleapis.com/v1beta/models/",
                       ":generateContent", model);
    expect_one_segment(call_of(read.settings, "bedrock/" + model).url,
                       "https://bedrock-runtime.eu-central-1.amazonaws.com/model/", "/converse",
                       model);
    expect_one_segment(call_of(read.settings, "azure/" + model).url,
                       "https://r.openai.azure.com/openai/deployments/",
                       "/chat/completions?api-version=v1", model);
    // Where the model is in the body, the address does not know it.
    EXPECT_EQ(call_of(read.settings, "mistral/" + model).url,
              "https://api.mistral.ai/v1/chat/completions");
  }
}

}  // namespace
}  // namespace postern::provider
