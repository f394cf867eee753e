// SPDX-License-Identifier: BSD-2-Clause
// When it is said that a certificate comes near its end.
#include "acme_core/engine/expiry_alarms.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "tests/support/fake_clock.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using Stages = std::vector<ExpiryStage>;

class ExpiryAlarmsTest : public testing::Test {
 protected:
  // What is said in that time, looked at every hour.
  Stages said_within(std::chrono::hours duration) {
    Stages said;
    for (std::chrono::hours passed = 0h; passed < duration; passed += 1h) {
      clock_.advance(1h);
      if (const auto stage =
              alarms_.news(0, renewal_due_, not_after_, clock_.now())) {
        said.push_back(*stage);
      }
    }
    return said;
  }

  FakeClock clock_;
  ExpiryAlarms alarms_;
  // A certificate of ninety days.
  TimePoint renewal_due_ = clock_.now() + 60 * 24h;
  TimePoint not_after_ = clock_.now() + 90 * 24h;
};

TEST_F(ExpiryAlarmsTest, SaysNothingOfACertificateThatIsRenewedInTime) {
  EXPECT_EQ(said_within(60 * 24h), Stages{});
  not_after_ += 60 * 24h;
  renewal_due_ += 60 * 24h;
  EXPECT_EQ(said_within(59 * 24h), Stages{});
}

TEST_F(ExpiryAlarmsTest, SaysEachStageOnceAndTheLastEveryDay) {
  EXPECT_EQ(said_within(80 * 24h - 1h), Stages{});
  EXPECT_EQ(said_within(1h), Stages{ExpiryStage::kThird});
  EXPECT_EQ(said_within(7 * 24h - 1h), Stages{});
  EXPECT_EQ(said_within(1h), Stages{ExpiryStage::kTenth});
  EXPECT_EQ(said_within(3 * 24h - 1h), Stages{});
  EXPECT_EQ(said_within(1h), Stages{ExpiryStage::kOver});
  EXPECT_EQ(said_within(3 * 24h), Stages(3, ExpiryStage::kOver));
}

TEST_F(ExpiryAlarmsTest, BeginsAnewWithTheNextCertificate) {
  static_cast<void>(said_within(91 * 24h));
  renewal_due_ = clock_.now() + 60 * 24h;
  not_after_ = clock_.now() + 90 * 24h;
  EXPECT_EQ(said_within(80 * 24h), Stages{ExpiryStage::kThird});
}

TEST_F(ExpiryAlarmsTest, BeginsWhereAStartFindsIt) {
  clock_.advance(88 * 24h);
  EXPECT_EQ(alarms_.news(0, renewal_due_, not_after_, clock_.now()),
            ExpiryStage::kTenth);
  EXPECT_EQ(alarms_.news(1, renewal_due_, not_after_, clock_.now()),
            ExpiryStage::kTenth)
      << "each certificate has alarms of its own";
}

TEST_F(ExpiryAlarmsTest, SaysNothingAgainWhenTheClockIsSetBackAndForth) {
  clock_.advance(88 * 24h);
  EXPECT_TRUE(alarms_.news(0, renewal_due_, not_after_, clock_.now()));
  clock_.step(-2 * 24h);
  EXPECT_FALSE(alarms_.news(0, renewal_due_, not_after_, clock_.now()));
  clock_.step(2 * 24h);
  EXPECT_FALSE(alarms_.news(0, renewal_due_, not_after_, clock_.now()));
}

TEST_F(ExpiryAlarmsTest, AreNotForCertificatesOfMinutes) {
  renewal_due_ = clock_.now();
  not_after_ = clock_.now() + 5min;
  EXPECT_EQ(said_within(48h), Stages{});
}

}  // namespace
}  // namespace acme
