// SPDX-License-Identifier: BSD-2-Clause
// nginx's configuration is read as nginx reads it.
#include "acmectl/nginx_conf.h"

#include <gmock/gmock.h>

#include <string>

namespace acmectl {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> words_of(const std::string& text) {
  const auto conf = parse_conf(text);
  if (!conf || conf->size() != 1) {
    return {"not one directive"};
  }
  std::vector<std::string> words{conf->front().name};
  words.insert(words.end(), conf->front().arguments.begin(),
               conf->front().arguments.end());
  return words;
}

TEST(NginxConf, WordsAreToldApartByBlanks) {
  EXPECT_THAT(words_of("listen\t127.0.0.1:80\n  ssl;"),
              ElementsAre("listen", "127.0.0.1:80", "ssl"));
}

TEST(NginxConf, QuotesAndBackslashesHoldWordsTogether) {
  EXPECT_THAT(
      words_of(R"(log_format x '$a "b"' "c \"d\"" e\ f \\;)"),
      ElementsAre("log_format", "x", "$a \"b\"", "c \"d\"", "e\\ f", "\\"));
  EXPECT_THAT(words_of(R"(x "a{;}#" '}';)"), ElementsAre("x", "a{;}#", "}"));
}

TEST(NginxConf, CommentsEndWithTheLineAndBeginWithAWord) {
  EXPECT_THAT(words_of("a # b; }\n c#d;"), ElementsAre("a", "c#d"));
}

TEST(NginxConf, ABraceOfAVariableOpensNoBlock) {
  EXPECT_THAT(words_of("set $a ${b}c;"), ElementsAre("set", "$a", "${b}c"));
}

TEST(NginxConf, BlocksNest) {
  const auto conf = parse_conf("http { server { listen 80; } } events {}");
  ASSERT_TRUE(conf);
  ASSERT_EQ(conf->size(), 2U);
  const ConfDirective& server = conf->front().block.at(0);
  EXPECT_EQ(server.name, "server");
  EXPECT_EQ(server.block.at(0).arguments.at(0), "80");
  EXPECT_THAT(conf->at(1).block, IsEmpty());
}

TEST(NginxConf, LuaIsPassedOver) {
  const auto conf = parse_conf(R"(
    a_by_lua_block {
      -- } in a comment, and --[[ } ]] too
      local s = "}" .. '\'}' .. [[ } ]] .. [==[ ]] } ]==]
      if x then t = { y = {} } end
    }
    b;)");
  ASSERT_TRUE(conf);
  ASSERT_EQ(conf->size(), 2U);
  EXPECT_EQ(conf->at(1).name, "b");
}

TEST(NginxConf, WhatNginxWouldNotReadIsNotRead) {
  for (const char* text : {"a", "a {", "}", "a; }", "a \"b", "\"a\"b;", ";",
                           "{}", "a { b }", "a_by_lua_block { [[ }"}) {
    EXPECT_FALSE(parse_conf(text)) << text;
  }
  std::string deep;
  for (int i = 0; i < 100'000; ++i) {
    deep += "a{";
  }
  EXPECT_FALSE(parse_conf(deep));
}

TEST(NginxConf, EveryBeginningOfAConfigurationIsReadOrRefused) {
  const std::string text =
      "a_by_lua_block { -- x\n [[y]] '\\'' } http { b \"\\\"c\" ${d}; } # e\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    static_cast<void>(parse_conf(text.substr(0, size)));
  }
}

TEST(NginxDump, IncludesAreReplacedByWhatTheyInclude) {
  const ConfDump dump = split_dump(
      "# configuration file /etc/nginx/nginx.conf:\n"
      "http { include conf.d/*.conf; include /opt/one; }\n"
      "\n"
      "# configuration file /etc/nginx/conf.d/b.conf:\n"
      "second;\n"
      "# configuration file /etc/nginx/conf.d/a.conf:\n"
      "first { include conf.d/.hidden; }\n"
      "# configuration file /etc/nginx/conf.d/.hidden:\n"
      "inner;\n"
      "# configuration file /opt/one:\n"
      "third;\n");
  EXPECT_EQ(dump.main_file, "/etc/nginx/nginx.conf");
  const auto conf = parse_dump(dump);
  ASSERT_TRUE(conf);
  const auto& http = conf->at(0).block;
  ASSERT_EQ(http.size(), 3U);
  EXPECT_EQ(http[0].name, "first");
  EXPECT_EQ(http[0].block.at(0).name, "inner");
  EXPECT_EQ(http[1].name, "second");
  EXPECT_EQ(http[2].name, "third");
}

TEST(NginxDump, WhatIncludesItselfIsRefused) {
  EXPECT_FALSE(
      parse_dump(split_dump("# configuration file /a:\ninclude /a;\n")));
}

TEST(NginxDump, WithoutAFileThereIsNothing) {
  EXPECT_FALSE(parse_dump(split_dump("")));
  EXPECT_FALSE(parse_dump(split_dump("nginx: something else\n")));
}

}  // namespace
}  // namespace acmectl
