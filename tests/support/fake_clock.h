// SPDX-License-Identifier: BSD-2-Clause
// A clock that stands still until a test moves it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>

#include "acme_core/env/clock.h"

namespace acme {

/// Thread-safe. Starts at 2026-01-01 00:00:00 UTC unless told otherwise.
class FakeClock final : public Clock {
 public:
  FakeClock();
  explicit FakeClock(TimePoint now) : now_(now), passed_(now) {}

  [[nodiscard]] TimePoint now() const override;

  [[nodiscard]] SteadyPoint steady_now() const override;

  /// Moves time; who waits for a time now past goes on. Backwards it is step():
  /// nothing else goes back.
  void set(TimePoint now);
  void advance(std::chrono::milliseconds duration);
  /// Somebody sets the clock; no time passes.
  void step(std::chrono::milliseconds by);

  /// From now on, as soon as `waiting_threads` threads wait at once, time
  /// jumps to the earliest moment that one of them waits for. With 1 a wait
  /// ends at once. In a test of several threads give the number of all that
  /// use this clock: else the idle ones make time fly while another works.
  /// 0 ends it. Waits until TimePoint::max() never move time.
  void auto_advance(std::size_t waiting_threads = 1);

  void wait_until(std::unique_lock<std::mutex>& lock,
                  std::condition_variable_any& changed, TimePoint until,
                  std::stop_token stop) override;
  void wait_for(std::unique_lock<std::mutex>& lock,
                std::condition_variable_any& changed,
                std::chrono::milliseconds duration,
                std::stop_token stop) override;

  /// Blocks until `threads` threads wait; then a test may advance time knowing
  /// what it does.
  void wait_for_waiters(std::size_t threads) const;
  /// Until each of that many began to wait after this call: whoever had been
  /// notified before it has seen what it was notified of.
  void wait_for_new_waiters(std::size_t threads) const;

 private:
  void pass(std::chrono::milliseconds duration);
  void advance_if_all_wait();
  /// Call with mutex_ held by `own`; `until` is by passed_.
  void wait(std::unique_lock<std::mutex>& lock,
            std::condition_variable_any& changed, TimePoint until,
            std::stop_token stop, std::unique_lock<std::mutex> own);

  mutable std::mutex mutex_;
  mutable std::condition_variable waiters_changed_;
  TimePoint now_;
  TimePoint passed_;  ///< as now_, had nobody set the clock
  std::size_t auto_advance_at_ = 0;
  /// By passed_; the value is the number of the wait.
  std::multimap<TimePoint, std::uint64_t> waiting_until_;
  std::uint64_t waits_ = 0;
};

}  // namespace acme
