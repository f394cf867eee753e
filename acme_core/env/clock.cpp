// SPDX-License-Identifier: BSD-2-Clause
// Waiting, interruptible, for a date or for a while.
#include "acme_core/env/clock.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace acme {
namespace {

// Condition variables wait by the steady clock, which does not notice when an
// administrator, NTP or the end of a suspend moves the wall clock.
constexpr std::chrono::milliseconds kLongestBlindWait = std::chrono::minutes(1);

}  // namespace

bool Clock::sleep_for(std::chrono::milliseconds duration,
                      std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any never_notified;
  std::unique_lock lock(mutex);
  const SteadyPoint until = steady_now() + duration;
  while (!stop.stop_requested()) {
    const std::chrono::milliseconds left = until - steady_now();
    if (left <= left.zero()) {
      break;
    }
    wait_for(lock, never_notified, left, stop);
  }
  return !stop.stop_requested();
}

TimePoint SystemClock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now());
}

// CLOCK_MONOTONIC, which std::chrono::steady_clock is, stands still while the
// machine is suspended.
SteadyPoint SystemClock::steady_now() const {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return SteadyPoint(std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::seconds(time.tv_sec) +
      std::chrono::nanoseconds(time.tv_nsec)));
}

void SystemClock::wait_until(std::unique_lock<std::mutex>& lock,
                             std::condition_variable_any& changed,
                             TimePoint until, std::stop_token stop) {
  if (const TimePoint start = now(); until > start) {
    wait_for(lock, changed, std::min(until - start, kLongestBlindWait),
             std::move(stop));
  }
}

void SystemClock::wait_for(std::unique_lock<std::mutex>& lock,
                           std::condition_variable_any& changed,
                           std::chrono::milliseconds duration,
                           std::stop_token stop) {
  // The predicate says "wait" once and "enough" at the first wake-up: what the
  // wake-up means is for the caller to find out.
  bool woken = false;
  changed.wait_for(lock, std::move(stop), std::min(duration, kLongestBlindWait),
                   [&woken] { return std::exchange(woken, true); });
}

}  // namespace acme
