// SPDX-License-Identifier: BSD-2-Clause
// Signals are the process's own thread's to handle.
#pragma once

#include <pthread.h>

#include <csignal>

namespace acme {

/// Threads and processes that are started within its scope receive no signals.
class SignalBlock {
 public:
  SignalBlock() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t previous_{};
};

}  // namespace acme
