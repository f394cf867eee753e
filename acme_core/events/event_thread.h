// SPDX-License-Identifier: BSD-2-Clause
// A thread that is started when there is room for it, and that nobody waits for
// longer than he likes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "acme_core/env/background_thread.h"

namespace acme {

/// Thread-safe.
class EventThread {
 public:
  /// `body` throws nothing.
  EventThread(ThreadStarter start_thread, ThreadBody body);
  /// Asks it to end and waits, however long that takes.
  ~EventThread() = default;
  EventThread(const EventThread&) = delete;
  EventThread& operator=(const EventThread&) = delete;

  /// Starts it unless it was started, or asked to end, before. "" or why that
  /// failed; then one may try again.
  [[nodiscard]] std::string start();

  void request_stop() noexcept;
  /// False when it still runs then.
  [[nodiscard]] bool wait_until(std::chrono::steady_clock::time_point deadline);

 private:
  const ThreadStarter start_thread_;
  const ThreadBody body_;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable ended_;
  bool stop_requested_ = false;
  bool runs_ = false;
  std::jthread thread_;
};

}  // namespace acme
