// SPDX-License-Identifier: BSD-2-Clause
// When a certificate is renewed, by its age and by the CA's suggestion.
#include "acme_core/engine/renewal.h"

#include <gtest/gtest.h>

#include "tests/support/fake_random.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kIssued =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);

Validity valid_for(std::chrono::milliseconds lifetime) {
  return {kIssued, kIssued + lifetime};
}

TEST(RenewalTime, IsTwoThirdsOfTheLifetime) {
  FakeRandom random;
  EXPECT_EQ(renewal_time(valid_for(90 * 24h), random), kIssued + 60 * 24h);
  EXPECT_EQ(renewal_time(valid_for(45 * 24h), random), kIssued + 30 * 24h);
}

TEST(RenewalTime, IsHalfTheLifetimeWhenThatIsUnderTenDays) {
  FakeRandom random;
  EXPECT_EQ(renewal_time(valid_for(6 * 24h), random), kIssued + 3 * 24h);
  EXPECT_EQ(renewal_time(valid_for(10 * 24h), random), kIssued + 160h);
}

TEST(RenewalTime, ComesAtMostTwoPercentOfTheLifetimeEarlier) {
  SystemRandom random;
  for (int i = 0; i < 1'000; ++i) {
    const TimePoint time = renewal_time(valid_for(100h), random);
    EXPECT_GT(time, kIssued + 48h - 1ms);
    EXPECT_LE(time, kIssued + 50h);
  }
}

TEST(RenewalTime, OfACertificateWithoutALifetimeIsAtOnce) {
  FakeRandom random;
  EXPECT_EQ(renewal_time(valid_for(0h), random), kIssued);
  EXPECT_EQ(renewal_time(valid_for(-1h), random), kIssued);
}

TEST(RenewalTime, IsRightLongPastTheYear2038) {
  FakeRandom random;
  const TimePoint far =
      std::chrono::sys_days(std::chrono::year(9000) / std::chrono::May / 1);
  EXPECT_EQ(renewal_time({far, far + 90 * 24h}, random), far + 60 * 24h);
}

class SuggestedWindow : public testing::Test {
 protected:
  [[nodiscard]] std::optional<RenewalWindow> adopt(
      std::chrono::hours start, std::chrono::hours end,
      const std::optional<RenewalWindow>& before = std::nullopt) {
    return adopt_window({kIssued + start, kIssued + end, "https://ca/why"},
                        valid_for(90 * 24h), before, random_);
  }

  FakeRandom random_{0.25};
};

TEST_F(SuggestedWindow, IsLeftAtARandomPointOfIt) {
  const auto window = adopt(1000h, 1100h);
  ASSERT_TRUE(window);
  EXPECT_EQ(window->renew_at, kIssued + 1025h);
  EXPECT_EQ(window->explanation_url, "https://ca/why");
}

TEST_F(SuggestedWindow, KeepsThePointThatWasDrawnForIt) {
  const auto before = adopt(1000h, 1100h);
  random_.set_position(0.75);
  EXPECT_EQ(adopt(1000h, 1100h, before)->renew_at, kIssued + 1025h);
}

TEST_F(SuggestedWindow, DrawsAgainWhenItMoves) {
  const auto before = adopt(1000h, 1100h);
  random_.set_position(0.75);
  EXPECT_EQ(adopt(1000h, 1104h, before)->renew_at, kIssued + 1078h);
}

TEST_F(SuggestedWindow, MayLieInThePast) {
  EXPECT_EQ(adopt(-300h, -200h)->renew_at, kIssued - 275h);
}

TEST_F(SuggestedWindow, IsIgnoredWhenItMakesNoSense) {
  EXPECT_FALSE(adopt(1000h, 1000h));          // empty
  EXPECT_FALSE(adopt(1100h, 1000h));          // ends before it starts
  EXPECT_FALSE(adopt(1000h, 90 * 24h + 1h));  // reaches beyond expiry
}

TEST_F(SuggestedWindow, CallsBackWhenItEndsLongBeforeTheUsualAge) {
  EXPECT_TRUE(is_recall(*adopt(10h, 34h), valid_for(90 * 24h)));
  EXPECT_FALSE(is_recall(*adopt(58 * 24h, 60 * 24h), valid_for(90 * 24h)));
}

TEST(UrgentTime, IsWhenASixthIsLeft) {
  EXPECT_EQ(urgent_time(valid_for(90 * 24h)), kIssued + 75 * 24h);
}

}  // namespace
}  // namespace acme
