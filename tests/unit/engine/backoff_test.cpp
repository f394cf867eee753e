// SPDX-License-Identifier: BSD-2-Clause
// How long to wait after a failure.
#include "acme_core/engine/backoff.h"

#include <gtest/gtest.h>

#include "tests/support/fake_random.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

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

TEST(DiskDelay, DoublesFromASecondToHalfAMinute) {
  EXPECT_EQ(disk_delay(1), 1s);
  EXPECT_EQ(disk_delay(2), 2s);
  EXPECT_EQ(disk_delay(5), 16s);
  EXPECT_EQ(disk_delay(6), 30s);
  EXPECT_EQ(disk_delay(600), 30s);
}

TEST(RandomBelow, IsZeroWhenThereIsNoRoom) {
  SystemRandom random;
  EXPECT_EQ(random_below(0ms, random), 0ms);
  EXPECT_EQ(random_below(-5ms, random), 0ms);
}

}  // namespace
}  // namespace acme
