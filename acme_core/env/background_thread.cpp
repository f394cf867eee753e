// SPDX-License-Identifier: BSD-2-Clause
// Threads that visitors must not notice.
#include "acme_core/env/background_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

#include "acme_core/env/signal_block.h"

namespace acme {
namespace {

// On Linux each thread has a nice value of its own, which those that it starts
// inherit. Not the lowest, so that a machine under load still renews.
void lower_priority() noexcept {
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
}

}  // namespace

std::jthread start_background_thread(ThreadBody body) {
  const SignalBlock no_signals;
  return std::jthread([body = std::move(body)](const std::stop_token& stop) {
    lower_priority();
    body(stop);
  });
}

std::string why_no_thread(const std::system_error& error) {
  return std::string("cannot start a thread (") + error.code().message() +
         "): raise \"TasksMax\" of nginx's systemd unit, or the limit of "
         "processes of the worker user (RLIMIT_NPROC)";
}

}  // namespace acme
