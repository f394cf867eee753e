// SPDX-License-Identifier: BSD-2-Clause
// Threads that visitors must not notice.
#include "acme_core/env/background_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace acme {
namespace {

// Threads started within its scope receive no signals.
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

// On Linux each thread has a nice value of its own, which those that it starts
// inherit. Not the lowest, so that a machine under load still renews.
void step_back() noexcept {
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
}

}  // namespace

std::jthread start_background_thread(ThreadBody body) {
  const SignalBlock no_signals;
  return std::jthread([body = std::move(body)](const std::stop_token& stop) {
    step_back();
    body(stop);
  });
}

std::string why_no_thread(const std::system_error& error) {
  return std::string("cannot start a thread (") + error.code().message() +
         "): raise \"TasksMax\" of nginx's systemd unit, or the limit of "
         "processes of the worker user (RLIMIT_NPROC)";
}

}  // namespace acme
