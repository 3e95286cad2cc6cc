#include "exchange/large_images.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bounds.h"
#include "support/gateway.h"

namespace postern::exchange {
namespace {

using nlohmann::json;

constexpr char key[] = "gw_live_FAKE0conversation0key0000000000000000";

std::string image_of(size_t characters) { return std::string(characters, 'A'); }

std::string body_with(const std::string& first, const std::string& second) {
  const auto image = [](const std::string& data) {
    return json{{"type", "image_url"}, {"image_url", {{"url", "data:image/png;base64," + data}}}};
  };
  return json{{"model", "anthropic/claude-sonnet-4-5"},
              {"messages",
               {{{"role", "user"},
                 {"content", {image(first), {{"type", "text"}, {"text", "?"}}, image(second)}}}}}}
      .dump();
}

TEST(LargeImages, go_from_request_to_request_in_pieces_and_unchanged) {
  testing::Gateway gateway;
  const uint32_t config = gateway.configure(
      json{{"GATEWAY_API_KEY", key}, {"ANTHROPIC_API_KEY", "sk-ant-FAKE0provider"}}.dump());
  const std::string large = image_of(bounds::large_image_bytes + 3);
  for (const std::string& small : {std::string("AAAA"), large}) {
    const std::string body = body_with(large, small);
    const uint32_t handle = gateway.open(config);
    gateway.handle(handle, "request", testing::with_random(testing::chat_head(key)));
    const auto list = gateway.handle(handle, "body", body);
    const auto* fetch = testing::find(list, "fetch");
    ASSERT_NE(fetch, nullptr);
    EXPECT_LT(fetch->bytes.size(), bounds::large_image_bytes);
    const json sent = json::parse(testing::assembled(fetch->bytes, body));
    const json& content = sent["messages"][0]["content"];
    EXPECT_EQ(content[0]["source"]["data"], large);
    EXPECT_EQ(content[2]["source"]["data"], small);
    gateway.close(handle);
  }
}

}  // namespace
}  // namespace postern::exchange
