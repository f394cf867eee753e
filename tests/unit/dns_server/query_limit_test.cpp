// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/dns_server/query_limit.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>

namespace acme {
namespace {

using Verdict = QueryLimit::Verdict;
using Ipv4 = std::array<std::uint8_t, 4>;
using Ipv6 = std::array<std::uint8_t, 16>;

constexpr std::uint64_t kSecond = 1000;

class QueryLimits : public testing::Test {
 protected:
  template <typename Address>
  std::uint32_t answered(const Address& address, std::uint32_t asked,
                         std::uint64_t now) {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < asked; ++i) {
      count += limit_.admit(address, now) == Verdict::kAnswer ? 1 : 0;
    }
    return count;
  }

  QueryLimit limit_{0x5eedU};
  const Ipv4 resolver_{192, 0, 2, 1};
};

TEST_F(QueryLimits, LetABurstPass) {
  EXPECT_EQ(answered(resolver_, 10'000, kSecond), QueryLimit::kBurst);
  EXPECT_EQ(limit_.admit(resolver_, kSecond), Verdict::kSourceExceeds);
}

TEST_F(QueryLimits, LetTheRatePassAfterThat) {
  answered(resolver_, 10'000, kSecond);
  EXPECT_EQ(answered(resolver_, 10'000, 2 * kSecond), QueryLimit::kPerSecond);
  EXPECT_EQ(answered(resolver_, 10'000, 2 * kSecond + 10),
            QueryLimit::kPerSecond / 100);
  EXPECT_EQ(answered(resolver_, 10'000, 1'000 * kSecond), QueryLimit::kBurst);
}

TEST_F(QueryLimits, CountEachSourceByItself) {
  answered(resolver_, 10'000, kSecond);
  EXPECT_EQ(limit_.admit(Ipv4{192, 0, 2, 2}, kSecond), Verdict::kAnswer);
}

TEST_F(QueryLimits, CountTheNetworkOfAnIpv6Address) {
  Ipv6 address{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1};
  answered(address, 10'000, kSecond);
  address[15] = 9;
  EXPECT_EQ(limit_.admit(address, kSecond), Verdict::kSourceExceeds);
  address[7] = 2;
  EXPECT_EQ(limit_.admit(address, kSecond), Verdict::kAnswer);
}

TEST_F(QueryLimits, EndAtATotalHoweverManySourcesThereAre) {
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < 50'000; ++i) {
    const Ipv4 source{10, static_cast<std::uint8_t>(i >> 16U),
                      static_cast<std::uint8_t>(i >> 8U),
                      static_cast<std::uint8_t>(i)};
    count += limit_.admit(source, kSecond) == Verdict::kAnswer ? 1 : 0;
  }
  EXPECT_EQ(count, QueryLimit::kTotalPerSecond);
  EXPECT_EQ(limit_.admit(resolver_, kSecond), Verdict::kTotalExceeds);
  EXPECT_EQ(limit_.admit(resolver_, 2 * kSecond), Verdict::kAnswer);
}

TEST_F(QueryLimits, AreNotEatenUpByASourceThatExceedsItsOwn) {
  answered(resolver_, 100'000, kSecond);
  EXPECT_EQ(limit_.admit(Ipv4{192, 0, 2, 2}, kSecond), Verdict::kAnswer);
}

TEST_F(QueryLimits, SurviveAClockThatStandsOrGoesBack) {
  answered(resolver_, 10'000, 10 * kSecond);
  EXPECT_EQ(limit_.admit(resolver_, 5 * kSecond), Verdict::kSourceExceeds);
  EXPECT_EQ(limit_.admit(resolver_, 10 * kSecond), Verdict::kSourceExceeds);
  EXPECT_EQ(limit_.admit(resolver_, 11 * kSecond), Verdict::kAnswer);
}

}  // namespace
}  // namespace acme
