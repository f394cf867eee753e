// SPDX-License-Identifier: BSD-2-Clause
// What is to be done, for many threads: the scheduler behind a lock, and those
// who wait for it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>

#include "acme_core/engine/plan.h"
#include "acme_core/engine/scheduler.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/env/random.h"

namespace acme {

/// Thread-safe.
class TaskQueue {
 public:
  /// All outlive the queue.
  TaskQueue(const Plan& plan, Clock& clock, Random& random, Logger& logger)
      : clock_(clock), logger_(logger), scheduler_(plan, random) {}

  /// Waits for something to do; nullopt when there was nothing until `until`,
  /// or when it is time to stop.
  [[nodiscard]] std::optional<Task> take(const std::stop_token& stop,
                                         std::optional<SteadyPoint> until);

  /// Calls `use` with the scheduler and the time, while nobody else has it, and
  /// returns what it does.
  template <typename Use>
  auto use(Use use) {
    const std::lock_guard lock(mutex_);
    return use(scheduler_, clock_.now());
  }

  /// Whoever waits looks again: something may be due that was not.
  void wake() { changed_.notify_all(); }

  /// Looks whether somebody has set the clock, as take() does.
  void watch_clock();

 private:
  /// Call with mutex_ held.
  void look_at_clock();

  Clock& clock_;
  Logger& logger_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  Scheduler scheduler_;
  /// What the wall clock is ahead of the steady one; changes when it is set.
  std::optional<std::chrono::milliseconds> clock_offset_;
};

}  // namespace acme
