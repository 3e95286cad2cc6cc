// What the operator's script asks of the core.
#include "abi/ring_tool.h"

#include <gtest/gtest.h>

#include <string>

#include "codec/document.h"
#include "codec/sha256.h"

namespace postern::abi {
namespace {

using codec::Document;

const std::string seed(64, '7');
constexpr int64_t new_year_ms = 1'798'761'600'000;  // 2027-01-01T00:00:00Z

std::string hash(std::string_view key) {
  const codec::Digest digest = codec::sha256(key);
  return codec::to_hex(digest);
}

Document ask(const Document& question) {
  return Document::parse(ring_tool(question.dump()), nullptr, false);
}

Document read(const std::string& ring) { return ask({{"do", "read"}, {"ring", ring}}); }

Document about_key(const std::string& key) { return ask({{"do", "key"}, {"key", key}}); }

std::string error_of(const Document& answer) { return answer.value("error", ""); }

std::string formatted(const Document& entry) {
  return ask({{"do", "format"}, {"entry", entry}}).value("text", "(error)");
}

TEST(RingTool, an_entry_with_everything_reads_formats_and_reads_back_to_the_same) {
  const std::string text = "web:" + hash("k") +
                           ";scope=read;class=test;expires=2027-01-01T00:00:00Z"
                           ";superseded=2026-11-21T12:00:00Z;account=acme;models=openai/*+a/b";
  const Document answer = read(text);
  ASSERT_EQ(answer["entries"].size(), 1u) << answer;
  const Document& entry = answer["entries"][0];
  EXPECT_EQ(entry["label"], "web");
  EXPECT_EQ(entry["digest"], hash("k"));
  EXPECT_EQ(entry["scopes"], Document::array({"read"}));
  EXPECT_EQ(entry["class"], "test");
  EXPECT_EQ(entry["class_stated"], true);
  EXPECT_EQ(entry["expires_ms"], new_year_ms);
  EXPECT_EQ(entry["account"], "acme");
  EXPECT_EQ(entry["models"], Document::array({"openai/*", "a/b"}));
  EXPECT_EQ(entry["text"], text);
  EXPECT_EQ(formatted(entry), text);
}

TEST(RingTool, defaults_are_left_out_of_the_text_and_null_in_the_entry) {
  const Document entry = read(hash("k"))["entries"][0];
  EXPECT_EQ(entry["text"], hash("k"));
  EXPECT_EQ(entry["label"], "");
  EXPECT_EQ(entry["name"], hash("k").substr(0, 8));
  for (const char* absent : {"expires_ms", "superseded_ms", "ends_ms", "account"})
    EXPECT_TRUE(entry[absent].is_null()) << absent;
  EXPECT_FALSE(entry.contains("standing"));
  EXPECT_EQ(formatted(entry), hash("k"));
}

TEST(RingTool, E16_a_grace_that_is_over_is_an_expired_standing) {
  const std::string ring = "a:" + hash("k") + ";superseded=2026-12-31T00:00:00Z";
  const auto standing = [&](int64_t now_ms) {
    const Document answer = ask({{"do", "read"}, {"ring", ring}, {"now_ms", now_ms}});
    return answer["entries"][0].value("standing", "");
  };
  EXPECT_EQ(standing(new_year_ms - 1), "superseded");
  EXPECT_EQ(standing(new_year_ms), "expired");
}

TEST(RingTool, R27_faults_are_counted_and_told_with_their_line_and_never_quoted) {
  const std::string ring = "# note\na:" + hash("1") + ",a b:" + hash("2") + "\n" + hash("3") +
                           ":swapped\nthis-is-no-digest\nb:" + hash("") + "\nc:" + hash("1") +
                           "\nd:" + hash("test");
  const std::string text = ring_tool(Document({{"do", "read"}, {"ring", ring}}).dump());
  const Document answer = Document::parse(text);
  EXPECT_EQ(answer["entries"].size(), 2u);
  EXPECT_EQ(answer["bad_entries"], 5);
  EXPECT_EQ(answer["weak_entries"], 1);
  std::string faults;
  for (const Document& remark : answer["remarks"])
    faults += remark["fault"].get<std::string>() + "@" + remark["line"].dump() + "/" +
              remark["entry"].dump() + " ";
  EXPECT_EQ(faults,
            "bad_label@2/2 swapped@3/3 not_a_digest@4/4 accident@5/5 repeated@6/6 weak@7/7 ");
  EXPECT_EQ(text.find("this-is-no-digest"), text.npos);
}

TEST(RingTool, format_says_what_is_wrong_with_an_entry) {
  const auto error = [](const Document& entry) {
    return error_of(ask({{"do", "format"}, {"entry", entry}}));
  };
  EXPECT_NE(error({{"digest", "12"}}), "");
  EXPECT_NE(error({{"digest", hash("k")}, {"label", "-a"}}).find("label"), std::string::npos);
  EXPECT_NE(error({{"digest", hash("k")}, {"scopes", {"admin", "generate"}}}).find("admin"),
            std::string::npos);
  EXPECT_NE(error({{"digest", hash("k")}, {"scopes", Document::array({"root"})}}).find("scopes"),
            std::string::npos);
  EXPECT_NE(error({{"digest", hash("k")}, {"class", "prod"}}).find("class"), std::string::npos);
  EXPECT_NE(error({{"digest", hash("k")}, {"account", "a b"}}).find("account"), std::string::npos);
  EXPECT_NE(error({{"digest", hash("k")}, {"models", Document::array({"a,b"})}}).find("model"),
            std::string::npos);
  EXPECT_NE(error({{"digest", hash("test")}, {"models", Document::array({"a;b"})}}), "");
  EXPECT_EQ(error({{"digest", hash("k")}, {"label", "a"}}), "");
}

TEST(RingTool, a_made_key_has_our_form_and_its_own_digest_and_follows_from_the_seed_alone) {
  for (const char* key_class : {"live", "test", "dev"}) {
    const Document made = ask({{"do", "make"}, {"class", key_class}, {"random", seed}});
    const std::string key = made.value("key", "");
    EXPECT_EQ(key.rfind(std::string("gw_") + key_class + "_", 0), 0u) << key;
    EXPECT_EQ(made["digest"], hash(key));
    EXPECT_EQ(made["display"].get<std::string>().find(key.substr(0, 20)), std::string::npos);
    EXPECT_EQ(ask({{"do", "make"}, {"class", key_class}, {"random", seed}}), made);
    const Document told = about_key(key);
    EXPECT_EQ(told["form"], "well_formed");
    EXPECT_EQ(told["class"], key_class);
    EXPECT_TRUE(told["unusable"].is_null()) << told;
    EXPECT_TRUE(told["weak"].is_null()) << told;
  }
  const std::string other(64, '8');
  EXPECT_NE(ask({{"do", "make"}, {"class", "live"}, {"random", other}})["key"],
            ask({{"do", "make"}, {"class", "live"}, {"random", seed}})["key"]);
  EXPECT_NE(error_of(ask({{"do", "make"}, {"class", "live"}, {"random", "12"}})), "");
  EXPECT_NE(error_of(ask({{"do", "make"}, {"class", "root"}, {"random", seed}})), "");
}

TEST(RingTool, T15_a_mistyped_key_is_named_as_one) {
  std::string key = ask({{"do", "make"}, {"class", "live"}, {"random", seed}}).value("key", "");
  key[20] = key[20] == 'a' ? 'b' : 'a';
  const Document told = about_key(key);
  EXPECT_EQ(told["form"], "mistyped");
  EXPECT_EQ(told["unusable"], "has a wrong checksum: it was mistyped");
}

TEST(RingTool, L5_a_key_that_no_header_can_carry_is_unusable) {
  for (const char* key : {"", "gw-legacy-key,with-comma-0123456789", "a key with spaces 0123456789",
                          "gw-legacy-0123456789\n", "\"gw-legacy-0123456789abcdef\"",
                          "gw-legacy-\xC3\xA9-0123456789abcdef"})
    EXPECT_TRUE(about_key(key)["unusable"].is_string()) << key;
  EXPECT_TRUE(about_key(std::string(513, 'x'))["unusable"].is_string());
  EXPECT_TRUE(about_key("sk-8fJ2kQ0vX7mB4nT1zR6wY3cLp5HdGsEa9u")["unusable"].is_null());
}

TEST(RingTool, L3_a_key_that_can_be_guessed_is_weak) {
  for (const char* key :
       {"test", "changeme", "undefined", "null", "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "0123456789", "correct-horse-battery-staple", "abcdefghijklmnopqrstuvwxyz0123456789",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "hunter2hunter2"})
    EXPECT_TRUE(about_key(key)["weak"].is_string()) << key << about_key(key);
  for (const char* key :
       {"550e8400-e29b-41d4-a716-446655440000", "sk-8fJ2kQ0vX7mB4nT1zR6wY3cLp5HdGsEa9u",
        "e3b0c44298fc1c149afbf4c8996fb924", "q7Rk2LmW9xZt5VbN3hYcPd"})
    EXPECT_TRUE(about_key(key)["weak"].is_null()) << key << about_key(key);
}

TEST(RingTool, R19_a_digest_of_key_and_newline_matches_only_with_the_newline) {
  const std::string ring = "a:" + hash("other") + ",b:" + hash("key\n");
  const auto entry = [&](const std::string& key) {
    return ask({{"do", "match"}, {"ring", ring}, {"key", key}, {"now_ms", 1}})["entry"];
  };
  EXPECT_TRUE(entry("key").is_null());
  EXPECT_EQ(entry("key\n"), 1);
  EXPECT_TRUE(entry("key\r\n").is_null());
}

TEST(RingTool, a_match_tells_standing_and_class) {
  const std::string key = ask({{"do", "make"}, {"class", "test"}, {"random", seed}})["key"];
  const auto answer = [&](const std::string& attributes) {
    const std::string ring = "a:" + hash(key) + attributes;
    return ask({{"do", "match"}, {"ring", ring}, {"key", key}, {"now_ms", new_year_ms}});
  };
  EXPECT_EQ(answer("")["standing"], "active");
  EXPECT_EQ(answer("")["class"], "test");
  EXPECT_EQ(answer(";class=live")["class"], "live");
  EXPECT_EQ(answer(";expires=2027-01-01T00:00:00Z")["standing"], "expired");
  EXPECT_EQ(answer(";superseded=2026-12-31T12:00:00Z")["standing"], "superseded");
}

TEST(RingTool, E3_times_are_in_utc_only) {
  const auto ms = [](const char* text) { return ask({{"do", "time"}, {"text", text}}); };
  EXPECT_EQ(ms("2027-01-01T00:00:00Z")["ms"], new_year_ms);
  EXPECT_NE(error_of(ms("2027-01-01T00:00:00+02:00")), "");
  EXPECT_NE(error_of(ms("2027-01-01")), "");
  EXPECT_EQ(ask({{"do", "time"}, {"ms", new_year_ms}})["text"], "2027-01-01T00:00:00Z");
}

TEST(RingTool, whatever_is_asked_is_answered_and_never_repeated) {
  for (const char* question : {"",
                               "{",
                               "[]",
                               "null",
                               "7",
                               "{}",
                               R"({"do":7})",
                               R"({"do":"gw_live_secret"})",
                               R"({"do":"read"})",
                               R"({"do":"read","ring":[]})",
                               R"({"do":"format"})",
                               R"({"do":"format","entry":[]})",
                               R"({"do":"format","entry":{"scopes":7}})",
                               R"({"do":"format","entry":{"digest":7}})",
                               R"({"do":"key"})",
                               R"({"do":"key","key":{}})",
                               R"({"do":"make"})",
                               R"({"do":"match","ring":"","key":""})",
                               R"({"do":"time"})",
                               R"({"do":"time","ms":-1})",
                               R"({"do":"time","ms":1.5})"}) {
    const std::string answer = ring_tool(question);
    EXPECT_NE(error_of(Document::parse(answer, nullptr, false)), "") << question << answer;
    EXPECT_EQ(answer.find("secret"), answer.npos);
  }
}

}  // namespace
}  // namespace postern::abi
