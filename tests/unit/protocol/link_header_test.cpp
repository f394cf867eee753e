// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/link_header.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace acme {
namespace {

using Urls = std::vector<std::string>;

Urls read(const std::vector<std::string>& fields,
          const std::string& relation = "alternate",
          const std::string& url = "https://ca.example:14000/cert/1?x") {
  HttpResponse response;
  for (const std::string& field : fields) {
    response.headers.emplace("link", field);
  }
  return link_targets(response, relation, url);
}

TEST(LinkTargets, AreNoneWithoutTheField) { EXPECT_EQ(read({}), Urls()); }

TEST(LinkTargets, AreOfSeveralFieldsAndOfSeveralLinksInOne) {
  EXPECT_EQ(read({R"(<https://a/dir>;rel="index")",
                  R"(<https://a/1>;rel="alternate", <https://a/2>; rel=next)",
                  R"(<https://a/3>; rel=alternate,,<https://a/4>;REL=Alternate)"
                  R"( , <https://a/1>;rel=alternate)"}),
            (Urls{"https://a/1", "https://a/3", "https://a/4"}));
  EXPECT_EQ(read({R"(<https://a/1>;rel="next")"}, "next"), Urls{"https://a/1"});
}

TEST(LinkTargets, HaveOtherParametersAndSeveralRelations) {
  EXPECT_EQ(
      read(
          {R"(<https://a/1>; title="a, b; rel=\"x\" <y>"; rel="up  alternate")",
           R"(<https://a/2>;crossorigin;hreflang = de ;rel = "alternate")",
           "<https://a/3>\t;\trel\t=\talternate\t,\t<https://a/4>;rel=up"}),
      (Urls{"https://a/1", "https://a/2", "https://a/3"}));
}

TEST(LinkTargets, HaveARelationOfTheWholeWordInTheFirstParameter) {
  for (const char* const link :
       {"<https://a/1>", "<https://a/1>;rel",
        "<https://a/1>;rel=", "<https://a/1>;rel=\"\"",
        "<https://a/1>;rel=alternates", "<https://a/1>;rel=\"alternate-x\"",
        "<https://a/1>;rev=alternate", "<https://a/1>;title=\"rel=alternate\"",
        "<https://a/1>;rel=up;rel=alternate"}) {
    EXPECT_EQ(read({link}), Urls()) << link;
  }
}

TEST(LinkTargets, AreHttpsUrlsOrOnTheSameHost) {
  EXPECT_EQ(read({"</cert/1/2>;rel=alternate"}),
            Urls{"https://ca.example:14000/cert/1/2"});
  EXPECT_EQ(read({"</x>;rel=alternate"}, "alternate", "https://ca.example"),
            Urls{"https://ca.example/x"});
  EXPECT_EQ(read({"<2>;rel=alternate"}),
            Urls{"https://ca.example:14000/cert/2"});
  EXPECT_EQ(read({"<../2>;rel=alternate"}), Urls{"https://ca.example:14000/2"});
  for (const std::string& target :
       {std::string(), std::string("http://a/1"),
        std::string("file:///etc/passwd"), std::string("https:/a"),
        std::string("https://a/\r\nX: y"), std::string("https://a/ b"),
        std::string("https://a/\0b", 12)}) {
    EXPECT_EQ(read({"<" + target + ">;rel=alternate"}), Urls()) << target;
  }
  EXPECT_EQ(read({"</x>;rel=alternate"}, "alternate", "http://a/"), Urls());
}

TEST(LinkTargets, AreReadUpToWhereTheFieldIsMalformed) {
  const std::string good = "<https://a/1>;rel=alternate, ";
  for (const char* const rest :
       {"", "<https://a/2", "https://a/2;rel=alternate", "<", ">", ";", "=",
        "<https://a/2> rel=alternate", "\"", "<https://a/2>;rel=\"up",
        "<https://a/2>;title=\"\\", "<https://a/2>;;;", "<https://a/2>;="}) {
    EXPECT_EQ(read({good + rest}), Urls{"https://a/1"}) << rest;
    EXPECT_EQ(read({rest}), Urls()) << rest;
  }
}

TEST(LinkTargets, SurviveAFieldCutAnywhere) {
  const std::string field =
      R"(<https://a/1>; title="x\"y"; rel="alternate", </2>;rel=alternate)";
  for (std::size_t size = 0; size <= field.size(); ++size) {
    EXPECT_LE(read({field.substr(0, size)}).size(), 2U) << size;
  }
}

TEST(LinkTargets, AreAtMostSixteen) {
  std::string field;
  for (int i = 0; i < 5000; ++i) {
    field += "<https://a/" + std::to_string(i) + ">;rel=alternate,";
  }
  EXPECT_EQ(read({field}).size(), 16U);
}

}  // namespace
}  // namespace acme
