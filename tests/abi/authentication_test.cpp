// Plays tests/vectors/authentication.json with the native core: each case is a test, its id first
// in the name. tests/door/authentication.test.js plays them with the modules.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "codec/sha256.h"
#include "support/gateway.h"

namespace postern::testing {
namespace {

using nlohmann::json;
using Words = std::map<std::string, std::string>;  // what {K}, {n} and the like stand for

std::string digest_of(std::string_view text) {
  const codec::Digest digest = codec::sha256(text);
  return codec::to_hex(digest);
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(toupper(c));
  return text;
}

// The text that a placeholder stands for; false when the braces are only braces.
bool expand_one(const std::string& inner, const Words& words, std::string& out) {
  if (const auto word = words.find(inner); word != words.end()) {
    out = word->second;
    return true;
  }
  const size_t colon = inner.find(':');
  if (colon == std::string::npos) return false;
  const std::string name = inner.substr(0, colon), text = inner.substr(colon + 1);
  if (name == "sha256" || name == "SHA256") {
    out = name == "sha256" ? digest_of(text) : upper(digest_of(text));
    return true;
  }
  if (name != "repeat") return false;
  const size_t second = text.find(':');
  out.clear();
  for (int count = std::stoi(text); count > 0; --count) out += text.substr(second + 1);
  return true;
}

// From the inside out: an opening brace waits until its closing one is found.
std::string expanded(const std::string& text, const Words& words) {
  std::vector<std::string> open(1);
  for (const char c : text) {
    if (c == '{') {
      open.emplace_back();
    } else if (c == '}' && open.size() > 1) {
      const std::string inner = open.back();
      open.pop_back();
      std::string value;
      open.back() += expand_one(inner, words, value) ? value : "{" + inner + "}";
    } else {
      open.back() += c;
    }
  }
  std::string whole = open.front();
  for (size_t at = 1; at < open.size(); ++at) whole += "{" + open[at];
  return whole;
}

json expanded_env(const json& env, const Words& words) {
  json result = json::object();
  for (const auto& [name, value] : env.items()) result[name] = expanded(value, words);
  return result;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(tolower(c));
  return text;
}

json request_head(const json& request, const Words& words) {
  json headers = json::object();
  for (const json& pair : request["headers"]) {
    const std::string name = lower(pair[0]), value = expanded(pair[1], words);
    headers[name] =
        headers.contains(name) ? headers[name].get<std::string>() + ", " + value : value;
  }
  return {{"method", request["method"]},
          {"url", expanded(request["url"], words)},
          {"headers", headers}};
}

// The answer, or what the exchange did last: a request that goes on to a provider has no answer.
Actions answer_of(Gateway& gateway, uint32_t config, const json& head, const std::string& body) {
  const uint32_t handle = gateway.open(config);
  Actions list = gateway.handle(handle, "request", with_random(head.dump(-1, ' ', true)));
  while (true) {
    const std::string_view question = question_of(list);
    if (question == "call") {
      const std::string& call = list.back().bytes;
      const std::string method = json::parse(call.substr(0, call.find('\n')))["method"];
      list = gateway.handle(handle, "record",
                            method == "add"      ? "[true]"
                            : method == "report" ? R"([{"since":null,"rows":[]}])"
                                                 : "[null]");
    } else if (question == "locate") {
      list = gateway.handle(handle, "located", R"({"client_ip":"192.0.2.1","limiter":false})");
    } else if (question == "receive") {
      const json limits = json::parse(list.back().bytes);
      list = body.size() > limits["bytes_max"].get<size_t>()
                 ? gateway.handle(handle, "failed", R"({"reason":"too_large"})")
                 : gateway.handle(handle, "body", body);
    } else {
      break;
    }
  }
  gateway.close(handle);
  return list;
}

void check(const json& expect, const Actions& list) {
  const Action* respond = find(list, "respond");
  ASSERT_NE(respond, nullptr) << "no answer";
  const json head = json::parse(respond->bytes);
  const json& headers = head["headers"];
  const json body = json::parse(sent(list), nullptr, false);
  if (expect.contains("status")) {
    EXPECT_EQ(head["status"], expect["status"]);
  }
  if (expect.contains("code")) {
    ASSERT_TRUE(body.is_object() && body.contains("error")) << sent(list);
    EXPECT_EQ(body["error"]["code"], expect["code"]);
  }
  if (expect.contains("message")) {
    EXPECT_EQ(body["error"]["message"], expect["message"]);
  }
  const json members = expect.value("body", json::object());
  for (const auto& [name, wanted] : members.items()) {
    ASSERT_TRUE(body.is_object() && body.contains(name)) << name << " in " << sent(list);
    EXPECT_EQ(body[name], wanted) << name;
  }
  for (const char* member : {"label", "key_id"}) {
    if (!expect.contains(member)) continue;
    ASSERT_TRUE(body.is_object() && body.contains(member)) << sent(list);
    EXPECT_EQ(body[member], expect[member]);
  }
  if (expect.contains("challenge")) {
    EXPECT_EQ(headers.value("www-authenticate", ""), expect["challenge"].get<std::string>());
  }
  const json wanted_headers = expect.value("headers", json::object());
  for (const auto& [name, wanted] : wanted_headers.items()) {
    const std::string value = headers.value(lower(name), "");
    EXPECT_TRUE(std::regex_match(value, std::regex(wanted.get<std::string>())))
        << name << ": " << value;
  }
  const json absent_headers = expect.value("absent_headers", json::array());
  for (const json& name : absent_headers) EXPECT_FALSE(headers.contains(lower(name))) << name;
}

class VectorTest : public ::testing::Test {
 public:
  VectorTest(json one, Words words) : case_(std::move(one)), words_(std::move(words)) {}

  void TestBody() override {
    if (case_.value("needs_url_parser", false))
      GTEST_SKIP() << "the native core is given parsed addresses";
    Gateway gateway;
    for (const json& request : case_["requests"]) {
      SCOPED_TRACE(request.dump());
      const json env = expanded_env(request.value("env", case_["env"]), words_);
      const uint32_t config = gateway.configure(env.dump());
      for (int round = 0; round < request.value("times", 1); ++round) {
        words_["n"] = std::to_string(round);
        const json head = request_head(request, words_);
        check(request["expect"], answer_of(gateway, config, head, request.value("body", "")));
        EXPECT_EQ(gateway.fault(), "");
        if (HasFatalFailure()) return;
      }
    }
  }

 private:
  json case_;
  Words words_;
};

const bool registered = [] {
  std::ifstream file(POSTERN_SOURCE_DIR "/tests/vectors/authentication.json");
  const json vectors = json::parse(file);
  Words words;
  for (const auto& [name, key] : vectors["keys"].items()) words[name] = key;
  std::map<std::string, int> seen;
  for (const json& one : vectors["cases"]) {
    std::string name = one["id"].get<std::string>() + "_" + one["name"].get<std::string>();
    for (char& c : name)
      if (!isalnum(static_cast<unsigned char>(c))) c = '_';
    if (const int again = seen[name]++) name += "_" + std::to_string(again + 1);
    ::testing::RegisterTest("AuthenticationVector", name.c_str(), nullptr, nullptr, __FILE__, 0,
                            [one, words]() -> VectorTest* { return new VectorTest(one, words); });
  }
  return true;
}();

}  // namespace
}  // namespace postern::testing
