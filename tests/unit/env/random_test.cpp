// SPDX-License-Identifier: BSD-2-Clause
// Random numbers: their range and evenness.
#include "acme_core/env/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

#include "tests/support/fake_random.h"

namespace acme {
namespace {

TEST(SystemRandom, StaysBelowItsBound) {
  SystemRandom random;
  EXPECT_EQ(random.below(0), 0U);
  EXPECT_EQ(random.below(1), 0U);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(random.below(7), 7U);
  }
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_LT(random.below(kMax), kMax);
}

TEST(SystemRandom, HitsEveryNumberAboutAsOften) {
  SystemRandom random;
  std::array<int, 10> hits{};
  for (int i = 0; i < 10'000; ++i) {
    ++hits.at(random.below(hits.size()));
  }
  for (const int count : hits) {
    // 1000 expected with a standard deviation of 30; ten of those off happens
    // once in 10^22 runs.
    EXPECT_NEAR(count, 1000, 300);
  }
}

TEST(SystemRandom, DoesNotRepeatItself) {
  SystemRandom random;
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  EXPECT_NE(random.below(kMax), random.below(kMax));
}

TEST(FakeRandom, AnswersWithAPositionInTheRange) {
  FakeRandom random;
  EXPECT_EQ(random.below(100), 0U);
  random.set_position(0.5);
  EXPECT_EQ(random.below(100), 50U);
  random.set_position(1);
  EXPECT_EQ(random.below(100), 99U);
  EXPECT_EQ(random.below(0), 0U);
}

}  // namespace
}  // namespace acme
