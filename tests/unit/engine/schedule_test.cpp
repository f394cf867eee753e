// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/engine/schedule.h"

#include <gtest/gtest.h>

#include "tests/support/fake_random.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{std::chrono::days(20'000)};

TEST(Schedule, HasNothingBeforeTheFirstIsDue) {
  Schedule schedule;
  schedule.put(7, kNow + 1s, kNow + 1h);

  EXPECT_EQ(schedule.take(kNow), std::nullopt);
  EXPECT_EQ(schedule.next_due(), kNow + 1s);
  EXPECT_EQ(schedule.take(kNow + 1s), 7U);
  EXPECT_EQ(schedule.next_due(), std::nullopt);
}

TEST(Schedule, TakesFirstWhatExpiresFirstWhenSeveralAreDue) {
  Schedule schedule;
  schedule.put(1, kNow - 3s, kNow + 9h);
  schedule.put(2, kNow - 2s, kNow + 1h);
  schedule.put(3, kNow - 1s, TimePoint::min());  // has no certificate yet

  EXPECT_EQ(schedule.take(kNow), 3U);
  EXPECT_EQ(schedule.take(kNow), 2U);
  EXPECT_EQ(schedule.take(kNow), 1U);
}

TEST(Schedule, LetsTheMoreUrgentOvertakeWhatHasBeenDueForLong) {
  Schedule schedule;
  schedule.put(1, kNow - 1h, kNow + 9h);
  schedule.put(2, kNow - 1h, kNow + 8h);
  EXPECT_EQ(schedule.take(kNow), 2U);

  schedule.put(3, kNow, kNow + 1h);
  EXPECT_EQ(schedule.take(kNow), 3U);
  EXPECT_EQ(schedule.take(kNow), 1U);
}

TEST(RenewalTime, IsDueAtTwoThirdsOfTheLifetime) {
  FakeRandom random;  // no jitter
  EXPECT_EQ(renewal_time(kNow, kNow + 90 * 24h, random), kNow + 60 * 24h);
}

TEST(RenewalTime, ComesAtMostTwoPercentOfTheLifetimeEarlier) {
  SystemRandom random;
  for (int i = 0; i < 1'000; ++i) {
    const TimePoint time = renewal_time(kNow, kNow + 100h, random);
    EXPECT_GT(time, kNow + 64h);
    EXPECT_LE(time, kNow + 67h);
  }
}

TEST(RenewalTime, OfACertificateWithoutALifetimeIsDueAtOnce) {
  FakeRandom random;
  EXPECT_EQ(renewal_time(kNow, kNow, random), kNow);
  EXPECT_EQ(renewal_time(kNow, kNow - 1h, random), kNow);
}

TEST(RetryDelay, GrowsFromAMinuteToADay) {
  FakeRandom random;
  EXPECT_EQ(retry_delay(1, random), 1min);
  EXPECT_EQ(retry_delay(2, random), 10min);
  EXPECT_EQ(retry_delay(3, random), 100min);
  EXPECT_EQ(retry_delay(4, random), 24h);
  EXPECT_EQ(retry_delay(400, random), 24h);
}

TEST(RetryDelay, IsUpToATenthLongerByChance) {
  SystemRandom random;
  for (int i = 0; i < 1'000; ++i) {
    const auto delay = retry_delay(1, random);
    EXPECT_GE(delay, 60s);
    EXPECT_LT(delay, 66s);
  }
}

TEST(OutageDelay, DoublesFromAMinuteToAnHour) {
  FakeRandom random;
  EXPECT_EQ(outage_delay(1, random), 1min);
  EXPECT_EQ(outage_delay(2, random), 2min);
  EXPECT_EQ(outage_delay(6, random), 32min);
  EXPECT_EQ(outage_delay(7, random), 1h);
  EXPECT_EQ(outage_delay(70, random), 1h);
}

}  // namespace
}  // namespace acme
