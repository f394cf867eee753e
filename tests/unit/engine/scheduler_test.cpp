// SPDX-License-Identifier: BSD-2-Clause
// What is done next, at which CA, and when again.
#include "acme_core/engine/scheduler.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/fake_random.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kToday =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);
constexpr std::size_t kFirst = 0;
constexpr std::size_t kSecond = 1;

class SchedulerTest : public testing::Test {
 protected:
  SchedulerTest() {
    plan_.issuers.resize(2);
    plan_.issuers[kFirst].name = "first";
    plan_.issuers[kSecond].name = "second";
  }

  // Certificates that are managed, by their issuers.
  void manage(std::size_t count, std::vector<std::size_t> issuers = {kFirst}) {
    for (std::size_t i = 0; i < count; ++i) {
      plan_.certificates.push_back(
          {.issuers = issuers,
           .identifiers = identifiers_of(
               {"host" + std::to_string(plan_.certificates.size()) +
                ".example.com"})});
    }
  }

  Scheduler& scheduler() {
    if (!scheduler_) {
      scheduler_.emplace(plan_, random_);
      scheduler_->set_available(kFirst, Budget(limits_), now_);
      scheduler_->set_available(kSecond, Budget(BudgetLimits{}), now_);
    }
    return *scheduler_;
  }

  // Not issued yet.
  void add_new() {
    for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
      scheduler().add(i, {}, now_);
    }
  }

  void add_valid(std::size_t index, std::chrono::milliseconds age,
                 std::chrono::milliseconds lifetime = 90 * 24h,
                 const std::optional<RenewalWindow>& window = std::nullopt) {
    scheduler().add(index,
                    {.validity = Validity{now_ - age, now_ - age + lifetime},
                     .issued_by = kFirst,
                     .window = window},
                    now_);
  }

  // The next order; questions on the way are answered with nothing.
  std::optional<Task> take_order() {
    while (auto task = scheduler().take(now_)) {
      if (task->kind == Task::Kind::kOrder) {
        return task;
      }
      scheduler().asked(*task, std::nullopt, now_ + 24h * 365, now_);
    }
    return std::nullopt;
  }

  void issue(const Task& task, std::chrono::milliseconds lifetime = 90 * 24h) {
    const Validity validity{now_, now_ + lifetime};
    scheduler().issued(task, validity, renewal_time(validity, random_), false,
                       now_);
  }

  FailureOutcome fail(const Task& task, const Error& error) {
    return scheduler().failed(task, error, true, now_);
  }

  // Lets time pass until the next order is due.
  std::optional<Task> wait_for_order() {
    for (;;) {
      if (auto task = take_order()) {
        return task;
      }
      const auto due = scheduler().next_due();
      if (!due) {
        return std::nullopt;
      }
      EXPECT_GT(*due, now_);
      now_ = std::max(*due, now_ + 1ms);
    }
  }

  TimePoint now_ = kToday;
  BudgetLimits limits_;
  FakeRandom random_;
  Plan plan_;
  std::optional<Scheduler> scheduler_;
};

Error refusal() {
  return Error(ErrorKind::kPermanent, "no")
      .with_problem_type("rejectedIdentifier");
}
Error caa() {
  return Error(ErrorKind::kPermanent, "no").with_problem_type("caa");
}
Error rate_limit() {
  return Error(ErrorKind::kRateLimited, "too many")
      .with_problem_type("rateLimited");
}
Error validation() {
  return Error(ErrorKind::kTransient, "timed out")
      .with_problem_type("connection");
}
Error outage() { return {ErrorKind::kUnavailable, "no answer"}; }

using Scheduling = SchedulerTest;
using Backoffs = SchedulerTest;
using SeveralIssuers = SchedulerTest;
using RenewalInfoOf = SchedulerTest;
using BudgetOf = SchedulerTest;
using Pace = SchedulerTest;

TEST_F(Scheduling, OrdersWhatIsMissingAtOnce) {
  manage(1);
  add_new();
  const auto task = take_order();
  ASSERT_TRUE(task);
  EXPECT_EQ(task->order_kind, OrderKind::kNew);
  EXPECT_FALSE(take_order());
  EXPECT_FALSE(scheduler().next_due());
}

TEST_F(Scheduling, RenewsAtTwoThirdsOfTheLifetime) {
  manage(1);
  add_valid(0, 10 * 24h);
  EXPECT_FALSE(take_order());
  const auto task = wait_for_order();
  ASSERT_TRUE(task);
  EXPECT_EQ(now_, kToday + 50 * 24h);
  EXPECT_EQ(task->order_kind, OrderKind::kRenewal);
}

TEST_F(Scheduling, LetsTheSoonestToExpireGoFirst) {
  manage(4);
  add_valid(0, 70 * 24h);
  add_valid(1, 80 * 24h);
  add_valid(2, 75 * 24h);
  scheduler().add(3, {}, now_);
  // What does not exist yet goes before what has days left.
  std::vector<std::size_t> order;
  while (const auto task = take_order()) {
    order.push_back(task->certificate);
  }
  EXPECT_EQ(order, (std::vector<std::size_t>{3, 1, 2, 0}));
}

TEST_F(Scheduling, LetsWhatIsAboutToExpireGoBeforeWhatDoesNotExistYet) {
  manage(2);
  scheduler().add(0, {}, now_);
  add_valid(1, 90 * 24h - 2h);
  EXPECT_EQ(take_order()->certificate, 1U);
}

TEST_F(Scheduling, RunsAsManyOrdersAtOnceAsTheIssuerSays) {
  manage(20);
  plan_.issuers[0].orders_at_once = 3;
  add_new();
  int running = 0;
  while (take_order()) {
    ++running;
  }
  EXPECT_EQ(running, 3);
}

TEST_F(Scheduling, RunsEightOrdersOfAnIssuerAtOnce) {
  manage(20);
  add_new();
  std::vector<Task> running;
  while (const auto task = take_order()) {
    running.push_back(*task);
  }
  EXPECT_EQ(running.size(), 8U);
  EXPECT_FALSE(scheduler().next_due());

  issue(running.front());
  EXPECT_TRUE(take_order());
  EXPECT_FALSE(take_order());
}

TEST_F(Scheduling, GivesAStoppedOrderOutAgain) {
  manage(1);
  add_new();
  scheduler().stopped(*take_order(), false, now_);
  EXPECT_TRUE(take_order());
}

TEST_F(Scheduling, WaitsForAnIssuerThatIsNotOursYet) {
  manage(1);
  scheduler_.emplace(plan_, random_);
  scheduler_->add(0, {}, now_);
  EXPECT_FALSE(take_order());
  scheduler_->set_available(kFirst, Budget(BudgetLimits{}), now_);
  EXPECT_TRUE(take_order());
}

TEST_F(SeveralIssuers, TheNextIsTriedOnceItIsOurs) {
  manage(1, {kFirst, kSecond});
  scheduler_.emplace(plan_, random_);
  scheduler_->set_available(kFirst, Budget(BudgetLimits{}), now_);
  scheduler_->add(0, {}, now_);
  fail(*take_order(), refusal());
  EXPECT_FALSE(take_order());
  scheduler_->set_available(kSecond, Budget(BudgetLimits{}), now_);
  EXPECT_EQ(take_order()->issuer, kSecond);
}

TEST_F(Backoffs, GrowFromAMinuteToADay) {
  manage(1);
  add_new();
  for (const auto delay : {1min, 10min, 100min, 1440min, 1440min}) {
    const TimePoint before = now_;
    const auto outcome = fail(*wait_for_order(), validation());
    EXPECT_EQ(outcome.next_try, now_ + delay);
    EXPECT_EQ(now_, before) << "taken before it was due";
    now_ = outcome.next_try;
  }
}

TEST_F(Backoffs, ObeyRetryAfterWhenItIsLonger) {
  manage(1);
  add_new();
  EXPECT_EQ(fail(*take_order(), rate_limit().with_retry_at(now_ + 2h)).next_try,
            kToday + 2h);
}

TEST_F(Backoffs, AreForgottenAfterASuccess) {
  manage(1);
  add_new();
  fail(*take_order(), validation());
  now_ += 1min;
  issue(*take_order());
  EXPECT_TRUE(scheduler().backoffs(0).empty());
}

TEST_F(Backoffs, SurviveARestart) {
  manage(1);
  add_new();
  fail(*take_order(), validation());
  now_ += 1min;
  fail(*take_order(), validation());
  const auto backoffs = scheduler().backoffs(0);

  scheduler_.reset();
  scheduler().add(0, {.backoffs = backoffs}, now_);
  EXPECT_FALSE(take_order());
  const auto task = wait_for_order();
  EXPECT_EQ(now_, kToday + 11min);
  EXPECT_EQ(fail(*task, validation()).next_try, now_ + 100min);
}

TEST_F(Backoffs, OfOneCertificateDoNotDelayOthers) {
  manage(2);
  add_new();
  fail(*take_order(), refusal());
  EXPECT_EQ(take_order()->certificate, 1U);
}

TEST_F(Backoffs, PauseAllWhenTheCaGivesNoAnswer) {
  manage(20);
  add_new();
  const auto task = *take_order();
  EXPECT_TRUE(scheduler().back_off(kFirst, outage(), now_).is_news);
  EXPECT_FALSE(scheduler().back_off(kFirst, outage(), now_).is_news);
  scheduler().stopped(task, false, now_);
  EXPECT_FALSE(take_order());
  ASSERT_TRUE(wait_for_order());
  EXPECT_EQ(now_, kToday + 1min);
}

TEST_F(Backoffs, PauseAllWhenTheCaLimitsEveryOrder) {
  manage(20);
  add_new();
  for (int i = 0; i < 3; ++i) {
    fail(*take_order(), rate_limit().with_retry_at(now_ + 2h));
  }
  EXPECT_FALSE(take_order());
  ASSERT_TRUE(wait_for_order());
  EXPECT_EQ(now_, kToday + 1min);
}

TEST_F(SeveralIssuers, TheNextIsTriedAtOnceWhenItCanDoBetter) {
  for (const Error& error : {refusal(), caa(), rate_limit()}) {
    plan_.certificates.clear();
    scheduler_.reset();
    manage(1, {kFirst, kSecond});
    add_new();
    const auto task = *take_order();
    EXPECT_EQ(task.issuer, kFirst);
    const auto outcome = fail(task, error);
    EXPECT_EQ(outcome.next_try, now_) << error.problem_type();
    EXPECT_EQ(outcome.next_issuer, kSecond);
    EXPECT_EQ(take_order()->issuer, kSecond);
  }
}

TEST_F(SeveralIssuers, TheNextIsTriedWhenTheFirstGivesNoAnswer) {
  manage(1, {kFirst, kSecond});
  add_new();
  const auto task = *take_order();
  scheduler().back_off(kFirst, outage(), now_);
  scheduler().stopped(task, false, now_);
  EXPECT_EQ(take_order()->issuer, kSecond);
}

TEST_F(SeveralIssuers, NoneIsTriedWhenAllWouldMeetTheSame) {
  manage(1, {kFirst, kSecond});
  add_new();
  const auto outcome = fail(*take_order(), validation());
  EXPECT_EQ(outcome.next_try, now_ + 1min);
  EXPECT_FALSE(take_order());
  EXPECT_EQ(wait_for_order()->issuer, kFirst);
}

TEST_F(SeveralIssuers, OurOwnDiskIsNoReasonToAskAnother) {
  manage(1, {kFirst, kSecond});
  add_new();
  fail(*take_order(), Error(ErrorKind::kOurs, "disk full"));
  EXPECT_FALSE(take_order());
}

TEST_F(SeveralIssuers, TheFirstsBackoffIsKeptAndRenewalsReturnToIt) {
  manage(1, {kFirst, kSecond});
  add_new();
  fail(*take_order(), refusal());
  const auto second = *take_order();
  issue(second);
  EXPECT_EQ(scheduler().backoffs(0).at(kFirst).failures, 1U);

  const auto renewal = *wait_for_order();
  EXPECT_EQ(now_, kToday + 60 * 24h);
  EXPECT_EQ(renewal.issuer, kFirst);
  EXPECT_EQ(renewal.order_kind, OrderKind::kNew);  // it never issued this one
  EXPECT_EQ(fail(renewal, refusal()).failures, 2U);
}

TEST_F(SeveralIssuers, TheEarliestOfAllBackoffsIsWaitedFor) {
  manage(1, {kFirst, kSecond});
  add_new();
  fail(*take_order(), rate_limit().with_retry_at(now_ + 2h));
  const auto outcome = fail(*take_order(), refusal());
  EXPECT_EQ(outcome.next_issuer, kSecond);
  EXPECT_EQ(outcome.next_try, now_ + 1min);
}

TEST_F(RenewalInfoOf, ACertificateIsAskedForSoonAfterAStart) {
  manage(1);
  add_valid(0, 10 * 24h);
  const auto task = scheduler().take(now_);
  ASSERT_TRUE(task);
  EXPECT_EQ(task->kind, Task::Kind::kAskRenewalInfo);
}

TEST_F(RenewalInfoOf, ManyCertificatesIsSpreadOut) {
  manage(1000);
  random_.set_position(1);
  add_valid(0, 10 * 24h);
  EXPECT_FALSE(scheduler().take(now_));
  EXPECT_GT(*scheduler().next_due(), now_ + 8min);
}

TEST_F(RenewalInfoOf, TheCaDecidesWhenToRenew) {
  manage(1);
  add_valid(0, 10 * 24h);
  const auto question = *scheduler().take(now_);
  const RenewalWindow window{now_ + 5 * 24h, now_ + 6 * 24h, now_ + 130h, ""};
  scheduler().asked(question, window, now_ + 365 * 24h, now_);
  EXPECT_EQ(scheduler().renew_at(0), kToday + 130h);
  const auto task = *wait_for_order();
  EXPECT_EQ(now_, kToday + 130h);
  EXPECT_EQ(task.order_kind, OrderKind::kReplacement);
}

TEST_F(RenewalInfoOf, AWindowInThePastRenewsNow) {
  manage(1);
  add_valid(0, 10 * 24h);
  scheduler().asked(*scheduler().take(now_),
                    RenewalWindow{now_ - 48h, now_ - 24h, now_ - 30h, ""},
                    now_ + 6h, now_);
  EXPECT_TRUE(take_order());
}

TEST_F(RenewalInfoOf,
       ACaThatCallsBackWhatItJustIssuedIsObeyedMoreAndMoreSlowly) {
  manage(1);
  add_valid(0, 10 * 24h);
  std::vector<std::chrono::hours> times;
  while (times.size() < 5) {
    const auto task = scheduler().take(now_);
    if (!task) {
      now_ = *scheduler().next_due();
    } else if (task->kind == Task::Kind::kAskRenewalInfo) {
      scheduler().asked(*task,
                        RenewalWindow{now_ - 2h, now_ - 1h, now_ - 1h, ""},
                        now_ + 365 * 24h, now_);
    } else {
      times.push_back(std::chrono::floor<std::chrono::hours>(now_ - kToday));
      scheduler().issued(*task, {now_, now_ + 90 * 24h}, now_ + 60 * 24h, true,
                         now_);
    }
  }
  EXPECT_EQ(times, (std::vector<std::chrono::hours>{0h, 6h, 18h, 42h, 90h}));
}

TEST_F(RenewalInfoOf, ALateWindowDoesNotPutTheCertificateAtRisk) {
  manage(1);
  add_valid(0, 10 * 24h);
  scheduler().asked(
      *scheduler().take(now_),
      RenewalWindow{now_ + 79 * 24h, now_ + 80 * 24h, now_ + 79 * 24h, ""},
      now_ + 365 * 24h, now_);
  ASSERT_TRUE(wait_for_order());
  EXPECT_EQ(now_, kToday + 65 * 24h);  // a sixth of 90 days is left
}

TEST_F(RenewalInfoOf, AskedAgainWhenTheCaSaysSo) {
  manage(1);
  add_valid(0, 10 * 24h);
  scheduler().asked(*scheduler().take(now_), std::nullopt, now_ + 6h, now_);
  EXPECT_FALSE(scheduler().take(now_));
  EXPECT_EQ(scheduler().next_due(), kToday + 6h);
  now_ += 6h;
  EXPECT_EQ(scheduler().take(now_)->kind, Task::Kind::kAskRenewalInfo);
}

TEST_F(RenewalInfoOf, IsNotAskedForDuringAnOutage) {
  manage(1);
  add_valid(0, 10 * 24h);
  scheduler().back_off(kFirst, outage(), now_);
  EXPECT_FALSE(scheduler().take(now_));
  EXPECT_EQ(scheduler().next_due(), kToday + 1min);
}

TEST_F(BudgetOf, TheAccountHoldsBackAllNewOrders) {
  limits_.orders = {3, 3h};
  manage(5);
  add_new();
  for (int i = 0; i < 3; ++i) {
    issue(*take_order());
  }
  EXPECT_FALSE(take_order());
  EXPECT_EQ(scheduler().next_due(), kToday + 3h);
  ASSERT_TRUE(wait_for_order());
  EXPECT_EQ(now_, kToday + 3h);
}

TEST_F(BudgetOf, TheAccountDoesNotHoldBackReplacements) {
  limits_.orders = {1, 3h};
  manage(3);
  scheduler().add(0, {}, now_);
  scheduler().add(1, {}, now_);
  add_valid(2, 10 * 24h, 90 * 24h,
            RenewalWindow{now_ - 2h, now_ - 1h, now_ - 1h, ""});
  EXPECT_EQ(take_order()->order_kind, OrderKind::kNew);
  EXPECT_EQ(take_order()->certificate, 2U);
  EXPECT_FALSE(take_order());
}

TEST_F(BudgetOf, ADomainHoldsBackItsOwnNamesOnly) {
  limits_.per_domain = {2, 168h};
  manage(3);
  plan_.certificates.push_back(
      {.identifiers = identifiers_of({"www.example.org"})});
  add_new();
  std::vector<std::size_t> taken;
  while (const auto task = take_order()) {
    taken.push_back(task->certificate);
  }
  EXPECT_EQ(taken, (std::vector<std::size_t>{0, 1, 3}));
}

TEST_F(BudgetOf, WhatIsUrgentGoesToTheNextIssuerInstead) {
  limits_.orders = {1, 3h};
  manage(3, {kFirst, kSecond});
  scheduler().add(0, {}, now_);
  scheduler().add(1, {}, now_);
  add_valid(2, 65 * 24h);  // has 25 days
  EXPECT_EQ(take_order()->issuer, kFirst);
  EXPECT_EQ(take_order()->issuer, kSecond);
  EXPECT_FALSE(take_order());
  EXPECT_EQ(wait_for_order()->issuer, kFirst);
  EXPECT_EQ(now_, kToday + 3h);
}

TEST_F(BudgetOf, AnOrderThatWasNotOpenedIsNotCounted) {
  limits_.orders = {1, 3h};
  manage(1);
  add_new();
  scheduler().stopped(*take_order(), false, now_);
  EXPECT_TRUE(take_order());
}

TEST_F(BudgetOf, ANameThatFailsToValidateIsGivenARest) {
  limits_.failures = {2, 1h};
  manage(1);
  add_new();
  fail(*take_order(), validation());
  now_ += 1min;
  fail(*take_order(), validation());
  now_ += 11min;
  EXPECT_FALSE(take_order());
  ASSERT_TRUE(wait_for_order());
  EXPECT_EQ(now_, kToday + 1h);
}

TEST_F(BudgetOf, ATaskCountsEachOfItsOrders) {
  limits_.orders = {2, 3h};
  manage(2);
  add_new();
  const auto task = take_order();
  ASSERT_TRUE(task);
  EXPECT_TRUE(scheduler().order_again(*task, {"host0.example.com"}, now_));
  EXPECT_FALSE(scheduler().order_again(*task, {"host0.example.com"}, now_));
  issue(*task);
  EXPECT_FALSE(take_order()) << "the second certificate waits for the limit";
}

TEST_F(BudgetOf, ATaskStopsAtAsManyFailuresAsTheCaAllows) {
  limits_.failures = {1, 3h};
  manage(1);
  add_new();
  const auto task = take_order();
  ASSERT_TRUE(task);
  EXPECT_TRUE(scheduler().order_again(*task, {"host0.example.com"}, now_));
  EXPECT_FALSE(scheduler().order_again(*task, {"host0.example.com"}, now_));
}

TEST_F(Pace, SpreadsOutWhatFellDueTogether) {
  manage(100);
  for (std::size_t i = 0; i < 100; ++i) {
    add_valid(i, 62 * 24h);
  }
  int renewed = 0;
  while (const auto task = take_order()) {
    issue(*task);
    ++renewed;
  }
  EXPECT_EQ(renewed, 20);
  while (const auto task = wait_for_order()) {
    if (now_ > kToday + 24h) {
      break;
    }
    issue(*task);
    ++renewed;
  }
  EXPECT_EQ(renewed, 100);
}

TEST_F(Pace, DoesNotHoldBackWhatIsUrgent) {
  manage(100);
  for (std::size_t i = 0; i < 100; ++i) {
    add_valid(i, 80 * 24h);
  }
  int renewed = 0;
  while (const auto task = take_order()) {
    issue(*task);
    ++renewed;
  }
  EXPECT_EQ(renewed, 100);
}

TEST_F(Pace, DoesNotHoldBackWhatTheCaCallsBack) {
  manage(100);
  for (std::size_t i = 0; i < 100; ++i) {
    add_valid(i, 10 * 24h, 90 * 24h,
              RenewalWindow{now_ - 48h, now_ - 24h, now_ - 30h, ""});
  }
  int renewed = 0;
  while (const auto task = take_order()) {
    issue(*task);
    ++renewed;
  }
  EXPECT_EQ(renewed, 100);
}

TEST_F(SchedulerTest, BeginsNothingWhoseStateDirectoryTakesNoWrites) {
  manage(1);
  manage(1, {kSecond, kFirst});
  add_new();
  EXPECT_TRUE(scheduler().block(kFirst, now_).is_news);
  const auto other = take_order();
  ASSERT_TRUE(other);
  EXPECT_EQ(other->certificate, 1U);
  EXPECT_FALSE(take_order());

  now_ = *scheduler().next_due();
  EXPECT_EQ(now_, kToday + 1s);
  EXPECT_FALSE(scheduler().block(kFirst, now_).is_news);
  EXPECT_TRUE(scheduler().unblock(kFirst));
  EXPECT_FALSE(scheduler().unblock(kFirst));
  EXPECT_TRUE(take_order());
}

TEST_F(SchedulerTest, TellsOnceAMinuteOfADiskThatTakesALittleNowAndThen) {
  manage(1);
  EXPECT_TRUE(scheduler().block(kFirst, now_).is_news);
  EXPECT_TRUE(scheduler().unblock(kFirst));
  EXPECT_FALSE(scheduler().block(kFirst, now_).is_news);
  EXPECT_TRUE(scheduler().unblock(kFirst));
  now_ += 1min;
  EXPECT_TRUE(scheduler().block(kFirst, now_).is_news);
}

TEST_F(Pace, OfReplacingWhatIsNotWishedAnyMore) {
  constexpr std::size_t kManyMore = 310;
  manage(kManyMore);
  for (std::size_t i = 0; i < kManyMore; ++i) {
    scheduler().add(i,
                    {.validity = Validity{now_ - 24h, now_ + 89 * 24h},
                     .issued_by = kFirst,
                     .wish = LoadedState::Wish::kOther},
                    now_);
  }
  const auto begin = now_;
  std::size_t at_once = 0;
  while (const auto task = take_order()) {
    issue(*task);
    ++at_once;
  }
  EXPECT_EQ(at_once, 300U);
  for (std::size_t i = at_once; i < kManyMore; ++i) {
    const auto task = wait_for_order();
    ASSERT_TRUE(task);
    issue(*task);
  }
  EXPECT_EQ(now_, begin + 10 * 12s);
}

// Visitors of the others are served.
TEST_F(Scheduling, OrdersFirstWhatLacksNames) {
  manage(3);
  const Validity validity{now_ - 24h, now_ + 89 * 24h};
  scheduler().add(0, {.validity = validity, .wish = LoadedState::Wish::kOther},
                  now_);
  scheduler().add(1, {.validity = validity}, now_);
  scheduler().add(
      2, {.validity = validity, .wish = LoadedState::Wish::kMoreNames}, now_);
  const auto first = take_order();
  const auto second = take_order();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->certificate, 2U);
  EXPECT_EQ(second->certificate, 0U);
  EXPECT_FALSE(take_order());
}

TEST_F(SchedulerTest, SavesWhatTheDiskLacksBeforeItOrdersAnything) {
  manage(1);
  add_valid(0, 89 * 24h);  // and it is high time to renew it
  scheduler().save_later(0, now_);
  auto task = scheduler().take(now_);
  ASSERT_TRUE(task);
  EXPECT_EQ(task->kind, Task::Kind::kSave);
  EXPECT_FALSE(scheduler().take(now_));

  scheduler().saved(*task, now_ + 5s, now_);
  task = take_order();
  ASSERT_TRUE(task);
  issue(*task);
  now_ += 10s;
  EXPECT_FALSE(take_order()) << "what was issued since is saved by itself";
}

TEST_F(SchedulerTest, DoesNotWaitForATimeThatAWrongClockHasSet) {
  manage(1);
  add_new();
  scheduler().stopped(*take_order(), false, now_);
  scheduler().back_off(kFirst, Error(ErrorKind::kUnavailable, "down"),
                       now_ + 365 * 24h);
  scheduler().clock_was_set(-365 * 24h, now_);
  ASSERT_TRUE(wait_for_order());
  EXPECT_LE(now_, kToday + 10s);
}

TEST_F(SchedulerTest, TriesSoonWhatFailedByAClockThatWasBehind) {
  manage(1);
  add_new();
  scheduler().stopped(*take_order(), false, now_);
  for (int i = 0; i < 8; ++i) {
    now_ = scheduler()
               .back_off(kFirst, Error(ErrorKind::kUnavailable, "down"), now_)
               .paused_until;
  }
  scheduler().back_off(kFirst, Error(ErrorKind::kUnavailable, "down"), now_);
  now_ += 365 * 24h;
  scheduler().clock_was_set(365 * 24h, now_);
  EXPECT_FALSE(take_order());
  const TimePoint corrected = now_;
  ASSERT_TRUE(wait_for_order());
  EXPECT_LE(now_, corrected + 10s);
}

TEST_F(SchedulerTest, WaitsAsLongAsItShouldWhenNtpSetsTheClock) {
  for (const auto step : {-20s, 20s}) {
    SCOPED_TRACE(step.count());
    now_ = kToday;
    scheduler_.reset();
    plan_.certificates.clear();
    manage(1);
    add_new();
    const auto task = take_order();
    const TimePoint retry_at =
        scheduler()
            .failed(*task, Error(ErrorKind::kPermanent, "no"), true, now_)
            .next_try;
    now_ += step;
    scheduler().clock_was_set(step, now_);
    ASSERT_TRUE(wait_for_order());
    EXPECT_EQ(now_, retry_at + step);
  }
}

}  // namespace
}  // namespace acme
