// SPDX-License-Identifier: BSD-2-Clause
// The door to time. Everything that asks what time it is, or waits, does it
// through a Clock, so that tests run a year of renewals in a second.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "acme_core/time_point.h"

namespace acme {

/// A point of the clock that nobody sets: it says how much time has passed, and
/// nothing else.
using SteadyPoint = std::chrono::time_point<std::chrono::steady_clock,
                                            std::chrono::milliseconds>;

/// Thread-safe: any thread may call any method.
class Clock {
 public:
  virtual ~Clock() = default;

  /// What the machine believes. It may be set, forwards and backwards: for
  /// dates, never for how long something takes.
  [[nodiscard]] virtual TimePoint now() const = 0;

  /// For durations. A suspended machine's time passes, too.
  [[nodiscard]] virtual SteadyPoint steady_now() const = 0;

  /// Waits until `until`, a notification of `changed`, or a stop request,
  /// whichever is first; may also return early for no reason. `lock` is held
  /// on return.
  virtual void wait_until(std::unique_lock<std::mutex>& lock,
                          std::condition_variable_any& changed, TimePoint until,
                          std::stop_token stop) = 0;

  /// The same for as long as `duration`, whatever becomes of now().
  virtual void wait_for(std::unique_lock<std::mutex>& lock,
                        std::condition_variable_any& changed,
                        std::chrono::milliseconds duration,
                        std::stop_token stop) = 0;

  /// Sleeps for `duration`; returns false when stop was requested meanwhile.
  [[nodiscard]] bool sleep_for(std::chrono::milliseconds duration,
                               std::stop_token stop);
};

/// The machine's clock. Follows changes of the wall clock within a minute.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimePoint now() const override;
  [[nodiscard]] SteadyPoint steady_now() const override;
  void wait_until(std::unique_lock<std::mutex>& lock,
                  std::condition_variable_any& changed, TimePoint until,
                  std::stop_token stop) override;
  void wait_for(std::unique_lock<std::mutex>& lock,
                std::condition_variable_any& changed,
                std::chrono::milliseconds duration,
                std::stop_token stop) override;
};

}  // namespace acme
