// SPDX-License-Identifier: BSD-2-Clause
// Under which name an HTTP-01 answer is kept.
#include "ngx_module/shared/challenge_key.h"

#include <gtest/gtest.h>

#include <string>

namespace ngx_acme {
namespace {

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
