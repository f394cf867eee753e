// SPDX-License-Identifier: BSD-2-Clause
// Clocks: waiting, waking, stopping; and the one tests use.
#include "acme_core/env/clock.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/support/fake_clock.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SystemClock, TellsTheTimeInMilliseconds) {
  const SystemClock clock;
  const auto real = std::chrono::system_clock::now();
  EXPECT_LT(std::chrono::abs(clock.now() - real), seconds(10));
}

TEST(SystemClock, ReturnsAtOnceFromATimeThatIsPast) {
  SystemClock clock;
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  clock.wait_until(lock, changed, clock.now() - hours(1), {});
  clock.wait_until(lock, changed, TimePoint::min(), {});
  EXPECT_TRUE(lock.owns_lock());
}

TEST(SystemClock, WaitsUntilTheTimeHasCome) {
  SystemClock clock;
  const TimePoint until = clock.now() + milliseconds(5);
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  while (clock.now() < until) {
    clock.wait_until(lock, changed, until, {});
  }
  EXPECT_TRUE(lock.owns_lock());
}

TEST(SystemClock, WakesWhenNotified) {
  SystemClock clock;
  std::mutex mutex;
  std::condition_variable_any changed;
  bool ready = false;
  std::unique_lock lock(mutex);
  const std::jthread notifier([&] {
    const std::lock_guard guard(mutex);
    ready = true;
    changed.notify_all();
  });
  while (!ready) {
    clock.wait_until(lock, changed, TimePoint::max(), {});
  }
  EXPECT_TRUE(lock.owns_lock());
}

TEST(SystemClock, WakesWhenAskedToStop) {
  SystemClock clock;
  std::stop_source source;
  const std::jthread stopper([&] { source.request_stop(); });
  EXPECT_FALSE(clock.sleep_for(hours(1), source.get_token()));
}

TEST(Clock, SleepsForAsLongAsItWasTold) {
  FakeClock clock;
  clock.auto_advance();
  const TimePoint start = clock.now();
  EXPECT_TRUE(clock.sleep_for(hours(24), {}));
  EXPECT_EQ(clock.now() - start, hours(24));
  EXPECT_TRUE(clock.sleep_for(milliseconds(0), {}));
  EXPECT_TRUE(clock.sleep_for(milliseconds(-5), {}));
  EXPECT_EQ(clock.now() - start, hours(24));
}

TEST(Clock, DoesNotSleepOnceStopped) {
  FakeClock clock;
  std::stop_source source;
  source.request_stop();
  EXPECT_FALSE(clock.sleep_for(hours(1), source.get_token()));
}

TEST(Clock, SleepsNoLongerWhenSomebodySetsItBack) {
  FakeClock clock;
  bool slept = false;
  {
    const std::jthread sleeper(
        [&] { slept = clock.sleep_for(seconds(1), {}); });
    clock.wait_for_waiters(1);
    clock.step(-hours(24));
    clock.advance(seconds(1));
  }
  EXPECT_TRUE(slept);
}

TEST(Clock, SleepsNoShorterWhenSomebodySetsItForward) {
  FakeClock clock;
  SteadyPoint woke;
  const SteadyPoint start = clock.steady_now();
  {
    const std::jthread sleeper([&] {
      if (clock.sleep_for(seconds(5), {})) {
        woke = clock.steady_now();
      }
    });
    clock.wait_for_waiters(1);
    clock.step(hours(24));
    clock.wait_for_waiters(1);
    clock.advance(seconds(5));
  }
  EXPECT_EQ(woke - start, seconds(5));
}

TEST(SystemClock, HasATimeThatOnlyGoesForward) {
  const SystemClock clock;
  SteadyPoint last = clock.steady_now();
  for (int i = 0; i < 1'000; ++i) {
    const SteadyPoint now = clock.steady_now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(FakeClock, HoldsASleeperUntilTimeIsAdvanced) {
  FakeClock clock;
  TimePoint woke;
  {
    const std::jthread sleeper([&] {
      if (clock.sleep_for(hours(2), {})) {
        woke = clock.now();
      }
    });
    clock.wait_for_waiters(1);
    clock.advance(hours(1));
    clock.wait_for_waiters(1);
    clock.advance(hours(1));
  }
  EXPECT_EQ(woke, FakeClock().now() + hours(2));
}

TEST(FakeClock, LetsTimeFlyOnlyWhenAllThreadsWait) {
  FakeClock clock;
  clock.auto_advance(2);
  const TimePoint start = clock.now();
  TimePoint first;
  TimePoint second;
  {
    const std::jthread a([&] {
      static_cast<void>(clock.sleep_for(hours(1), {}));
      first = clock.now();
      static_cast<void>(clock.sleep_for(hours(2), {}));
    });
    const std::jthread b([&] {
      static_cast<void>(clock.sleep_for(hours(2), {}));
      second = clock.now();
      clock.auto_advance(1);
    });
  }
  EXPECT_EQ(first - start, hours(1));
  EXPECT_EQ(second - start, hours(2));
  EXPECT_EQ(clock.now() - start, hours(3));
}

TEST(FakeClock, LetsGoOfTheLockWhileItWaits) {
  FakeClock clock;
  std::mutex mutex;
  std::condition_variable_any changed;
  bool ready = false;
  std::unique_lock lock(mutex);
  const std::jthread notifier([&] {
    const std::lock_guard guard(mutex);
    ready = true;
    changed.notify_all();
  });
  while (!ready) {
    clock.wait_until(lock, changed, TimePoint::max(), {});
  }
  EXPECT_TRUE(lock.owns_lock());
  EXPECT_EQ(clock.now(), FakeClock().now());
}

}  // namespace
}  // namespace acme
