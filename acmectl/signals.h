// SPDX-License-Identifier: BSD-2-Clause
// Ctrl-C and a terminal that changes its size, for commands that take a while.
#pragma once

#include <signal.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "acme_core/env/descriptor.h"

namespace acmectl {

/// While it lives, SIGINT, SIGTERM and SIGHUP request a stop instead of ending
/// the process. Without it they end it at once, which is right for everything
/// that leaves nothing half done.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  [[nodiscard]] std::stop_token stop() const { return stop_.get_token(); }

  /// Waits that long, or until the terminal changes its size or somebody wants
  /// an end. False: somebody does.
  [[nodiscard]] bool wait_for(std::chrono::milliseconds duration);

 private:
  void listen();

  sigset_t before_{};
  acme::Descriptor signals_;
  acme::Descriptor end_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool resized_ = false;  ///< guarded by mutex_
  std::jthread listener_;
};

}  // namespace acmectl
