// SPDX-License-Identifier: BSD-2-Clause
// A clock that stands still until a test moves it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>

#include "acme_core/env/clock.h"

namespace acme {

/// Thread-safe. Starts at 2026-01-01 00:00:00 UTC unless told otherwise.
class FakeClock final : public Clock {
 public:
  FakeClock();
  explicit FakeClock(TimePoint now) : now_(now) {}

  [[nodiscard]] TimePoint now() const override;

  /// Moves time; who waits for a time now past goes on.
  void set(TimePoint now);
  void advance(std::chrono::milliseconds duration);

  /// From now on, as soon as `waiting_threads` threads wait at once, time
  /// jumps to the earliest moment that one of them waits for. With 1 a wait
  /// ends at once. In a test of several threads give the number of all that
  /// use this clock: else the idle ones make time fly while another works.
  /// 0 ends it. Waits until TimePoint::max() never move time.
  void auto_advance(std::size_t waiting_threads = 1);

  void wait_until(std::unique_lock<std::mutex>& lock,
                  std::condition_variable_any& changed, TimePoint until,
                  std::stop_token stop) override;

  /// Blocks until `threads` threads wait; then a test may advance time knowing
  /// what it does.
  void wait_for_waiters(std::size_t threads) const;

 private:
  void advance_if_all_wait();

  mutable std::mutex mutex_;
  mutable std::condition_variable waiters_changed_;
  TimePoint now_;
  std::size_t auto_advance_at_ = 0;
  std::multiset<TimePoint> waiting_until_;
};

}  // namespace acme
