// SPDX-License-Identifier: BSD-2-Clause
// How fast renewals that are not urgent may begin.
#include "acme_core/engine/renewal_pace.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kPaceStart =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);
constexpr Validity kNinetyDays{kPaceStart, kPaceStart + 90 * 24h};

int begin_all(RenewalPace& pace, TimePoint now) {
  int begun = 0;
  for (; pace.allows_one(now) && begun < 10'000; ++begun) {
    pace.begin_one();
  }
  return begun;
}

TEST(RenewalPace, DoesNotHoldBackAFewCertificates) {
  RenewalPace pace;
  for (int i = 0; i < 20; ++i) {
    pace.add(kNinetyDays);
  }
  EXPECT_EQ(begin_all(pace, kPaceStart), 20);
  EXPECT_EQ(begin_all(pace, kPaceStart + 1h), 20);
}

TEST(RenewalPace, IsTwoAndAHalfTimesTheAverageOfManyCertificates) {
  RenewalPace pace;
  for (int i = 0; i < 14'400; ++i) {
    pace.add(kNinetyDays);  // 60 days each: ten an hour
  }
  begin_all(pace, kPaceStart);
  int begun = 0;
  for (auto after = 6min; after <= 2h; after += 6min) {
    begun += begin_all(pace, kPaceStart + after);
  }
  EXPECT_NEAR(begun, 50, 1);
  for (int i = 0; i < 14'400; ++i) {
    pace.remove(kNinetyDays);
  }
  begin_all(pace, kPaceStart + 2h);
  EXPECT_EQ(begin_all(pace, kPaceStart + 3h), 20);
}

TEST(RenewalPace, TellsWhenItAllowsTheNext) {
  RenewalPace pace;
  begin_all(pace, kPaceStart);
  ASSERT_FALSE(pace.allows_one(kPaceStart));
  const TimePoint next = pace.next(kPaceStart);
  EXPECT_LE(next, kPaceStart + 4min);
  EXPECT_TRUE(pace.allows_one(next));
}

}  // namespace
}  // namespace acme
