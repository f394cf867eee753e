// SPDX-License-Identifier: BSD-2-Clause
// Waiting, interruptible, on the wall clock.
#include "acme_core/env/clock.h"

#include <algorithm>
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
  const TimePoint until = now() + duration;
  while (!stop.stop_requested() && now() < until) {
    wait_until(lock, never_notified, until, stop);
  }
  return !stop.stop_requested();
}

TimePoint SystemClock::now() const {
  return std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now());
}

void SystemClock::wait_until(std::unique_lock<std::mutex>& lock,
                             std::condition_variable_any& changed,
                             TimePoint until, std::stop_token stop) {
  const TimePoint start = now();
  if (until <= start) {
    return;
  }
  // The predicate says "wait" once and "enough" at the first wake-up: what the
  // wake-up means is for the caller to find out.
  bool woken = false;
  changed.wait_for(lock, std::move(stop),
                   std::min(until - start, kLongestBlindWait),
                   [&woken] { return std::exchange(woken, true); });
}

}  // namespace acme
