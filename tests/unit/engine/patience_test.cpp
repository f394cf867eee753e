// SPDX-License-Identifier: BSD-2-Clause
// A CA that asks for patience has not failed.
#include <gtest/gtest.h>

#include <string>

#include "acme_core/engine/poll_pace.h"
#include "tests/unit/engine/engine_fixture.h"
#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

using PatientOrder = OrderFlowTest;

// ZeroSSL says a day and is done in minutes.
TEST_F(PatientOrder, LooksAgainLongBeforeTheDayThatTheCaSays) {
  ca_.ask_for_patience("86400");
  ca_.stay_validating(1);
  ca_.stay_processing(1);
  spec_.identifiers = identifiers_of({"example.com"});
  const TimePoint start = clock_.now();
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_GE(clock_.now() - start, 30s);
  EXPECT_LT(clock_.now() - start, 1min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kNotice), 0U);
}

TEST_F(PatientOrder, DoesNotAskBeforeTheMinuteThatTheCaSays) {
  ca_.ask_for_patience("60");
  ca_.stay_validating(2);
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_LE(ca_.count(Resource::kOrder), 8U);
}

TEST_F(PatientOrder, KeepsItsAnswersWhileItWaits) {
  ca_.ask_for_patience("86400");
  ca_.stay_validating(1'000'000);
  EXPECT_EQ(failure().kind(), ErrorKind::kLater);
  EXPECT_EQ(most_live_, 2U);
  EXPECT_TRUE(has_stored_order());
  EXPECT_EQ(ca_.deactivated_authorizations(), 0U);
}

class PatientEngine : public EngineTest {
 protected:
  // In steps that polls need.
  void pass_minutes(int minutes) {
    for (int i = 0; i < minutes; ++i) {
      clock_.advance(1min);
      settle();
    }
  }
  bool has_order() {
    return FileStore(files_)
        .load_order(plan_.certificates[0].storage_name())
        .value.has_value();
  }
};

TEST_F(PatientEngine, ResumesTheOrderUntilTheCaIsDone) {
  ca_.ask_for_patience("86400");
  ca_.stay_validating(12);
  start();
  pass_minutes(18);
  EXPECT_EQ(publisher_.serial(0), "");
  EXPECT_TRUE(has_order());
  EXPECT_TRUE(record().backoffs.empty());
  pass_minutes(40);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 0U);
  EXPECT_TRUE(
      logger_.contains("has not finished an authorization within 15 "
                       "minutes; the order is resumed"));
}

TEST_F(PatientEngine, AsksTheNextIssuerAndForgetsTheOrderThatIsNotNeeded) {
  add_backup();
  ca_.ask_for_patience("86400");
  ca_.stay_validating(1'000'000);
  start();
  pass_minutes(14);
  EXPECT_EQ(backup_ca_.count(Resource::kNewOrder), 0U);
  EXPECT_TRUE(has_order());
  pass_minutes(3);
  EXPECT_EQ(record().issuer, "backup");
  EXPECT_FALSE(has_order());
  EXPECT_TRUE(logger_.contains("and issuer \"backup\" is asked meanwhile"));
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 0U);
  EXPECT_TRUE(record().backoffs.empty());
  pass_minutes(60);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(PatientEngine, UsesTheFirstIssuersOrderWhenItIsDoneBeforeTheNextOne) {
  add_backup();
  ca_.ask_for_patience("86400");
  ca_.stay_validating(12);
  backup_ca_.fail_always(
      Resource::kNewOrder,
      ScriptedCa::problem(429, "rateLimited", "too many", "86400"));
  start();
  pass_minutes(60);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_EQ(record().issuer, "test");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(PatientEngine, GoesOnAfterARestart) {
  ca_.ask_for_patience("86400");
  ca_.stay_validating(12);
  start();
  pass_minutes(17);
  restart();
  pass_minutes(40);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST(PollPace, EndsWithALookWhenPatienceDoes) {
  FakeClock clock;
  clock.auto_advance(1);
  PollPace pace(clock, "it");
  const TimePoint start = clock.now();
  int pauses = 0;
  const auto wait = [&] {
    for (;; ++pauses) {
      pace.pause(clock.now() + 24h, {});
    }
  };
  EXPECT_EQ(failure_of(wait).kind(), ErrorKind::kLater);
  EXPECT_EQ(clock.now(), start + 15min);
  EXPECT_EQ(pauses, 8);  // 15, 15, 30, 60, 120, 240, 300 and 120 s
}

}  // namespace
}  // namespace acme
