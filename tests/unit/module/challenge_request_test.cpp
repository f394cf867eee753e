// SPDX-License-Identifier: BSD-2-Clause
// Which requests are a CA's, and for whose challenge.
#include "ngx_module/challenge_request.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ngx_acme {
namespace {

const std::string kPath = "/.well-known/acme-challenge/";

std::string_view token_of(const std::string& path) {
  return challenge_token(path, path);
}

TEST(ChallengeRequest, HasTheTokenOfTheExactPath) {
  EXPECT_EQ(token_of(kPath + "a-token_1"), "a-token_1");
  EXPECT_EQ(challenge_token(kPath + "t", kPath + "t?a=query"), "t");
  EXPECT_EQ(token_of(kPath + std::string(128, 't')), std::string(128, 't'));
}

TEST(ChallengeRequest, HasNoTokenInAnyOtherPath) {
  const std::vector<std::string> paths{kPath,
                                       kPath + std::string(129, 't'),
                                       kPath + "a.b",
                                       kPath + "a/b",
                                       kPath + "a+b",
                                       kPath + "t/",
                                       kPath + "..",
                                       kPath + "%74",
                                       kPath + std::string("t\0", 2),
                                       "/.well-known/acme-challenge",
                                       "/.well-known/Acme-Challenge/t",
                                       "/.WELL-KNOWN/acme-challenge/t",
                                       "//.well-known/acme-challenge/t",
                                       "/.well-known//acme-challenge/t",
                                       ".well-known/acme-challenge/t",
                                       ""};
  for (const std::string& path : paths) {
    EXPECT_EQ(token_of(path), "") << path;
  }
}

TEST(ChallengeRequest, HasNoTokenWhenThePathWasNotWrittenOut) {
  const std::string path = kPath + "t";
  for (const std::string& target :
       {kPath + "x/../t", kPath + "./t", kPath + "%74", "/" + path,
        path + "#fragment", std::string("*"), std::string()}) {
    EXPECT_EQ(challenge_token(path, target), "") << target;
  }
}

TEST(ChallengeHost, IsWrittenAsIdentifiersAre) {
  EXPECT_EQ(ChallengeHost("www.example.com").value(), "www.example.com");
  EXPECT_EQ(ChallengeHost("192.0.2.1").value(), "192.0.2.1");
  EXPECT_EQ(ChallengeHost("[2001:db8::1]").value(), "2001:db8::1");
  EXPECT_EQ(ChallengeHost("[2001:db8:0:0::0001]").value(), "2001:db8::1");
}

TEST(ChallengeHost, IsEmptyForWhatIsNone) {
  for (const std::string& host :
       {std::string(), std::string(254, 'a'), std::string("[192.0.2.1]"),
        std::string("["), std::string("[]"), std::string("[]x]"),
        "[" + std::string(60, ':') + "]", std::string("[::1\0]", 6)}) {
    EXPECT_EQ(ChallengeHost(host).value(), "") << host;
  }
}

TEST(ChallengeKey, IsAnotherForEachPair) {
  EXPECT_NE(ChallengeKey("t", "a.example").value(),
            ChallengeKey("t", "b.example").value());
  EXPECT_NE(ChallengeKey("t", "a.example").value(),
            ChallengeKey("u", "a.example").value());
  EXPECT_NE(ChallengeKey("t", "").value(),
            ChallengeKey("t", "a.example").value());
}

TEST(ChallengeKey, HasRoomForTheLongestAndForNoMore) {
  const std::string token(128, 't');
  EXPECT_EQ(ChallengeKey(token, std::string(253, 'a')).value().size(), 382U);
  EXPECT_EQ(ChallengeKey(token, std::string(254, 'a')).value(), "");
  EXPECT_EQ(ChallengeKey("", "a.example").value(), "");
}

}  // namespace
}  // namespace ngx_acme
