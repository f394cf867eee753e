// SPDX-License-Identifier: BSD-2-Clause
// What is to be done, for many threads.
#include "acme_core/engine/task_queue.h"

#include <algorithm>
#include <string>

namespace acme {
namespace {

using std::chrono::milliseconds;

// Nobody sleeps longer than this without a look at the clock.
constexpr milliseconds kLongestWait = std::chrono::hours(24);

}  // namespace

std::optional<Task> TaskQueue::take(const std::stop_token& stop,
                                    std::optional<SteadyPoint> until) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    look_at_clock();
    const TimePoint now = clock_.now();
    if (auto task = scheduler_.take(now)) {
      return task;
    }
    milliseconds longest = kLongestWait;
    if (until) {
      longest = *until - clock_.steady_now();
      if (longest <= longest.zero()) {
        break;
      }
    }
    const TimePoint due = scheduler_.next_due().value_or(TimePoint::max());
    clock_.wait_until(lock, changed_, std::min(due, now + longest), stop);
  }
  return std::nullopt;
}

void TaskQueue::watch_clock() {
  const std::lock_guard lock(mutex_);
  look_at_clock();
}

// NTP sets a clock by seconds, a person by years. Either way what is to take a
// while takes that long.
void TaskQueue::look_at_clock() {
  // Two clocks are not read at once: what lies between must not look like a
  // change. The next look tells.
  constexpr milliseconds kQuickLook{100};
  constexpr milliseconds kSmallest{500};
  const SteadyPoint before = clock_.steady_now();
  const TimePoint now = clock_.now();
  if (clock_.steady_now() - before > kQuickLook) {
    return;
  }
  const milliseconds offset =
      now.time_since_epoch() - before.time_since_epoch();
  const milliseconds step = offset - clock_offset_.value_or(offset);
  if (clock_offset_ && std::chrono::abs(step) < kSmallest) {
    return;
  }
  clock_offset_ = offset;
  if (step == step.zero()) {
    return;
  }
  scheduler_.clock_was_set(step, now);
  changed_.notify_all();
  const auto minutes =
      std::chrono::duration_cast<std::chrono::minutes>(std::chrono::abs(step));
  if (minutes.count() == 0) {
    return;
  }
  logger_.write(LogLevel::kNotice,
                "acme: this machine's clock was set " +
                    std::string(step < step.zero() ? "back" : "forward") +
                    " by " + std::to_string(minutes.count()) +
                    " minutes; what was put off is tried anew");
}

}  // namespace acme
