// SPDX-License-Identifier: BSD-2-Clause
// Events from the engine to programs: who is told of what, restarts, full
// disks.
#include "acme_core/events/event_dispatcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "acme_core/events/monitor_chain.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_random.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/program.h"
#include "tests/support/recording_logger.h"
#include "tests/unit/events/borrowed_file_system.h"
#include "tests/unit/events/event_fixture.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::chrono::milliseconds kPlenty = 5min;
constexpr const char* kWriteDown = "echo \"$1 $2\" >>\"${0%/*}/told\"";

class EventDispatcherTest : public testing::Test {
 protected:
  std::unique_ptr<EventDispatcher> dispatcher(std::deque<EventAction> actions,
                                              const std::string& path = "s") {
    auto made = std::make_unique<EventDispatcher>(
        std::move(actions),
        EventEnvironment{.clock = clock_,
                         .random = random_,
                         .logger = logger_,
                         .connect = [](const std::string&) { return nullptr; },
                         .state_paths = {{"ca", path}},
                         .open_state =
                             [this](const std::string&) {
                               return std::make_unique<BorrowedFileSystem>(
                                   files_);
                             }});
    made->start();
    return made;
  }

  static EventAction on(EventKind kind, const Program& program) {
    return {{kind}, EventProgramSpec{program.path()}};
  }

  void wait_for_line(const std::string& text, std::size_t count = 1) const {
    while (logger_.count_of(text) < count) {
      std::this_thread::yield();
    }
  }

  std::vector<std::string> queued() const {
    std::vector<std::string> names = files_.list("events");
    std::erase(names, "failed.json");
    return names;
  }

  FakeClock clock_{kNewYear};
  SystemRandom random_;
  RecordingLogger logger_;
  FaultyFileSystem files_;
};

TEST_F(EventDispatcherTest, TellsEachProgramOfWhatItWants) {
  const Program of_renewals(kWriteDown);
  const Program of_failures(kWriteDown);
  const auto events = dispatcher({on(EventKind::kRenewed, of_renewals),
                                  on(EventKind::kFailed, of_failures)});
  events->tell(renewed("a.example"));
  events->tell(failed("b.example"));
  wait_for_line("was told", 2);
  EXPECT_TRUE(events->stop(kPlenty));
  EXPECT_EQ(of_renewals.read("told"), "renewed a.example\n");
  EXPECT_EQ(of_failures.read("told"), "failed b.example\n");
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(EventDispatcherTest, TellsOneTargetOnceWhateverNamesIt) {
  const Program program(kWriteDown);
  const auto events = dispatcher(
      {on(EventKind::kRenewed, program), on(EventKind::kFailed, program)});
  events->tell(renewed("a.example"));
  events->tell(failed("a.example"));
  wait_for_line("was told", 2);
  EXPECT_EQ(program.read("told"), "renewed a.example\nfailed a.example\n");
}

TEST_F(EventDispatcherTest, TellsOfFailuresOnceADay) {
  const Program program(kWriteDown);
  auto events = dispatcher({on(EventKind::kFailed, program)});
  events->tell(failed());
  wait_for_line("was told", 1);
  clock_.advance(23h);
  events->tell(failed());
  EXPECT_TRUE(events->stop(kPlenty));

  events = dispatcher({on(EventKind::kFailed, program)});
  events->tell(failed());  // by the next process
  clock_.advance(1h);
  events->tell(failed());
  wait_for_line("was told", 2);
  EXPECT_TRUE(events->stop(kPlenty));
  EXPECT_EQ(program.read("told"),
            "failed www.example.com\nfailed www.example.com\n");
}

TEST_F(EventDispatcherTest, LetsAHangingProgramKeepNobodyWaiting) {
  const Program hanging("exec sleep 1000");
  const Program good(kWriteDown);
  const auto events = dispatcher(
      {on(EventKind::kRenewed, hanging), on(EventKind::kRenewed, good)});
  for (int i = 0; i < 5; ++i) {
    events->tell(renewed());
  }
  wait_for_line("was told", 5);
  EXPECT_TRUE(events->stop(kPlenty));
  EXPECT_THAT(queued(), SizeIs(5)) << "the next process has them";
}

TEST_F(EventDispatcherTest, DeliversAfterARestart) {
  const Program program(kWriteDown);
  auto events = dispatcher({on(EventKind::kRenewed, program)});
  events->stop_delivering();
  events->tell(renewed("a.example"));
  EXPECT_TRUE(events->stop(kPlenty));
  EXPECT_THAT(queued(), SizeIs(1));
  EXPECT_EQ(program.read("told"), "");

  clock_.advance(72h);  // the machine was off
  events = dispatcher({on(EventKind::kRenewed, program)});
  wait_for_line("was told");
  EXPECT_TRUE(events->stop(kPlenty));
  EXPECT_THAT(queued(), IsEmpty());
  EXPECT_EQ(program.read("told"), "renewed a.example\n");
}

TEST_F(EventDispatcherTest, FindsWhatTheProcessBeforeItWritesLast) {
  const Program program(kWriteDown);
  const auto events = dispatcher({on(EventKind::kRenewed, program)});
  clock_.wait_for_waiters(1);
  const auto before = dispatcher({on(EventKind::kRenewed, program)});
  before->stop_delivering();
  before->tell(renewed("a.example"));
  EXPECT_TRUE(before->stop(kPlenty));
  clock_.advance(1s);
  wait_for_line("was told");
}

TEST_F(EventDispatcherTest, KeepsInMemoryWhatAFullDiskDoesNotTake) {
  const Program program(kWriteDown);
  const auto events = dispatcher({on(EventKind::kRenewed, program)});
  files_.crash_at_change(1);
  events->tell(renewed("a.example"));
  events->tell(renewed("b.example"));
  wait_for_line("was told", 2);
  EXPECT_EQ(logger_.count_of("events are kept in memory"), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);
}

TEST_F(EventDispatcherTest, NeedsNoDirectory) {
  const Program program(kWriteDown);
  const auto events = dispatcher({on(EventKind::kRenewed, program)}, "");
  events->tell(renewed("a.example"));
  Event of_another = renewed("b.example");
  of_another.issuer = "another";
  events->tell(of_another);
  wait_for_line("was told", 2);
  EXPECT_THAT(files_.list("events"), IsEmpty());
}

TEST_F(EventDispatcherTest, DropsWhatNoActionWantsAfterADay) {
  const Program program(kWriteDown);
  auto events = dispatcher({on(EventKind::kRenewed, program)});
  events->stop_delivering();
  events->tell(renewed("a.example"));
  EXPECT_TRUE(events->stop(kPlenty));

  const Program other(kWriteDown);
  events = dispatcher({on(EventKind::kRenewed, other)});
  clock_.wait_for_waiters(1);
  EXPECT_TRUE(events->stop(kPlenty));
  EXPECT_THAT(queued(), SizeIs(1));

  clock_.advance(24h);
  events = dispatcher({on(EventKind::kRenewed, other)});
  wait_for_line("no \"acme_on\" has had that target for a day");
  EXPECT_THAT(queued(), IsEmpty());
}

TEST_F(EventDispatcherTest, TellsHowManyWereDropped) {
  const Program hanging("exec sleep 1000");
  const auto events = dispatcher({on(EventKind::kRenewed, hanging)});
  // One is under way, and so that nobody drops more at once than can be told:
  for (std::size_t i = 0; i < EventLane::kMost / 2 + 1; ++i) {
    events->tell(renewed());
  }
  while (queued().size() < EventLane::kMost / 2 + 1) {
    std::this_thread::yield();
  }
  for (std::size_t i = 0; i < EventLane::kMost / 2; ++i) {
    events->tell(renewed());
  }
  wait_for_line("1 event for \"" + hanging.path() +
                "\" dropped, the oldest first: more than 1000 wait");
  EXPECT_TRUE(events->stop(kPlenty));
  EXPECT_THAT(queued(), SizeIs(EventLane::kMost));
}

TEST_F(EventDispatcherTest, TriesAgainWhenThereIsNoThread) {
  const Program program(kWriteDown);
  int threads = 0;
  EventDispatcher events(
      {on(EventKind::kRenewed, program)},
      {.clock = clock_,
       .random = random_,
       .logger = logger_,
       .connect = [](const std::string&) { return nullptr; },
       .state_paths = {},
       .open_state = [](const std::string&) { return nullptr; },
       .start_thread =
           [&threads](ThreadBody body) {
             if (++threads == 1) {
               throw std::system_error(std::make_error_code(
                   std::errc::resource_unavailable_try_again));
             }
             return start_background_thread(std::move(body));
           }});
  events.start();
  EXPECT_TRUE(logger_.contains("acme: events wait: cannot start a thread"));
  events.tell(renewed());
  wait_for_line("was told");
}

TEST_F(EventDispatcherTest, StandsInAChainWithOthersWhoWatch) {
  struct Counting final : Monitor {
    void tell(const Event&) noexcept override { ++told; }
    void note(const ProcessNote&) noexcept override { ++noted; }
    int told = 0;
    int noted = 0;
  };
  const Program program(kWriteDown);
  const auto events = dispatcher({on(EventKind::kRenewed, program)});
  Counting other;
  MonitorChain chain;
  chain.add(*events);
  chain.add(other);
  chain.tell(renewed());
  chain.note(ProcessNote{});
  wait_for_line("was told");
  EXPECT_EQ(other.told, 1);
  EXPECT_EQ(other.noted, 1);
}

}  // namespace
}  // namespace acme
