// SPDX-License-Identifier: BSD-2-Clause
// Which requests are a CA's, and for whose challenge.
#include "ngx_module/challenge/challenge_request.h"

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

}  // namespace
}  // namespace ngx_acme
