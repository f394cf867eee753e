// SPDX-License-Identifier: BSD-2-Clause
// A thread that is started when there is room for it.
#include "acme_core/events/event_thread.h"

#include <system_error>
#include <utility>

namespace acme {

EventThread::EventThread(ThreadStarter start_thread, ThreadBody body)
    : start_thread_(std::move(start_thread)), body_(std::move(body)) {}

std::string EventThread::start() {
  const std::lock_guard lock(mutex_);
  if (stop_requested_ || thread_.joinable()) {
    return {};
  }
  try {
    runs_ = true;
    thread_ = start_thread_([this](const std::stop_token& stop) {
      body_(stop);
      const std::lock_guard end(mutex_);
      runs_ = false;
      ended_.notify_all();
    });
    return {};
  } catch (const std::system_error& error) {
    runs_ = false;
    return why_no_thread(error);
  }
}

void EventThread::request_stop() noexcept {
  const std::lock_guard lock(mutex_);
  stop_requested_ = true;
  thread_.request_stop();
}

bool EventThread::wait_until(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return ended_.wait_until(lock, deadline, [this] { return !runs_; });
}

}  // namespace acme
