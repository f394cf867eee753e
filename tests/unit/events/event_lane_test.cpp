// SPDX-License-Identifier: BSD-2-Clause
// What waits for one receiver: order, tries, limits, and other processes.
#include "acme_core/events/event_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "tests/support/fake_clock.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/unit/events/borrowed_file_system.h"
#include "tests/unit/events/event_fixture.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using End = Delivery::End;

constexpr const char* kTarget = "00112233445566ff";

class EventLaneTest : public testing::Test {
 protected:
  EventLaneTest() {
    folder_ = std::make_shared<EventFolder>(
        std::make_unique<BorrowedFileSystem>(files_));
  }

  std::unique_ptr<EventLane> lane() {
    return std::make_unique<EventLane>(
        "\"receiver\"", std::make_unique<TestReceiver>(deliveries_), clock_,
        logger_, start_background_thread);
  }

  WaitingEvent waiting(const std::string& certificate, bool is_saved = false) {
    WaitingEvent event{.name = {kTarget, clock_.now(), next_id()},
                       .body = write_queued_event("id", renewed(certificate))};
    if (is_saved) {
      event.folder = folder_;
      event.is_saved = true;
      folder_->put(event.name.file(), std::exchange(event.body, {}));
    }
    return event;
  }

  void wait_for_line(const std::string& text, std::size_t count = 1) const {
    while (logger_.count_of(text) < count) {
      std::this_thread::yield();
    }
  }

  FakeClock clock_{kNewYear};
  RecordingLogger logger_;
  Deliveries deliveries_;
  FaultyFileSystem files_;
  std::shared_ptr<EventFolder> folder_;

 private:
  std::string next_id() {
    std::string digits = std::to_string(++ids_);
    return std::string(16 - digits.size(), '0') + digits;
  }

  unsigned ids_ = 0;
};

TEST(EventLanePause, GrowsFromTenSecondsToAnHour) {
  EXPECT_EQ(pause_after(1), 10s);
  EXPECT_EQ(pause_after(2), 20s);
  EXPECT_EQ(pause_after(9), 2560s);
  EXPECT_EQ(pause_after(10), 1h);
  EXPECT_EQ(pause_after(1'000'000), 1h);
}

TEST_F(EventLaneTest, DeliversInOrderAndForgets) {
  const auto lane = this->lane();
  lane->add(waiting("a.example", true));
  lane->add(waiting("b.example", true));
  lane->add(waiting("c.example"));
  EXPECT_EQ(lane->start_if_needed(), "");
  EXPECT_THAT(deliveries_.wait_for(3),
              ElementsAre("a.example", "b.example", "c.example"));
  wait_for_line("was told to \"receiver\"", 3);
  lane->request_stop();
  EXPECT_TRUE(lane->wait_until(std::chrono::steady_clock::time_point::max()));
  EXPECT_THAT(folder_->names(), IsEmpty());
  EXPECT_TRUE(logger_.contains(
      "acme: issuer \"ca\", certificate \"a.example\": event \"renewed\" of "
      "2026-01-01T00:00:00Z was told to \"receiver\""));
}

TEST_F(EventLaneTest, NeedsNoThreadWhileThereIsNothing) {
  EventLane idle("\"receiver\"", std::make_unique<TestReceiver>(deliveries_),
                 clock_, logger_, [](ThreadBody) -> std::jthread {
                   throw std::system_error(std::make_error_code(
                       std::errc::resource_unavailable_try_again));
                 });
  EXPECT_EQ(idle.start_if_needed(), "");
  idle.add(waiting("a.example"));
  EXPECT_THAT(idle.start_if_needed(), testing::HasSubstr("TasksMax"));
}

TEST_F(EventLaneTest, WaitsLongerAndLongerForAReceiverThatIsDown) {
  deliveries_.answer_from_now_on([](const Event&, const std::stop_token&) {
    return Delivery{End::kUnavailable, "no answer"};
  });
  const auto lane = this->lane();
  lane->add(waiting("a.example"));
  lane->add(waiting("b.example"));
  static_cast<void>(lane->start_if_needed());
  deliveries_.wait_for(1);
  for (const auto pause : {10s, 20s, 40s}) {
    wait_for_line("next try in " + std::to_string(pause.count()) + " s");
    clock_.wait_for_waiters(1);
    const std::size_t before = deliveries_.begun().size();
    clock_.advance(pause - 1s);
    clock_.wait_for_new_waiters(1);
    EXPECT_EQ(deliveries_.begun().size(), before);
    clock_.advance(1s);
    deliveries_.wait_for(before + 1);
  }
  EXPECT_THAT(deliveries_.begun(), Each(testing::Eq("a.example")));
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);

  deliveries_.answer_from_now_on(
      [](const Event&, const std::stop_token&) { return Delivery{}; });
  wait_for_line("next try in 80 s");
  clock_.wait_for_waiters(1);
  clock_.advance(80s);
  wait_for_line("was told", 2);
}

TEST_F(EventLaneTest, GoesOnWithOthersWhenOneIsRefused) {
  deliveries_.answer_from_now_on([](const Event& event,
                                    const std::stop_token&) {
    return event.certificate == "bad.example" ? Delivery{End::kRefused, "no"}
                                              : Delivery{};
  });
  const auto lane = this->lane();
  lane->add(waiting("bad.example", true));
  lane->add(waiting("good.example", true));
  static_cast<void>(lane->start_if_needed());
  wait_for_line(
      "certificate \"good.example\": event \"renewed\" of "
      "2026-01-01T00:00:00Z was told");
  clock_.auto_advance();
  wait_for_line("it is dropped after a day of tries");
  clock_.auto_advance(0);
  EXPECT_GE(clock_.now(), kNewYear + 24h);
  EXPECT_LT(clock_.now(), kNewYear + 26h);
  while (!folder_->names().empty()) {
    std::this_thread::yield();
  }
  EXPECT_EQ(logger_.count_from(LogLevel::kError), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 2U);
}

TEST_F(EventLaneTest, TellsAProgramThatFailsNotAgain) {
  deliveries_.answer_from_now_on([](const Event&, const std::stop_token&) {
    return Delivery{End::kFailed, "it ended with status 1"};
  });
  const auto lane = this->lane();
  lane->add(waiting("a.example", true));
  static_cast<void>(lane->start_if_needed());
  wait_for_line(
      "could not be told to \"receiver\": it ended with status 1; it "
      "is not tried again");
  while (!folder_->names().empty()) {
    std::this_thread::yield();
  }
}

TEST_F(EventLaneTest, DropsTheOldestWhenTooManyWait) {
  const auto lane = this->lane();
  for (std::size_t i = 0; i < EventLane::kMost + 3; ++i) {
    lane->add(waiting("a" + std::to_string(i) + ".example", i < 2));
  }
  EXPECT_EQ(lane->take_dropped(), 3U);
  EXPECT_EQ(lane->take_dropped(), 0U);
  EXPECT_THAT(folder_->names(), IsEmpty());
  static_cast<void>(lane->start_if_needed());
  EXPECT_EQ(deliveries_.wait_for(EventLane::kMost).front(), "a3.example");
}

TEST_F(EventLaneTest, LeavesToAnotherProcessWhatThatDelivers) {
  files_.set_locked_by_another(true);
  const auto lane = this->lane();
  const WaitingEvent event = waiting("a.example", true);
  lane->add(event);
  static_cast<void>(lane->start_if_needed());
  clock_.wait_for_waiters(1);
  EXPECT_THAT(deliveries_.begun(), IsEmpty());

  folder_->remove(event.name.file());  // by the other one
  files_.set_locked_by_another(false);
  clock_.advance(1s);
  lane->add(waiting("b.example", true));
  EXPECT_THAT(deliveries_.wait_for(1), ElementsAre("b.example"));
}

TEST_F(EventLaneTest, ResumesAfterAStop) {
  deliveries_.answer_from_now_on(hang);
  const WaitingEvent event = waiting("a.example", true);
  auto lane = this->lane();
  lane->add(event);
  static_cast<void>(lane->start_if_needed());
  deliveries_.wait_for(1);
  lane->request_stop();
  EXPECT_TRUE(lane->wait_until(std::chrono::steady_clock::time_point::max()));
  EXPECT_THAT(folder_->names(), ElementsAre(event.name.file()));

  deliveries_.answer_from_now_on(
      [](const Event&, const std::stop_token&) { return Delivery{}; });
  lane = this->lane();
  lane->add(event);
  static_cast<void>(lane->start_if_needed());
  EXPECT_THAT(deliveries_.wait_for(2), SizeIs(2));
  EXPECT_EQ(deliveries_.ids()[0], deliveries_.ids()[1]);
}

TEST_F(EventLaneTest, SurvivesADamagedFile) {
  const WaitingEvent damaged = waiting("a.example", true);
  folder_->put(damaged.name.file(), "{\"event\": \"ren");
  const auto lane = this->lane();
  lane->add(damaged);
  lane->add(waiting("b.example", true));
  static_cast<void>(lane->start_if_needed());
  EXPECT_THAT(deliveries_.wait_for(1), ElementsAre("b.example"));
  EXPECT_TRUE(logger_.contains("is damaged and lost"));
}

TEST_F(EventLaneTest, TellsNothingTwiceAlthoughTheDiskKeepsTheFile) {
  const WaitingEvent event = waiting("a.example", true);
  files_.fail_change(1);
  const auto lane = this->lane();
  lane->add(event);
  static_cast<void>(lane->start_if_needed());
  wait_for_line("after a restart that event is told again");
  lane->add(event);  // found in the folder
  lane->add(waiting("b.example"));
  EXPECT_THAT(deliveries_.wait_for(2), ElementsAre("a.example", "b.example"));
  EXPECT_THAT(folder_->names(), IsEmpty());
}

TEST_F(EventLaneTest, SavesLaterWhatTheDiskDidNotTake) {
  const auto lane = this->lane();
  WaitingEvent event = waiting("a.example");
  event.folder = folder_;
  lane->add(event);
  files_.fail_change(1);
  EXPECT_FALSE(lane->save_unsaved());
  EXPECT_TRUE(lane->save_unsaved());
  EXPECT_THAT(folder_->names(), ElementsAre(event.name.file()));
}

}  // namespace
}  // namespace acme
