// SPDX-License-Identifier: BSD-2-Clause
// A clock that stands still until a test moves it.
#include "tests/support/fake_clock.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace acme {

using std::chrono::milliseconds;

namespace {

constexpr TimePoint kStart =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);

// How long a real wait lasts before the caller looks at the time again (a wait
// may end early for no reason). To notify the condition variables of its
// callers, a clock would have to take their mutexes, which they may hold while
// they ask for the time. Nothing but a test's speed depends on the length.
constexpr milliseconds kSlice{1};

}  // namespace

FakeClock::FakeClock() : FakeClock(kStart) {}

TimePoint FakeClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

SteadyPoint FakeClock::steady_now() const {
  const std::lock_guard lock(mutex_);
  return SteadyPoint(passed_.time_since_epoch());
}

void FakeClock::set(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (now > now_) {
    pass(now - now_);
  }
  now_ = now;
}

void FakeClock::advance(milliseconds duration) {
  const std::lock_guard lock(mutex_);
  if (duration > duration.zero()) {
    pass(duration);
  } else {
    now_ += duration;
  }
}

void FakeClock::step(milliseconds by) {
  const std::lock_guard lock(mutex_);
  now_ += by;
}

void FakeClock::auto_advance(std::size_t waiting_threads) {
  const std::lock_guard lock(mutex_);
  auto_advance_at_ = waiting_threads;
  advance_if_all_wait();
}

void FakeClock::wait_for_waiters(std::size_t threads) const {
  std::unique_lock lock(mutex_);
  // Who waits for a time now past is about to go on.
  waiters_changed_.wait(lock, [&] {
    const auto still_waiting = std::distance(
        waiting_until_.upper_bound(passed_), waiting_until_.end());
    return static_cast<std::size_t>(still_waiting) >= threads;
  });
}

void FakeClock::wait_for_new_waiters(std::size_t threads) const {
  std::unique_lock lock(mutex_);
  const std::uint64_t before = waits_;
  waiters_changed_.wait(lock, [&] {
    const auto begun_since = std::count_if(
        waiting_until_.upper_bound(passed_), waiting_until_.end(),
        [before](const auto& wait) { return wait.second >= before; });
    return static_cast<std::size_t>(begun_since) >= threads;
  });
}

void FakeClock::pass(milliseconds duration) {
  now_ += duration;
  passed_ += duration;
}

void FakeClock::advance_if_all_wait() {
  if (auto_advance_at_ == 0 || waiting_until_.size() < auto_advance_at_) {
    return;
  }
  const TimePoint earliest = waiting_until_.begin()->first;
  if (earliest != TimePoint::max() && earliest > passed_) {
    pass(earliest - passed_);
  }
}

void FakeClock::wait_until(std::unique_lock<std::mutex>& lock,
                           std::condition_variable_any& changed,
                           TimePoint until, std::stop_token stop) {
  std::unique_lock own(mutex_);
  if (until > now_) {
    wait(lock, changed,
         until == TimePoint::max() ? until : passed_ + (until - now_),
         std::move(stop), std::move(own));
  }
}

void FakeClock::wait_for(std::unique_lock<std::mutex>& lock,
                         std::condition_variable_any& changed,
                         milliseconds duration, std::stop_token stop) {
  std::unique_lock own(mutex_);
  if (duration > duration.zero()) {
    wait(lock, changed, passed_ + duration, std::move(stop), std::move(own));
  }
}

void FakeClock::wait(std::unique_lock<std::mutex>& lock,
                     std::condition_variable_any& changed, TimePoint until,
                     std::stop_token stop, std::unique_lock<std::mutex> own) {
  if (stop.stop_requested()) {
    return;
  }
  const auto place = waiting_until_.emplace(until, waits_++);
  advance_if_all_wait();
  waiters_changed_.notify_all();
  own.unlock();
  bool woken = false;
  changed.wait_for(lock, std::move(stop), kSlice,
                   [&woken] { return std::exchange(woken, true); });
  own.lock();
  waiting_until_.erase(place);
}

}  // namespace acme
