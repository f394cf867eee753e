// SPDX-License-Identifier: BSD-2-Clause
// What keeps from asking an issuer, and what is told of it.
#include "acme_core/engine/issuer_gate.h"

#include <gtest/gtest.h>

#include <memory>

#include "acme_core/storage/file_store.h"
#include "tests/support/failure_of.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

class IssuerGateTest : public testing::Test {
 protected:
  IssuerGateTest() {
    plan_.issuers.resize(1);
    plan_.certificates.push_back(
        {.identifiers = identifiers_of({"a.example"})});
    queue_ = std::make_unique<TaskQueue>(plan_, clock_, random_, logger_);
    gate_ = std::make_unique<IssuerGate>(plan_, 0, *queue_, store_, clock_,
                                         silent_monitor(), log_);
  }

  // The first order of the certificate.
  [[nodiscard]] Task begin_order() {
    return queue_->use([](Scheduler& scheduler, TimePoint now) {
      scheduler.add(0, {}, now);
      return scheduler.take(now).value();
    });
  }

  FakeClock clock_;
  FakeRandom random_;
  RecordingLogger logger_;
  EventLog log_{logger_, "test"};
  FaultyFileSystem files_;
  FileStore store_{files_};
  Plan plan_;
  std::unique_ptr<TaskQueue> queue_;
  std::unique_ptr<IssuerGate> gate_;
};

TEST_F(IssuerGateTest, IsClosedForAWhileWhenTheCaGivesNoAnswer) {
  gate_->require_reachable();
  gate_->back_off(Error(ErrorKind::kUnavailable, "no answer"));
  gate_->back_off(Error(ErrorKind::kUnavailable, "no answer"));
  EXPECT_EQ(logger_.count_of("no answer; next try"), 1U);
  EXPECT_EQ(failure_of([&] { gate_->require_reachable(); }).kind(),
            ErrorKind::kStopped);
  clock_.set(clock_.now() + 2h);
  gate_->require_reachable();
}

TEST_F(IssuerGateTest, LetsNoMoreAccountsThroughThanTheCaAllows) {
  BudgetLimits limits;
  limits.accounts = {1, 3h};
  gate_->open(limits);
  gate_->count_account();
  const Error error = failure_of([&] { gate_->count_account(); });
  EXPECT_EQ(error.kind(), ErrorKind::kRateLimited);
  EXPECT_EQ(error.retry_at(), clock_.now() + 3h);
  EXPECT_EQ(store_.load_budget().count("accounts"), 1U);
}

TEST_F(IssuerGateTest, CountsAnOrderBeforeTheCaDoes) {
  BudgetLimits limits;
  limits.orders = {2, 3h};
  gate_->open(limits);
  Task order = begin_order();
  gate_->count_order(order, false);
  EXPECT_EQ(store_.load_budget().at("orders").size(), 1U);
  EXPECT_TRUE(gate_->count_another(order, {"a.example"}));
  EXPECT_EQ(store_.load_budget().at("orders").size(), 2U);
  EXPECT_FALSE(gate_->count_another(order, {"a.example"}));
}

TEST_F(IssuerGateTest, HoldsUpWhatCannotBeWrittenAndSaysSoOnce) {
  ASSERT_TRUE(gate_->try_acquire());
  EXPECT_TRUE(gate_->is_acquired());
  EXPECT_TRUE(gate_->is_in_place());
  gate_->require_writable();
  EXPECT_FALSE(gate_->block_if_unwritable());
  files_.crash_at_change(1);
  EXPECT_TRUE(gate_->block_if_unwritable());
  EXPECT_EQ(failure_of([&] { gate_->require_writable(); }).kind(),
            ErrorKind::kStopped);
  EXPECT_EQ(logger_.count_of("this holds up \"a.example\""), 1U);
  files_.restart();
  gate_->require_writable();
  EXPECT_EQ(logger_.count_of("takes what is written again"), 1U);
}

}  // namespace
}  // namespace acme
