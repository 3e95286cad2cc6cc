#include "provider/describe.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "provider/table.h"

namespace postern::provider {
namespace {

using Json = nlohmann::ordered_json;

const char* const file = POSTERN_SOURCE_DIR "/docs/providers/providers.json";

Json description() {
  std::string text;
  describe_providers(text);
  return Json::parse(text);
}

// The pages are made of this file by scripts/build-provider-docs.mjs. With UPDATE_PROVIDERS=1 in
// the environment it is written instead of compared.
TEST(ProviderDescription, the_file_that_the_pages_are_made_of_is_up_to_date) {
  const std::string text = description().dump(2) + "\n";
  if (std::getenv("UPDATE_PROVIDERS")) {
    std::filesystem::create_directories(std::filesystem::path(file).parent_path());
    std::ofstream(file) << text;
  }
  std::stringstream stored;
  stored << std::ifstream(file).rdbuf();
  EXPECT_EQ(stored.str(), text) << "run this test with UPDATE_PROVIDERS=1, and then "
                                   "node scripts/build-provider-docs.mjs";
}

TEST(ProviderDescription, has_every_row_and_the_operators_own_servers) {
  const Json rows = description();
  ASSERT_EQ(rows.size(), table().size() + 1);
  for (size_t i = 0; i < table().size(); ++i) EXPECT_EQ(rows[i]["prefix"], table()[i].prefix);
  EXPECT_EQ(rows.back()["prefix"], "");
  EXPECT_EQ(rows.back()["variables"][0]["name"], "COMPATIBLE_PROVIDERS");
  for (const Json& row : rows) {
    EXPECT_GE(row["variables"].size(), 2u);
    EXPECT_GE(row["surfaces"].size(), 4u);
    EXPECT_FALSE(row["facts"].empty());
  }
}

TEST(ProviderDescription, paths_are_those_of_real_calls) {
  const Json rows = description();
  EXPECT_EQ(rows[0]["surfaces"][0],
            Json::parse(R"({"asked":"chat","dialect":"openai_chat","path":"/chat/completions",)"
                        R"("translated":false})"));
  EXPECT_EQ(rows[1]["surfaces"][0]["path"], "/messages");
  EXPECT_EQ(rows[1]["surfaces"][0]["translated"], true);
  EXPECT_EQ(rows[1]["surfaces"][1]["translated"], false);
  EXPECT_EQ(rows[2]["surfaces"][0]["path"], "/models/MODEL:generateContent");
}

}  // namespace
}  // namespace postern::provider
