#include "provider/settings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "settings_of.h"

namespace postern::provider {
namespace {

TEST(ProviderSettings, nothing_set_configures_nothing) {
  const Read read = settings_of({});
  EXPECT_TRUE(read.settings.providers.empty());
  EXPECT_TRUE(read.warnings.empty());
}

TEST(ProviderSettings, U7_a_provider_key_is_trimmed_at_load) {
  const Read read = settings_of({{"OPENAI_API_KEY", " sk-fake\r\n"}});
  ASSERT_NE(read["openai"], nullptr);
  EXPECT_EQ(read["openai"]->key, "sk-fake");
  EXPECT_EQ(read["openai"]->base_url, "https://api.openai.com/v1");
  EXPECT_EQ(read.settings.providers.size(), 1u);
  EXPECT_TRUE(read.warnings.empty());
}

TEST(ProviderSettings, U7_a_provider_key_that_no_header_can_carry_is_not_used) {
  for (const char* name : {"OPENAI_API_KEY", "GEMINI_API_KEY", "BEDROCK_API_KEY"}) {
    for (const char* value : {"sk-\nfake", "sk-\x7F", "sk-\xC3\xA9", "undefined", "null"}) {
      const Read read = settings_of({{name, value}, {"AWS_REGION", "eu-west-1"}});
      EXPECT_TRUE(read.settings.providers.empty()) << value;
      ASSERT_EQ(read.warnings.size(), 1u) << value;
      EXPECT_TRUE(read.warnings[0].starts_with(name)) << read.warnings[0];
      EXPECT_EQ(read.warnings[0].find("fake"), std::string::npos);
    }
  }
}

TEST(ProviderSettings, U6_an_empty_provider_key_configures_no_upstream) {
  for (const char* value : {"", " ", "\n"})
    EXPECT_TRUE(settings_of({{"OPENAI_API_KEY", value}}).settings.providers.empty());
}

TEST(ProviderSettings, an_upstream_may_need_no_key) {
  for (const Row& row : table()) {
    const Read read = settings_of({{row.url_variable(), " http://127.0.0.1:9100/v1// \n"}});
    ASSERT_NE(read[row.prefix], nullptr) << row.prefix;
    EXPECT_EQ(read[row.prefix]->base_url, "http://127.0.0.1:9100/v1");
    EXPECT_EQ(read[row.prefix]->key, "");
    EXPECT_FALSE(read[row.prefix]->aws);
    EXPECT_TRUE(read.warnings.empty()) << read.warnings[0];
  }
}

TEST(ProviderSettings, U2_a_bad_base_address_configures_no_upstream) {
  for (const char* url :
       {"api.openai.com/v1", "ftp://host/v1", "https://", "https:///v1", "https://user@host/v1",
        "https://user:secret@host", "https://host/v1?x=1", "https://host/v1#x",
        "https://host\\@evil", "https://ho st/", "https://host:/v1", "https://host:0/v1",
        "https://host:65536/v1", "https://host:80x", "https://[::1/v1", "https://[]/v1",
        "https://h\xC3\xB6st/", "//host/v1", "https:/host"}) {
    for (const char* prefix : {"OPENAI", "ANTHROPIC", "WORKERS_AI"}) {
      const Read read = settings_of({{std::string(prefix) + "_API_KEY", "sk-fake"},
                                     {std::string(prefix) + "_BASE_URL", url}});
      EXPECT_TRUE(read.settings.providers.empty()) << url;
      EXPECT_EQ(read.warnings.size(), 1u) << url;
    }
  }
  for (const char* url : {"https://host", "HTTPS://Host.example:8443/Path/v1",
                          "http://[::1]:9100/v1", "https://host/path@v1"})
    EXPECT_EQ(settings_of({{"OPENAI_BASE_URL", url}})["openai"]->base_url, url);
}

TEST(ProviderSettings, every_provider_can_be_configured_at_once) {
  const Read read = settings_of(all_variables());
  EXPECT_TRUE(read.warnings.empty()) << read.warnings[0];
  EXPECT_EQ(read.settings.providers.size(), table().size() + 2);
  for (const Row& row : table()) {
    ASSERT_NE(read[row.prefix], nullptr) << row.prefix;
    EXPECT_EQ(read[row.prefix]->row, &row);
    if (row.prefix != "ollama") {
      EXPECT_EQ(read[row.prefix]->key, "key-of-" + std::string(row.prefix));
    }
  }
}

TEST(ProviderSettings, places_go_into_the_address) {
  const Read read = settings_of(all_variables());
  EXPECT_EQ(read["bedrock"]->base_url, "https://bedrock-runtime.eu-central-1.amazonaws.com");
  EXPECT_EQ(read["bedrock"]->region, "eu-central-1");
  EXPECT_EQ(read["workers-ai"]->base_url,
            "https://api.cloudflare.com/client/v4/accounts/0123456789abcdef0123456789abcdef/ai/v1");
  EXPECT_EQ(read["vertex"]->base_url,
            "https://europe-west4-aiplatform.googleapis.com/v1/projects/project-1/locations/"
            "europe-west4/publishers/google");
}

TEST(ProviderSettings, vertex_without_a_location_is_global) {
  for (const char* location : {"", "global"}) {
    const Read read = settings_of(
        {{"VERTEX_API_KEY", "k"}, {"VERTEX_PROJECT", "p"}, {"VERTEX_LOCATION", location}});
    ASSERT_NE(read["vertex"], nullptr);
    EXPECT_EQ(read["vertex"]->base_url,
              "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/google");
  }
}

TEST(ProviderSettings, vertex_with_a_key_alone_is_express_mode_but_never_leaves_a_location) {
  const Read express = settings_of({{"VERTEX_API_KEY", "k"}});
  ASSERT_NE(express["vertex"], nullptr);
  EXPECT_EQ(express["vertex"]->base_url, "https://aiplatform.googleapis.com/v1/publishers/google");
  const Read located = settings_of({{"VERTEX_API_KEY", "k"}, {"VERTEX_LOCATION", "europe-west4"}});
  EXPECT_EQ(located["vertex"], nullptr);
  EXPECT_EQ(located.warnings.size(), 1u);
}

TEST(ProviderSettings, a_place_that_would_change_the_address_configures_no_upstream) {
  for (const char* place : {"evil.example/", "a/b", "..", "x?y", "x#y", "x@y", "a b", "a%2e", "-a",
                            "a\n", "A.b", "x.evil.example"}) {
    const std::string text = std::string(place) + (place[1] == '\n' ? "b" : "");
    EXPECT_EQ(settings_of({{"BEDROCK_API_KEY", "k"}, {"AWS_REGION", text}})["bedrock"], nullptr);
    const Read vertex =
        settings_of({{"VERTEX_API_KEY", "k"}, {"VERTEX_PROJECT", "p"}, {"VERTEX_LOCATION", text}});
    EXPECT_EQ(vertex["vertex"], nullptr) << place;
    ASSERT_EQ(vertex.warnings.size(), 1u);
    EXPECT_EQ(vertex.warnings[0].find("evil"), std::string::npos);
  }
  for (const char* place : {"a/b", "..", ".", "x?y", "a b", "%2e%2e", "a&b=c"}) {
    EXPECT_EQ(
        settings_of({{"WORKERS_AI_API_KEY", "k"}, {"WORKERS_AI_ACCOUNT_ID", place}})["workers-ai"],
        nullptr);
    EXPECT_EQ(settings_of({{"VERTEX_API_KEY", "k"}, {"VERTEX_PROJECT", place}})["vertex"], nullptr);
    EXPECT_EQ(settings_of({{"AZURE_API_KEY", "k"},
                           {"AZURE_BASE_URL", "https://r.openai.azure.com/openai"},
                           {"AZURE_API_VERSION", place}})["azure"],
              nullptr);
  }
}

TEST(ProviderSettings, what_has_no_address_of_its_own_needs_one) {
  for (const auto& [key, wanted] : std::vector<std::pair<std::string, std::string>>{
           {"AZURE_API_KEY", "AZURE_BASE_URL is not set"},
           {"BEDROCK_API_KEY", "AWS_REGION is not set"},
           {"WORKERS_AI_API_KEY", "WORKERS_AI_ACCOUNT_ID is not set"},
           {"OLLAMA_API_KEY", "OLLAMA_BASE_URL is not set"}}) {
    const Read read = settings_of({{key, "k"}});
    EXPECT_TRUE(read.settings.providers.empty()) << key;
    ASSERT_EQ(read.warnings.size(), 1u) << key;
    EXPECT_TRUE(read.warnings[0].starts_with(wanted)) << read.warnings[0];
  }
}

TEST(ProviderSettings, places_alone_turn_nothing_on_and_are_no_fault) {
  const Read read = settings_of({{"AWS_REGION", "eu-west-1"},
                                 {"VERTEX_PROJECT", "p"},
                                 {"WORKERS_AI_ACCOUNT_ID", "a"},
                                 {"AZURE_API_VERSION", "2024-10-21"}});
  EXPECT_TRUE(read.settings.providers.empty());
  EXPECT_TRUE(read.warnings.empty());
}

TEST(ProviderSettings, azure_reads_the_form_of_its_address) {
  const auto azure = [](const char* url, const char* version) {
    const Read read = settings_of(
        {{"AZURE_API_KEY", "k"}, {"AZURE_BASE_URL", url}, {"AZURE_API_VERSION", version}});
    return *read["azure"];
  };
  const Setting plain = azure("https://r.openai.azure.com/openai/v1/", "");
  EXPECT_EQ(plain.azure_paths, AzurePaths::kPlain);
  EXPECT_EQ(plain.api_version, "");
  EXPECT_EQ(azure("https://r.openai.azure.com/openai/v1", "preview").api_version, "preview");
  const Setting deployments = azure("https://r.openai.azure.com/openai/", "");
  EXPECT_EQ(deployments.azure_paths, AzurePaths::kDeployments);
  EXPECT_EQ(deployments.api_version, "2024-10-21");
  EXPECT_EQ(azure("https://r.services.ai.azure.com/models", "2024-05-01-preview").azure_paths,
            AzurePaths::kModels);
}

TEST(ProviderSettings, bedrock_signs_where_it_has_no_key_of_its_own) {
  const VariableList aws = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                            {"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
                            {"AWS_SESSION_TOKEN", "token/+="},
                            {"AWS_REGION", "us-east-1"}};
  const Read read = settings_of(aws);
  ASSERT_NE(read["bedrock"], nullptr);
  ASSERT_TRUE(read["bedrock"]->aws);
  EXPECT_EQ(read["bedrock"]->aws->access_key_id, "AKIDEXAMPLE");
  EXPECT_EQ(read["bedrock"]->aws->session_token, "token/+=");
  EXPECT_TRUE(read["bedrock"]->key.empty());

  VariableList both = aws;
  both.push_back({"BEDROCK_API_KEY", "k"});
  EXPECT_FALSE(settings_of(both)["bedrock"]->aws);

  for (size_t missing : {0u, 1u, 3u}) {
    VariableList some = aws;
    some.erase(some.begin() + static_cast<std::ptrdiff_t>(missing));
    const Read partial = settings_of(some);
    EXPECT_EQ(partial["bedrock"], nullptr);
    ASSERT_EQ(partial.warnings.size(), 1u);
    EXPECT_TRUE(partial.warnings[0].starts_with(aws[missing].first + " is not set"));
  }
  VariableList odd = aws;
  odd[0].second = "AKID/20250101, x";
  EXPECT_EQ(settings_of(odd)["bedrock"], nullptr);
}

// A signature needs the region also where the address needs none.
TEST(ProviderSettings, an_address_of_bedrocks_own_needs_a_region_to_sign_only) {
  const char* url = "http://127.0.0.1:9000";
  EXPECT_NE(settings_of({{"BEDROCK_BASE_URL", url}, {"BEDROCK_API_KEY", "k"}})["bedrock"], nullptr);
  EXPECT_EQ(settings_of({{"BEDROCK_BASE_URL", url},
                         {"AWS_ACCESS_KEY_ID", "A"},
                         {"AWS_SECRET_ACCESS_KEY", "S"}})["bedrock"],
            nullptr);
}

TEST(ProviderSettings, a_binding_is_enough_for_workers_ai_and_comes_after_what_was_set) {
  const Read bound = settings_of({{"AI", "binding"}});
  ASSERT_NE(bound["workers-ai"], nullptr);
  EXPECT_TRUE(bound["workers-ai"]->via_binding);
  EXPECT_EQ(bound["workers-ai"]->base_url, "");
  EXPECT_EQ(settings_of({{"AI", "yes"}})["workers-ai"], nullptr);

  const VariableList both = {
      {"AI", "binding"}, {"WORKERS_AI_API_KEY", "k"}, {"WORKERS_AI_ACCOUNT_ID", "a1"}};
  EXPECT_FALSE(settings_of(both)["workers-ai"]->via_binding);
  const Read faulty = settings_of({{"AI", "binding"}, {"WORKERS_AI_API_KEY", "k"}});
  EXPECT_TRUE(faulty["workers-ai"]->via_binding);
  EXPECT_TRUE(faulty["workers-ai"]->key.empty());
  EXPECT_EQ(faulty.warnings.size(), 1u);
}

TEST(ProviderSettings, the_operators_own_servers_are_read_by_their_names) {
  const Read read = settings_of({{"COMPATIBLE_PROVIDERS", " vllm,lm-studio\n\tvllm "},
                                 {"VLLM_BASE_URL", "http://127.0.0.1:8000/v1/"},
                                 {"VLLM_API_KEY", " token\n"},
                                 {"LM_STUDIO_BASE_URL", "http://127.0.0.1:1234/v1"}});
  EXPECT_TRUE(read.warnings.empty());
  ASSERT_NE(read["vllm"], nullptr);
  EXPECT_EQ(read["vllm"]->base_url, "http://127.0.0.1:8000/v1");
  EXPECT_EQ(read["vllm"]->key, "token");
  EXPECT_EQ(read["vllm"]->row, &compatible);
  ASSERT_NE(read["lm-studio"], nullptr);
  EXPECT_EQ(read["lm-studio"]->key, "");
  EXPECT_EQ(read.settings.compatible_names, (std::vector<std::string>{"vllm", "lm-studio"}));
}

TEST(ProviderSettings, a_server_without_a_usable_address_is_known_but_not_configured) {
  const Read read = settings_of({{"COMPATIBLE_PROVIDERS", "vllm tgi"},
                                 {"VLLM_API_KEY", "k"},
                                 {"TGI_BASE_URL", "tgi.local:80"}});
  EXPECT_TRUE(read.settings.providers.empty());
  EXPECT_EQ(read.settings.compatible_names.size(), 2u);
  EXPECT_EQ(read.warnings,
            (std::vector<std::string>{
                "VLLM_BASE_URL is not set; without it vllm is not used.",
                "TGI_BASE_URL is not an http or https address with a host and without user, query "
                "or fragment; tgi is not used."}));
}

TEST(ProviderSettings, names_that_are_taken_or_none_are_skipped) {
  const std::string secret = "gw_live_FAKE000000000000000000000000000104zxfT";
  const Read read =
      settings_of({{"COMPATIBLE_PROVIDERS",
                    "gateway openai sim VLLM a_b -a caf\xC3\xA9 a.b " + std::string(33, 'a')},
                   {"GATEWAY_API_KEY", secret},
                   {"GATEWAY_BASE_URL", "https://evil.example/v1"},
                   {"SIM_BASE_URL", "https://evil.example/v1"},
                   {"VLLM_BASE_URL", "https://host/v1"},
                   {"A_B_BASE_URL", "https://host/v1"}});
  EXPECT_TRUE(read.settings.providers.empty());
  EXPECT_TRUE(read.settings.compatible_names.empty());
  ASSERT_EQ(read.warnings.size(), 2u);
  EXPECT_TRUE(
      read.warnings[0].starts_with("COMPATIBLE_PROVIDERS holds 6 words that can be no name"));
  EXPECT_TRUE(
      read.warnings[1].starts_with("COMPATIBLE_PROVIDERS holds 3 words that the gateway knows"));
}

TEST(ProviderSettings, L9_no_warning_repeats_a_value) {
  const std::string canary = "Canary7";
  VariableList list;
  for (const std::string& name : variables()) list.push_back({name, canary + " \x01,\"" + canary});
  list.push_back({"COMPATIBLE_PROVIDERS", "vllm"});
  list.push_back({"VLLM_API_KEY", canary + "\x01"});
  list.push_back({"VLLM_BASE_URL", canary});
  const Read read = settings_of(list);
  EXPECT_GE(read.warnings.size(), 36u);
  for (const std::string& warning : read.warnings)
    EXPECT_EQ(warning.find(canary), std::string::npos) << warning;
}

}  // namespace
}  // namespace postern::provider
