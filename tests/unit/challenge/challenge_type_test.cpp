// SPDX-License-Identifier: BSD-2-Clause
// Names of challenge types.
#include "acme_core/challenge/challenge_type.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

TEST(ChallengeType, IsReadAsTheCaWritesItOrWithoutItsNumber) {
  for (const auto type : kChallengeTypes) {
    EXPECT_EQ(parse_challenge_type(to_string(type)), type);
  }
  EXPECT_EQ(parse_challenge_type("http"), ChallengeType::kHttp01);
  EXPECT_EQ(parse_challenge_type("tls-alpn"), ChallengeType::kTlsAlpn01);
  EXPECT_EQ(parse_challenge_type("dns"), ChallengeType::kDns01);
  EXPECT_EQ(parse_challenge_type("dns-account"), ChallengeType::kDnsAccount01);
  EXPECT_EQ(parse_challenge_type("dns-persist"), ChallengeType::kDnsPersist01);
}

TEST(ChallengeType, IsNothingElse) {
  for (const auto* text : {"", "http-", "tls", "tls-alpn-", "HTTP-01",
                           "tls-alpn-02", "tls-alpn-01 "}) {
    EXPECT_EQ(parse_challenge_type(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace acme
